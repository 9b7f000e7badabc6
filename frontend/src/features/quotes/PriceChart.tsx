import { useMantineColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useStore } from "zustand";
import { useStaleWords } from "../../components/ui/stale";
import { decimalsOf, parseWire } from "../../lib/decimal";
import { useWords } from "../../lib/i18n";
import { historyStore } from "../../stream/history";
import { usePicture } from "../../stream/store";
import css from "./PriceChart.module.css";
import { type DrawnChart, drawChart } from "./drawn-chart";

/** Mark price as a line, our two quotes as a stepped corridor around it, fills as triangles. */
export default function PriceChart({ market }: { market: string }) {
  const { t, language } = useWords();
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<DrawnChart | null>(null);
  const samples = useStore(historyStore, (state) => state.history[market]);
  const trades = usePicture((now) => now.trades);
  const env = usePicture((now) => now.env);
  const tick = usePicture((now) => now.markets?.[market]?.tick_size);
  const stale = useStaleWords() !== null;
  const { colorScheme } = useMantineColorScheme();
  const decimals = Math.min(8, decimalsOf(parseWire(tick) ?? { units: 1n, scale: 2 }));

  useEffect(() => {
    if (!box.current) return undefined;
    const drawn = drawChart(box.current, { language, decimals });
    drawn.all(historyStore.getState().history[market] ?? []);
    chart.current = drawn;
    return () => {
      chart.current = null;
      drawn.remove();
    };
  }, [language, decimals, market]);
  // oxlint-disable-next-line react/exhaustive-effect-dependencies -- colours are read from CSS, which exactly these change
  useEffect(() => chart.current?.recolour(), [colorScheme, stale, language, decimals]);
  useEffect(() => chart.current?.last(samples ?? []), [samples]);
  useEffect(() => {
    chart.current?.fills(Object.values(trades ?? {}).filter((trade) => trade.market === market), samples?.[0]?.second ?? 0);
  }, [trades, market, samples]);
  return (
    <div className={css.frame}>
      {env !== undefined && env !== "live" && <span className={css.watermark} aria-hidden="true">{env.toUpperCase()}</span>}
      <div ref={box} className={css.chart} role="figure" aria-label={t("chart.summary")} />
      {(samples?.length ?? 0) < 2 && <p className={css.waiting}>{t("chart.empty")}</p>}
    </div>
  );
}
