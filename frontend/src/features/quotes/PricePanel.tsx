import { Suspense, lazy, useState } from "react";
import { ChoiceGroup } from "../../components/ui/ChoiceGroup";
import { Icon } from "../../components/ui/Icon";
import { Panel } from "../../components/ui/Panel";
import { useWords } from "../../lib/i18n";
import { usePast } from "../../stream/use-past";
import css from "./PriceChart.module.css";
import { INTERVALS, type Interval } from "./chart-series";

const PriceChart = lazy(() => import("./PriceChart"));
const KEY = "mmbot.chart-interval";

function firstInterval(): Interval {
  const kept = localStorage.getItem(KEY);
  return INTERVALS.find((each) => each === kept) ?? "1s";
}

/** Price and our quotes through time: what the bot remembers, and what arrives. */
export function PricePanel({ market }: { market: string }) {
  const { t } = useWords();
  const [interval, setInterval] = useState(firstInterval);
  usePast(market);
  const choose = (next: Interval) => {
    localStorage.setItem(KEY, next);
    setInterval(next);
  };
  const legend = (
    <span className={css.legend}>
      <span><i data-line="quotes" />{t("chart.quotes")}</span>
      <span className={css.fillsLegend}><span className="tone-up"><Icon name="up" size={8} /></span><span className="tone-down"><Icon name="down" size={8} /></span>{t("chart.fills")}</span>
    </span>
  );
  const choices = INTERVALS.map((value) => ({ value, label: value.replace(/(\d)/, "$1\u00a0") }));
  return (
    <Panel title={t("chart.title")} note={<ChoiceGroup legend={t("chart.interval")} value={interval} choices={choices} onChange={choose} />} end={legend}>
      <Suspense fallback={<p className={css.waiting}>{t("empty.waiting")}</p>}>
        <PriceChart key={market} market={market} interval={interval} />
      </Suspense>
    </Panel>
  );
}
