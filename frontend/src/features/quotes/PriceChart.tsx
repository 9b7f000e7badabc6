import { useMantineColorScheme } from "@mantine/core";
import { useEffect, useMemo, useRef } from "react";
import { useStore } from "zustand";
import { useStaleWords } from "../../components/ui/stale";
import { decimalsOf, parseWire } from "../../lib/decimal";
import { formatAge, zoneName } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { useNow } from "../../lib/time";
import { drawn as asNumber, historyStore } from "../../stream/history";
import type { Picture, TradeRecord } from "../../stream/messages";
import { streamStore, usePicture } from "../../stream/store";
import css from "./PriceChart.module.css";
import { type Interval, priceLines } from "./chart-series";
import { type DrawnChart, drawChart } from "./drawn-chart";
import { useReason } from "./use-reason";

const PRICE_EVERY_MS = 250;

function fillsOf(trades: Picture["trades"], market: string): TradeRecord[] {
  return Object.values(trades ?? {}).filter((trade) => trade.market === market);
}

/** Candles or the last price, our two quotes as a stepped corridor around it, fills as triangles, other orders as lines. */
export default function PriceChart({ market, interval }: { market: string; interval: Interval }) {
  const { t, language } = useWords();
  const reason = useReason();
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<DrawnChart | null>(null);
  const samples = useStore(historyStore, (state) => state.history[market]);
  const minutes = useStore(historyStore, (state) => state.minutes[market]);
  const trades = usePicture((now) => now.trades);
  const orders = usePicture((now) => now.orders);
  const env = usePicture((now) => now.env);
  const tick = usePicture((now) => now.markets?.[market]?.tick_size);
  const now = useNow(60_000);
  const stale = useStaleWords() !== null;
  const { colorScheme } = useMantineColorScheme();
  const decimals = Math.min(8, decimalsOf(parseWire(tick) ?? { units: 1n, scale: 2 }));
  const words = useMemo(() => ({
    quiet: ({ from, to, code }: { from: number; to: number; code: string | null }) => t("chart.quiet", { time: formatAge((to - from) * 1000, language), reason: reason(code) }),
    byHand: t("chart.byHand"),
  }), [t, language, reason]);

  useEffect(() => {
    if (!box.current) return undefined;
    const drawn = drawChart(box.current, { language, decimals, interval, words });
    const { history, minutes: rows } = historyStore.getState();
    drawn.seconds(history[market] ?? []);
    drawn.minutes(rows[market] ?? []);
    const { picture } = streamStore.getState().view;
    drawn.fills(fillsOf(picture?.trades, market));
    drawn.lines(priceLines(picture?.orders, market));
    chart.current = drawn;
    return () => {
      chart.current = null;
      drawn.remove();
    };
  }, [language, decimals, market, interval, words]);
  // oxlint-disable-next-line react/exhaustive-effect-dependencies -- colours are read from CSS, which exactly these change
  useEffect(() => chart.current?.recolour(), [colorScheme, stale, language, decimals, interval, words]);
  useEffect(() => chart.current?.seconds(samples ?? []), [samples]);
  useEffect(() => chart.current?.minutes(minutes ?? []), [minutes]);
  useEffect(() => chart.current?.fills(fillsOf(trades, market)), [trades, market]);
  useEffect(() => chart.current?.lines(priceLines(orders, market)), [orders, market]);
  useEffect(() => {
    const timer = setInterval(() => {
      const { view } = streamStore.getState();
      const price = asNumber(view.picture?.markets?.[market]?.last_price);
      if (price !== null && view.status === "live" && !document.hidden) chart.current?.price(price, Date.now());
    }, PRICE_EVERY_MS);
    return () => clearInterval(timer);
  }, [market]);
  const empty = interval === "1s" ? (samples?.length ?? 0) < 2 : (minutes ?? []).every((minute) => minute.open === undefined);
  return (
    <div className={css.frame}>
      {env !== undefined && env !== "live" && <span className={css.watermark} aria-hidden="true">{env.toUpperCase()}</span>}
      <div ref={box} className={css.chart} role="figure" aria-label={t("chart.summary")} />
      <span className={css.zone}>{zoneName(now, language)}</span>
      {empty && <p className={css.waiting}>{interval === "1s" ? t("chart.empty") : t("chart.noCandles")}</p>}
    </div>
  );
}
