import { type Decimal, add, multiply, parseWire, subtract } from "../../lib/decimal";
import { basisPoints } from "../../lib/format";
import type { PositionRecord } from "../../stream/messages";

export type Estimate = {
  /** Price × size, in quote currency. */
  readonly notional: Decimal | null;
  /** Signed position if all of it fills. */
  readonly positionAfter: Decimal | null;
  /** Distance of the price from the mark; null without a mark. */
  readonly fromMarkBps: Decimal | null;
};

/** Signed size of a position as the exchange tells it: size positive, side in words. */
export function signedSize(position: PositionRecord | undefined): Decimal | null {
  const size = parseWire(position?.size);
  if (!size) return null;
  return position?.side === "SHORT" && size.units > 0n ? { units: -size.units, scale: size.scale } : size;
}

/** Plain arithmetic on what is typed; what is not known stays unknown. */
export function estimateOrder(
  side: "BUY" | "SELL",
  price: Decimal | null,
  size: Decimal | null,
  held: Decimal | null,
  mark: string | null | undefined,
): Estimate {
  const flat: Decimal = { units: 0n, scale: 0 };
  const after = size ? (side === "BUY" ? add(held ?? flat, size) : subtract(held ?? flat, size)) : null;
  return {
    notional: price && size ? multiply(price, size) : null,
    positionAfter: after,
    fromMarkBps: price ? basisPoints(price, mark) : null,
  };
}
