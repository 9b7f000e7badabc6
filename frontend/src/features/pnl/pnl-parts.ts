import { type Decimal, negate, parseWire } from "../../lib/decimal";
import type { PlotPoint } from "../../lib/plot";
import type { PnlFigures } from "../../stream/messages";
import type { MinuteRow, Sample } from "../../stream/history";

export type PnlPart = { readonly id: "spread" | "inventory" | "fees" | "funding"; readonly value: Decimal | null };

/** The parts as they enter the sum: a fee we paid is negative, funding we received positive. */
export function pnlParts(pnl: PnlFigures | undefined): PnlPart[] {
  const fees = parseWire(pnl?.fees);
  return [
    { id: "spread", value: parseWire(pnl?.spread) },
    { id: "inventory", value: parseWire(pnl?.inventory) },
    { id: "fees", value: fees ? negate(fees) : null },
    { id: "funding", value: parseWire(pnl?.funding) },
  ];
}

/** PnL through time: by the minute as far as the backend remembers, the seconds of this page at its end. */
export function pnlPoints(minutes: readonly MinuteRow[], samples: readonly Sample[]): PlotPoint[] {
  const from = samples[0]?.second ?? Infinity;
  return [
    ...minutes.filter(({ second }) => second + 60 <= from).map(({ second, pnl }) => ({ x: second + 59, y: pnl })),
    ...samples.map(({ second, pnl }) => ({ x: second, y: pnl })),
  ];
}
