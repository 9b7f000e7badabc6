import { negate, parseWire, toPlain } from "../lib/decimal";
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

type Busy = "book" | "age_ms" | "tape" | "queue" | "pnl" | "markouts";

/** A market without the parts that change with nearly every message and have panels of their own. */
export function pricesOf(picture: Picture, market: string): Omit<MarketPicture, Busy> {
  const { book: _book, age_ms: _ages, tape: _tape, queue: _queue, pnl: _pnl, markouts: _markouts, ...prices } = picture.markets?.[market] ?? {};
  return prices;
}

/** Signed size of a position: positive long, negative short. */
export function signedPosition(picture: Picture, name: string): string {
  const held = picture.positions?.[name];
  const size = parseWire(held?.size);
  if (!size) return "0";
  return toPlain(held?.side === "SHORT" ? negate(size) : size);
}
