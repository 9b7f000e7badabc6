import type { ApiErrorBody } from "./api-schema";
import type { Language } from "./format";
import type { Words } from "./i18n";
import { numbersIn } from "./reason-numbers";
import { knownReason, reasonWords } from "./reasons";

/** Codes of refusals that have words of their own under `refusal` in the locales. */
export const REFUSALS = [
  "already_running", "budget_exhausted", "config_changed", "exchange_unreachable", "file_not_readable", "ids_exhausted", "invalid_config", "invalid_input", "not_found", "not_sent",
  "not_while_running", "outcome_unknown", "price_unavailable", "rate_limited", "refused_by_exchange", "role_too_small", "signing_unavailable", "starting", "still_open",
  "too_many_commands", "too_many_requests", "venue_mode",
] as const;

type Refused = Pick<ApiErrorBody, "code" | "message"> & { readonly field?: string | null | undefined; readonly hint?: string | null | undefined };

/**
 * A refusal in the reader's language: in English the backend's own sentence and remedy, otherwise the words of its code with field and
 * numbers. What the exchange itself said is quoted as it was said.
 */
export function refusalWords({ code, message, field, hint }: Refused, t: Words, language: Language): string {
  if (language === "en") return hint ? `${message} ${hint}` : message;
  const risk = knownReason(code.replace(/^risk_/, ""));
  const known = REFUSALS.find((each) => each === code);
  const words = known ? t(`refusal.${known}`) : risk ? `${reasonWords(risk, t)}.` : t("refusal.other", { code });
  if (code === "refused_by_exchange") return `${words} \u201e${message}\u201d`;
  const numbers = numbersIn(message);
  const details = [field ? t("refusal.field", { field }) : "", numbers.join(" \u00b7 ")].filter(Boolean).join("; ");
  return details ? `${words} (${details})` : words;
}
