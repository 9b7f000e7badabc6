import { useQuery } from "@tanstack/react-query";
import { Button } from "../../components/ui/Button";
import { type Words, useWords } from "../../lib/i18n";
import { type Preset, wire } from "./config-wire";
import css from "./config.module.css";

const KNOWN = ["documents", "careful", "balanced", "close", "ladder"] as const;

const known = (preset: Preset) => KNOWN.find((each) => each === preset.name);

/** Its name in the reader's language; a preset newer than this screen is called as the bot calls it. */
export function presetTitle(preset: Preset, t: Words): string {
  const name = known(preset);
  return name ? t(`preset.${name}.title`) : preset.title;
}

/** Whole sets of settings that are safe as delivered; taking one over only fills the form. */
export function Presets({ market, onTake }: { market: string; onTake: (preset: Preset) => void }) {
  const { t } = useWords();
  const { data } = useQuery({ queryKey: ["config-presets", market], queryFn: () => wire.presets(market), staleTime: 30_000 });
  return (
    <ul className={css.presets} aria-label={t("config.presets")}>
      {(data ?? []).map((preset) => {
        const name = known(preset);
        return (
          <li key={preset.name}>
            <strong>{presetTitle(preset, t)}</strong>
            <p>{name ? t(`preset.${name}.meaning`) : preset.meaning}</p>
            <Button size="small" onClick={() => onTake(preset)}>{t("config.takePreset")}</Button>
          </li>
        );
      })}
    </ul>
  );
}
