import { Panel } from "../../components/ui/Panel";
import { Signed } from "../../components/ui/Signed";
import { formatCount, formatMoney, formatPercent } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { usePicture } from "../../stream/store";
import css from "./PnlSplit.module.css";
import { pnlParts } from "./pnl-parts";

/** Where the money comes from, and how many orders it took. */
export function PnlSplit() {
  const { t, language } = useWords();
  const metrics = usePicture((picture) => picture.metrics);
  return (
    <Panel title={t("pnl.title")} end="USD">
      <dl className={css.parts}>
        {pnlParts(metrics).map((part) => (
          <div key={part.id}>
            <dt>{t(`pnl.${part.id}`)}</dt>
            <dd><Signed value={part.value}>{formatMoney(part.value, language, { sign: true })}</Signed></dd>
          </div>
        ))}
        <div className={css.total}>
          <dt>{t("pnl.total")}</dt>
          <dd><Signed value={metrics?.total_pnl}>{formatMoney(metrics?.total_pnl, language, { sign: true })}</Signed></dd>
        </div>
        <div><dt>{t("pnl.ended")}</dt><dd>{formatCount(metrics?.orders_ended, language)}</dd></div>
        <div><dt>{t("pnl.withFill")}</dt><dd>{formatCount(metrics?.orders_filled, language)}</dd></div>
        <div><dt>{t("metric.fillRate")}</dt><dd>{formatPercent(metrics?.fill_rate, language)}</dd></div>
        <div><dt>{t("pnl.fills")}</dt><dd>{formatCount(metrics?.fills, language)}</dd></div>
      </dl>
    </Panel>
  );
}
