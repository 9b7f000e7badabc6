import type { ISeriesApi, ISeriesPrimitive, ITimeScaleApi, SeriesAttachedParameter, Time, UTCTimestamp } from "lightweight-charts";
import type { Sample } from "../../stream/history";

type Target = Parameters<NonNullable<ReturnType<ReturnType<NonNullable<ISeriesPrimitive["paneViews"]>>[number]["renderer"]>>["draw"]>[0];
type Box = { left: number; right: number; top: number; bottom: number };

/** The tint between our bid and our ask: a corridor through time, open where we did not quote. */
export class Corridor implements ISeriesPrimitive<Time> {
  private attachedTo: SeriesAttachedParameter<Time> | null = null;
  private samples: readonly Sample[] = [];
  private tint = "transparent";

  attached(param: SeriesAttachedParameter<Time>): void {
    this.attachedTo = param;
  }

  detached(): void {
    this.attachedTo = null;
  }

  show(samples: readonly Sample[], tint: string): void {
    this.samples = samples;
    this.tint = tint;
    this.attachedTo?.requestUpdate();
  }

  paneViews() {
    return [{ zOrder: () => "bottom" as const, renderer: () => ({ draw: (target: Target) => this.draw(target) }) }];
  }

  private draw(target: Target): void {
    const parts = this.attachedTo;
    if (!parts) return;
    const boxes = corridorBoxes(this.samples, parts.series as ISeriesApi<"Line">, parts.chart.timeScale());
    target.useBitmapCoordinateSpace(({ context, horizontalPixelRatio: x, verticalPixelRatio: y }) => {
      context.fillStyle = this.tint;
      for (const box of boxes) context.fillRect(box.left * x, box.top * y, Math.ceil((box.right - box.left) * x), (box.bottom - box.top) * y);
    });
  }
}

function corridorBoxes(samples: readonly Sample[], series: ISeriesApi<"Line">, scale: ITimeScaleApi<Time>): Box[] {
  const boxes: Box[] = [];
  for (const [index, sample] of samples.entries()) {
    const next = samples[index + 1];
    if (!next || sample.bid === null || sample.ask === null || next.second - sample.second > 3) continue;
    const left = scale.timeToCoordinate(sample.second as UTCTimestamp);
    const right = scale.timeToCoordinate(next.second as UTCTimestamp);
    const [top, bottom] = [series.priceToCoordinate(sample.ask), series.priceToCoordinate(sample.bid)];
    if (left === null || right === null || top === null || bottom === null) continue;
    boxes.push({ left, right, top, bottom });
  }
  return boxes;
}
