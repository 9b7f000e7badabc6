import { describe, expect, it } from "vitest";
import { decisionRow } from "../../src/features/journal/decision-rows";
import { allFills, paidOf } from "../../src/features/orders/fill-rows";
import { endOf } from "../../src/features/orders/past-orders";
import { sumOfDays } from "../../src/features/pnl/pnl-days";
import { toPlain } from "../../src/lib/decimal";
import { type FillRecord, nextPage, withoutTwins } from "../../src/lib/records";
import { REMEDIES, knownReason } from "../../src/lib/reasons";
import en from "../../src/locales/en.json";

const fill = (id: string, atMs: number): FillRecord => ({
  trade_id: id, at_ms: atMs, market: "BTC-USD", client_order_id: "mmh-1", exchange_order_id: "7", side: "SELL", price: "86114", size: "0.01", value: "861.14", fee: "0.2", is_maker: false, kind: "TRADE",
});

describe("pages of the records", () => {
  it("meet at one millisecond without a row lost or twice", () => {
    const first = Array.from({ length: 500 }, (_, index) => ({ at_ms: 1000 - index }));
    expect(nextPage(first, undefined)).toBe(502);
    expect(withoutTwins([["a", "b"], ["b", "c"]], (row) => row)).toEqual(["a", "b", "c"]);
  });

  it("end with a short page, and where a whole page stands in one millisecond", () => {
    expect(nextPage([{ at_ms: 5 }], undefined)).toBeUndefined();
    expect(nextPage(Array.from({ length: 500 }, () => ({ at_ms: 7 })), 8)).toBeUndefined();
  });
});

describe("fills", () => {
  it("of the stream and of the records are one list, each once, newest first, owners told apart", () => {
    const rows = allFills({ 2: { market: "BTC-USD", side: "BUY", price: "1", qty: "2", createdTime: 30, externalOrderId: "mmb-9", isTaker: false } }, [fill("2", 30), fill("1", 20)]);
    expect(rows.map((row) => [row.key, row.who, row.role])).toEqual([["2", "bot", "maker"], ["1", "hand", "taker"]]);
  });

  it("show a fee we paid as a minus", () => {
    expect(toPlain(paidOf("0.2")!)).toBe("-0.2");
    expect(paidOf(null)).toBeNull();
  });
});

describe("an order that ended", () => {
  it("partly filled is not simply cancelled, and a word nobody knows is unknown", () => {
    expect([
      endOf({ status: "CANCELLED", filled: "0", size: "1" }), endOf({ status: "CANCELLED", filled: "0.4", size: "1" }), endOf({ status: "FILLED", filled: "1", size: "1" }),
      endOf({ status: "EXPIRED", filled: null, size: "1" }), endOf({ status: "RESTING", filled: "0.4", size: "1" }), endOf({ status: "MOVED", filled: null, size: "1" }),
    ]).toEqual(["cancelled", "partly", "filled", "expired", "open", "unknown"]);
  });
});

describe("a decision", () => {
  const record = (event: string, fields: Record<string, unknown>, level = "INFO") => decisionRow({ event, fields, level, market: "BTC-USD", at_ms: 1 });

  it("keeps code, sentence and numbers apart, whichever field they came in", () => {
    const pulled = record("quotes_pulled", { reason: "stale_book", text: "the book is 2600 ms old, allowed 2000" });
    expect([pulled.code, pulled.text, pulled.numbers]).toEqual(["stale_book", "the book is 2600 ms old, allowed 2000", []]);
    const updated = record("quotes_updated", { bid: "1", ask: "2", why: "first quotes" });
    expect([updated.code, updated.text, updated.numbers]).toEqual([null, "first quotes", [["bid", "1"], ["ask", "2"]]]);
    expect(record("breaker_tripped", { breaker: "breaker_move", text: "x" }, "WARNING")).toMatchObject({ code: "breaker_move", tone: "warn", what: "breaker_tripped" });
  });

  it("does not take a sentence for a code, and shows an event that is newer than the screen by its name", () => {
    expect(record("bot_paused", { reason: "paused by a person" })).toMatchObject({ code: null, text: "paused by a person" });
    expect(record("something_new", {})).toMatchObject({ what: null, event: "something_new" });
  });
});

describe("days", () => {
  it("add up exactly; one that cannot be read gives no sum rather than a wrong one", () => {
    expect(toPlain(sumOfDays([{ total: "0.1" }, { total: "0.2" }, { total: "-0.30000000000000000001" }])!)).toBe("-0.00000000000000000001");
    expect(sumOfDays([{ total: "x" }])).toBeNull();
    expect(sumOfDays([])).toBeNull();
  });
});

describe("reasons", () => {
  it("have a remedy exactly where they have words", () => {
    expect(Object.keys(REMEDIES).toSorted()).toEqual(Object.keys(en.reason).filter((code) => code !== "other").toSorted());
  });

  it("of one family share their words, and an unknown one has none", () => {
    expect([knownReason("refused_1101"), knownReason("stale_book"), knownReason("toString"), knownReason(null)]).toEqual(["refused_order", "stale_book", null, null]);
  });
});
