import { ReasonNumbers } from "../../lib/ReasonNumbers";
import { CommandNote } from "../../components/ui/CommandNote";
import { formatAge, formatMoney, formatPrice, formatSize } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { knownReason, reasonWords, remedyWords } from "../../lib/reasons";
import { useNow } from "../../lib/time";
import type { Judged } from "./use-verdict";

type Props = { judged: Judged; side: "BUY" | "SELL"; lot: string | null | undefined; tick: string | null | undefined; quote: string; fok: boolean };

const OLD_MS = 2500;

/** What the bot's own gate says to this order: the worst case it leads to, what it takes, or why it is refused. */
export function RiskGate({ judged: { verdict, atMs }, side, lot, tick, quote, fok }: Props) {
  const { t, language } = useWords();
  const now = useNow(1000);
  const age = now - atMs > OLD_MS ? ` ${t("gate.age", { age: formatAge(now - atMs, language) })}` : "";
  if (verdict.verdict === "REFUSED") {
    const known = knownReason(verdict.code);
    return (
      <CommandNote tone="refused">
        <b>{t("gate.refused")}</b> {known || language !== "en" ? `${reasonWords(verdict.code, t)}.` : ""} <ReasonNumbers text={verdict.reason ?? ""} /> {remedyWords(verdict.code, t)}{age}
      </CommandNote>
    );
  }
  const size = (value: string | null | undefined) => formatSize(value, lot, language);
  const worst = verdict.worst_then && verdict.max_position
    ? t(`gate.worst.${side}`, { now: size(verdict.worst_now?.replace("-", "")), after: size(verdict.worst_then.replace("-", "")), limit: size(verdict.max_position) })
    : "";
  if (verdict.verdict === "TAKES") {
    const takes = verdict.takes && verdict.takes !== "0"
      ? t("gate.takesNow", { size: size(verdict.takes), price: formatPrice(verdict.takes_average, tick, language), fee: formatMoney(verdict.fee, language, { code: quote }) })
      : t("gate.takesNothing");
    return (
      <CommandNote tone="unknown">
        <b>{t("ticket.gate.takes")}</b> {takes} {verdict.pulls > 0 ? t("gate.pulls", { count: verdict.pulls }) : ""} {fok ? t("ticket.gate.fokWhy") : ""} {worst}{age}
      </CommandNote>
    );
  }
  return <CommandNote tone="done"><b>{t("gate.pass")}</b> {t("gate.rests")} {worst}{age}</CommandNote>;
}
