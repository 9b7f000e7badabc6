import { divide, type Decimal } from "../../lib/decimal";
import type { MinuteRow } from "../../stream/history";

export type UptimeCell = {
  readonly second: number;
  /** Share of the watched seconds of this minute with both quotes in the book, 0…1; null where nobody looked. */
  readonly share: number | null;
  readonly code: string | null;
};

const MINUTE = 60;

/** The last minutes, one cell each, holes included; oldest first. */
export function uptimeCells(minutes: readonly MinuteRow[], most: number): UptimeCell[] {
  const last = minutes.at(-1)?.second;
  if (last === undefined) return [];
  const known = new Map(minutes.map((minute) => [minute.second, minute]));
  const first = Math.max(minutes[0]?.second ?? last, last - (most - 1) * MINUTE);
  return Array.from({ length: (last - first) / MINUTE + 1 }, (_, index) => {
    const second = first + index * MINUTE;
    const row = known.get(second);
    return { second, share: row && row.watched > 0 ? row.quoted / row.watched : null, code: row?.code ?? null };
  });
}

/** Both quotes rested for this share of all watched seconds; null before the first. */
export function uptimeOf(minutes: readonly MinuteRow[]): Decimal | null {
  const sum = (pick: (row: MinuteRow) => number) => BigInt(minutes.reduce((total, row) => total + pick(row), 0));
  return divide({ units: sum((row) => row.quoted), scale: 0 }, { units: sum((row) => row.watched), scale: 0 }, 5);
}
