import { CommandNote } from "./CommandNote";
import { useMay } from "../../lib/access";
import { useWords } from "../../lib/i18n";

/** A line in place of buttons that would be refused; nothing for a token that may press them. */
export function ReadOnly() {
  const { t } = useWords();
  return useMay("control") ? null : <CommandNote tone="info"><b>{t("access.readOnly")}</b> {t("access.readOnlyWhy")}</CommandNote>;
}
