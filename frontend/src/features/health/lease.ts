export type Lease = { readonly leftMs: number; readonly percent: number; readonly tone: "fresh" | "slow" | "stale" };

const WHOLE_MS = 30_000;
const SLOW_MS = 15_000;
const LATE_MS = 5000;

/** What is left of the dead-man's lease now: it runs down by itself since it was read, and is never below nothing. */
export function leaseNow(leftMs: number | undefined, readMs: number, nowMs: number): Lease | null {
  if (leftMs === undefined || !Number.isFinite(leftMs)) return null;
  const left = Math.max(0, leftMs - Math.max(0, nowMs - readMs));
  return { leftMs: left, percent: Math.min(100, (left / WHOLE_MS) * 100), tone: left > SLOW_MS ? "fresh" : left > LATE_MS ? "slow" : "stale" };
}

/** Share of the request budget that is used, 0 to 100. */
export function budgetPercent(used: number | undefined, limit: number | undefined): number | null {
  if (used === undefined || limit === undefined || limit <= 0) return null;
  return Math.min(100, (used / limit) * 100);
}
