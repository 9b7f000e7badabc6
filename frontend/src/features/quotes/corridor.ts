import type { ISeriesApi, ISeriesPrimitive, ITimeScaleApi, SeriesAttachedParameter, SeriesType, Time, UTCTimestamp } from "lightweight-charts";
import type { Quiet, Shown } from "./chart-series";

type Target = Parameters<NonNullable<ReturnType<ReturnType<NonNullable<ISeriesPrimitive["paneViews"]>>[number]["renderer"]>>["draw"]>[0];
type Box = { left: number; right: number; top: number; bottom: number };

export type Painted = {
  readonly shown: readonly Shown[];
  readonly step: number;
  readonly tint: string;
  readonly quiet: readonly Quiet[];
  readonly quietTint: string;
  readonly quietText: string;
  readonly font: string;
  readonly words: (quiet: Quiet) => string;
};

/** Of the attribution in the lower left corner, which words must not cover. */
const LOGO_WIDTH = 52;
const LEAST_WIDTH = 2;

/** The tint between our bid and our ask: a corridor through time; where it is open, a band that says why. */
export class Corridor implements ISeriesPrimitive<Time> {
  private attachedTo: SeriesAttachedParameter<Time> | null = null;
  private painted: Painted | null = null;

  attached(param: SeriesAttachedParameter<Time>): void {
    this.attachedTo = param;
  }

  detached(): void {
    this.attachedTo = null;
  }

  show(painted: Painted): void {
    this.painted = painted;
    this.attachedTo?.requestUpdate();
  }

  paneViews() {
    return [{ zOrder: () => "bottom" as const, renderer: () => ({ draw: (target: Target) => this.draw(target) }) }];
  }

  private draw(target: Target): void {
    const [parts, painted] = [this.attachedTo, this.painted];
    if (!parts || !painted) return;
    const scale = parts.chart.timeScale();
    const boxes = corridorBoxes(painted, parts.series as ISeriesApi<SeriesType>, scale);
    const bands = quietBands(painted, scale);
    target.useBitmapCoordinateSpace(({ context, bitmapSize, horizontalPixelRatio: x, verticalPixelRatio: y }) => {
      context.fillStyle = painted.tint;
      for (const box of boxes) context.fillRect(box.left * x, box.top * y, Math.ceil((box.right - box.left) * x), (box.bottom - box.top) * y);
      context.fillStyle = painted.quietTint;
      for (const band of bands) context.fillRect(band.left * x, 0, Math.max(LEAST_WIDTH * x, (band.right - band.left) * x), bitmapSize.height);
      const last = bands.findLast((band) => band.quiet.code !== null && band.right > 0);
      if (!last) return;
      const words = painted.words(last.quiet);
      context.font = `${11 * y}px ${painted.font}`;
      context.fillStyle = painted.quietText;
      const half = context.measureText(words).width / 2;
      const middle = Math.min(bitmapSize.width - half - 4, Math.max(half + LOGO_WIDTH * x, ((last.left + last.right) / 2) * x));
      context.textAlign = "center";
      context.fillText(words, middle, bitmapSize.height - 8 * y);
    });
  }
}

function corridorBoxes({ shown, step }: Painted, series: ISeriesApi<SeriesType>, scale: ITimeScaleApi<Time>): Box[] {
  const boxes: Box[] = [];
  for (const [index, sample] of shown.entries()) {
    const next = shown[index + 1];
    if (!next || sample.bid === null || sample.ask === null || next.second - sample.second > 3 * step) continue;
    const left = scale.timeToCoordinate(sample.second as UTCTimestamp);
    const right = scale.timeToCoordinate(next.second as UTCTimestamp);
    const [top, bottom] = [series.priceToCoordinate(sample.ask), series.priceToCoordinate(sample.bid)];
    if (left === null || right === null || top === null || bottom === null) continue;
    boxes.push({ left, right, top, bottom });
  }
  return boxes;
}

function quietBands({ quiet, step }: Painted, scale: ITimeScaleApi<Time>): { left: number; right: number; quiet: Quiet }[] {
  return quiet.flatMap((each) => {
    const left = scale.timeToCoordinate(each.from as UTCTimestamp);
    const right = scale.timeToCoordinate((each.to - step) as UTCTimestamp);
    return left === null || right === null ? [] : [{ left, right: right + LEAST_WIDTH, quiet: each }];
  });
}
