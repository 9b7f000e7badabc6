import { describe, expect, it } from "vitest";
import { pictureFromPolling } from "../../src/stream/polled";

const LAST = { env: "paper", markets: { "BTC-USD": { tick_size: "1", lot_size: "0.00001", mark_price: "1", book: { bids: [["1", "1"] as const], asks: [] }, quotes: { bid: "1", ask: null } } } };

describe("the polled picture", () => {
  it("keys lists by market and id, and keeps steps but never an old book or old quotes", () => {
    const picture = pictureFromPolling(LAST, {
      positions: [{ market: "BTC-USD", side: "SHORT", size: "0.3" }],
      trades: [{ id: "9007199254740993", market: "BTC-USD", side: "BUY", price: "1" }],
      orders: [{ id: "2", externalId: "mmh-1-1", market: "BTC-USD", side: "BUY" }],
      balance: { mark_prices: { "BTC-USD": "86198.85" } },
      age_ms: { account: 120 },
    }, null);
    expect(Object.keys(picture.trades ?? {})).toEqual(["9007199254740993"]);
    expect(Object.keys(picture.orders ?? {})).toEqual(["mmh-1-1"]);
    expect(picture.positions?.["BTC-USD"]?.side).toBe("SHORT");
    expect(picture.markets?.["BTC-USD"]).toMatchObject({ tick_size: "1", mark_price: "86198.85" });
    expect(picture.markets?.["BTC-USD"]).not.toHaveProperty("book");
    expect(picture.markets?.["BTC-USD"]?.quotes).toBeNull();
    expect(picture.sources).toEqual({ account: { age_ms: 120 } });
  });

  it("takes the bot's state from the status and leaves out figures nobody refreshed", () => {
    const picture = pictureFromPolling({ ...LAST, metrics: { fills: 4 } }, {}, { running: false, config: { market: "BTC-USD" } });
    expect(picture.bot).toEqual({ state: "STOPPED", running: false, reason: null });
    expect(picture.metrics).toBeUndefined();
  });
});
