export type FeedFace = "fresh" | "slow" | "stale" | "off" | "plain";

/**
 * How old is too old is the server's to say: without a limit the age is shown and not judged.
 *
 * Slow from half the limit on, stale beyond it, off when there is no age at all.
 */
export function feedFace(ageMs: number | null | undefined, limitMs: number | null | undefined): FeedFace {
  if (ageMs === null || ageMs === undefined || !Number.isFinite(ageMs)) return "off";
  if (limitMs === null || limitMs === undefined || limitMs <= 0) return "plain";
  if (ageMs > limitMs) return "stale";
  return ageMs > limitMs / 2 ? "slow" : "fresh";
}
