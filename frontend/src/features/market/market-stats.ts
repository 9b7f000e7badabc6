import { type Decimal, divide, parseWire, subtract, multiply, add } from "../../lib/decimal";
import type { MarketPicture } from "../../stream/messages";

export type Spread = { readonly ticks: number | null; readonly bps: Decimal | null };

/** Width of the touch in ticks and in basis points of the mid. */
export function spreadOf(market: MarketPicture | undefined): Spread {
  const [bid, ask, tick] = [parseWire(market?.best_bid), parseWire(market?.best_ask), parseWire(market?.tick_size)];
  if (!bid || !ask) return { ticks: null, bps: null };
  const gap = subtract(ask, bid);
  const ticks = tick ? divide(gap, tick, 0) : null;
  return { ticks: ticks ? Number(ticks.units) : null, bps: divide(multiply(gap, { units: 20_000n, scale: 0 }), add(ask, bid), 4) };
}
