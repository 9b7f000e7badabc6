import { type Box, type PlotPoint, areaPath, atHeight, linePath, rangeOf, thinned } from "../../lib/plot";
import css from "./SmallPlot.module.css";

type Props = {
  points: readonly PlotPoint[];
  label: string;
  tone: "own" | "up" | "down";
  /** Values that must be seen beside the points; the first is the base of the tint. */
  included?: readonly number[];
  /** Dashed lines, such as limits. */
  limits?: readonly number[];
  steps?: boolean;
  gap?: number;
};

const BOX: Box = { width: 200, height: 60 };
const MOST = 200;

/** A line through time, tinted down to its base, with a hole where nobody looked. Stretches with its panel. */
export function SmallPlot({ points, label, tone, included = [0], limits = [], steps = false, gap = Infinity }: Props) {
  const drawn = thinned(points, MOST);
  const range = rangeOf(drawn, [...included, ...limits]);
  const base = included[0] ?? 0;
  const options = { gap: Math.max(gap, gap * Math.ceil(points.length / MOST)), steps };
  const across = (value: number, className: string | undefined) => (
    <line key={`${className} ${value}`} x1="0" x2={BOX.width} y1={atHeight(value, range, BOX)} y2={atHeight(value, range, BOX)} className={className} />
  );
  return (
    <svg className={css.plot} viewBox={`0 0 ${BOX.width} ${BOX.height}`} preserveAspectRatio="none" role="img" aria-label={label} data-tone={tone}>
      {across(base, css.zero)}
      {limits.map((limit) => across(limit, css.limit))}
      <path d={areaPath(drawn, range, BOX, base, options)} className={css.area} />
      <path d={linePath(drawn, range, BOX, options)} className={css.line} />
    </svg>
  );
}
