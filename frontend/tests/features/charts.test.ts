import { describe, expect, it } from "vitest";
import { judged, markoutBars } from "../../src/features/pnl/markout-bars";
import { pnlPoints } from "../../src/features/pnl/pnl-parts";
import { inventoryOf, positionLimit } from "../../src/features/position/inventory";
import { candlesOf, fillMarkers, grown, linePoints, priceLines, quietSpans, shownBy } from "../../src/features/quotes/chart-series";
import { continues } from "../../src/features/quotes/drawn-chart";
import { uptimeCells, uptimeOf } from "../../src/features/quotes/uptime";
import { toPlain } from "../../src/lib/decimal";
import { areaPath, linePath, rangeOf, thinned } from "../../src/lib/plot";
import { type MinuteRow, type Sample, joined, minutesOf, samplesOf } from "../../src/stream/history";

const sample = (second: number, part: Partial<Sample> = {}): Sample => ({ second, mark: 1, last: 1, bid: 99, ask: 101, position: 0, pnl: 0, code: null, ...part });
const minute = (second: number, part: Partial<MinuteRow> = {}): MinuteRow => ({ second, bid: 99, ask: 101, position: 0, pnl: 0, code: null, watched: 60, quoted: 60, ...part });

describe("what the backend remembers", () => {
  const columns = ["second", "mark", "last", "bid", "ask", "position", "pnl", "code"];

  it("is read by the names of its columns", () => {
    expect(samplesOf({ columns, rows: [[7, "86198.85", null, "86112", null, "-0.1", "1.5", "stale_book"]] })).toEqual([
      { second: 7, mark: 86198.85, last: null, bid: 86112, ask: null, position: -0.1, pnl: 1.5, code: "stale_book" },
    ]);
    expect(minutesOf({ columns: ["second", "open", "high", "low", "close", "watched_s", "quoted_s"], rows: [[60, "1", "3", "0.5", "2", 40, 30], [120, null, null, null, null, 60, 0]] })).toMatchObject([
      { second: 60, open: 1, high: 3, low: 0.5, close: 2, watched: 40, quoted: 30 }, { second: 120, watched: 60, quoted: 0 },
    ]);
  });

  it("gives way to what the page saw itself", () => {
    const all = joined([sample(1), sample(2, { bid: 5 })], [sample(2, { bid: 6 }), sample(3)]);
    expect(all.map(({ second, bid }) => [second, bid])).toEqual([[1, 99], [2, 6], [3, 99]]);
  });
});

describe("the chart", () => {
  it("puts minutes together into longer candles and leaves out those without trades", () => {
    const rows = [minute(300, { open: 1, high: 4, low: 1, close: 2 }), minute(360), minute(540, { open: 2, high: 3, low: 0.5, close: 3 }), minute(600, { open: 3, high: 3, low: 3, close: 3 })];
    expect(candlesOf(rows, 300)).toEqual([{ time: 300, open: 1, high: 4, low: 0.5, close: 3 }, { time: 600, open: 3, high: 3, low: 3, close: 3 }]);
  });

  it("grows the last candle with a price, and begins the next one in time", () => {
    const last = candlesOf([minute(60, { open: 1, high: 2, low: 1, close: 2 })], 60)[0];
    expect(grown(last, 119, 60, 5)).toMatchObject({ time: 60, high: 5, close: 5 });
    expect(grown(last, 120, 60, 5)).toEqual({ time: 120, open: 5, high: 5, low: 5, close: 5 });
    expect(grown(undefined, 61, 60, 5)).toMatchObject({ time: 60, open: 5 });
  });

  it("calls a longer step a hole only when nothing stood in all of it", () => {
    const none = { bid: null, ask: null, code: "stale_book" };
    expect(shownBy([minute(300), minute(360, none), minute(600, none), minute(660, none)], 300).map(({ second, bid }) => [second, bid])).toEqual([[300, 99], [600, null]]);
  });

  it("names each span without quotes by its last reason, and does not bridge what nobody saw", () => {
    const none = { bid: null, ask: null };
    const spans = quietSpans([sample(1), sample(2, { ...none, code: "stale_book" }), sample(3, { ...none, code: "no_book" }), sample(4), sample(20, none)], 1);
    expect(spans).toEqual([{ from: 2, to: 4, code: "no_book" }, { from: 20, to: 21, code: null }]);
  });

  it("does not call one missing side a silence", () => {
    expect(quietSpans([sample(1, { bid: null })], 1)).toEqual([]);
  });

  it("puts fills into the candle they happened in", () => {
    const fill = { market: "BTC-USD", side: "SELL" as const, createdTime: 125_000 };
    expect(fillMarkers([fill, { ...fill, createdTime: 5_000 }], 60, { up: "u", down: "d" }, 60)).toMatchObject([{ time: 120, shape: "arrowDown", color: "d" }]);
  });

  it("draws further levels, doubts and orders by hand as lines, and leaves the best quotes to the corridor", () => {
    const order = (part: object) => ({ market: "BTC-USD", side: "BUY" as const, price: "100", qty: "1", status: "NEW", owner: "bot" as const, ...part });
    const lines = priceLines({ a: order({}), b: order({ price: "99" }), c: order({ price: "98", status: "UNKNOWN" }), d: order({ price: "97", owner: "hand" }), e: order({ owner: "foreign" }), f: order({ market: "ETH-USD" }) }, "BTC-USD");
    expect(lines.map(({ key, kind, level }) => [key, kind, level])).toEqual([["b", "level", 2], ["c", "unknown", 3], ["d", "hand", 0]]);
  });

  it("takes the last trade for the price, the mark before the first", () => {
    expect(linePoints([sample(1, { last: null, mark: 7 }), sample(2, { last: 8 })], "price")).toMatchObject([{ value: 7 }, { value: 8 }]);
  });

  it("updates for one second more and draws anew when the past has changed", () => {
    const before = [sample(1), sample(2)];
    expect(continues(before, [...before, sample(3)], 2)).toBe(true);
    expect(continues(before, [sample(1), sample(2, { last: 9 })], 2)).toBe(true);
    expect(continues(before, [sample(0), ...before, sample(3)], 2)).toBe(false);
    expect(continues([sample(1), sample(2)], [sample(2), sample(3)], 2)).toBe(true);
  });
});

