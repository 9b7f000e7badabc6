import { Signed } from "../../components/ui/Signed";
import type { FlattenPreview } from "../../lib/api-schema";
import { formatBps, formatFinePrice, formatMoney, formatPrice, formatSize } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { usePicture } from "../../stream/store";
import css from "./FlattenDialog.module.css";
import { type FlattenCost, type FlattenSums, takenLevels } from "./flatten-preview";

/** The levels that would be taken, and the sum: expected and worst. */
export function FlattenTable({ market, preview, sums }: { market: string; preview: FlattenPreview; sums: FlattenSums }) {
  const { t, language } = useWords();
  const side = preview.side ?? "SELL";
  const picture = usePicture((now) => ({ tick: now.markets?.[market]?.tick_size, lot: now.markets?.[market]?.lot_size, book: now.markets?.[market]?.book }));
  const levels = takenLevels((side === "SELL" ? picture?.book?.bids : picture?.book?.asks) ?? [], preview.size, preview.limit_price, side);
  const money = (cost: FlattenCost, part: keyof FlattenCost) => <Signed value={cost[part]}>{formatMoney(cost[part], language, { sign: true })}</Signed>;
  return (
    <div>
      <h3>{t("flatten.preview")}</h3>
      <table className={css.levels}>
        <thead><tr><th scope="col">{t(side === "SELL" ? "quotes.bid" : "quotes.ask")}</th><th scope="col">{t("table.size")}</th><th scope="col">{t("flatten.take")}</th></tr></thead>
        <tbody>
          {levels.map((level) => (
            <tr key={level.price} data-taken={level.taken !== null}>
              <td>{formatPrice(level.price, picture?.tick, language)}</td><td>{formatSize(level.size, picture?.lot, language)}</td>
              <td><b>{formatSize(level.taken, picture?.lot, language)}</b></td>
            </tr>
          ))}
        </tbody>
      </table>
      <table className={css.sums}>
        <thead><tr><th scope="col"><span className="visually-hidden">{t("flatten.part")}</span></th><th scope="col">{t("flatten.expected")}</th><th scope="col">{t("flatten.worst")}</th></tr></thead>
        <tbody>
          <tr><th scope="row">{t("flatten.average")}</th><td>{formatFinePrice(preview.average_price, picture?.tick, language)}</td><td>{formatFinePrice(preview.limit_price, picture?.tick, language)}</td></tr>
          <tr><th scope="row">{t("flatten.slippage")} <small>{formatBps(preview.slippage_bps, language)}</small></th><td>{money(sums.expected, "slippage")}</td><td>{money(sums.worst, "slippage")}</td></tr>
          <tr><th scope="row">{t("flatten.fee")}</th><td>{money(sums.expected, "fee")}</td><td>{money(sums.worst, "fee")}</td></tr>
          <tr data-total="true"><th scope="row">{t("flatten.cost")}</th><td>{money(sums.expected, "total")}</td><td>{money(sums.worst, "total")}</td></tr>
        </tbody>
      </table>
    </div>
  );
}
