import { CandlestickSeries, ColorType, type IPriceLine, LineSeries, LineStyle, LineType, type UTCTimestamp, createChart, createSeriesMarkers } from "lightweight-charts";
import { type Language, formatClock, formatNumber } from "../../lib/format";
import type { MinuteRow, Sample } from "../../stream/history";
import type { TradeRecord } from "../../stream/messages";
import { type Interval, type PriceLine, type Quiet, STEP_S, type Shown, candlesOf, fillMarkers, grown, linePoint, linePoints, quietSpans, shownBy } from "./chart-series";
import { Corridor } from "./corridor";

export type DrawnChart = {
  seconds(samples: readonly Sample[]): void;
  minutes(rows: readonly MinuteRow[]): void;
  price(value: number, nowMs: number): void;
  fills(trades: readonly TradeRecord[]): void;
  lines(lines: readonly PriceLine[]): void;
  recolour(): void;
  remove(): void;
};

export type ChartWords = { readonly quiet: (quiet: Quiet) => string; readonly byHand: string };
type Settings = { readonly language: Language; readonly decimals: number; readonly interval: Interval; readonly words: ChartWords };

const STYLES = { hand: LineStyle.LargeDashed, level: LineStyle.Dashed, unknown: LineStyle.SparseDotted, cancelling: LineStyle.Dotted } as const;

/** Whether `after` is `before` with its last second told anew, or with one second more: then an update is enough. */
export function continues(before: readonly Shown[], after: readonly Sample[], newest: number): boolean {
  const grew = after.length - before.length;
  if (grew === 0 && after.at(-1)?.second === newest) return true;
  return after.at(-2)?.second === newest && (grew === 1 || (grew === 0 && after[0]?.second !== before[0]?.second));
}

/** Build the chart once; afterwards it only takes updates. Colours come from the tokens around the container. */
export function drawChart(container: HTMLElement, { language, decimals, interval, words }: Settings): DrawnChart {
  const step = STEP_S[interval];
  const bySecond = interval === "1s";
  const token = (name: string) => getComputedStyle(container).getPropertyValue(`--mm-${name}`).trim() || "#808080";
  const written = (value: number) => formatNumber(value.toFixed(decimals), language, { decimals });
  const clock = (time: UTCTimestamp) => (bySecond ? formatClock(Number(time) * 1000, language) : formatClock(Number(time) * 1000, language).slice(0, 5));
  const chart = createChart(container, {
    autoSize: true,
    localization: { priceFormatter: written, timeFormatter: clock },
    timeScale: { timeVisible: true, secondsVisible: bySecond, rightOffset: 8, barSpacing: bySecond ? 4 : 7, tickMarkFormatter: clock },
    rightPriceScale: { borderVisible: false, entireTextOnly: true, scaleMargins: { top: 0.08, bottom: 0.1 } },
    handleScale: { mouseWheel: false },
  });
  const quote = { lineWidth: 2 as const, lineType: LineType.WithSteps, priceLineVisible: false, crosshairMarkerVisible: false };
  const price = bySecond
    ? chart.addSeries(LineSeries, { lineWidth: 1, priceLineStyle: LineStyle.Dotted, crosshairMarkerRadius: 3 })
    : chart.addSeries(CandlestickSeries, { borderVisible: false, priceLineStyle: LineStyle.Dotted });
  const bid = chart.addSeries(LineSeries, quote);
  const ask = chart.addSeries(LineSeries, quote);
  const corridor = new Corridor();
  bid.attachPrimitive(corridor);
  const markers = createSeriesMarkers(price, []);
  let shown: readonly Shown[] = [];
  let newest: Sample | null = null;
  let candle: ReturnType<typeof grown> | undefined;
  let trades: readonly TradeRecord[] = [];
  const levels = new Map<string, { line: IPriceLine; price: number }>();

  const paint = () => corridor.show({
    shown, step, tint: `${token("own")}14`, quiet: quietSpans(shown, step), quietTint: `${token("warn")}1f`, quietText: token("warn"),
    font: getComputedStyle(container).fontFamily, words: words.quiet,
  });
  const mark = () => markers.setMarkers(fillMarkers(trades, shown[0]?.second ?? 0, { up: token("up"), down: token("down") }, step));
  const quotes = (rows: readonly Shown[]) => {
    shown = rows;
    bid.setData(linePoints(rows, "bid", step));
    ask.setData(linePoints(rows, "ask", step));
    paint();
    mark();
  };
  const colourOf = (line: PriceLine) => token(line.kind === "unknown" ? "warn" : line.kind === "level" ? "own" : "text-2");
  const titleOf = (line: PriceLine) => (line.kind === "hand" ? words.byHand : `L${line.level}`);
  return {
    seconds(samples) {
      if (!bySecond) return;
      const last = samples.at(-1);
      const isNext = newest !== null && continues(shown, samples, newest.second);
      newest = last ?? null;
      if (!last || !isNext) {
        price.setData(linePoints(samples, "price"));
        return quotes(samples);
      }
      shown = samples;
      price.update(linePoint(last, "price"));
      bid.update(linePoint(last, "bid"));
      ask.update(linePoint(last, "ask"));
      paint();
    },
    minutes(rows) {
      if (bySecond) return;
      const candles = candlesOf(rows, step);
      candle = candles.at(-1);
      price.setData(candles);
      quotes(shownBy(rows, step));
    },
    price(value, nowMs) {
      if (bySecond) {
        if (newest && newest.last !== null) price.update({ time: newest.second as UTCTimestamp, value });
        return;
      }
      candle = grown(candle, Math.floor(nowMs / 1000), step, value);
      price.update(candle);
    },
    fills(all) {
      trades = all;
      mark();
    },
    lines(wanted) {
      const keep = new Map(wanted.map((line) => [`${line.key} ${line.kind} ${line.level}`, line]));
      for (const [key, { line, price: at }] of levels) {
        if (keep.get(key)?.price === at) continue;
        bid.removePriceLine(line);
        levels.delete(key);
      }
      for (const [key, line] of keep) {
        if (levels.has(key)) continue;
        const made = bid.createPriceLine({ price: line.price, title: titleOf(line), color: colourOf(line), lineWidth: 1, lineStyle: STYLES[line.kind], axisLabelVisible: false });
        levels.set(key, { line: made, price: line.price });
      }
    },
    recolour() {
      chart.applyOptions({
        layout: { background: { type: ColorType.Solid, color: "transparent" }, textColor: token("text-3"), fontFamily: getComputedStyle(container).fontFamily, fontSize: 11 },
        grid: { vertLines: { color: token("grid") }, horzLines: { color: token("grid") } },
        timeScale: { borderColor: token("line") },
        crosshair: { vertLine: { color: token("line-strong"), labelBackgroundColor: token("bg-hover") }, horzLine: { color: token("line-strong"), labelBackgroundColor: token("bg-hover") } },
      });
      if (bySecond) price.applyOptions({ color: token("text-2"), priceLineColor: token("text-3") });
      else price.applyOptions({ upColor: token("candle-up"), downColor: token("candle-down"), wickUpColor: token("candle-up"), wickDownColor: token("candle-down"), priceLineColor: token("text-3") });
      for (const line of [bid, ask]) line.applyOptions({ color: token("own") });
      paint();
      mark();
    },
    remove: () => chart.remove(),
  };
}
