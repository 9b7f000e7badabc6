/** Paths for small plots that are drawn as SVG: floats, for the eye only. */
export type PlotPoint = { readonly x: number; readonly y: number | null };
export type Box = { readonly width: number; readonly height: number };
export type Range = { readonly low: number; readonly high: number };

/** Lowest and highest value with a little room, the given values included; never of no height. */
export function rangeOf(points: readonly PlotPoint[], included: readonly number[] = []): Range {
  let [low, high] = [Infinity, -Infinity];
  for (const value of [...included, ...points.flatMap(({ y }) => (y === null ? [] : [y]))]) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (!Number.isFinite(low)) return { low: -1, high: 1 };
  const room = (high - low || Math.abs(high) || 1) * 0.08;
  return { low: low - room, high: high + room };
}

const short = (value: number) => String(Math.round(value * 100) / 100);

/** Height of a value inside the box, from its top. */
export function atHeight(value: number, { low, high }: Range, { height }: Box): number {
  return height - ((value - low) / (high - low)) * height;
}

function across(points: readonly PlotPoint[]): (x: number) => number {
  const first = points[0]?.x ?? 0;
  const width = (points.at(-1)?.x ?? 1) - first || 1;
  return (x) => (x - first) / width;
}

/** A line with holes where there is no value or nothing for longer than `gap`; `steps` holds a value until the next. */
export function linePath(points: readonly PlotPoint[], range: Range, box: Box, options: { gap?: number; steps?: boolean } = {}): string {
  const { gap = Infinity, steps = false } = options;
  const place = across(points);
  let path = "";
  let previous: PlotPoint | null = null;
  for (const point of points) {
    if (point.y === null || (previous && point.x - previous.x > gap)) previous = null;
    if (point.y === null) continue;
    const [x, y] = [short(place(point.x) * box.width), short(atHeight(point.y, range, box))];
    path += previous === null ? `M${x} ${y}` : steps ? `H${x}V${y}` : `L${x} ${y}`;
    previous = point;
  }
  return path;
}

/** The same line closed down (or up) to a value, for a tint under it; a hole ends one shape and begins the next. */
export function areaPath(points: readonly PlotPoint[], range: Range, box: Box, base: number, options: { gap?: number; steps?: boolean } = {}): string {
  const { gap = Infinity } = options;
  const place = across(points);
  const floor = short(atHeight(base, range, box));
  const runs: PlotPoint[][] = [];
  for (const point of points) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    if (point.y === null) {
      if (run && run.length > 0) runs.push([]);
    } else if (run && (before === undefined || point.x - before.x <= gap)) run.push(point);
    else runs.push([point]);
  }
  return runs
    .filter((run) => run.length > 1)
    .map((run) => {
      const [first, last] = [short(place(run[0]?.x ?? 0) * box.width), short(place(run.at(-1)?.x ?? 0) * box.width)];
      let path = `M${first} ${floor}`;
      for (const { x, y } of run) {
        const [across_, height] = [short(place(x) * box.width), short(atHeight(y ?? base, range, box))];
        path += options.steps ? `H${across_}V${height}` : `L${across_} ${height}`;
      }
      return `${path}${options.steps ? `H${last}` : ""}V${floor}Z`;
    })
    .join("");
}

/** Every n-th point, so that no plot has many more points than pixels; the last one is always kept. */
export function thinned<T>(points: readonly T[], most: number): T[] {
  const every = Math.max(1, Math.ceil(points.length / most));
  return points.filter((_, index) => (points.length - 1 - index) % every === 0);
}
