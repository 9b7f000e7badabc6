import { PnlSplit } from "../../features/pnl/PnlSplit";
import { Markouts } from "../../features/pnl/Markouts";
import { InventoryPlot } from "../../features/position/InventoryPlot";
import { PricePanel } from "../../features/quotes/PricePanel";
import { QuoteUptime } from "../../features/quotes/QuoteUptime";
import css from "./ChartArea.module.css";

/** Price with our quotes, and under it how long they stood, what is held, what was earned, and how fills aged. */
export function ChartArea({ market }: { market: string }) {
  return (
    <div className={css.column}>
      <PricePanel market={market} />
      <QuoteUptime market={market} />
      <div className={css.strip}>
        <InventoryPlot market={market} />
        <PnlSplit market={market} />
        <Markouts market={market} />
      </div>
    </div>
  );
}
