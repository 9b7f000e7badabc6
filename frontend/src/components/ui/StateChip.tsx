import { Glyph, type GlyphShape } from "./Glyph";
import { Icon } from "./Icon";
import css from "./StateChip.module.css";

type Props = {
  shape: GlyphShape;
  value: string;
  label: string;
  /** Drawn in grey with a hand: not the machine's. */
  byHand?: boolean;
  /** Done part in percent, drawn as a line along the lower edge. */
  donePercent?: number;
};

/** Shape, exact value and state in a word, the same in every place. */
export function StateChip({ shape, value, label, byHand = false, donePercent = 0 }: Props) {
  const look = byHand && shape === "resting" ? css.hand : css[shape];
  return (
    <span className={`${css.chip} ${look}`}>
      {byHand && shape === "resting" ? <Icon name="hand" size={12} /> : <Glyph shape={shape} />}
      <b>{value}</b>
      <span className={css.label}>{label}</span>
      {donePercent > 0 && <i className={css.done} style={{ width: `${Math.min(100, donePercent)}%` }} />}
    </span>
  );
}
