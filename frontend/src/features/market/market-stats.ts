import { type Decimal, divide, parseWire, subtract, multiply, add } from "../../lib/decimal";
import type { MarketPicture } from "../../stream/messages";

export type Spread = { readonly ticks: number | null; readonly bps: Decimal | null };

/** Width of the touch in ticks and in basis points of the mid. */
export function spreadOf(market: Pick<MarketPicture, "best_bid" | "best_ask" | "tick_size"> | undefined): Spread {
  const [bid, ask, tick] = [parseWire(market?.best_bid), parseWire(market?.best_ask), parseWire(market?.tick_size)];
  if (!bid || !ask) return { ticks: null, bps: null };
  const gap = subtract(ask, bid);
  const ticks = tick ? divide(gap, tick, 0) : null;
  return { ticks: ticks ? Number(ticks.units) : null, bps: divide(multiply(gap, { units: 20_000n, scale: 0 }), add(ask, bid), 4) };
}

/** Time left until the next funding as minutes and seconds; null when it is not known. The exchange's clock is ours plus `offsetMs`. */
export function untilFunding(nextMs: number | undefined, nowMs: number, offsetMs = 0): string | null {
  if (nextMs === undefined) return null;
  const left = Math.max(0, Math.floor((nextMs - nowMs - offsetMs) / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  return left >= 3600 ? `${Math.floor(left / 3600)}:${two(Math.floor(left / 60) % 60)}:${two(left % 60)}` : `${Math.floor(left / 60)}:${two(left % 60)}`;
}

const SIZES = [["M", 6], ["k", 3]] as const;

/** Large money in millions or thousands: the number to write and its letter. */
export function bigMoney(value: string | null | undefined): { readonly value: Decimal; readonly letter: string } | null {
  const number = parseWire(value);
  if (!number) return null;
  for (const [letter, zeros] of SIZES) {
    const least = 10n ** BigInt(zeros + number.scale);
    if (number.units >= least || -number.units >= least) return { value: { units: number.units, scale: number.scale + zeros }, letter };
  }
  return { value: number, letter: "" };
}
