/** Names for the generated types, where the screen uses them; open records get the words the exchange uses. */
import type { OrderRecord } from "../stream/messages";
import type { components } from "./api-schema.gen";

export type { paths } from "./api-schema.gen";

type Schemas = components["schemas"];

export type ApiErrorBody = Pick<Schemas["ErrorBody"], "code" | "message"> & { field?: string | null; hint?: string | null };
export type NewOrder = Schemas["NewOrder"];
export type TimeInForce = Schemas["TimeInForceName"];
export type Outcome = Schemas["OrderOutcome"];
/** What the risk gate would say; amounts are text. */
export type OrderVerdict = Schemas["OrderCheck"];
export type LogLevel = Schemas["LogLevel"];
export type Job = Schemas["Job"];
export type LogEntry = Schemas["LogLineOut"];

/** What became of an order by hand. */
export type OrderAnswer = {
  readonly status: Outcome;
  readonly externalId?: string;
  readonly price?: string;
  readonly filled?: string;
  /** When it ends by itself, in milliseconds. */
  readonly expires?: number;
  /** The exchange's own word for a refusal. */
  readonly reason?: string;
  readonly message?: string;
};

export type CancelAnswer = Pick<OrderRecord, "externalId"> & { readonly status: string; readonly message?: string };

/** What closing a position would cost now; prices and money are text, and missing where they cannot be said. */
export type FlattenPreview = {
  readonly market: string;
  readonly position: string;
  readonly side: "BUY" | "SELL" | null;
  readonly size: string;
  readonly reason: string | null;
  readonly mark_price?: string | null;
  readonly mark_age_ms?: number | null;
  readonly mid?: string | null;
  readonly fillable?: string | null;
  readonly average_price?: string | null;
  readonly worst_price?: string | null;
  readonly limit_price?: string | null;
  readonly slippage_bps?: string | null;
  readonly slippage?: string | null;
  readonly fee?: string | null;
  readonly caps?: readonly string[];
};

export type Flattened = { readonly status: string; readonly market: string; readonly position: string; readonly orders: readonly { readonly status?: string; readonly reason?: string }[] };
