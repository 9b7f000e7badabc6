import { useHover } from "@mantine/hooks";
import { memo, useMemo, useState } from "react";
import { useStore } from "zustand";
import { Icon } from "../../components/ui/Icon";
import { Panel } from "../../components/ui/Panel";
import { MISSING, formatAge, formatClock, formatNumber, formatPrice, sizeDecimals } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { useNow } from "../../lib/time";
import { historyStore } from "../../stream/history";
import { usePicture } from "../../stream/store";
import css from "./TradeTape.module.css";
import { type TapeRow, tapeRows } from "./tape-rows";

const MOST = 30;
const SECONDS = "00:00:00".length;
const NOTHING: readonly never[] = [];

/** Everybody's trades, newest first, each beside our quote at that moment. While hovered the list stands still and counts. */
export function TradeTape({ market }: { market: string }) {
  const { t } = useWords();
  const tape = usePicture((now) => now.markets?.[market]?.tape);
  const fills = usePicture((now) => now.trades);
  const tick = usePicture((now) => now.markets?.[market]?.tick_size);
  const lot = usePicture((now) => now.markets?.[market]?.lot_size);
  const samples = useStore(historyStore, (state) => state.history[market]) ?? NOTHING;
  const rows = useMemo(() => tapeRows(tape, samples, fills ?? {}, MOST), [tape, samples, fills]);
  const { hovered, ref } = useHover<HTMLDivElement>();
  const [held, setHeld] = useState<readonly TapeRow[] | null>(null);
  if (hovered !== (held !== null)) setHeld(hovered ? rows : null);
  const shown = held ?? rows;
  const decimals = sizeDecimals(shown.map((row) => row.size), lot);
  const first = shown[0]?.key;
  const at = rows.findIndex((row) => row.key === first);
  const waiting = held ? (at < 0 ? rows.length : at) : 0;
  return (
    <Panel title={t("tape.title")} note={waiting > 0 ? t("tape.new", { count: waiting }) : <TapeAge ms={rows[0]?.ms} />}>
      {shown.length === 0 ? (
        <p className={css.empty}>{tape ? t("tape.none") : t("empty.waiting")}</p>
      ) : (
        <div className={css.scroll} tabIndex={0} role="region" aria-label={t("tape.title")} ref={ref}>
          <table className={css.table}>
            <thead><tr><th scope="col">{t("table.time")}</th><th scope="col" data-right>{t("table.price")}</th><th scope="col" data-right>{t("table.size")}</th><th scope="col" data-right title={t("tape.oursHelp")}>{t("tape.ours")}</th></tr></thead>
            <tbody>{shown.map((row) => <Line key={row.key} row={row} tick={tick} decimals={decimals} />)}</tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function TapeAge({ ms }: { ms: number | undefined }) {
  const { language } = useWords();
  const now = useNow(1000);
  return <>{ms === undefined ? "" : formatAge(Math.max(0, now - ms), language)}</>;
}

type LineProps = { row: TapeRow; tick: string | null | undefined; decimals: number };

const Line = memo(function Line({ row, tick, decimals }: LineProps) {
  const { t, language } = useWords();
  const up = row.side === "BUY";
  const clock = formatClock(row.ms, language, true);
  return (
    <tr data-ours={row.isOurs || undefined}>
      <td className={css.time}>{clock.slice(0, SECONDS)}<span className={css.ms}>{clock.slice(SECONDS)}</span></td>
      <td data-right className={up ? "tone-up" : "tone-down"}><Icon name={up ? "up" : "down"} size={8} /><span className="visually-hidden">{t(`side.${row.side}`)}</span>{formatPrice(row.price, tick, language)}</td>
      <td data-right>{row.trades > 1 && <small title={t("tape.burst", { count: row.trades })}>×{row.trades}</small>}{formatNumber(row.size, language, { decimals, rounding: "cut" })}</td>
      <td data-right className={row.isOurs ? css.fill : css.quote}>{row.isOurs ? t("tape.ourFill") : row.ours === null ? MISSING : formatPrice(String(row.ours), tick, language)}</td>
    </tr>
  );
}, (one, other) => one.tick === other.tick && one.decimals === other.decimals && one.row.key === other.row.key && one.row.size === other.row.size && one.row.ours === other.row.ours && one.row.isOurs === other.row.isOurs);
