import { createStore } from "zustand/vanilla";
import type { Picture } from "./messages";
import { streamStore } from "./store";

/** One second of a market as it was shown: for drawing only, so these are plain floats. */
export type Sample = {
  readonly second: number;
  readonly mark: number | null;
  readonly last: number | null;
  /** Our best resting quotes. */
  readonly bid: number | null;
  readonly ask: number | null;
  readonly position: number | null;
  readonly pnl: number | null;
  /** Why nothing was shown; null while quoting. */
  readonly code: string | null;
};

/** One minute: its trades as a candle, the rest as at its end. */
export type Candle = {
  readonly second: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
};
export type MinuteRow = Partial<Candle> & Omit<Sample, "mark" | "last"> & { readonly watched: number; readonly quoted: number };

export type History = Readonly<Record<string, readonly Sample[]>>;
export type Minutes = Readonly<Record<string, readonly MinuteRow[]>>;

/** As the backend answers: names of the columns, and rows of as many values. */
export type Series = { readonly columns: readonly string[]; readonly rows: readonly (readonly (string | number | null)[])[] };

const MOST = 1800;

export function drawn(text: string | number | null | undefined): number | null {
  if (text === null || text === undefined || text === "") return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

function positionOf(picture: Picture, market: string): number | null {
  if (!picture.positions) return null;
  const held = picture.positions[market];
  const size = drawn(held?.size ?? "0");
  return size !== null && held?.side === "SHORT" ? -size : size;
}

function sampleOf(picture: Picture, name: string, second: number): Sample {
  const market = picture.markets?.[name] ?? {};
  const quotes = market.quotes;
  return {
    second,
    mark: drawn(market.mark_price),
    last: drawn(market.last_price),
    bid: drawn(quotes?.bid),
    ask: drawn(quotes?.ask),
    position: positionOf(picture, name),
    pnl: drawn(market.pnl?.total),
    code: market.reason_code ?? null,
  };
}

/** Put the picture's prices at the end; the same second replaces its sample, old ones fall off. */
export function withSample(history: History, picture: Picture, nowMs: number): History {
  const second = Math.floor(nowMs / 1000);
  const entries = Object.entries(picture.markets ?? {}).map(([name]): [string, readonly Sample[]] => {
    const kept = history[name] ?? [];
    const newest = kept.at(-1)?.second ?? 0;
    if (newest > second) return [name, kept];
    const before = newest === second ? kept.slice(0, -1) : kept;
    return [name, [...before, sampleOf(picture, name, second)].slice(-MOST)];
  });
  return { ...history, ...Object.fromEntries(entries) };
}

type Cell = (name: string) => string | number | null;

function rowsOf<T>(series: Series, read: (cell: Cell, text: (name: string) => string | null) => T | null): T[] {
  const at = Object.fromEntries(series.columns.map((name, index) => [name, index]));
  return series.rows.flatMap((row) => {
    const cell: Cell = (name) => row[at[name] ?? -1] ?? null;
    const found = read(cell, (name) => (typeof cell(name) === "string" ? (cell(name) as string) : null));
    return found === null ? [] : [found];
  });
}

/** The backend's seconds as samples. */
export function samplesOf(series: Series): Sample[] {
  return rowsOf(series, (cell, text) => {
    const second = drawn(cell("second"));
    if (second === null) return null;
    const value = (name: string) => drawn(cell(name));
    return { second, mark: value("mark"), last: value("last"), bid: value("bid"), ask: value("ask"), position: value("position"), pnl: value("pnl"), code: text("code") };
  });
}

/** The backend's minutes; one without trades has no candle. */
export function minutesOf(series: Series): MinuteRow[] {
  return rowsOf(series, (cell, text) => {
    const second = drawn(cell("second"));
    if (second === null) return null;
    const value = (name: string) => drawn(cell(name));
    const [open, high, low, close] = [value("open"), value("high"), value("low"), value("close")];
    const candle = open === null || high === null || low === null || close === null ? {} : { open, high, low, close };
    return {
      ...candle, second, bid: value("bid"), ask: value("ask"), position: value("position"), pnl: value("pnl"), code: text("code"),
      watched: value("watched_s") ?? 0, quoted: value("quoted_s") ?? 0,
    };
  });
}

/** Join what the backend remembers with what this page saw; where both know a second, the page's word stands. */
export function joined(remembered: readonly Sample[], seen: readonly Sample[]): Sample[] {
  const known = new Set(seen.map((sample) => sample.second));
  return [...remembered.filter((sample) => !known.has(sample.second)), ...seen].toSorted((a, b) => a.second - b.second).slice(-MOST);
}

export const historyStore = createStore<{ history: History; minutes: Minutes }>(() => ({ history: {}, minutes: {} }));

/** Take what the backend remembers of a market. */
export function takeSeconds(market: string, series: Series): void {
  historyStore.setState(({ history }) => ({ history: { ...history, [market]: joined(samplesOf(series), history[market] ?? []) } }));
}

export function takeMinutes(market: string, series: Series): void {
  historyStore.setState(({ minutes }) => ({ minutes: { ...minutes, [market]: minutesOf(series) } }));
}

/** Sample the stream while it is live, once a second; a silent stream leaves a hole. */
export function startHistory(): () => void {
  const timer = setInterval(() => {
    const { view } = streamStore.getState();
    if (!view.picture || (view.status !== "live" && view.status !== "polling")) return;
    historyStore.setState(({ history }) => ({ history: withSample(history, view.picture ?? {}, Date.now()) }));
  }, 1000);
  return () => clearInterval(timer);
}
