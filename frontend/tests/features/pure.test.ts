import { describe, expect, it } from "vitest";
import { bookRows } from "../../src/features/book/book-rows";
import { ownChips } from "../../src/features/book/own-chips";
import { imbalance, spreadTicks } from "../../src/features/book/touch";
import { feedFace } from "../../src/features/health/feed-face";
import { newestFills, openOrders, ownerOf } from "../../src/features/orders/order-rows";
import { pnlParts } from "../../src/features/pnl/pnl-parts";
import { linePoints } from "../../src/features/quotes/chart-series";
import { parseWire, toPlain } from "../../src/lib/decimal";
import { isOpen, shapeOf } from "../../src/lib/order-face";

const d = (text: string) => parseWire(text)!;

describe("the book", () => {
  const orders = {
    one: { market: "BTC-USD", side: "BUY" as const, price: "86112", qty: "0.01", status: "NEW", owner: "bot" as const },
    two: { market: "BTC-USD", side: "BUY" as const, price: "86195", qty: "0.04", filledQty: "0.016", status: "PARTIALLY_FILLED", owner: "hand" as const },
    far: { market: "ETH-USD", side: "BUY" as const, price: "3000", qty: "1", status: "NEW", owner: "bot" as const },
    gone: { market: "BTC-USD", side: "BUY" as const, price: "86190", qty: "1", status: "CANCELLED", owner: "bot" as const },
    alien: { market: "BTC-USD", side: "BUY" as const, price: "85900", qty: "1", status: "NEW", owner: "foreign" as const },
  };
  const bids = [["86199", "1.5"], ["86198", "0.5"], ["86189", "2"]] as const;

  it("shows chips for our open orders of this market and side only", () => {
    expect(ownChips(orders, "BTC-USD", "bids").map((chip) => chip.key)).toEqual(["one", "two"]);
    expect(ownChips(orders, "BTC-USD", "bids")[1]).toMatchObject({ byHand: true, left: "0.024", donePercent: 40 });
  });

  it("groups bids downwards and asks upwards and sums from the best price out", () => {
    expect(bookRows(bids, "bids", d("10"), [], 9).map((row) => [row.price, row.size, row.total])).toEqual([["86190", "2.0", "2.0"], ["86180", "2", "4.0"]]);
    expect(bookRows([["86201", "1"]], "asks", d("10"), [], 9)[0]?.price).toBe("86210");
  });

  it("pins an order of ours beyond the last row at the edge, without inventing its size", () => {
    const rows = bookRows(bids, "bids", d("1"), ownChips(orders, "BTC-USD", "bids"), 3);
    expect(rows.map((row) => row.price)).toEqual(["86199", "86198", "86112"]);
    expect(rows[2]).toMatchObject({ size: null, total: null, own: [{ key: "one" }] });
  });

  it("reads imbalance and spread, and nothing from a missing side", () => {
    expect(toPlain(imbalance(d("3"), d("1"))!)).toBe("0.7500");
    expect(imbalance(null, d("1"))).toBeNull();
    expect(spreadTicks({ best_bid: "86199", best_ask: "86201", tick_size: "1" })).toBe(2);
    expect(spreadTicks({ best_bid: "86199", tick_size: "1" })).toBeNull();
  });
});

describe("faces and lists", () => {
  it("judge a feed by the server's limit and not without one", () => {
    expect([feedFace(null, 100), feedFace(40, 100), feedFace(60, 100), feedFace(101, 100), feedFace(99999, null)]).toEqual(["off", "fresh", "slow", "stale", "plain"]);
  });

  it("show a status nobody knows as unknown and open, never as gone", () => {
    expect(shapeOf("BRAND_NEW")).toBe("unknown");
    expect(isOpen(undefined)).toBe(true);
    expect(isOpen("EXPIRED")).toBe(false);
  });

  it("tell owners by the backend's word, else by the id", () => {
    const order = { market: "BTC-USD", side: "BUY" as const };
    expect([ownerOf("mmb-a-1", order), ownerOf("mmh-a-1", order), ownerOf("x", order), ownerOf("mmb-a-1", { ...order, owner: "foreign" })]).toEqual(["bot", "hand", "foreign", "foreign"]);
  });

  it("list open orders and fills newest first", () => {
    const order = { market: "BTC-USD", side: "BUY" as const, status: "NEW" };
    expect(openOrders({ a: { ...order, createdTime: 1 }, b: { ...order, createdTime: 2 }, c: { ...order, status: "FILLED" } }).map((row) => row.key)).toEqual(["b", "a"]);
    expect(newestFills({ a: { ...order, createdTime: 1 }, b: { ...order, createdTime: 3 } }, 1).map((row) => row.key)).toEqual(["b"]);
  });

  it("let a fee we paid enter the sum as a minus", () => {
    expect(toPlain(pnlParts({ fees: "0.43" }).find((part) => part.id === "fees")!.value!)).toBe("-0.43");
    expect(pnlParts(undefined).every((part) => part.value === null)).toBe(true);
  });

  it("leave a hole in the chart where nobody looked", () => {
    const sample = (second: number) => ({ second, mark: 1, last: null, bid: null, ask: null, position: null, pnl: null, code: null });
    expect(linePoints([sample(1), sample(9)], "price").map((point) => Object.keys(point).length)).toEqual([2, 1, 2]);
  });
});
