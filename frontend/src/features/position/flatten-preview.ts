import { type Decimal, add, compare, divide, multiply, negate, parseWire, subtract, toPlain } from "../../lib/decimal";
import type { FlattenPreview } from "../../lib/api-schema";
import type { Level } from "../../stream/messages";

/** What closing costs, in collateral: negative is paid, as in every sum. */
export type FlattenCost = {
  readonly slippage: Decimal | null;
  readonly fee: Decimal | null;
  readonly total: Decimal | null;
};

export type FlattenSums = { readonly expected: FlattenCost; readonly worst: FlattenCost };

const NOTHING: FlattenCost = { slippage: null, fee: null, total: null };

function sum(slippage: Decimal, fee: Decimal): FlattenCost {
  return { slippage, fee, total: add(slippage, fee) };
}

/**
 * Say what is likely (the live book) and what is worst (all of it at the last price cap).
 *
 * The fee of the worst case uses the same rate as the expected one. Missing parts stay missing.
 */
export function flattenSums(preview: FlattenPreview): FlattenSums {
  const [slippage, fee, size] = [parseWire(preview.slippage), parseWire(preview.fee), parseWire(preview.size)];
  if (!slippage || !fee || !size) return { expected: NOTHING, worst: NOTHING };
  const expected = sum(negate(slippage), negate(fee));
  const [limit, average, filled] = [parseWire(preview.limit_price), parseWire(preview.average_price), parseWire(preview.fillable)];
  const reference = parseWire(preview.mid) ?? parseWire(preview.mark_price);
  const rate = average && filled ? divide(fee, multiply(average, filled), 12) : null;
  if (!limit || !reference || !rate) return { expected, worst: NOTHING };
  const lost = multiply(preview.side === "BUY" ? subtract(limit, reference) : subtract(reference, limit), size);
  return { expected, worst: sum(negate(lost), negate(multiply(multiply(limit, size), rate))) };
}

export type TakenLevel = { readonly price: string; readonly size: string; readonly taken: string | null };

/** Walk the book as the order would: each level with what is taken from it, and two more that stay. */
export function takenLevels(levels: readonly Level[], size: string, limit: string | null | undefined, side: "BUY" | "SELL", most = 6): TakenLevel[] {
  let left = parseWire(size) ?? { units: 0n, scale: 0 };
  const cap = parseWire(limit);
  const shown: TakenLevel[] = [];
  for (const [price, offered] of levels) {
    if (shown.length >= most) break;
    const [at, there] = [parseWire(price), parseWire(offered)];
    if (!at || !there) continue;
    const beyond = cap !== null && (side === "BUY" ? compare(at, cap) > 0 : compare(at, cap) < 0);
    const takes = !beyond && left.units > 0n;
    const taken = takes ? (compare(left, there) < 0 ? left : there) : null;
    if (taken) left = subtract(left, taken);
    shown.push({ price, size: offered, taken: taken ? toPlain(taken) : null });
  }
  return shown;
}

/** True when the cost has grown by more than a quarter since the dialog was opened. */
export function hasWorsened(atOpening: Decimal | null, now: Decimal | null): boolean {
  if (!atOpening || !now || now.units >= 0n) return false;
  const quarterMore = divide(multiply(atOpening, { units: 125n, scale: 0 }), { units: 100n, scale: 0 }, 12);
  return quarterMore !== null && compare(now, quarterMore) < 0;
}
