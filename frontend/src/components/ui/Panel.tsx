import { type ReactNode, useId } from "react";
import { Icon } from "./Icon";
import css from "./Panel.module.css";
import { useStaleWords } from "./stale";

type Props = {
  title: string;
  note?: ReactNode;
  end?: ReactNode;
  id?: string;
  className?: string | undefined;
  children: ReactNode;
};

/** A panel with its heading. Old content gets a dashed edge and its age in words. */
export function Panel({ title, note, end, id, className, children }: Props) {
  const heading = useId();
  const stale = useStaleWords();
  return (
    <section className={`${css.panel} ${className ?? ""}`} aria-labelledby={heading} id={id} tabIndex={id ? -1 : undefined} data-stale={stale !== null}>
      <div className={css.head}>
        <h2 id={heading}>{title}</h2>
        {note && <span className={css.note}>{note}</span>}
        {(end || stale) && (
          <span className={css.end}>
            {stale ? <StaleTag words={stale} /> : null}
            {end}
          </span>
        )}
      </div>
      {children}
    </section>
  );
}

export function StaleTag({ words }: { words: string }) {
  return (
    <span className={css.stale}>
      <Icon name="clock" size={12} />
      {words}
    </span>
  );
}
