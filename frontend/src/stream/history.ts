import { createStore } from "zustand/vanilla";
import type { Picture } from "./messages";
import { streamStore } from "./store";

/** One second of a market as it was shown: for drawing only, so these are plain floats. */
export type Sample = {
  readonly second: number;
  readonly mark: number | null;
  readonly bid: number | null;
  readonly ask: number | null;
};

export type History = Readonly<Record<string, readonly Sample[]>>;

const MOST = 1800;

function drawn(text: string | null | undefined): number | null {
  if (text === null || text === undefined || text === "") return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

/** Put the picture's prices at the end; the same second replaces its sample, old ones fall off. */
export function withSample(history: History, picture: Picture, nowMs: number): History {
  const second = Math.floor(nowMs / 1000);
  const entries = Object.entries(picture.markets ?? {}).map(([name, market]): [string, readonly Sample[]] => {
    const kept = history[name] ?? [];
    const sample: Sample = { second, mark: drawn(market.mark_price), bid: drawn(market.quotes?.bid), ask: drawn(market.quotes?.ask) };
    const before = kept.at(-1)?.second === second ? kept.slice(0, -1) : kept;
    if ((before.at(-1)?.second ?? 0) > second) return [name, kept];
    return [name, [...before, sample].slice(-MOST)];
  });
  return { ...history, ...Object.fromEntries(entries) };
}

export const historyStore = createStore<{ history: History }>(() => ({ history: {} }));

/** Sample the stream while it is live, once a second; a silent stream leaves a hole. */
export function startHistory(): () => void {
  const timer = setInterval(() => {
    const { view } = streamStore.getState();
    if (!view.picture || (view.status !== "live" && view.status !== "polling")) return;
    historyStore.setState(({ history }) => ({ history: withSample(history, view.picture ?? {}, Date.now()) }));
  }, 1000);
  return () => clearInterval(timer);
}
