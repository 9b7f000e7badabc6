import { useCallback } from "react";
import { MISSING } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { reasonWords } from "../../lib/reasons";

/** Reason codes in words, as a function that changes with the language only. */
export function useReason(): (code: string | null) => string {
  const { t } = useWords();
  return useCallback((code: string | null) => (code === null ? MISSING : reasonWords(code, t)), [t]);
}
