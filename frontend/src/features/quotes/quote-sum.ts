import { type Decimal, multiply, parseWire, subtract, add, toPlain, toStep } from "../../lib/decimal";

export type QuoteSum = {
  readonly side: "bid" | "ask";
  readonly price: string;
  /** Fraction on each side, as stored. */
  readonly spread: string;
  /** Exact product, before the tick. */
  readonly exact: string;
  /** On the tick, rounded away from the price: never closer than asked. */
  readonly onTick: string;
};

const ONE: Decimal = { units: 1n, scale: 0 };

/** The simple rule as a sum: price × (1 ∓ spread), then the tick away from the touch. */
export function quoteSums(price: string | null | undefined, spread: string | number | null | undefined, tick: string | null | undefined): QuoteSum[] {
  const [at, fraction, step] = [parseWire(price), parseWire(spread), parseWire(tick)];
  if (!at || !fraction || !step || step.units <= 0n) return [];
  const one = (side: "bid" | "ask"): QuoteSum => {
    const exact = multiply(at, side === "bid" ? subtract(ONE, fraction) : add(ONE, fraction));
    return { side, price: toPlain(at), spread: toPlain(fraction), exact: toPlain(exact), onTick: toPlain(toStep(exact, step, side === "bid" ? "floor" : "ceil")) };
  };
  return [one("bid"), one("ask")];
}
