import { CommandNote } from "../../components/ui/CommandNote";
import { Icon } from "../../components/ui/Icon";
import { Button } from "../../components/ui/Button";
import { openDialog } from "../../lib/dialogs";
import { formatAge } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { refusalWords } from "../../lib/refusals";
import css from "./KillButton.module.css";
import { forgetKill, useKill } from "./kill";

/** How the kill went, on every page until it is put away; it offers what a person may want next. */
export function KillResult({ market }: { market: string }) {
  const { t } = useWords();
  const state = useKill();
  if (state.kind === "idle") return null;
  return (
    <div className={css.result} role="alert">
      <Words />
      {state.kind !== "pending" && <Button size="small" look="outlined" onClick={() => openDialog({ kind: "flatten", market })}>{t("bot.flatten")}</Button>}
      {state.kind !== "pending" && <button type="button" className={css.close} aria-label={t("kill.close")} onClick={forgetKill}><Icon name="cross" /></button>}
    </div>
  );
}

function Words() {
  const { t, language } = useWords();
  const state = useKill();
  switch (state.kind) {
    case "idle": return null;
    case "pending": return <CommandNote tone="pending"><b>{t("kill.pending")}</b></CommandNote>;
    case "unknown": return <CommandNote tone="unknown"><b>{t("command.unknownTitle")}</b> {t("kill.unknown")} <code>mmbot cancel-all</code></CommandNote>;
    case "refused": return <CommandNote tone="refused"><b>{t("command.refused")}</b> {refusalWords(state.error, t, language)} <code>mmbot cancel-all</code></CommandNote>;
    case "done": {
      const found = t("kill.found", { count: state.answer.found });
      const unmarked = state.answer.unmarked && <><b>{t("kill.unmarked")}</b> {language === "en" ? state.answer.unmarked : ""}</>;
      if (state.answer.status === "killed") return <CommandNote tone="done"><b>{t("kill.done")}</b> {found} {t("kill.none")} {formatAge(state.tookMs, language)}. {t("kill.next")} {unmarked}</CommandNote>;
      return <CommandNote tone="unknown"><b>{t("kill.notVerified")}</b> {found} {t("kill.left", { count: state.answer.remaining.length })} <code>mmbot cancel-all</code> {unmarked}</CommandNote>;
    }
  }
}
