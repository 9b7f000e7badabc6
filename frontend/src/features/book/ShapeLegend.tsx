import { Glyph } from "../../components/ui/Glyph";
import { useWords } from "../../lib/i18n";
import css from "./Ladder.module.css";

const SHAPES = [["wished", ""], ["placing", "tone-own"], ["resting", "tone-own"], ["cancelling", ""], ["unknown", "tone-warn"]] as const;

export function ShapeLegend() {
  const { t } = useWords();
  return (
    <div className={css.legend}>
      {SHAPES.map(([shape, tone]) => <span key={shape} className={tone}><Glyph shape={shape} />{t(`order.${shape}`)}</span>)}
    </div>
  );
}
