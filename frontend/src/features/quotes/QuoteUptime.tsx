import { useMemo } from "react";
import { useStore } from "zustand";
import { formatClock, formatPercent } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { historyStore } from "../../stream/history";
import css from "./QuoteUptime.module.css";
import { uptimeCells, uptimeOf } from "./uptime";
import { useReason } from "./use-reason";

const NOTHING: readonly never[] = [];
const MOST = 60;

/** The last hour, a cell for each minute: how much of it both quotes stood in the book, and why not. */
export function QuoteUptime({ market }: { market: string }) {
  const { t, language } = useWords();
  const reason = useReason();
  const minutes = useStore(historyStore, (state) => state.minutes[market]) ?? NOTHING;
  const cells = useMemo(() => uptimeCells(minutes, MOST), [minutes]);
  const share = formatPercent(uptimeOf(minutes), language, 1);
  const tone = (each: number | null) => (each === null ? "none" : each >= 0.995 ? "full" : each > 0 ? "part" : "off");
  return (
    <section className={css.row} aria-label={t("uptime.title")}>
      <span className={css.title} title={t("uptime.empty")}>{t("uptime.title")}</span>
      <span className={css.cells} role="img" aria-label={t("uptime.summary", { share })}>
        {cells.map((cell) => (
          <i key={cell.second} data-tone={tone(cell.share)} style={{ "--share": `${(cell.share ?? 0) * 100}%` } as React.CSSProperties} title={`${formatClock(cell.second * 1000, language).slice(0, 5)} · ${formatPercent(cell.share === null ? null : cell.share.toFixed(4), language, 0)}${cell.code ? ` · ${reason(cell.code)}` : ""}`} />
        ))}
      </span>
      <b>{share}</b>
    </section>
  );
}
