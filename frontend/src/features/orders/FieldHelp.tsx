import { toPlain } from "../../lib/decimal";
import { formatNumber, type Language } from "../../lib/format";
import type { Words } from "../../lib/i18n";
import type { FieldCheck, FieldProblem } from "./order-form";

type Write = (plain: string) => void;

function written(plain: string, language: Language): string {
  const dot = plain.indexOf(".");
  return formatNumber(plain, language, { decimals: dot < 0 ? 0 : plain.length - dot - 1 });
}

function problemWords(problem: FieldProblem, t: Words, language: Language): string | null {
  switch (problem.code) {
    case "empty": return null;
    case "invalid": return t("ticket.problem.invalid");
    case "zero": return t("ticket.problem.zero");
    case "ambiguous": return t("ticket.problem.ambiguous");
    case "off_step": return t("ticket.problem.offStep", { step: written(toPlain(problem.step), language) });
    case "too_small": return t("ticket.problem.tooSmall", { min: written(toPlain(problem.min), language) });
  }
}

/** What is wrong with a field and what would be right, as buttons; undefined when nothing is. */
export function fieldError(check: FieldCheck, touched: boolean, write: Write, t: Words, language: Language): React.ReactNode {
  if (check.ok || !touched) return undefined;
  const words = problemWords(check.problem, t, language);
  if (words === null) return undefined;
  const choices = "choices" in check.problem ? check.problem.choices : [];
  return (
    <>
      {words}
      {choices.map((choice) => (
        <button type="button" key={choice} onClick={() => write(choice)}>
          {t("ticket.use", { value: written(choice, language) })}
        </button>
      ))}
    </>
  );
}

/** How a number was read, when that is not literally what was typed. */
export function fieldHint(check: FieldCheck, t: Words, language: Language): string | undefined {
  if (!check.ok || check.literal) return undefined;
  return t("ticket.readAs", { value: written(toPlain(check.value), language) });
}