describe("small plots", () => {
  const box = { width: 100, height: 10 };

  it("break their line where there is no value and where nothing came for too long", () => {
    const points = [{ x: 0, y: 0 }, { x: 1, y: 1 }, { x: 2, y: null }, { x: 3, y: 1 }, { x: 9, y: 0 }];
    expect(linePath(points, { low: 0, high: 1 }, box, { gap: 3 })).toBe("M0 10L11.11 0M33.33 0M100 10");
  });

  it("hold a value until the next one when they go in steps", () => {
    expect(linePath([{ x: 0, y: 0 }, { x: 1, y: 1 }], { low: 0, high: 1 }, box, { steps: true })).toBe("M0 10H100V0");
    expect(areaPath([{ x: 0, y: 1 }, { x: 1, y: 1 }], { low: 0, high: 1 }, box, 0)).toBe("M0 10L0 0L100 0V10Z");
  });

  it("have a height even when nothing moves or nothing is known", () => {
    expect(rangeOf([])).toEqual({ low: -1, high: 1 });
    const flat = rangeOf([{ x: 0, y: 5 }], []);
    expect(flat.high).toBeGreaterThan(flat.low);
  });

  it("keep the last point when they are thinned", () => {
    expect(thinned([1, 2, 3, 4, 5], 2)).toEqual([2, 5]);
  });
});

describe("position, PnL, markouts, uptime", () => {
  it("measure the position against its limit, five orders when none is set", () => {
    const config = { market: "BTC-USD", order_size: "0.01", max_position: null };
    const limit = positionLimit(config, "BTC-USD");
    expect(toPlain(limit!)).toBe("0.05");
    const short = inventoryOf({ market: "BTC-USD", side: "SHORT", size: "0.017" }, limit);
    expect([toPlain(short.size), toPlain(short.share!)]).toEqual(["-0.017", "0.3400"]);
    expect(positionLimit(config, "ETH-USD")).toBeNull();
  });

  it("continue the remembered minutes with the seconds of this page", () => {
    expect(pnlPoints([minute(0, { pnl: 1 }), minute(60, { pnl: 2 })], [sample(90, { pnl: 3 })])).toEqual([{ x: 59, y: 1 }, { x: 90, y: 3 }]);
  });

  it("scale markouts against the largest and leave the unjudged empty", () => {
    const bars = markoutBars({ "1000": { fills: 42, markout_bps: -0.38 }, "5000": { fills: 40, markout_bps: -1.66, error_bps: 0.2 } });
    expect(bars.map(({ seconds, bps, share, errorShare }) => [seconds, bps, share, errorShare])).toEqual([[1, "-0.380", -23, null], [5, "-1.660", -100, 24], [30, null, 0, null], [60, null, 0, null]]);
    expect(judged(undefined)).toBe(0);
  });

  it("show every minute of the last hour, those nobody watched as such", () => {
    const cells = uptimeCells([minute(0), minute(60, { quoted: 30 }), minute(180, { quoted: 0, code: "stale_book" })], 60);
    expect(cells.map(({ share }) => share)).toEqual([1, 0.5, null, 0]);
    expect(uptimeCells([minute(0), minute(6000)], 3)).toHaveLength(3);
    expect(toPlain(uptimeOf([minute(0), minute(60, { quoted: 30 })])!)).toBe("0.75000");
    expect(uptimeOf([])).toBeNull();
  });
});
