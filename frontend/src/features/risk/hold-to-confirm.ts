/** A button that must be held. Times are milliseconds of one monotonic clock. */
export type Hold = { readonly kind: "idle" } | { readonly kind: "holding"; readonly sinceMs: number } | { readonly kind: "fired" };

export const HOLD_MS = 1000;

export type HoldEvent = { readonly type: "down" | "up" | "frame"; readonly nowMs: number };

/**
 * Follow one press: it fires once, after a second without letting go, and never twice for one press.
 *
 * A second `down` while holding (a repeating key) does not start anew.
 */
export function held(hold: Hold, event: HoldEvent): Hold {
  switch (event.type) {
    case "up": return { kind: "idle" };
    case "down": return hold.kind === "idle" ? { kind: "holding", sinceMs: event.nowMs } : hold;
    case "frame": return hold.kind === "holding" && event.nowMs - hold.sinceMs >= HOLD_MS ? { kind: "fired" } : hold;
  }
}

/** How much of the second has passed, 0 to 1. */
export function progress(hold: Hold, nowMs: number): number {
  if (hold.kind === "idle") return 0;
  return hold.kind === "fired" ? 1 : Math.min(1, Math.max(0, (nowMs - hold.sinceMs) / HOLD_MS));
}
