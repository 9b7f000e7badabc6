import { useCallback } from "react";
import { Icon } from "../../components/ui/Icon";
import { useStaleWords } from "../../components/ui/stale";
import { useMay } from "../../lib/access";
import { api } from "../../lib/api";
import { useWords } from "../../lib/i18n";
import { useCommand } from "../../lib/use-command";
import { refusalWords } from "../../lib/refusals";
import { usePicture } from "../../stream/store";
import css from "./AllMarkets.module.css";

/** Takes one market out while the others go on, and back in. */
export function MarketSwitch({ market }: { market: string }) {
  const { t, language } = useWords();
  const stale = useStaleWords() !== null;
  const out = usePicture((now) => now.markets?.[market]?.reason_code === "market_paused") ?? false;
  const send = useCallback((resume: boolean) => (resume ? api.resumeMarket(market) : api.pauseMarket(market)), [market]);
  const { state, run } = useCommand(send);
  const may = useMay("control");
  const words = t(out ? "bot.resumeMarket" : "bot.pauseMarket", { market });
  if (!may) return null;
  return (
    <span className={css.switch}>
      {(state.kind === "refused" || state.kind === "unknown") && <span className={css.refused} role="status">{state.kind === "refused" ? refusalWords(state.error, t, language) : t("command.unknownTitle")}</span>}
      <button type="button" className={css.toggle} aria-label={words} title={words} disabled={state.kind === "pending" || (stale && out)} onClick={() => void run(out)}>
        <Icon name={out ? "play" : "pause"} size={12} />
      </button>
    </span>
  );
}
