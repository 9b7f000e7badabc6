import type { SeriesMarker, UTCTimestamp, WhitespaceData, LineData } from "lightweight-charts";
import type { TradeRecord } from "../../stream/messages";
import type { Sample } from "../../stream/history";

export type Line = "mark" | "bid" | "ask";
export type LinePoint = LineData<UTCTimestamp> | WhitespaceData<UTCTimestamp>;

/** A second as a point of one line; whitespace where there is no price, so that a hole stays a hole. */
export function linePoint(sample: Sample, line: Line): LinePoint {
  const value = sample[line];
  const time = sample.second as UTCTimestamp;
  return value === null ? { time } : { time, value };
}

/** All points of a line; seconds nobody saw become whitespace, so that silence is not bridged. */
export function linePoints(samples: readonly Sample[], line: Line): LinePoint[] {
  const points: LinePoint[] = [];
  let previous: number | null = null;
  for (const sample of samples) {
    if (previous !== null && sample.second - previous > 3) points.push({ time: (previous + 1) as UTCTimestamp });
    points.push(linePoint(sample, line));
    previous = sample.second;
  }
  return points;
}

export type FillColours = { readonly up: string; readonly down: string };

/** Our fills as triangles on the price, oldest first, only inside what is drawn. */
export function fillMarkers(trades: readonly TradeRecord[], fromSecond: number, colours: FillColours): SeriesMarker<UTCTimestamp>[] {
  return trades
    .filter((trade) => trade.createdTime && Math.floor(trade.createdTime / 1000) >= fromSecond)
    .toSorted((a, b) => (a.createdTime ?? 0) - (b.createdTime ?? 0))
    .map((trade) => ({
      time: Math.floor((trade.createdTime ?? 0) / 1000) as UTCTimestamp,
      position: trade.side === "BUY" ? "belowBar" : "aboveBar",
      shape: trade.side === "BUY" ? "arrowUp" : "arrowDown",
      color: trade.side === "BUY" ? colours.up : colours.down,
    }));
}
