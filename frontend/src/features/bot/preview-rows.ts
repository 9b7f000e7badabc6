import { type Decimal, add, compare, parseWire } from "../../lib/decimal";
import type { DryMarket, DryQuote } from "./config-wire";

export type Bar = { readonly price: string; readonly size: string; readonly side: "BUY" | "SELL"; readonly percent: number };
const ZERO: Decimal = { units: 0n, scale: 0 };

function number(text: string): Decimal {
  return parseWire(text) ?? ZERO;
}

/** Quotes of both configurations as bars on one scale, asks from the top down, then bids. */
export function bars(markets: readonly (DryMarket | undefined)[]): Bar[][] {
  const sizes = markets.flatMap((each) => each?.quotes ?? []).map((quote) => Number(quote.size));
  const most = Math.max(0, ...sizes.filter(Number.isFinite));
  const bar = (quote: DryQuote): Bar => ({ price: quote.price, size: quote.size, side: quote.side, percent: most > 0 ? (Number(quote.size) / most) * 100 : 0 });
  return markets.map((each) => (each?.quotes ?? []).toSorted((a, b) => compare(number(b.price), number(a.price))).map(bar));
}

/** How much one side would show altogether. */
export function shown(market: DryMarket | undefined, side: "BUY" | "SELL"): Decimal {
  return (market?.quotes ?? []).filter((quote) => quote.side === side).reduce((sum, quote) => add(sum, number(quote.size)), ZERO);
}

export type Places = { readonly held: number; readonly lost: number };

/** Resting orders of the bot, and how many of them the new quotes would give up, with their places in the queue. */
export function placesLost(resting: readonly { readonly side: string; readonly price: string }[], wished: DryMarket | undefined): Places {
  const keep = new Set((wished?.quotes ?? []).map((quote) => `${quote.side} ${parseWire(quote.price)?.units} ${parseWire(quote.price)?.scale}`));
  const stays = resting.filter((order) => keep.has(`${order.side} ${parseWire(order.price)?.units} ${parseWire(order.price)?.scale}`));
  return { held: resting.length, lost: resting.length - stays.length };
}
