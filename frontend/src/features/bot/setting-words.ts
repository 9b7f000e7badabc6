import { type Language, fieldText } from "../../lib/format";
import type { Words } from "../../lib/i18n";
import type { Setting } from "./config-form";
import WORDS from "./setting-words.json";

const KNOWN: Readonly<Record<string, readonly string[]>> = WORDS;

/** The name of a setting for people; one that is newer than this screen goes by its path. */
export function settingName(path: string, language: Language): string {
  return KNOWN[path]?.[language === "pl" ? 1 : 0] ?? path;
}

/** What a setting does: the bot's own words in English, ours in Polish where there are any. */
export function settingMeaning(setting: Pick<Setting, "path" | "meaning">, language: Language): { text: string; lang: Language } {
  const polish = KNOWN[setting.path]?.[2];
  return language === "pl" && polish ? { text: polish, lang: "pl" } : { text: setting.meaning, lang: "en" };
}

const UNITS = ["bps", "lots", "orders", "quotes", "factor", "share", "times", "half-spreads", "standard deviations", "1/(order size · bps)", "1/bps"] as const;

/** The unit of a setting for people; seconds and the like are the same everywhere. */
export function unitWords(unit: string, t: Words): string {
  const known = UNITS.find((each) => each === unit);
  return known ? t(`unit.${known}`) : unit;
}

const THRESHOLD = /^price_move_threshold (\S+) is above spread_percentage (\S+):/;

/** What the bot finds unwise in a configuration: its own sentence in English, the same in words of ours otherwise. */
export function warningWords(text: string, t: Words, language: Language): string {
  if (language === "en") return text;
  const [, threshold = "", spread = ""] = THRESHOLD.exec(text) ?? [];
  return threshold ? t("config.warnThreshold", { threshold: fieldText(threshold, language), spread: fieldText(spread, language) }) : t("config.warnOther");
}
