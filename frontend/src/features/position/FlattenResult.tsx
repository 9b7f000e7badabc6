import { CommandNote } from "../../components/ui/CommandNote";
import type { Flattened } from "../../lib/api-schema";
import { ReasonNumbers } from "../../lib/ReasonNumbers";
import { formatAge, formatSize } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import type { CommandState } from "../../lib/use-command";
import { refusalWords } from "../../lib/refusals";

/** How the flatten went: flat, or what is left and why. */
export function FlattenResult({ state, market }: { state: CommandState<Flattened>; market: string }) {
  const { t, language } = useWords();
  const [base = ""] = market.split("-");
  switch (state.kind) {
    case "idle": return null;
    case "pending": return <CommandNote tone="pending">{t("flatten.pending")}</CommandNote>;
    case "unknown": return <CommandNote tone="unknown"><b>{t("command.unknownTitle")}</b> {t("command.unknown")}</CommandNote>;
    case "refused": return <CommandNote tone="refused"><b>{t("command.refused")}</b> {refusalWords(state.error, t, language)}</CommandNote>;
    case "done": {
      const { answer } = state;
      const tries = t("flatten.tries", { count: answer.orders.length });
      if (answer.status === "flat") return <CommandNote tone="done"><b>{t("flatten.done")}</b> {tries} {formatAge(state.tookMs, language)}. {t("flatten.paused")}</CommandNote>;
      const why = answer.orders.findLast((order) => order.reason)?.reason ?? "";
      return <CommandNote tone="unknown"><b>{t("flatten.left", { size: `${formatSize(answer.position, null, language, "always")} ${base}` })}</b> {tries} {language === "en" ? why : <ReasonNumbers text={why} />}</CommandNote>;
    }
  }
}
