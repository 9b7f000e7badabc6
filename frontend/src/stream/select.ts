import type { MarketPicture, Picture } from "./messages";

/** Selectors for what changes rarely, so that a table is not drawn again with every price. */
type Steps = Readonly<Record<string, string>>;

function stepsBy(picture: Picture, field: "tick_size" | "lot_size"): Steps {
  return Object.fromEntries(Object.entries(picture.markets ?? {}).flatMap(([name, market]) => (market[field] ? [[name, market[field]]] : [])));
}

/** Tick size of every market, by name. */
export const ticksOf = (picture: Picture): Steps => stepsBy(picture, "tick_size");

/** Lot size of every market, by name. */
export const lotsOf = (picture: Picture): Steps => stepsBy(picture, "lot_size");

/** A market without its book and ages, which change with every message. */
export function pricesOf(picture: Picture, market: string): Omit<MarketPicture, "book" | "age_ms"> {
  const { book: _book, age_ms: _ages, ...prices } = picture.markets?.[market] ?? {};
  return prices;
}
