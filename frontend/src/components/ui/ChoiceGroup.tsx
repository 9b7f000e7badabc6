import { useId } from "react";
import css from "./ChoiceGroup.module.css";

export type Choice<T extends string> = { value: T; label: React.ReactNode; tone?: "up" | "down"; help?: string };
type Props<T extends string> = { legend: string; value: T; choices: readonly Choice<T>[]; onChange: (value: T) => void; tall?: boolean };

/** One of a few, side by side: real radio buttons, so arrows and screen readers work. */
export function ChoiceGroup<T extends string>({ legend, value, choices, onChange, tall = false }: Props<T>) {
  const name = useId();
  return (
    <div role="radiogroup" aria-label={legend} className={`${css.group} ${tall ? css.tall : ""}`}>
      {choices.map((choice) => (
        <label key={choice.value} className={css.choice} data-tone={choice.tone} data-on={choice.value === value} title={choice.help}>
          <input type="radio" name={name} value={choice.value} checked={choice.value === value} onChange={() => onChange(choice.value)} />
          {choice.label}
        </label>
      ))}
    </div>
  );
}
