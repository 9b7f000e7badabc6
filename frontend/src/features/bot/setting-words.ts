import type { Language } from "../../lib/format";
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
