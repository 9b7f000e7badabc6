import type { Markout } from "../../stream/messages";

export type MarkoutBar = {
  readonly seconds: number;
  /** Basis points as text for `lib/format`; null while no fill is old enough. */
  readonly bps: string | null;
  /** Against the largest bar, −100…100: sign says up or down. */
  readonly share: number;
  /** Half the width of the 95 % interval, in the same scale; null below two minutes with fills. */
  readonly errorShare: number | null;
};

export const HORIZONS_MS = [1000, 5000, 30_000, 60_000] as const;
const Z95 = 1.96;

/** One bar for each horizon, all of them, whether judged or not. */
export function markoutBars(markouts: Readonly<Record<string, Markout>> | undefined): MarkoutBar[] {
  const found = HORIZONS_MS.map((ms) => ({ ms, each: markouts?.[String(ms)] }));
  const largest = Math.max(1e-9, ...found.map(({ each }) => Math.abs(each?.markout_bps ?? 0)));
  const scaled = (value: number) => Math.round((value / largest) * 100);
  return found.map(({ ms, each }) => ({
    seconds: ms / 1000,
    bps: each ? each.markout_bps.toFixed(3) : null,
    share: each ? scaled(each.markout_bps) : 0,
    errorShare: each?.error_bps === undefined ? null : Math.min(100, scaled(Z95 * each.error_bps)),
  }));
}

/** How many fills were judged at the first horizon. */
export function judged(markouts: Readonly<Record<string, Markout>> | undefined): number {
  return markouts?.[String(HORIZONS_MS[0])]?.fills ?? 0;
}
