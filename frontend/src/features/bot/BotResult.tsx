import { CommandNote } from "../../components/ui/CommandNote";
import { formatAge } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { useNow } from "../../lib/time";
import type { CommandState } from "../../lib/use-command";
import { refusalWords } from "../../lib/refusals";
import type { BotAnswer } from "./use-bot-commands";

const DONE = { start: "bot.started", pause: "bot.pausedDone", stop: "bot.stoppedDone" } as const;

const KILL_UNDER_WAY = "kill_under_way";

/** How Start, Pause or Stop went: what changed and how long it took, or why not. */
export function BotResult({ state }: { state: CommandState<BotAnswer> }) {
  const { t, language } = useWords();
  switch (state.kind) {
    case "idle": return null;
    case "pending": return <Pending sentMs={state.sentMs} />;
    case "unknown": return <CommandNote tone="unknown"><b>{t("command.unknownTitle")}</b> {t("command.unknown")}</CommandNote>;
    case "refused": return <CommandNote tone="refused"><b>{t("command.refused")}</b> {state.error.code === KILL_UNDER_WAY ? t("bot.killUnderWay") : refusalWords(state.error, t, language)}</CommandNote>;
    case "done": {
      const took = formatAge(state.tookMs, language);
      const { did, remaining } = state.answer;
      if (did === "start") return <CommandNote tone="done"><b>{t(DONE[did])}</b> {took}</CommandNote>;
      if (remaining.length === 0) return <CommandNote tone="done"><b>{t(DONE[did])}</b> {t("bot.noneLeft")} {took}</CommandNote>;
      return <CommandNote tone="unknown"><b>{t(DONE[did])}</b> {t("bot.someLeft", { count: remaining.length })} {remaining.join(", ")}</CommandNote>;
    }
  }
}

/** An answer that takes longer than a blink says how long it has been awaited. */
function Pending({ sentMs }: { sentMs: number }) {
  const { t, language } = useWords();
  const waited = useNow(250) - sentMs;
  return <CommandNote tone="pending">{waited < 400 ? t("command.pending") : t("command.pendingFor", { age: formatAge(waited, language) })}</CommandNote>;
}
