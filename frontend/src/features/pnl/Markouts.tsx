import { Ghost } from "../../components/ui/Ghost";
import { Panel } from "../../components/ui/Panel";
import { formatBps, formatCount, formatNumber, MISSING } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { usePicture } from "../../stream/store";
import css from "./Markouts.module.css";
import { judged, markoutBars } from "./markout-bars";

/** How our fills aged after 1, 5, 30 and 60 seconds. */
export function Markouts({ market }: { market: string }) {
  const { t, language } = useWords();
  const markouts = usePicture((now) => now.markets?.[market]?.markouts);
  const bars = markoutBars(markouts);
  const count = judged(markouts);
  return (
    <Panel title={t("markout.title")} note={formatBps("0", language, { decimals: 0 }).replace(/^0./u, "")} end={<span title={t("markout.help")}>{count > 0 ? t("markout.count", { count: formatCount(count, language) as unknown as number }) : ""}</span>}>
      {count === 0 ? <Ghost>{t("markout.empty")}</Ghost> : (
        <ul className={css.bars}>
          {bars.map((bar) => {
            const value = bar.bps === null ? MISSING : formatNumber(bar.bps, language, { decimals: 2, sign: "always" });
            return (
              <li key={bar.seconds} aria-label={t("markout.after", { seconds: bar.seconds, bps: value })}>
                <span className={css.column} data-up={bar.share >= 0}>
                  <i style={{ height: `${Math.abs(bar.share) / 2}%` }} />
                  <b style={{ "--at": `${Math.abs(bar.share) / 2}%` } as React.CSSProperties}>{value}</b>
                </span>
                <small>{bar.seconds}&nbsp;s</small>
              </li>
            );
          })}
        </ul>
      )}
    </Panel>
  );
}
