import { Button } from "../../components/ui/Button";
import { formatNumber, formatPercent, formatSize } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { usePicture } from "../../stream/store";
import css from "./BotSwitch.module.css";

/** What Start would do with real or test funds, before the one click. */
export function StartSummary({ market, onBack, onStart }: { market: string; onBack: () => void; onStart: () => void }) {
  const { t, language } = useWords();
  const config = usePicture((now) => now.config);
  const shown = (name: string) => {
    const value = config?.[name];
    return typeof value === "boolean" ? null : value;
  };
  return (
    <>
      <dl className={css.summary}>
        <div><dt>{t("table.market")}</dt><dd>{String(shown("market") ?? market)}</dd></div>
        <div><dt>{t("config.order_size")}</dt><dd>{formatSize(shown("order_size"), null, language)}</dd></div>
        <div><dt>{t("config.spread_percentage")}</dt><dd>{formatPercent(shown("spread_percentage"), language, 3)}</dd></div>
        <div><dt>{t("config.max_position")}</dt><dd>{formatSize(shown("max_position"), null, language)}</dd></div>
        <div><dt>{t("config.refresh_interval")}</dt><dd>{formatNumber(shown("refresh_interval"), language, { decimals: 0 })} s</dd></div>
      </dl>
      <div className={css.acts}>
        <Button data-autofocus onClick={onBack}>{t("action.back")}</Button>
        <Button look="primary" onClick={onStart}>{t("bot.startNow", { market })}</Button>
      </div>
    </>
  );
}
