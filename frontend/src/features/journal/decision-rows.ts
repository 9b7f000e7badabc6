import type { DecisionRecord } from "../../lib/records";

/** Decisions that have words of their own; any other is shown by the name the bot gives it. */
export const TOLD = [
  "bot_halted", "bot_paused", "bot_started", "bot_stopping", "breaker_resumed", "breaker_tripped", "creates_held", "creates_released", "fill_protection", "flattened", "leverage_changed",
  "market_paused", "market_resumed", "order_outcome_unknown", "order_refused", "order_rejected", "order_withheld", "position_adopted", "position_settled", "position_stop_ended", "position_stop_refused",
  "position_unsettled", "quotes_pulled", "quotes_updated", "requests_limited", "risk_tier", "spread_clamped",
] as const;
export type Told = (typeof TOLD)[number];

export type DecisionTone = "muted" | "warn" | "danger" | "own" | undefined;

/** A decision with its parts apart: what, why by code, the bot's own sentence, and the numbers. */
export type DecisionRow = DecisionRecord & {
  readonly key: string;
  readonly what: Told | null;
  readonly code: string | null;
  readonly text: string | null;
  readonly numbers: readonly (readonly [name: string, value: string])[];
  readonly tone: DecisionTone;
};

const WORDS = new Set(["reason", "code", "text", "breaker", "why", "side", "tier", "before"]);
const CODED = /^[a-z][a-z0-9_]*$/;

function asText(value: unknown): string | null {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : null;
}

/** The reason code of a decision: under `code` or `breaker`, or as `reason` where that is a code and not a sentence. */
function codeOf(fields: Readonly<Record<string, unknown>>): string | null {
  const code = asText(fields.code) ?? asText(fields.breaker);
  if (code) return code;
  const reason = asText(fields.reason);
  return reason && CODED.test(reason) ? reason : null;
}

const TONES: Readonly<Record<string, DecisionTone>> = { WARNING: "warn", ERROR: "danger", DEBUG: "muted" };

export function decisionRow(record: DecisionRecord): DecisionRow {
  const { fields } = record;
  const code = codeOf(fields);
  const reason = asText(fields.reason);
  const text = asText(fields.text) ?? (reason !== code ? reason : null) ?? asText(fields.why);
  const numbers = Object.entries(fields).flatMap(([name, value]) => {
    const shown = WORDS.has(name) ? null : asText(value);
    return shown === null ? [] : [[name, shown] as const];
  });
  return { ...record, key: decisionKey(record), what: TOLD.find((each) => each === record.event) ?? null, code, text, numbers, tone: TONES[record.level] };
}

export function decisionKey(record: DecisionRecord): string {
  return `${record.at_ms} ${record.event} ${record.market}`;
}
