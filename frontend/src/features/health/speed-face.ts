import type { Metrics } from "../../stream/messages";

/** The loop rests 50 ms between two looks; a second is what the bot itself warns of. */
const SLOW_MS = 250;
const LATE_MS = 1000;

export function lagFace(lagMs: number): "plain" | "slow" | "stale" {
  return lagMs >= LATE_MS ? "stale" : lagMs >= SLOW_MS ? "slow" : "plain";
}

export type Acknowledged = { readonly kind: "place" | "cancel"; readonly median: number; readonly slowest: number };

/** How long the exchange takes to answer, by kind of request; a kind that was never sent is left out. */
export function acknowledgements(metrics: Metrics | undefined): Acknowledged[] {
  return (["place", "cancel"] as const).flatMap((kind) => {
    const [median, slowest] = [metrics?.[`${kind}_ms_p50`], metrics?.[`${kind}_ms_p99`]];
    return median === undefined || slowest === undefined ? [] : [{ kind, median, slowest }];
  });
}
