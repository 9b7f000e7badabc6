import { type Decimal, add, compare, multiply, parseWire, subtract, toPlain, toStep } from "../../lib/decimal";
import type { Level } from "../../stream/messages";
import { type BookSide, type OwnChip, sameChips } from "./own-chips";

export type BookRow = {
  readonly price: string;
  /** Null for a price the exchange's picture does not reach. */
  readonly size: string | null;
  readonly total: string | null;
  /** Size against the largest shown, 0…100. */
  readonly share: number;
  readonly own: readonly OwnChip[];
  /** Outside the window, kept at its edge. */
  readonly pinned: boolean;
};

type Bucket = { price: Decimal; size: Decimal; own: OwnChip[]; known: boolean };

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
  return shown.map(({ bucket, total: sum }, index) => ({
    price: toPlain(bucket.price),
    size: bucket.known ? toPlain(bucket.size) : null,
    total: bucket.known ? toPlain(sum) : null,
    share: share(bucket.size, largest),
    own: bucket.own,
    pinned: index >= shown.length - pinned.length,
  }));
}

/** Whether two rows look the same, so that one of them need not be drawn again. */
export function sameRow(one: BookRow, other: BookRow): boolean {
  return one.price === other.price && one.size === other.size && one.total === other.total && one.share === other.share && one.pinned === other.pinned && sameChips(one.own, other.own);
}

function share(size: Decimal, largest: Decimal): number {
  if (largest.units === 0n) return 0;
  const scale = Math.max(size.scale, largest.scale);
  return Number((size.units * 100n * 10n ** BigInt(scale - size.scale)) / (largest.units * 10n ** BigInt(scale - largest.scale)));
}

/** Row heights offered: the tick and round multiples of it. */
export const GROUPS = [1, 5, 20, 50] as const;

/** The finest grouping at which our quotes stand inside a window of `rows` on each side; the coarsest when none does. */
export function fittingGroup(middle: string | null | undefined, prices: readonly (string | null | undefined)[], tick: Decimal | null, rows: number): number {
  const at = parseWire(middle);
  if (!at || !tick || tick.units <= 0n) return GROUPS[0];
  const away = prices.flatMap((price) => {
    const far = parseWire(price);
    const gap = far && subtract(far, at);
    return gap ? [{ units: gap.units < 0n ? -gap.units : gap.units, scale: gap.scale }] : [];
  });
  const fits = (group: number) => away.every((gap) => compare(gap, multiply(groupStep(tick, group), { units: BigInt(Math.max(1, rows - 1)), scale: 0 })) <= 0);
  return GROUPS.find(fits) ?? GROUPS[GROUPS.length - 1] ?? 1;
}

export function groupStep(tick: Decimal | null, group: number): Decimal {
  return multiply(tick ?? { units: 1n, scale: 0 }, { units: BigInt(group), scale: 0 });
}
