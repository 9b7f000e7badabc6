import { type Decimal, negate, parseWire } from "../../lib/decimal";
import type { FillRecord } from "../../lib/records";
import type { Owner, TradeRecord } from "../../stream/messages";
import { ownerOfId } from "./owners";

export type FillRow = {
  readonly key: string;
  readonly atMs: number | null;
  readonly market: string;
  readonly who: Owner;
  readonly side: "BUY" | "SELL";
  readonly price: string | null;
  readonly size: string | null;
  readonly value: string | null;
  /** Positive: we paid. */
  readonly fee: string | null;
  readonly role: "maker" | "taker" | null;
  readonly orderId: string | null;
  readonly clientId: string | null;
};

function fromStream(key: string, trade: TradeRecord & { readonly value?: string | null }): FillRow {
  const clientId = trade.externalOrderId ?? null;
  return {
    key, atMs: trade.createdTime ?? null, market: trade.market, who: ownerOfId(clientId), side: trade.side, price: trade.price ?? null, size: trade.qty ?? null,
    value: trade.value ?? null, fee: trade.fee ?? null, role: trade.isTaker === undefined ? null : trade.isTaker ? "taker" : "maker",
    orderId: trade.orderId === null || trade.orderId === undefined ? null : String(trade.orderId), clientId,
  };
}

function fromRecords(fill: FillRecord): FillRow {
  return {
    key: fill.trade_id, atMs: fill.at_ms, market: fill.market, who: ownerOfId(fill.client_order_id), side: fill.side, price: fill.price, size: fill.size, value: fill.value,
    fee: fill.fee, role: fill.is_maker ? "maker" : "taker", orderId: fill.exchange_order_id, clientId: fill.client_order_id,
  };
}

export const tradeId = (fill: FillRecord): string => fill.trade_id;

/** What the stream told and what the records have, each once, newest first. */
export function allFills(trades: Readonly<Record<string, TradeRecord>> | undefined, older: readonly FillRecord[] | null): FillRow[] {
  const rows = new Map((older ?? []).map((fill) => [fill.trade_id, fromRecords(fill)]));
  for (const [key, trade] of Object.entries(trades ?? {})) rows.set(key, fromStream(key, trade));
  return [...rows.values()].toSorted((a, b) => (b.atMs ?? 0) - (a.atMs ?? 0) || b.key.localeCompare(a.key));
}

/** A fee as it moves our money: what we paid is a minus. */
export function paidOf(fee: string | null): Decimal | null {
  const number = parseWire(fee);
  return number ? negate(number) : null;
}
