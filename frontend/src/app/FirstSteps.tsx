import { useState } from "react";
import { Button } from "../components/ui/Button";
import { Icon } from "../components/ui/Icon";
import { DistanceField } from "../features/bot/DistanceField";
import { useWords } from "../lib/i18n";
import { usePicture } from "../stream/store";
import css from "./FirstSteps.module.css";
import { STEPS, stepsDone } from "./first-steps";

const CLOSED = "mmbot.first-steps-closed";

function show(id: string): void {
  const place = document.getElementById(id);
  const field = place instanceof HTMLInputElement ? place : place?.querySelector("input[inputmode]");
  if (field instanceof HTMLInputElement) field.focus();
}

/** In PAPER, for a newcomer: what is going on, and two things to try. Gone with its cross, or when all is done. */
export function FirstSteps({ market }: { market: string }) {
  const { t } = useWords();
  const [closed, setClosed] = useState(() => localStorage.getItem(CLOSED) !== null);
  const [kept, setKept] = useState<readonly boolean[]>([]);
  const env = usePicture((now) => now.env);
  const seen = usePicture((now) => stepsDone(now, market));
  const done = STEPS.map((_, index) => (kept[index] ?? false) || (seen?.[index] ?? false));
  if (seen && done.some((each, index) => each !== (kept[index] ?? false))) setKept(done);
  if (closed || env !== "paper" || done.every(Boolean)) return null;
  const close = () => {
    localStorage.setItem(CLOSED, "yes");
    setClosed(true);
  };
  return (
    <section className={css.guide} aria-label={t("first.title")}>
      <ol>
        {STEPS.map((id, index) => (
          <li key={id}>
            <span className={css.number} data-done={done[index]}>{done[index] ? <Icon name="check" size={12} /> : Math.max(1, index - 1)}</span>
            <div>
              <strong>{t(`first.${id}.title`)}</strong>
              <p>{t(`first.${id}.text`)}</p>
              {id === "distance" && !done[index] && <DistanceField />}
            </div>
            {id === "order" && !done[index] && <Button size="small" onClick={() => show("ticket")}>{t("first.show")}</Button>}
          </li>
        ))}
      </ol>
      <button type="button" className={css.close} aria-label={t("first.close")} onClick={close}><Icon name="cross" /></button>
    </section>
  );
}
