import i18next from "i18next";
import { initReactI18next, useTranslation } from "react-i18next";
import en from "../locales/en.json";
import pl from "../locales/pl.json";
import type { Language } from "./format";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: { translation: typeof en };
  }
}

const KEY = "mmbot.language";

function firstLanguage(): Language {
  const kept = localStorage.getItem(KEY);
  if (kept === "pl" || kept === "en") return kept;
  return navigator.language.toLowerCase().startsWith("pl") ? "pl" : "en";
}

/** Load both languages before the first string is drawn. */
export function startWords(language: Language = firstLanguage()): void {
  void i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: false,
    resources: { en: { translation: en }, pl: { translation: pl } },
    interpolation: { escapeValue: false },
    initAsync: false,
    returnNull: false,
  });
  document.documentElement.lang = language;
}

export function chooseLanguage(language: Language): void {
  localStorage.setItem(KEY, language);
  document.documentElement.lang = language;
  void i18next.changeLanguage(language);
}

/** Words and the language numbers are written in. */
export function useWords() {
  const { t, i18n } = useTranslation();
  return { t, language: (i18n.language === "pl" ? "pl" : "en") as Language };
}

export type Words = ReturnType<typeof useWords>["t"];
