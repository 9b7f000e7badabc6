import { compare, parseWire, signOf } from "../../lib/decimal";
import type { PastOrder } from "../../lib/records";

/** How an order stands or ended; filled in part before it was cancelled is a word of its own. */
export type End = "open" | "filled" | "partly" | "cancelled" | "expired" | "refused" | "unknown";

const ENDS: Readonly<Record<string, End>> = {
  FILLED: "filled", CANCELLED: "cancelled", EXPIRED: "expired", REJECTED: "refused", UNKNOWN: "unknown",
  NEW: "open", RESERVED: "open", PLACING: "open", ACKED: "open", RESTING: "open", PARTIALLY_FILLED: "open", CANCELLING: "open",
};

export function endOf(order: Pick<PastOrder, "status" | "filled" | "size">): End {
  const end = ENDS[order.status.toUpperCase()] ?? "unknown";
  const [filled, size] = [parseWire(order.filled), parseWire(order.size)];
  const partly = filled !== null && size !== null && signOf(filled) > 0 && compare(filled, size) < 0;
  return partly && (end === "cancelled" || end === "expired") ? "partly" : end;
}
