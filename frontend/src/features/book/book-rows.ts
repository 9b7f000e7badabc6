import { type Decimal, add, compare, multiply, parseWire, toPlain, toStep } from "../../lib/decimal";
import { isOpen, shapeOf, type Shape } from "../../lib/order-face";
import type { Level, OrderRecord } from "../../stream/messages";

/** One of our own orders inside a row of the book. */
export type OwnChip = {
  readonly key: string;
  readonly price: string;
  readonly shape: Shape;
  readonly byHand: boolean;
  /** What is left when partly filled; null while untouched. */
  readonly left: string | null;
  readonly donePercent: number;
};

export type BookRow = {
  readonly price: string;
  /** Null for a price the exchange's picture does not reach. */
  readonly size: string | null;
  readonly total: string | null;
  /** Size against the largest shown, 0…100. */
  readonly share: number;
  readonly own: readonly OwnChip[];
};

export type BookSide = "bids" | "asks";

type Bucket = { price: Decimal; size: Decimal; own: OwnChip[]; known: boolean };

function asChip(key: string, order: OrderRecord): OwnChip {
  const [size, filled] = [parseWire(order.qty), parseWire(order.filledQty)];
  const partly = size && filled && filled.units > 0n && size.units > 0n;
  const scale = size && filled ? Math.max(size.scale, filled.scale) : 0;
  const left = partly ? toPlain({ units: size.units * 10n ** BigInt(scale - size.scale) - filled.units * 10n ** BigInt(scale - filled.scale), scale }) : null;
  const done = partly ? Number((filled.units * 100n * 10n ** BigInt(scale - filled.scale)) / (size.units * 10n ** BigInt(scale - size.scale))) : 0;
  return { key, price: order.price ?? "", shape: shapeOf(order.status), byHand: (order.owner ?? "") === "hand", left, donePercent: done };
}

/** Our open orders of one market and side; other programs' orders are not chips. */
export function ownChips(orders: Readonly<Record<string, OrderRecord>> | undefined, market: string, side: BookSide): OwnChip[] {
  const word = side === "bids" ? "BUY" : "SELL";
  return Object.entries(orders ?? {})
    .filter(([, order]) => order.market === market && order.side === word && order.owner !== "foreign" && order.price && isOpen(order.status))
    .map(([key, order]) => asChip(key, order));
}

function bucketOf(price: Decimal, step: Decimal, side: BookSide): Decimal {
  return toStep(price, step, side === "bids" ? "floor" : "ceil");
}

function put(buckets: Map<string, Bucket>, price: Decimal): Bucket {
  const name = toPlain(price);
  const found = buckets.get(name) ?? { price, size: { units: 0n, scale: 0 }, own: [], known: false };
  buckets.set(name, found);
  return found;
}

/**
 * Levels grouped by `step`, best first, with our orders in their rows.
 *
 * Grouping never makes a price look better than it is: bids fall, asks rise to their row. At most
 * `most` rows; an order of ours further out takes the place of the last row.
 */
export function bookRows(levels: readonly Level[], side: BookSide, step: Decimal, chips: readonly OwnChip[], most: number): BookRow[] {
  const buckets = new Map<string, Bucket>();
  for (const [priceText, sizeText] of levels) {
    const [price, size] = [parseWire(priceText), parseWire(sizeText)];
    if (!price || !size) continue;
    const bucket = put(buckets, bucketOf(price, step, side));
    bucket.size = add(bucket.size, size);
    bucket.known = true;
  }
  for (const chip of chips) {
    const price = parseWire(chip.price);
    if (price) put(buckets, bucketOf(price, step, side)).own.push(chip);
  }
  const sorted = [...buckets.values()].toSorted((a, b) => (side === "bids" ? compare(b.price, a.price) : compare(a.price, b.price)));
  return drawn(sorted, most);
}

function drawn(sorted: readonly Bucket[], most: number): BookRow[] {
  let total: Decimal = { units: 0n, scale: 0 };
  const rows = sorted.map((bucket) => {
    total = add(total, bucket.size);
    return { bucket, total };
  });
  const near = rows.slice(0, most);
  const far = rows.slice(most).filter((row) => row.bucket.own.length > 0);
  const pinned = far.slice(0, Math.min(far.length, Math.floor(most / 2)));
  const shown = [...near.slice(0, most - pinned.length), ...pinned];
  const largest = shown.reduce((best, row) => (compare(row.bucket.size, best) > 0 ? row.bucket.size : best), { units: 0n, scale: 0 } as Decimal);
  return shown.map(({ bucket, total: sum }) => ({
    price: toPlain(bucket.price),
    size: bucket.known ? toPlain(bucket.size) : null,
    total: bucket.known ? toPlain(sum) : null,
    share: share(bucket.size, largest),
    own: bucket.own,
  }));
}

function share(size: Decimal, largest: Decimal): number {
  if (largest.units === 0n) return 0;
  const scale = Math.max(size.scale, largest.scale);
  return Number((size.units * 100n * 10n ** BigInt(scale - size.scale)) / (largest.units * 10n ** BigInt(scale - largest.scale)));
}

/** Row heights offered: the tick and round multiples of it. */
export const GROUPS = [1, 5, 10, 50] as const;

export function groupStep(tick: Decimal | null, group: number): Decimal {
  return multiply(tick ?? { units: 1n, scale: 0 }, { units: BigInt(group), scale: 0 });
}
