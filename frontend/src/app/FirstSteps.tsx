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

type Props = { market: string; compact?: boolean; onOrder?: () => void };

/** In PAPER, for a newcomer: what is going on, and two things to try. Gone with its cross, or when all is done. `compact`: one step at a time. */
export function FirstSteps({ market, compact = false, onOrder = () => show("ticket") }: Props) {
  const { t } = useWords();
  const [closed, setClosed] = useState(() => localStorage.getItem(CLOSED) !== null);
  const [kept, setKept] = useState<readonly boolean[]>([]);
  const env = usePicture((now) => now.env);
  const seen = usePicture((now) => stepsDone(now, market));
  const done = STEPS.map((_, index) => (kept[index] ?? false) || (seen?.[index] ?? false));
  if (seen && done.some((each, index) => each !== (kept[index] ?? false))) setKept(done);
  if (closed || env !== "paper" || done.every(Boolean)) return null;
  const next = done.indexOf(false);
  const close = () => {
    localStorage.setItem(CLOSED, "yes");
    setClosed(true);
  };
  return (
    <section className={css.guide} data-guide data-compact={compact || undefined} aria-label={t("first.title")}>
      <ol>
        {STEPS.map((id, index) => (
          <li key={id} data-done={done[index]} data-next={index === next}>
            <span className={css.number} data-done={done[index]}>{done[index] ? <Icon name="check" size={12} /> : compact ? index + 1 : Math.max(1, index - 1)}</span>
            <div className={css.do}>
              <div>
                <strong>{t(`first.${id}.title`)}{compact && <small>{t("first.of", { step: index + 1, count: STEPS.length })}</small>}</strong>
                <p>{t(compact && id === "order" ? "first.order.phone" : `first.${id}.text`)}</p>
              </div>
              {id === "distance" && !done[index] && <DistanceField />}
              {id === "order" && !done[index] && <Button size="small" look={compact ? "primary" : "plain"} onClick={onOrder}>{t(compact ? "phone.newOrder" : "first.show")}</Button>}
            </div>
          </li>
        ))}
      </ol>
      <button type="button" className={css.close} aria-label={t("first.close")} onClick={close}><Icon name="cross" /></button>
    </section>
  );
}
