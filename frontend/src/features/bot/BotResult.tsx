import { CommandNote } from "../../components/ui/CommandNote";
import { formatAge } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import type { CommandState } from "../../lib/use-command";
import type { SwitchAnswer } from "./BotSwitch";

/** How Start or Stop went: what changed, or why not. */
export function BotResult({ state }: { state: CommandState<SwitchAnswer> }) {
  const { t, language } = useWords();
  switch (state.kind) {
    case "idle": return null;
    case "pending": return <CommandNote tone="pending">{t("command.pending")}</CommandNote>;
    case "unknown": return <CommandNote tone="unknown"><b>{t("command.unknownTitle")}</b> {t("command.unknown")}</CommandNote>;
    case "refused": return <CommandNote tone="refused"><b>{t("command.refused")}</b> {state.error.message} {state.error.hint ?? ""}</CommandNote>;
    case "done": {
      const took = formatAge(state.tookMs, language);
      if (state.answer.did === "start") return <CommandNote tone="done"><b>{t("bot.started")}</b> {took}</CommandNote>;
      const left = state.answer.remaining.length;
      if (left === 0) return <CommandNote tone="done"><b>{t("bot.stoppedDone")}</b> {t("bot.noneLeft")} {took}</CommandNote>;
      return <CommandNote tone="unknown"><b>{t("bot.stoppedDone")}</b> {t("bot.someLeft", { count: left })} {state.answer.remaining.join(", ")}</CommandNote>;
    }
  }
}
