import { type Decimal, add, divide, parseWire, subtract } from "../../lib/decimal";
import type { MarketPicture, SideWord, TapeTrade } from "../../stream/messages";

/** Bid size ÷ (bid + ask size) at the touch, 0…1; null when a side is missing. */
export function imbalance(bid: Decimal | null, ask: Decimal | null): Decimal | null {
  if (!bid || !ask) return null;
  return divide(bid, add(bid, ask), 4);
}

/** Width of the touch in whole ticks; null when a part is missing. */
export function spreadTicks(picture: MarketPicture | undefined): number | null {
  const [bid, ask, tick] = [parseWire(picture?.best_bid), parseWire(picture?.best_ask), parseWire(picture?.tick_size)];
  if (!bid || !ask || !tick) return null;
  const ticks = divide(subtract(ask, bid), tick, 0);
  return ticks ? Number(ticks.units) : null;
}

export type LastTrade = { readonly price: string; readonly side: SideWord };

/** The newest trade on the tape; null before the first. */
export function lastTrade(tape: MarketPicture["tape"]): LastTrade | null {
  let newest: TapeTrade | null = null;
  for (const trade of Object.values(tape ?? {})) if (!newest || trade[0] >= newest[0]) newest = trade;
  return newest && { side: newest[1], price: newest[2] };
}
