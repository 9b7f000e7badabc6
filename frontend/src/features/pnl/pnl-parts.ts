import { type Decimal, negate, parseWire } from "../../lib/decimal";
import type { Metrics } from "../../stream/messages";

export type PnlPart = { readonly id: "realised" | "unrealised" | "fees" | "funding"; readonly value: Decimal | null };

/** The parts as they enter the sum: a fee we paid is negative, funding we received positive. */
export function pnlParts(metrics: Metrics | undefined): PnlPart[] {
  const fees = parseWire(metrics?.fees);
  return [
    { id: "realised", value: parseWire(metrics?.realised_pnl) },
    { id: "unrealised", value: parseWire(metrics?.unrealised_pnl) },
    { id: "fees", value: fees ? negate(fees) : null },
    { id: "funding", value: parseWire(metrics?.funding) },
  ];
}
