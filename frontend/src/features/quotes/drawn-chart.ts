import { ColorType, LineSeries, LineStyle, LineType, type UTCTimestamp, createChart, createSeriesMarkers } from "lightweight-charts";
import { type Language, formatClock, formatNumber } from "../../lib/format";
import type { Sample } from "../../stream/history";
import type { TradeRecord } from "../../stream/messages";
import { type Line, fillMarkers, linePoint, linePoints } from "./chart-series";
import { Corridor } from "./corridor";

export type DrawnChart = {
  all(samples: readonly Sample[]): void;
  last(samples: readonly Sample[]): void;
  fills(trades: readonly TradeRecord[], fromSecond: number): void;
  recolour(): void;
  remove(): void;
};

type Settings = { readonly language: Language; readonly decimals: number };
const LINES: readonly Line[] = ["mark", "bid", "ask"];

/** Build the chart once; afterwards it only takes updates. Colours come from the tokens around the container. */
export function drawChart(container: HTMLElement, { language, decimals }: Settings): DrawnChart {
  const token = (name: string) => getComputedStyle(container).getPropertyValue(`--mm-${name}`).trim() || "#808080";
  const written = (value: number) => formatNumber(value.toFixed(decimals), language, { decimals });
  const chart = createChart(container, {
    autoSize: true,
    localization: { priceFormatter: written, timeFormatter: (time: UTCTimestamp) => formatClock(Number(time) * 1000, language) },
    timeScale: { timeVisible: true, secondsVisible: true, rightOffset: 6, barSpacing: 5, tickMarkFormatter: (time: UTCTimestamp) => formatClock(Number(time) * 1000, language) },
    rightPriceScale: { borderVisible: false, entireTextOnly: true, scaleMargins: { top: 0.1, bottom: 0.12 } },
    handleScale: { mouseWheel: false },
  });
  const quote = { lineWidth: 2 as const, lineType: LineType.WithSteps, priceLineVisible: false, crosshairMarkerVisible: false };
  const series = {
    mark: chart.addSeries(LineSeries, { lineWidth: 1, priceLineStyle: LineStyle.Dotted, crosshairMarkerRadius: 3 }),
    bid: chart.addSeries(LineSeries, quote),
    ask: chart.addSeries(LineSeries, quote),
  };
  const corridor = new Corridor();
  series.bid.attachPrimitive(corridor);
  const markers = createSeriesMarkers(series.mark, []);
  let shown: readonly Sample[] = [];
  const tinted = () => corridor.show(shown, `${token("own")}14`);
  const all = (samples: readonly Sample[]) => {
    shown = samples;
    for (const line of LINES) series[line].setData(linePoints(samples, line));
    tinted();
  };
  return {
    all,
    last(samples) {
      const newest = samples.at(-1);
      const before = shown.at(-1);
      const continues = newest && before && newest.second >= before.second && newest.second - before.second <= 3;
      if (!newest || !continues) return all(samples);
      shown = samples;
      for (const line of LINES) series[line].update(linePoint(newest, line));
      return tinted();
    },
    fills: (trades, fromSecond) => markers.setMarkers(fillMarkers(trades, fromSecond, { up: token("up"), down: token("down") })),
    recolour() {
      chart.applyOptions({
        layout: { background: { type: ColorType.Solid, color: "transparent" }, textColor: token("text-3"), fontFamily: getComputedStyle(container).fontFamily, fontSize: 11 },
        grid: { vertLines: { color: token("grid") }, horzLines: { color: token("grid") } },
        timeScale: { borderColor: token("line") },
        crosshair: { vertLine: { color: token("line-strong"), labelBackgroundColor: token("bg-hover") }, horzLine: { color: token("line-strong"), labelBackgroundColor: token("bg-hover") } },
      });
      series.mark.applyOptions({ color: token("text-2"), priceLineColor: token("text-3") });
      for (const line of ["bid", "ask"] as const) series[line].applyOptions({ color: token("own") });
      tinted();
    },
    remove: () => chart.remove(),
  };
}
