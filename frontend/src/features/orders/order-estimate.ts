import { type Decimal, add, compare, divide, multiply, parseWire, signOf, subtract, toShortest, toStep } from "../../lib/decimal";
import { basisPoints } from "../../lib/format";
import type { PositionRecord } from "../../stream/messages";

export type SideWord = "BUY" | "SELL";

/** What is known about market and account; whatever is null makes what follows from it unknown. */
export type Known = {
  readonly held: Decimal | null;
  readonly mark: Decimal | null;
  readonly leverage: Decimal | null;
  readonly maxLeverage: Decimal | null;
  readonly equity: Decimal | null;
  readonly makerFee: Decimal | null;
  readonly takerFee: Decimal | null;
};

export type Estimate = {
  /** Price × size, in quote currency. */
  readonly notional: Decimal | null;
  /** Of the whole order at the rate of its kind; positive: we pay. */
  readonly fee: Decimal | null;
  /** Needed to open what the order adds; zero for what only reduces. */
  readonly margin: Decimal | null;
  /** Signed position if all of it fills. */
  readonly positionAfter: Decimal | null;
  /** About where the exchange would close us, now and then; null: unknown, "none": never on that side. */
  readonly liquidationNow: Decimal | "none" | null;
  readonly liquidationThen: Decimal | "none" | null;
  /** Distance of the price from the mark; null without a mark. */
  readonly fromMarkBps: Decimal | null;
};

const ZERO: Decimal = { units: 0n, scale: 0 };
const ONE: Decimal = { units: 1n, scale: 0 };
const TWO: Decimal = { units: 2n, scale: 0 };
const DIGITS = 8;

const absolute = (value: Decimal): Decimal => (value.units < 0n ? { units: -value.units, scale: value.scale } : value);
const smaller = (a: Decimal, b: Decimal): Decimal => (compare(a, b) < 0 ? a : b);

/** Signed size of a position as the exchange tells it: size positive, side in words. */
export function signedSize(position: PositionRecord | undefined): Decimal | null {
  const size = parseWire(position?.size);
  if (!size) return null;
  return position?.side === "SHORT" && size.units > 0n ? { units: -size.units, scale: size.scale } : size;
}

/** How much of an order opens: what is left of it after it has closed the position on the other side. */
export function opening(side: SideWord, size: Decimal, held: Decimal): Decimal {
  const against = side === "BUY" ? held.units < 0n : held.units > 0n;
  if (!against) return size;
  const rest = subtract(size, absolute(held));
  return rest.units > 0n ? rest : ZERO;
}

/**
 * About where a position would be closed, were it the only one: equity gone but for the maintenance margin, taken as half of
 * what the highest leverage needs. The exchange's own figure stands in the table of positions.
 */
export function liquidation(size: Decimal | null, mark: Decimal | null, equity: Decimal | null, maxLeverage: Decimal | null): Decimal | "none" | null {
  if (!size || !mark || !equity || !maxLeverage || signOf(maxLeverage) <= 0) return null;
  if (size.units === 0n) return "none";
  const rate = divide(ONE, multiply(maxLeverage, TWO), DIGITS) ?? ZERO;
  const isLong = size.units > 0n;
  const worth = multiply(absolute(size), mark);
  const left = isLong ? subtract(worth, equity) : add(worth, equity);
  const price = divide(left, multiply(absolute(size), isLong ? subtract(ONE, rate) : add(ONE, rate)), DIGITS);
  return price && signOf(price) > 0 ? price : "none";
}

/** Plain arithmetic on what is typed; what is not known stays unknown. */
export function estimateOrder(side: SideWord, price: Decimal | null, size: Decimal | null, takes: boolean, known: Known): Estimate {
  const held = known.held ?? ZERO;
  const after = size ? (side === "BUY" ? add(held, size) : subtract(held, size)) : null;
  const notional = price && size ? multiply(price, size) : null;
  const rate = takes ? known.takerFee : known.makerFee;
  return {
    notional,
    fee: notional && rate ? multiply(notional, rate) : null,
    margin: price && size && known.leverage ? divide(multiply(price, opening(side, size, held)), known.leverage, DIGITS) : null,
    positionAfter: after,
    liquidationNow: liquidation(held, known.mark, known.equity, known.maxLeverage),
    liquidationThen: after ? liquidation(after, known.mark, known.equity, known.maxLeverage) : null,
    fromMarkBps: price && known.mark ? basisPoints(price, known.mark) : null,
  };
}

/** What may be ordered at most: as free margin and the position limit allow; null where neither is known. */
export function mostAllowed(side: SideWord, price: Decimal | null, free: Decimal | null, leverage: Decimal | null, worstNow: Decimal | null, limit: Decimal | null): Decimal | null {
  const byMargin = price && free && leverage && signOf(price) > 0 ? divide(multiply(free, leverage), price, DIGITS) : null;
  const room = worstNow && limit ? (side === "BUY" ? subtract(limit, worstNow) : add(limit, worstNow)) : null;
  const most = byMargin && room ? smaller(byMargin, room) : (byMargin ?? room);
  return most && (most.units > 0n ? most : ZERO);
}

export type SizePreset = { readonly label: string; readonly percent: number | null; readonly size: string | null };

const TIMES = [1n, 2n, 5n];
const PERCENT = [25, 50];

/** Three multiples of the bot's own order size, and a quarter and a half of what is allowed, cut to the lot. */
export function sizePresets(orderSize: Decimal | null, most: Decimal | null, lot: Decimal | null, min: Decimal | null): SizePreset[] {
  const onLot = (value: Decimal | null) => {
    if (!value || !lot || lot.units <= 0n) return null;
    const cut = toStep(value, lot, "floor");
    return signOf(cut) > 0 && (!min || compare(cut, min) >= 0) ? toShortest(cut) : null;
  };
  const fixed = TIMES.map((times) => onLot(orderSize && multiply(orderSize, { units: times, scale: 0 })));
  return [
    ...fixed.map((size) => ({ label: size ?? "", percent: null, size })),
    ...PERCENT.map((percent) => ({ label: "", percent, size: onLot(most && multiply(most, { units: BigInt(percent), scale: 2 })) })),
  ].filter(({ label, percent }) => label !== "" || percent !== null);
}
