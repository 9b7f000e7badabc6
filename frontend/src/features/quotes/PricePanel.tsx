import { Suspense, lazy } from "react";
import { Panel } from "../../components/ui/Panel";
import { useWords } from "../../lib/i18n";
import css from "./PriceChart.module.css";

const PriceChart = lazy(() => import("./PriceChart"));

/** Price and our quotes through time, since this page was opened. */
export function PricePanel({ market }: { market: string }) {
  const { t } = useWords();
  const legend = (
    <span className={css.legend}>
      <span><i data-line="quotes" />{t("chart.quotes")}</span>
      <span><i data-line="mark" />{t("chart.mark")}</span>
    </span>
  );
  return (
    <Panel title={t("chart.title")} note="1 s" end={legend}>
      <Suspense fallback={<p className={css.waiting}>{t("empty.waiting")}</p>}>
        <PriceChart key={market} market={market} />
      </Suspense>
    </Panel>
  );
}
