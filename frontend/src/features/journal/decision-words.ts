import { type Language, fieldText } from "../../lib/format";
import type { Words } from "../../lib/i18n";

/** Why quotes were sent anew; the bot's own short words. */
const WHY = ["first quotes", "price moved", "refill", "renewal"] as const;
/** Numbers of decisions that have a name for people; any other goes by the name the bot gives it. */
const NUMBERS = ["ask", "bid", "count", "fills", "left", "limit", "lots", "ms", "open", "order", "orders", "position", "price", "seconds", "size", "value"] as const;

export function whyLine(text: string | null, t: Words, language: Language): string {
  const known = WHY.find((each) => each === text);
  if (known) return t(`refresh.${known}`);
  return language === "en" ? (text ?? "") : "";
}

export function numberName(name: string, t: Words): string {
  const known = NUMBERS.find((each) => each === name);
  return known ? t(`number.${known}`) : name;
}

/** A decimal as the reader writes it; an opinion's long tail is cut, an id stays as it is. */
export function shownNumber(value: string, language: Language): string {
  return /^-?\d+(\.\d+)?$/.test(value) ? fieldText(value.replace(/(\.\d{4})\d+$/, "$1"), language) : value;
}

export function numberLine(name: string, value: string, t: Words, language: Language): string {
  return `${numberName(name, t)} ${shownNumber(value, language)}`;
}
