import { useEffect, useState } from "react";
import { ApiError, NoAnswer, api } from "../../lib/api";
import type { NewOrder, OrderVerdict } from "../../lib/api-schema";

export type Judged = { readonly verdict: OrderVerdict; readonly atMs: number };

const AFTER_TYPING_MS = 250;
const AGAIN_MS = 1000;

/** What the gate says to the order as it is typed: a moment after the last key, then once a second; null while nobody said. */
export function useVerdict(order: NewOrder | null, paused: boolean): Judged | null {
  const asked = order && !paused ? JSON.stringify(order) : null;
  const [judged, setJudged] = useState<(Judged & { readonly asked: string }) | null>(null);
  useEffect(() => {
    if (asked === null) return undefined;
    let ended = false;
    let timer: ReturnType<typeof setTimeout>;
    const ask = async () => {
      try {
        const verdict = await api.checkOrder(JSON.parse(asked) as NewOrder);
        if (!ended) setJudged({ verdict, atMs: Date.now(), asked });
      } catch (error) {
        if (!(error instanceof ApiError) && !(error instanceof NoAnswer)) throw error;
        if (!ended) setJudged(null);
      }
      if (!ended) timer = setTimeout(() => void ask(), AGAIN_MS);
    };
    timer = setTimeout(() => void ask(), AFTER_TYPING_MS);
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, [asked]);
  return judged && judged.asked === asked ? judged : null;
}
