import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ConfigTools } from "../../src/features/bot/ConfigTools";
import { configuredMarkets, notable, withMarket, withoutMarket } from "../../src/features/bot/config-markets";
import type { Setting } from "../../src/features/bot/config-form";
import type { ConfigNow, WireChange } from "../../src/features/bot/config-wire";
import { ApiError, api } from "../../src/lib/api";
import { PICTURE, draw } from "../render";

const config = { market: "BTC-USD", spread_percentage: 0.001, more_markets: [{ market: "ETH-USD", order_size: "0.1" }] };
const now: ConfigNow = { version: 3, hash: "abcdef", config, warnings: [], is_running: true };
const row = { group: "market", kind: "number", unit: "", minimum: null, maximum: null, minimum_excluded: false, choices: null, off: null, is_hot: true, is_document: false, per_market: true, raises_limits: false, meaning: "" } as const;
const settings: readonly Setting[] = [{ ...row, path: "spread_percentage", default: 0.001 }, { ...row, path: "order_size", default: "0.01" }];
const change = (path: string, before: WireChange["before"], after: WireChange["after"]): WireChange => ({ path, before, after, is_hot: true, raises_limits: false });
const preview = vi.spyOn(api, "configPreview");
const read = vi.spyOn(api, "configRead");

function dryRun(changes: readonly WireChange[], more: object = {}) {
  preview.mockReset().mockResolvedValue({ hash: "x", changes, needs_stop: [], raises_limits: [], warnings: [], markets: [], ...more });
}

const tools = (market: string, onApply = vi.fn()) => {
  draw(<ConfigTools market={market} settings={settings} now={now} locked={false} onApply={onApply} />, { picture: { ...PICTURE, positions: { "ETH-USD": { market: "ETH-USD", side: "LONG", size: "0.5" } } } });
  return onApply;
};

beforeEach(() => {
  dryRun([change("spread_percentage", 0.001, 0.002)]);
  read.mockReset().mockResolvedValue({ changes: { spread_percentage: 0.002 } });
  vi.spyOn(api, "markets").mockResolvedValue([{ name: "BTC-USD", status: "ACTIVE" }, { name: "SOL-USD", status: "ACTIVE" }, { name: "OLD-USD", status: "DISABLED" }]);
  vi.spyOn(api, "configPresets").mockResolvedValue({ presets: [{ name: "careful", title: "Careful", meaning: "", market: "SOL-USD", changes: { order_size: "2" } }] });
});

describe("markets of a configuration", () => {
  it("are added with their settings and taken out by name", () => {
    expect(configuredMarkets(config)).toEqual(["BTC-USD", "ETH-USD"]);
    expect(withMarket(config, "SOL-USD", { order_size: "2" })).toEqual({ more_markets: [{ market: "ETH-USD", order_size: "0.1" }, { order_size: "2", market: "SOL-USD" }] });
    expect(withoutMarket(config, "ETH-USD")).toEqual({ more_markets: [] });
  });

  it("show of a new market only what is not at its default", () => {
    const all = [change("more_markets.SOL-USD.spread_percentage", null, 0.001), change("more_markets.SOL-USD.order_size", null, "2"), change("spread_percentage", null, 0.001)];
    expect(notable(all, settings).map((each) => each.path)).toEqual(["more_markets.SOL-USD.order_size", "spread_percentage"]);
  });
});

describe("the configuration's tools", () => {
  it("show a file's whole difference before it is taken over, and stop first where it must be", async () => {
    dryRun([change("spread_percentage", 0.001, 0.002)], { needs_stop: ["spread_percentage"] });
    const onApply = tools("BTC-USD");
    await userEvent.upload(screen.getByLabelText("A configuration file, YAML or JSON"), new File(["spread_percentage: 0.002\n"], "mine.yaml", { type: "" }));
    const dialog = await screen.findByRole("dialog", { name: "Take over mine.yaml?" });
    expect(read).toHaveBeenCalledWith("spread_percentage: 0.002\n");
    await userEvent.click(await within(dialog).findByRole("button", { name: "Stop, apply, start" }));
    expect(onApply).toHaveBeenCalledWith({ spread_percentage: 0.002 }, true);
  });

  it("say why a file cannot be used, in the bot's words", async () => {
    read.mockRejectedValue(new ApiError(422, { code: "file_not_readable", message: "the file is not readable YAML", field: "text", hint: null }));
    tools("BTC-USD");
    await userEvent.upload(screen.getByLabelText("A configuration file, YAML or JSON"), new File(["a: ["], "broken.yaml", { type: "" }));
    expect(await screen.findByText(/the file is not readable YAML/)).toBeTruthy();
    expect(screen.queryByRole("dialog")).toBeNull();
  });

  it("add a market that the exchange trades, with settings sized for it", async () => {
    dryRun([change("more_markets.SOL-USD.order_size", null, "2"), change("more_markets.SOL-USD.spread_percentage", null, 0.001)]);
    const onApply = tools("BTC-USD");
    await userEvent.click(screen.getByRole("button", { name: "Add a market…" }));
    expect((await screen.findByRole("option", { name: "SOL-USD" })).parentElement?.childElementCount).toBe(1);
    await screen.findByRole("option", { name: "Careful" });
    await userEvent.click(screen.getByRole("button", { name: "Show the difference" }));
    const dialog = await screen.findByRole("dialog", { name: "Quote SOL-USD too?" });
    expect(await within(dialog).findByText("One more setting at its default.")).toBeTruthy();
    await userEvent.click(within(dialog).getByRole("button", { name: "Apply" }));
    expect(onApply).toHaveBeenCalledWith({ more_markets: [{ market: "ETH-USD", order_size: "0.1" }, { order_size: "2", market: "SOL-USD" }] }, false);
  });

  it("warn of the position before a market is taken out, and never offer it for the first one", async () => {
    const onApply = tools("ETH-USD");
    await userEvent.click(screen.getByRole("button", { name: "Remove ETH-USD…" }));
    expect(await screen.findByText(/its position stays/)).toBeTruthy();
    await userEvent.click(await screen.findByRole("button", { name: "Apply" }));
    expect(onApply).toHaveBeenCalledWith({ more_markets: [] }, false);
  });

  it("offer no removal of the first market", () => {
    tools("BTC-USD");
    expect(screen.queryByRole("button", { name: /^Remove/ })).toBeNull();
  });
});
