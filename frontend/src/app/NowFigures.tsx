import { Signed } from "../components/ui/Signed";
import { formatFinePrice, formatMoney, formatSize } from "../lib/format";
import { useWords } from "../lib/i18n";
import { signedPosition } from "../stream/select";
import { usePicture } from "../stream/store";
import css from "./stage.module.css";

/** The two figures of the night: what was made, what is held. */
export function NowFigures({ market }: { market: string }) {
  const { t, language } = useWords();
  const now = usePicture((picture) => ({
    total: picture.metrics?.total_pnl, realised: picture.metrics?.realised_pnl, unrealised: picture.metrics?.unrealised_pnl,
    position: signedPosition(picture, market), entry: picture.positions?.[market]?.openPrice, liquidation: picture.positions?.[market]?.liquidationPrice,
    tick: picture.markets?.[market]?.tick_size, lot: picture.markets?.[market]?.lot_size,
  }));
  const money = (value: string | null | undefined) => <Signed value={value}>{formatMoney(value, language, { sign: true })}</Signed>;
  const [base] = market.split("-");
  return (
    <section className={css.now} aria-label={t("phone.now")}>
      <dl>
        <dt>{t("metric.pnl")}</dt><dd className={css.big}>{money(now?.total)} <small>USD</small></dd>
        <dt>{t("pnl.realised")}</dt><dd>{money(now?.realised)}</dd>
        <dt>{t("pnl.unrealised")}</dt><dd>{money(now?.unrealised)}</dd>
      </dl>
      <dl>
        <dt>{t("metric.position")}</dt><dd className={css.big}>{formatSize(now?.position, now?.lot, language, "always")} <small>{base}</small></dd>
        <dt>{t("table.entry")}</dt><dd>{formatFinePrice(now?.entry, now?.tick, language)}</dd>
        <dt>{t("table.liquidation")}</dt><dd>{formatFinePrice(now?.liquidation, now?.tick, language)}</dd>
      </dl>
    </section>
  );
}
