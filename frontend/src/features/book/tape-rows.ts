import { type Decimal, add, parseWire, toPlain } from "../../lib/decimal";
import type { SideWord, TapeTrade } from "../../stream/messages";
import type { Sample } from "../../stream/history";

export type TapeRow = {
  readonly key: string;
  readonly ms: number;
  /** The taker's. */
  readonly side: SideWord;
  readonly price: string;
  readonly size: string;
  /** More than one when a taker went through several orders at one price. */
  readonly trades: number;
  /** Our quote that this taker could have met, at that second; null when there was none or nobody looked. */
  readonly ours: number | null;
  /** Whether one of the trades was a fill of ours. */
  readonly isOurs: boolean;
};

/** The sample of a second, or the last one before it that is no more than three seconds older. */
export function sampleAt(samples: readonly Sample[], second: number): Sample | null {
  let [low, high] = [0, samples.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((samples[middle]?.second ?? 0) <= second) low = middle;
    else high = middle - 1;
  }
  const found = samples[low];
  return found && found.second <= second && second - found.second <= 3 ? found : null;
}

function joined(one: TapeRow, size: string, isOurs: boolean): TapeRow {
  const sum = add(parseWire(one.size) ?? ZERO, parseWire(size) ?? ZERO);
  return { ...one, size: toPlain(sum), trades: one.trades + 1, isOurs: one.isOurs || isOurs };
}

const ZERO: Decimal = { units: 0n, scale: 0 };

/**
 * The newest trades, newest first, at most `most` rows: what one taker did at one price in one moment is one row.
 *
 * `fills` are the ids of our own executions; `samples` is what we showed, by the second.
 */
export function tapeRows(tape: Readonly<Record<string, TapeTrade>> | undefined, samples: readonly Sample[], fills: Readonly<Record<string, unknown>>, most: number): TapeRow[] {
  const trades = Object.entries(tape ?? {}).toSorted(([a, x], [b, y]) => y[0] - x[0] || b.length - a.length || (a < b ? 1 : -1));
  const rows: TapeRow[] = [];
  for (const [key, [ms, side, price, size]] of trades) {
    const last = rows.at(-1);
    const isOurs = key in fills;
    if (last && last.ms === ms && last.side === side && last.price === price) {
      rows[rows.length - 1] = joined(last, size, isOurs);
      continue;
    }
    if (rows.length === most) break;
    const shown = sampleAt(samples, Math.floor(ms / 1000));
    rows.push({ key, ms, side, price, size, trades: 1, ours: shown && (side === "BUY" ? shown.ask : shown.bid), isOurs });
  }
  return rows;
}
