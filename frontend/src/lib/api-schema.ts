/** The routes by hand, in the shape the generator writes: replace by `export type { paths } from "./api-schema.gen"`. */
import type { BotConfig, Metrics, OrderRecord } from "../stream/messages";
import type { CachedAccount } from "../stream/polled";

export type ApiErrorBody = { code: string; message: string; field?: string | null; hint?: string | null };

export type BotStatus = {
  running: boolean;
  state?: string;
  config: BotConfig;
  active_orders: number;
  last_quote_price: number | null;
  current_quotes: { bid: number | null; ask: number | null };
  order_ids: string[];
  markets?: Record<string, { state?: string; reason?: string | null }>;
  metrics?: Metrics;
};

export type BotStarted = { status: string; config: BotConfig };
export type BotStopped = { status: string; remaining: string[] };
export type ConfigApplied = { status?: string; config: BotConfig };
export type LogEntry = { ts: string | number; level: string; market?: string | null; event?: string | null; message: string };

export type TimeInForce = "POST_ONLY" | "GTC" | "GTT" | "IOC" | "FOK";
export type NewOrder = { market: string; side: "BUY" | "SELL"; price: string; size: string; timeInForce: TimeInForce; reduceOnly: boolean };
export type OrderAnswer = Partial<OrderRecord> & { status?: string; message?: string | null; expireTime?: number | null };

type Body<T> = { headers: Record<string, unknown>; content: { "application/json": T } };
type Answers<Ok> = { 200: Body<Ok>; default: Body<ApiErrorBody> };
type Operation<Ok, Parameters> = { parameters: Parameters; requestBody?: never; responses: Answers<Ok> };
type Sending<Ok, Sent> = { parameters: None; requestBody: { content: { "application/json": Sent } }; responses: Answers<Ok> };
type None = { query?: never; header?: never; path?: never; cookie?: never };
type Query<T> = { query?: T; header?: never; path?: never; cookie?: never };
type Path<T> = { query?: never; header?: never; path: T; cookie?: never };

export interface paths {
  "/api/bot/start": { parameters: None; post: Operation<BotStarted, None> };
  "/api/bot/stop": { parameters: None; post: Operation<BotStopped, None> };
  "/api/bot/status": { parameters: None; get: Operation<BotStatus, None> };
  "/api/bot/config": { parameters: None; post: Sending<ConfigApplied, Record<string, string | number | boolean>> };
  "/api/bot/logs": { parameters: None; get: Operation<{ logs: LogEntry[] }, Query<{ limit?: number; market?: string; level?: string }>> };
  "/api/orders/create": { parameters: None; post: Sending<OrderAnswer, NewOrder> };
  "/api/orders/{order_id}": { parameters: None; delete: Operation<OrderAnswer, Path<{ order_id: string }>> };
  "/api/cached-account": { parameters: None; get: Operation<CachedAccount, None> };
}
