import { CommandNote } from "../../components/ui/CommandNote";
import type { NewOrder, OrderAnswer } from "../../lib/api-schema";
import { formatClock, formatDate, formatPrice, formatSize } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { shapeOf } from "../../lib/order-face";
import type { CommandState } from "../../lib/use-command";

export type SentOrder = { readonly order: NewOrder; readonly answer: OrderAnswer };

/** What became of the order just sent, with the exchange's own words. */
export function OrderResult({ state }: { state: CommandState<SentOrder> }) {
  const { t, language } = useWords();
  switch (state.kind) {
    case "idle": return null;
    case "pending": return <CommandNote tone="pending">{t("ticket.result.pending")}</CommandNote>;
    case "unknown": return <CommandNote tone="unknown"><b>{t("ticket.result.unknownTitle")}</b> {t("ticket.result.unknown")}</CommandNote>;
    case "refused":
      return (
        <CommandNote tone="refused">
          <b>{t("ticket.result.refused")}</b> {state.error.message}
          {state.error.hint ? <> {state.error.hint}</> : null}
        </CommandNote>
      );
    case "done": {
      const { order, answer } = state.answer;
      const said = [answer.status, answer.statusReason, answer.message].filter(Boolean).join(" \u00b7 ");
      const asked = t("ticket.result.line", {
        time: formatClock(state.atMs, language),
        side: t(`side.${order.side}`),
        size: formatSize(order.size, null, language),
        price: formatPrice(answer.price ?? order.price, answer.price ?? order.price, language),
      });
      const unknown = answer.status === "UNKNOWN";
      const refused = answer.status === "REJECTED";
      return (
        <CommandNote tone={unknown ? "unknown" : refused ? "refused" : "done"}>
          {asked} <b>{t(`order.${shapeOf(answer.status)}`)}</b>. {unknown ? t("ticket.result.unknown") : said && t("ticket.result.said", { words: said })}
          {answer.expireTime ? <> {t("ticket.result.until", { date: formatDate(answer.expireTime, language) })}</> : null}
        </CommandNote>
      );
    }
  }
}
