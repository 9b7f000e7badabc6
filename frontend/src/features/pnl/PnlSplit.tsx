import { useMemo } from "react";
import { useStore } from "zustand";
import { Ghost } from "../../components/ui/Ghost";
import { Panel } from "../../components/ui/Panel";
import { Signed } from "../../components/ui/Signed";
import { SmallPlot } from "../../components/ui/SmallPlot";
import { parseWire, signOf } from "../../lib/decimal";
import { formatMoney } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { historyStore } from "../../stream/history";
import { usePicture } from "../../stream/store";
import css from "./PnlSplit.module.css";
import { pnlParts, pnlPoints } from "./pnl-parts";

const NOTHING: readonly never[] = [];
const GAP_S = 180;

/** Where the money comes from: spread, inventory, fees and funding, and their sum through time. */
export function PnlSplit({ market: given }: { market?: string }) {
  const { t, language } = useWords();
  const configured = usePicture((now) => now.config?.market);
  const market = given ?? (typeof configured === "string" ? configured : "");
  const pnl = usePicture((now) => now.markets?.[market]?.pnl);
  const [, quote] = market.split("-");
  return (
    <Panel title={t("pnl.today")} end={<span title={t("pnl.help")}>{quote}</span>}>
      {(pnl?.fills ?? 0) === 0 && !Number(pnl?.total ?? 0) ? <Ghost>{t("pnl.emptyParts")}</Ghost> : (
        <div className={css.body}>
          <Curve market={market} total={pnl?.total} />
          <dl className={css.parts}>
            {pnlParts(pnl).map((part) => (
              <div key={part.id}>
                <dt>{t(`pnl.${part.id === "fees" ? "feesPart" : part.id === "funding" ? "fundingPart" : part.id}`)}</dt>
                <dd>{formatMoney(part.value, language, { sign: true })}</dd>
              </div>
            ))}
            <div className={css.total}>
              <dt>{t("pnl.totalPart")}</dt>
              <dd><Signed value={pnl?.total}>{formatMoney(pnl?.total, language, { sign: true })}</Signed></dd>
            </div>
          </dl>
        </div>
      )}
    </Panel>
  );
}

function Curve({ market, total }: { market: string; total: string | null | undefined }) {
  const { t, language } = useWords();
  const samples = useStore(historyStore, (state) => state.history[market]) ?? NOTHING;
  const minutes = useStore(historyStore, (state) => state.minutes[market]) ?? NOTHING;
  const points = useMemo(() => pnlPoints(minutes, samples), [minutes, samples]);
  const sum = parseWire(total);
  return <SmallPlot points={points} label={t("pnl.summary", { amount: formatMoney(total, language, { sign: true }) })} tone={sum && signOf(sum) < 0 ? "down" : "up"} gap={GAP_S} />;
}
