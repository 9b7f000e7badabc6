import { ApiError, NoAnswer } from "../../lib/api";
import type { OrderRecord, Owner } from "../../stream/messages";
import { openOrders } from "./order-rows";

type Orders = Readonly<Record<string, OrderRecord>> | undefined;
export type Cancelled = { readonly cancelled: number; readonly left: readonly string[] };

/** Orders that may still fill, by owner. */
export function countByOwner(orders: Orders): Record<Owner, number> {
  const counts: Record<Owner, number> = { bot: 0, hand: 0, foreign: 0 };
  for (const order of openOrders(orders)) counts[order.who] += 1;
  return counts;
}

/** Ids to cancel by: ours where there is one, the exchange's otherwise. */
export function keysOf(orders: Orders, chosen: Readonly<Record<Owner, boolean>>): string[] {
  return openOrders(orders).filter((order) => chosen[order.who]).map((order) => String(order.who === "foreign" ? (order.id ?? order.key) : (order.externalId ?? order.key)));
}

/** Cancel one after the other; one that is gone already counts as cancelled, one without an answer as left. */
export async function cancelEach(keys: readonly string[], cancel: (key: string) => Promise<{ readonly status: string }>): Promise<Cancelled> {
  const left: string[] = [];
  for (const key of keys) {
    try {
      const { status } = await cancel(key);
      if (status === "UNKNOWN") left.push(key);
    } catch (error) {
      const gone = error instanceof ApiError && error.status === 404;
      if (!gone && !(error instanceof ApiError) && !(error instanceof NoAnswer)) throw error;
      if (!gone) left.push(key);
    }
  }
  return { cancelled: keys.length - left.length, left };
}
