import { fieldText, formatNumber } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import css from "./OrderPanel.module.css";
import type { SizePreset } from "./order-estimate";

type Props = { presets: readonly SizePreset[]; chosen: string | null; onChoose: (size: string) => void };

/** Sizes at one press; Alt and the number of the button does the same. */
export function SizePresets({ presets, chosen, onChoose }: Props) {
  const { t, language } = useWords();
  return (
    <div className={css.presets} role="group" aria-label={t("ticket.sizes")}>
      {presets.map(({ label, percent, size }, index) => (
        <button type="button" key={percent ?? label} disabled={!size} data-on={index === presets.findIndex((each) => each.size !== null && each.size === chosen)} title={percent === null ? t("ticket.preset", { key: index + 1 }) : t("ticket.share", { key: index + 1, share: percent })} onClick={() => size && onChoose(size)}>
          {percent === null ? fieldText(label, language) : `${formatNumber(percent, language, { decimals: 0 })}%`}
        </button>
      ))}
    </div>
  );
}
