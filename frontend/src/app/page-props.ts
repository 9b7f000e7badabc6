import type { Pick } from "../features/orders/use-ticket";

/** What every page knows: the chosen market, all of them, and how to choose another. */
export type PageProps = { market: string; markets: readonly string[]; onMarket: (market: string) => void };

/** What the market page's areas share beside that: the last price picked in the book. */
export type AreaProps = PageProps & { pick: Pick | null; onPick: (pick: Omit<Pick, "at">) => void };
