import { CommandNote, type NoteTone } from "../../components/ui/CommandNote";
import type { NewOrder, OrderAnswer, Outcome } from "../../lib/api-schema";
import { formatClock, formatDate, formatPrice, formatSize } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import type { CommandState } from "../../lib/use-command";
import { refusalWords } from "../../lib/refusals";
import { usePicture } from "../../stream/store";

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
          <b>{t("ticket.result.refused")}</b> {refusalWords(state.error, t, language)}
        </CommandNote>
      );
    case "done": return <Answered sent={state.answer} atMs={state.atMs} />;
  }
}

const TONES: Partial<Record<Outcome, NoteTone>> = { UNKNOWN: "unknown", REJECTED: "refused", CANCELLED: "pending", PARTIALLY_FILLED: "unknown" };
const RESTS: ReadonlySet<Outcome> = new Set(["PLACED", "RESTING"]);

/** The outcome as it stands now: a resting order that has since left the book with a fill is filled. */
function useOutcome(answer: OrderAnswer): Outcome {
  const id = answer.externalId ?? "";
  const isOpen = usePicture((now) => Boolean(now.orders?.[id]));
  const hasFill = usePicture((now) => Object.values(now.trades ?? {}).some((trade) => trade.externalOrderId === id));
  return RESTS.has(answer.status) && hasFill ? (isOpen ? "PARTIALLY_FILLED" : "FILLED") : answer.status;
}

function Answered({ sent: { order, answer }, atMs }: { sent: SentOrder; atMs: number }) {
  const { t, language } = useWords();
  const outcome = useOutcome(answer);
  const said = [answer.status, answer.reason, answer.message].filter(Boolean).join(" \u00b7 ");
  const price = answer.price ?? order.price;
  const asked = t("ticket.result.line", {
    time: formatClock(atMs, language), side: t(`side.${order.side}`), size: formatSize(order.size, null, language), price: formatPrice(price, price, language),
  });
  return (
    <CommandNote tone={TONES[outcome] ?? "done"}>
      {asked} <b>{t(`outcome.${outcome}`)}</b>
      {answer.status === "PARTIALLY_FILLED" && <> {formatSize(answer.filled, null, language)}</>}.{" "}
      {answer.status === "UNKNOWN" ? t("ticket.result.unknown") : t("ticket.result.said", { words: said })}
      {RESTS.has(outcome) && answer.expires ? <> {t("ticket.result.until", { date: formatDate(answer.expires, language) })}</> : null}
    </CommandNote>
  );
}
