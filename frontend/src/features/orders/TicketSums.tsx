import { formatMoney, formatSize } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import css from "./OrderPanel.module.css";
import type { Estimate } from "./order-estimate";

/** Worth of the order and the position if all of it fills. */
export function TicketSums({ estimate, lot, quote }: { estimate: Estimate; lot: string | null | undefined; quote: string }) {
  const { t, language } = useWords();
  return (
    <dl className={css.sums}>
      <div><dt>{t("ticket.notional")}</dt><dd>{formatMoney(estimate.notional, language, { code: quote })}</dd></div>
      <div><dt>{t("ticket.positionAfter")}</dt><dd>{formatSize(estimate.positionAfter, lot, language, "always")}</dd></div>
    </dl>
  );
}
