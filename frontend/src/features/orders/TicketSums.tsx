import { MISSING, basisPoints, formatMoney, formatPercent, formatPrice, formatSize } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import type { Decimal } from "../../lib/decimal";
import css from "./OrderPanel.module.css";
import type { Estimate } from "./order-estimate";

type Props = { estimate: Estimate; takes: boolean; lot: string | null | undefined; tick: string | null | undefined; mark: Decimal | null };

/** Worth, fee and margin of the order, the position if all of it fills, and about where that would be liquidated. */
export function TicketSums({ estimate, takes, lot, tick, mark }: Props) {
  const { t, language } = useWords();
  const price = (value: Decimal | "none" | null) => (value === null ? MISSING : value === "none" ? t("ticket.noLiquidation") : formatPrice(value, tick, language));
  const then = estimate.liquidationThen;
  const away = then !== null && then !== "none" ? basisPoints(then, mark) : null;
  return (
    <dl className={css.sums}>
      <div><dt>{t("ticket.notional")}</dt><dd>{formatMoney(estimate.notional, language)}</dd></div>
      <div><dt>{t("ticket.margin")}</dt><dd>{formatMoney(estimate.margin, language)}</dd></div>
      <div><dt>{takes ? t("ticket.takerFee") : t("ticket.makerFee")}</dt><dd>{formatMoney(estimate.fee, language)}</dd></div>
      <div><dt>{t("ticket.positionAfter")}</dt><dd>{formatSize(estimate.positionAfter, lot, language, "always")}</dd></div>
      <div className={css.wideSum} title={t("ticket.liquidationHelp")}>
        <dt>{t("ticket.liquidation")}</dt>
        <dd>{estimate.positionAfter === null || then === estimate.liquidationNow ? price(then ?? estimate.liquidationNow) : <>{price(estimate.liquidationNow)} → {price(then)}</>}{away && <span className={css.soft}> {formatPercent({ units: away.units, scale: away.scale + 4 }, language, 1)}</span>}</dd>
      </div>
    </dl>
  );
}
