import type { CandlestickData, LineData, SeriesMarker, UTCTimestamp, WhitespaceData } from "lightweight-charts";
import { isOpen, shapeOf } from "../../lib/order-face";
import type { OrderRecord, TradeRecord } from "../../stream/messages";
import type { Candle, MinuteRow, Sample } from "../../stream/history";

export const INTERVALS = ["1s", "1m", "5m", "1h"] as const;
export type Interval = (typeof INTERVALS)[number];
export const STEP_S: Readonly<Record<Interval, number>> = { "1s": 1, "1m": 60, "5m": 300, "1h": 3600 };

/** What we showed in one step of the chart; both null is a hole. */
export type Shown = { readonly second: number; readonly bid: number | null; readonly ask: number | null; readonly code: string | null };

export type Line = "price" | "bid" | "ask";
export type LinePoint = LineData<UTCTimestamp> | WhitespaceData<UTCTimestamp>;

/** A silence of more than this many steps is a hole, not a line. */
const SILENT_STEPS = 3;

function valueOf(sample: Sample | Shown, line: Line): number | null {
  if (line !== "price") return sample[line];
  return "last" in sample ? (sample.last ?? sample.mark) : null;
}

/** A step as a point of one line; whitespace where there is no price, so that a hole stays a hole. */
export function linePoint(sample: Sample | Shown, line: Line): LinePoint {
  const value = valueOf(sample, line);
  const time = sample.second as UTCTimestamp;
  return value === null ? { time } : { time, value };
}

/** All points of a line; steps nobody saw become whitespace, so that silence is not bridged. */
export function linePoints(samples: readonly (Sample | Shown)[], line: Line, step = 1): LinePoint[] {
  const points: LinePoint[] = [];
  let previous: number | null = null;
  for (const sample of samples) {
    if (previous !== null && sample.second - previous > SILENT_STEPS * step) points.push({ time: (previous + step) as UTCTimestamp });
    points.push(linePoint(sample, line));
    previous = sample.second;
  }
  return points;
}

const bucket = (second: number, step: number) => Math.floor(second / step) * step;

/** Minutes put together into candles of a longer step; a step without trades has none. */
export function candlesOf(minutes: readonly MinuteRow[], step: number): CandlestickData<UTCTimestamp>[] {
  const candles: (Candle & { time: UTCTimestamp })[] = [];
  for (const { second, open, high, low, close } of minutes) {
    if (open === undefined || high === undefined || low === undefined || close === undefined) continue;
    const first = bucket(second, step);
    const last = candles.at(-1);
    if (last?.second === first) candles[candles.length - 1] = { ...last, high: Math.max(last.high, high), low: Math.min(last.low, low), close };
    else candles.push({ second: first, time: first as UTCTimestamp, open, high, low, close });
  }
  return candles.map(({ time, open, high, low, close }) => ({ time, open, high, low, close }));
}

/** Our quotes by a longer step: as at its end, and a hole only where nothing stood in all of it. */
export function shownBy(minutes: readonly MinuteRow[], step: number): Shown[] {
  const shown: Shown[] = [];
  for (const { second, bid, ask, code } of minutes) {
    const first = bucket(second, step);
    const last = shown.at(-1);
    const now = { second: first, bid: bid ?? null, ask: ask ?? null, code };
    if (last?.second !== first) shown.push(now);
    else if (now.bid !== null || now.ask !== null || (last.bid === null && last.ask === null)) shown[shown.length - 1] = now;
  }
  return shown;
}

/** The live candle after one more price; a price of a later step begins a new one. */
export function grown(last: CandlestickData<UTCTimestamp> | undefined, second: number, step: number, price: number): CandlestickData<UTCTimestamp> {
  const time = bucket(second, step) as UTCTimestamp;
  if (!last || Number(last.time) < Number(time)) return { time, open: price, high: price, low: price, close: price };
  return { ...last, high: Math.max(last.high, price), low: Math.min(last.low, price), close: price };
}

export type Quiet = { readonly from: number; readonly to: number; readonly code: string | null };

/** Spans in which somebody looked and nothing of ours was shown, each with its last reason. */
export function quietSpans(shown: readonly Shown[], step: number): Quiet[] {
  const spans: Quiet[] = [];
  let previous: number | null = null;
  for (const { second, bid, ask, code } of shown) {
    const isQuiet = bid === null && ask === null;
    const last = spans.at(-1);
    const continues = last && previous !== null && last.to === previous + step && second - previous <= SILENT_STEPS * step;
    if (isQuiet && continues) spans[spans.length - 1] = { ...last, to: second + step, code: code ?? last.code };
    else if (isQuiet) spans.push({ from: second, to: second + step, code });
    previous = second;
  }
  return spans;
}

export type FillColours = { readonly up: string; readonly down: string };

/** Our fills as triangles on the price, oldest first, only inside what is drawn. */
export function fillMarkers(trades: readonly TradeRecord[], fromSecond: number, colours: FillColours, step = 1): SeriesMarker<UTCTimestamp>[] {
  return trades
    .filter((trade) => trade.createdTime && Math.floor(trade.createdTime / 1000) >= fromSecond)
    .toSorted((a, b) => (a.createdTime ?? 0) - (b.createdTime ?? 0))
    .map((trade) => ({
      time: bucket(Math.floor((trade.createdTime ?? 0) / 1000), step) as UTCTimestamp,
      position: trade.side === "BUY" ? "belowBar" : "aboveBar",
      shape: trade.side === "BUY" ? "arrowUp" : "arrowDown",
      color: trade.side === "BUY" ? colours.up : colours.down,
    }));
}

export type PriceLine = { readonly key: string; readonly price: number; readonly kind: "hand" | "level" | "unknown" | "cancelling"; readonly level: number };

/** Orders of ours beside the two best quotes: further levels, those in doubt or on their way out, and those made by hand. */
export function priceLines(orders: Readonly<Record<string, OrderRecord>> | undefined, market: string): PriceLine[] {
  const open = Object.entries(orders ?? {}).filter(([, order]) => order.market === market && order.owner !== "foreign" && isOpen(order.status) && Number(order.price) > 0);
  const lines: PriceLine[] = [];
  for (const side of ["BUY", "SELL"] as const) {
    const ours = open.filter(([, order]) => order.side === side).map(([key, order]) => ({ key, price: Number(order.price), shape: shapeOf(order.status), hand: order.owner === "hand" }));
    const bots = ours.filter((order) => !order.hand).toSorted((a, b) => (side === "BUY" ? b.price - a.price : a.price - b.price));
    bots.forEach(({ key, price, shape }, index) => {
      if (shape === "unknown" || shape === "cancelling") lines.push({ key, price, kind: shape, level: index + 1 });
      else if (index > 0) lines.push({ key, price, kind: "level", level: index + 1 });
    });
    for (const { key, price } of ours.filter((order) => order.hand)) lines.push({ key, price, kind: "hand", level: 0 });
  }
  return lines;
}
