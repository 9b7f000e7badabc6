import { isOpen } from "../../lib/order-face";
import type { OrderRecord, Owner, TradeRecord } from "../../stream/messages";
import { ownerOfId } from "./owners";

export type OpenOrder = OrderRecord & { readonly key: string; readonly who: Owner };

/** Who an order belongs to: said by the backend, else read from the id it carries. */
export function ownerOf(key: string, order: OrderRecord): Owner {
  if (order.owner) return order.owner;
  return ownerOfId(order.externalId ?? key);
}

/** Orders that may still fill, newest first. */
export function openOrders(orders: Readonly<Record<string, OrderRecord>> | undefined): OpenOrder[] {
  return Object.entries(orders ?? {})
    .filter(([, order]) => isOpen(order.status))
    .map(([key, order]) => ({ ...order, key, who: ownerOf(key, order) }))
    .toSorted((a, b) => (b.createdTime ?? 0) - (a.createdTime ?? 0) || a.key.localeCompare(b.key));
}

export type FillRow = TradeRecord & { readonly key: string };

/** Our executions, newest first, at most `most`. */
export function newestFills(trades: Readonly<Record<string, TradeRecord>> | undefined, most: number): FillRow[] {
  return Object.entries(trades ?? {})
    .map(([key, trade]) => ({ ...trade, key }))
    .toSorted((a, b) => (b.createdTime ?? 0) - (a.createdTime ?? 0) || b.key.localeCompare(a.key))
    .slice(0, most);
}
