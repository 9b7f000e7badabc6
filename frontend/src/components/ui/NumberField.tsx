import { type KeyboardEvent, type ReactNode, useId } from "react";
import { Icon } from "./Icon";
import css from "./NumberField.module.css";

type Props = {
  label: string;
  note?: ReactNode;
  unit?: string;
  value: string;
  onChange: (value: string) => void;
  onStep?: ((direction: 1 | -1, times: number) => void) | undefined;
  stepLabels?: readonly [less: string, more: string];
  error?: ReactNode;
  hint?: ReactNode;
  disabled?: boolean;
  changed?: boolean;
  id?: string;
};

/** A text field for a number, kept as typed. Arrow keys step, Shift steps by ten, the wheel does nothing. */
export function NumberField(props: Props) {
  const made = useId();
  const id = props.id ?? made;
  const below = `${id}-below`;
  const onKeyDown = (event: KeyboardEvent) => {
    if (!props.onStep || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    event.preventDefault();
    props.onStep(event.key === "ArrowUp" ? 1 : -1, event.shiftKey ? 10 : 1);
  };
  return (
    <div className={css.field}>
      <div className={css.label}>
        <label htmlFor={id}>{props.label}</label>
        {props.note && <span className={css.note}>{props.note}</span>}
      </div>
      <div className={css.box} data-error={Boolean(props.error)} data-changed={props.changed ?? false} data-off={props.disabled ?? false}>
        <input
          id={id} inputMode="decimal" autoComplete="off" spellCheck={false} value={props.value} disabled={props.disabled}
          onChange={(event) => props.onChange(event.currentTarget.value)} onKeyDown={onKeyDown}
          aria-invalid={Boolean(props.error)} aria-describedby={props.error || props.hint ? below : undefined}
        />
        {props.unit && <span className={css.unit}>{props.unit}</span>}
        {props.onStep && <Steppers labels={props.stepLabels ?? ["", ""]} onStep={props.onStep} />}
      </div>
      {(props.error || props.hint) && (
        <div id={below} className={props.error ? css.error : css.hint}>{props.error ?? props.hint}</div>
      )}
    </div>
  );
}

function Steppers({ labels, onStep }: { labels: readonly [string, string]; onStep: (direction: 1 | -1, times: number) => void }) {
  return (
    <>
      <button type="button" className={css.step} aria-label={labels[0]} onClick={(event) => onStep(-1, event.shiftKey ? 10 : 1)}><Icon name="minus" size={12} /></button>
      <button type="button" className={css.step} aria-label={labels[1]} onClick={(event) => onStep(1, event.shiftKey ? 10 : 1)}><Icon name="plus" size={12} /></button>
    </>
  );
}
