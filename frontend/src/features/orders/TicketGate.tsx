import { CommandNote } from "../../components/ui/CommandNote";
import { useWords } from "../../lib/i18n";

type Props = { stale: boolean; takes: boolean; crosses: boolean; fok: boolean; reduceOnly: boolean; flat: boolean };

/** One sentence on what sending would mean. */
export function TicketGate({ stale, takes, crosses, fok, reduceOnly, flat }: Props) {
  const { t } = useWords();
  if (stale) return <CommandNote tone="pending"><b>{t("ticket.gate.hold")}</b> {t("ticket.gate.holdWhy")}</CommandNote>;
  if (reduceOnly && flat) return <CommandNote tone="unknown"><b>{t("ticket.gate.flat")}</b> {t("ticket.gate.flatWhy")}</CommandNote>;
  if (crosses) return <CommandNote tone="unknown"><b>{t("ticket.gate.crosses")}</b> {t("ticket.gate.crossesWhy")}</CommandNote>;
  if (takes) return <CommandNote tone="unknown"><b>{t("ticket.gate.takes")}</b> {fok ? t("ticket.gate.fokWhy") : t("ticket.gate.takesWhy")}</CommandNote>;
  return <CommandNote tone="info">{t("ticket.gate.rests")}</CommandNote>;
}
