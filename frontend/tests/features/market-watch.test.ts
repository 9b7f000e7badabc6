import { describe, expect, it } from "vitest";
import { GROUPS, bookRows, fittingGroup, sameRow } from "../../src/features/book/book-rows";
import { ownChips, wishChips } from "../../src/features/book/own-chips";
import { sampleAt, tapeRows } from "../../src/features/book/tape-rows";
import { lastTrade } from "../../src/features/book/touch";
import { bigMoney, untilFunding } from "../../src/features/market/market-stats";
import { parseWire, toPlain } from "../../src/lib/decimal";
import type { TapeTrade } from "../../src/stream/messages";
import type { Sample } from "../../src/stream/history";

const d = (text: string) => parseWire(text)!;
const order = (part: object) => ({ market: "BTC-USD", side: "BUY" as const, price: "86112", qty: "0.01", status: "NEW", owner: "bot" as const, ...part });
const sample = (second: number, bid: number | null, ask: number | null): Sample => ({ second, mark: 1, last: 1, bid, ask, position: 0, pnl: 0, code: null });

describe("our orders in the book", () => {
  it("carry their place in the queue only while they rest", () => {
    const chips = ownChips({ a: order({}), b: order({ status: "CANCELLING" }) }, "BTC-USD", "bids", { a: "0.4", b: "0.1" });
    expect(chips.map((chip) => [chip.shape, chip.ahead])).toEqual([["resting", "0.4"], ["cancelling", null]]);
  });

  it("stand beside what is only wished, which is a shape of its own", () => {
    expect(wishChips({ "SELL 0": { side: "SELL", price: "86286", size: "0.01" } }, "asks")).toMatchObject([{ shape: "wished", price: "86286" }]);
    expect(wishChips({ "SELL 0": { side: "SELL", price: "86286", size: "0.01" } }, "bids")).toEqual([]);
  });

  it("are pinned at the edge when the window does not reach them", () => {
    const rows = bookRows([["86199", "1"], ["86198", "1"], ["86112", "2"]], "bids", d("1"), ownChips({ a: order({}) }, "BTC-USD", "bids"), 2);
    expect(rows.map((row) => [row.price, row.pinned])).toEqual([["86199", false], ["86112", true]]);
  });

  it("need not be drawn again when nothing about their row changed", () => {
    const rows = () => bookRows([["86112", "2"]], "bids", d("1"), ownChips({ a: order({}) }, "BTC-USD", "bids", { a: "1" }), 2);
    expect(sameRow(rows()[0]!, rows()[0]!)).toBe(true);
    const moved = bookRows([["86112", "2"]], "bids", d("1"), ownChips({ a: order({}) }, "BTC-USD", "bids", { a: "0.9" }), 2);
    expect(sameRow(rows()[0]!, moved[0]!)).toBe(false);
  });

  it("choose the finest grouping at which both quotes are seen", () => {
    expect(fittingGroup("86200", ["86195", "86205"], d("1"), 10)).toBe(1);
    expect(fittingGroup("86200", ["86113", "86285"], d("1"), 10)).toBe(20);
    expect(fittingGroup("86200", ["80000", "90000"], d("1"), 10)).toBe(GROUPS.at(-1));
    expect(fittingGroup(null, ["86113"], d("1"), 10)).toBe(1);
  });
});

describe("the tape", () => {
  const tape: Record<string, TapeTrade> = {
    "10": [5_000, "BUY", "86200", "0.1"],
    "11": [5_000, "BUY", "86200", "0.25"],
    "12": [5_000, "BUY", "86201", "0.1"],
    "13": [7_500, "SELL", "86113", "0.016"],
  };
  const samples = [sample(4, 86_113, 86_285), sample(5, 86_113, 86_286), sample(7, 86_113, null)];

  it("is newest first and joins what one taker did at one price in one moment", () => {
    expect(tapeRows(tape, samples, {}, 9).map((row) => [row.key, row.price, row.size, row.trades])).toEqual([
      ["13", "86113", "0.016", 1], ["12", "86201", "0.1", 1], ["11", "86200", "0.35", 2],
    ]);
  });

  it("shows the quote that this taker could have met, as it was then", () => {
    expect(tapeRows(tape, samples, {}, 9).map((row) => row.ours)).toEqual([86_113, 86_286, 86_286]);
    expect(tapeRows({ "1": [7_500, "BUY", "1", "1"] }, samples, {}, 9)[0]?.ours).toBeNull();
  });

  it("knows our own fills by their ids", () => {
    expect(tapeRows(tape, samples, { "10": {} }, 9).map((row) => row.isOurs)).toEqual([false, false, true]);
  });

  it("keeps to its length", () => {
    expect(tapeRows(tape, samples, {}, 1).map((row) => row.key)).toEqual(["13"]);
    expect(tapeRows(undefined, [], {}, 5)).toEqual([]);
  });

  it("does not use what was shown long before", () => {
    expect(sampleAt(samples, 6)?.second).toBe(5);
    expect(sampleAt(samples, 11)).toBeNull();
    expect(sampleAt(samples, 3)).toBeNull();
    expect(sampleAt([], 3)).toBeNull();
  });

  it("names the newest trade", () => {
    expect(lastTrade(tape)).toEqual({ side: "SELL", price: "86113" });
    expect(lastTrade(undefined)).toBeNull();
  });
});

describe("the market bar", () => {
  it("counts down to the next funding and never below zero", () => {
    expect(untilFunding(10_000_000, 10_000_000 - 1_673_400)).toBe("27:53");
    expect(untilFunding(10_000_000, 11_000_000)).toBe("0:00");
    expect(untilFunding(20_000_000, 20_000_000 - 3_661_000)).toBe("1:01:01");
    expect(untilFunding(undefined, 1)).toBeNull();
  });

  it("writes big money in millions and thousands, small money as it is", () => {
    const shown = (text: string) => {
      const { value, letter } = bigMoney(text)!;
      return [toPlain(value), letter];
    };
    expect(shown("39659164")).toEqual(["39.659164", "M"]);
    expect(shown("-1500.5")).toEqual(["-1.5005", "k"]);
    expect(shown("999.9")).toEqual(["999.9", ""]);
    expect(bigMoney(null)).toBeNull();
  });
});
