import { useStore } from "zustand";
import { Ghost } from "../../components/ui/Ghost";
import { Panel } from "../../components/ui/Panel";
import { Signed } from "../../components/ui/Signed";
import { SmallPlot } from "../../components/ui/SmallPlot";
import strip from "../../components/ui/Strip.module.css";
import { toPlain } from "../../lib/decimal";
import { formatMoney, formatPercent, formatPrice, formatSize } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { historyStore } from "../../stream/history";
import { usePicture } from "../../stream/store";
import { inventoryOf, inventoryPoints, positionLimit } from "./inventory";

const NOTHING: readonly never[] = [];
const NEAR = 0.5;
const GAP_S = 5;

/** What is held, through the last half hour, against its limit. */
export function InventoryPlot({ market }: { market: string }) {
  const { t, language } = useWords();
  const position = usePicture((now) => now.positions?.[market]);
  const config = usePicture((now) => now.config);
  const lot = usePicture((now) => now.markets?.[market]?.lot_size);
  const tick = usePicture((now) => now.markets?.[market]?.tick_size);
  const samples = useStore(historyStore, (state) => state.history[market]) ?? NOTHING;
  const limit = positionLimit(config, market);
  const { size, share } = inventoryOf(position, limit);
  const points = inventoryPoints(samples);
  const moved = points.some(({ y }) => y !== null && y !== 0);
  const most = limit ? Number(toPlain(limit)) : null;
  const near = most !== null && points.some(({ y }) => y !== null && Math.abs(y) > most * NEAR);
  const [base] = market.split("-");
  const written = formatSize(size, lot, language, "always");
  return (
    <Panel title={t("inventory.title")} end={share ? t("inventory.ofMax", { share: formatPercent(share, language, 0) }) : null}>
      {!moved && size.units === 0n ? <Ghost>{t("inventory.empty")}</Ghost> : (
        <div className={strip.body}>
          <span className={strip.figure}>{written} <small>{base}</small></span>
          <span className={strip.note}>{position?.openPrice ? <>{t("inventory.entry", { price: formatPrice(position.openPrice, tick, language) })} <Signed value={position.unrealisedPnl}>{formatMoney(position.unrealisedPnl, language, { sign: true })}</Signed></> : "\u00a0"}</span>
          <SmallPlot points={points} label={t("inventory.summary", { size: written })} tone="own" steps gap={GAP_S} limits={near && most !== null ? [most, -most] : []} />
        </div>
      )}
    </Panel>
  );
}
