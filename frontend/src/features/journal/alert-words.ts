import type { Language } from "../../lib/format";
import type { Words } from "../../lib/i18n";
import { numbersIn } from "../../lib/reason-numbers";
import type { AlertRecord } from "../../lib/records";
import { TOLD } from "./decision-rows";

/** Alerts that are no decisions, with words of their own. */
export const ALERTS = [
  "bot_crashed", "bot_stopped", "dead_man_switch_failed", "exchange_unreachable", "fill_contradicts", "flatten_attempt", "flatten_refused", "ids_not_reserved", "journal_found", "journal_not_closed",
  "journal_stalled", "kill_unmarked", "killed", "loop_crashed", "loop_slept", "only_reducing", "open_to_network", "order_came_back", "overfilled", "record_refused", "records_gap", "records_stalled",
  "request_crashed", "risk_acknowledged", "risk_not_kept", "shutdown_not_verified", "task_failed", "token_not_readable",
] as const;

/** An alert in the reader's language: the bot's own sentence in English, else the words of its event with the sentence's numbers. */
export function alertWords({ event, text }: Pick<AlertRecord, "event" | "text">, t: Words, language: Language): string {
  if (language === "en") return text;
  const decision = TOLD.find((each) => each === event);
  const alert = ALERTS.find((each) => each === event);
  const words = decision ? t(`decision.${decision}`) : alert ? t(`alert.${alert}`) : event;
  const numbers = numbersIn(text);
  return numbers.length > 0 ? `${words} (${numbers.join(" \u00b7 ")})` : words;
}
