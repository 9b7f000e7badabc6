import { describe, expect, it } from "vitest";
import { pathOf, routeOf } from "../../src/lib/route";

describe("the pages' paths", () => {
  it.each([
    ["/", { page: "market", market: null }],
    ["/journal", { page: "journal", market: null }],
    ["/market/eth-usd", { page: "market", market: "ETH-USD" }],
    ["/bot/BTC-USD/", { page: "bot", market: "BTC-USD" }],
    ["/nowhere", { page: "market", market: null }],
    ["/market/<script>", { page: "market", market: null }],
  ])("reads %s", (path, route) => {
    expect(routeOf(path)).toEqual(route);
  });

  it("reads back every path it writes", () => {
    for (const page of ["overview", "market", "bot", "journal", "diagnostics", "settings"] as const) {
      for (const market of [null, "SOL-USD"]) expect(routeOf(pathOf(page, market))).toEqual({ page, market });
    }
  });
});
