import { toPlain, parseWire } from "../../lib/decimal";
import { isOpen, shapeOf, type Shape } from "../../lib/order-face";
import type { OrderRecord, Wish } from "../../stream/messages";

/** One of our own orders, or a wish, inside a row of the book. */
export type OwnChip = {
  readonly key: string;
  readonly price: string;
  readonly shape: Shape;
  readonly byHand: boolean;
  /** What is left when partly filled; null while untouched. */
  readonly left: string | null;
  readonly donePercent: number;
  /** Size in front of us at this price; null while nobody knows. */
  readonly ahead: string | null;
};

export type BookSide = "bids" | "asks";

const WORD = { bids: "BUY", asks: "SELL" } as const;

function asChip(key: string, order: OrderRecord, ahead: string | null): OwnChip {
  const [size, filled] = [parseWire(order.qty), parseWire(order.filledQty)];
  const partly = size && filled && filled.units > 0n && size.units > 0n;
  const scale = size && filled ? Math.max(size.scale, filled.scale) : 0;
  const left = partly ? toPlain({ units: size.units * 10n ** BigInt(scale - size.scale) - filled.units * 10n ** BigInt(scale - filled.scale), scale }) : null;
  const done = partly ? Number((filled.units * 100n * 10n ** BigInt(scale - filled.scale)) / (size.units * 10n ** BigInt(scale - size.scale))) : 0;
  return { key, price: order.price ?? "", shape: shapeOf(order.status), byHand: (order.owner ?? "") === "hand", left, donePercent: done, ahead };
}

/** Our open orders of one market and side; other programs' orders are not chips. */
export function ownChips(
  orders: Readonly<Record<string, OrderRecord>> | undefined,
  market: string,
  side: BookSide,
  queue: Readonly<Record<string, string>> = {},
): OwnChip[] {
  return Object.entries(orders ?? {})
    .filter(([, order]) => order.market === market && order.side === WORD[side] && order.owner !== "foreign" && order.price && isOpen(order.status))
    .map(([key, order]) => asChip(key, order, shapeOf(order.status) === "resting" ? (queue[key] ?? null) : null));
}

/** Quotes of one side that have no order yet. */
export function wishChips(wished: Readonly<Record<string, Wish>> | undefined, side: BookSide): OwnChip[] {
  return Object.entries(wished ?? {})
    .filter(([, wish]) => wish.side === WORD[side])
    .map(([key, wish]) => ({ key: `wish ${key}`, price: wish.price, shape: "wished" as const, byHand: false, left: null, donePercent: 0, ahead: null }));
}

export function sameChips(one: readonly OwnChip[], other: readonly OwnChip[]): boolean {
  return one.length === other.length && one.every((chip, index) => {
    const twin = other[index];
    return twin !== undefined && (Object.keys(chip) as (keyof OwnChip)[]).every((field) => chip[field] === twin[field]);
  });
}
