/** Names for the generated types, where the screen uses them; open records get the words the exchange uses. */
import type { OrderRecord } from "../stream/messages";
import type { components } from "./api-schema.gen";

export type { paths } from "./api-schema.gen";

type Schemas = components["schemas"];

export type ApiErrorBody = Pick<Schemas["ErrorBody"], "code" | "message"> & { field?: string | null; hint?: string | null };
export type NewOrder = Schemas["NewOrder"];
export type TimeInForce = Schemas["TimeInForceName"];
export type Outcome = Schemas["OrderOutcome"];
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
