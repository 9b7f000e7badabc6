import { useWords } from "./i18n";
import { numbersIn, reasonNumbers } from "./reason-numbers";

/** The numbers of a reason: the bot's own sentence in English, its numbers in another language. */
export function ReasonNumbers({ text }: { text: string }) {
  const { t, language } = useWords();
  if (language === "en") return <span>{sentence(text)}</span>;
  const { value, limit, resumesIn } = reasonNumbers(text);
  if (value === null && resumesIn === null) {
    const numbers = numbersIn(text);
    return numbers.length > 0 ? <span>({numbers.join(" \u00b7 ")})</span> : null;
  }
  return (
    <span>
      {value && limit ? t("why.ofLimit", { value: value.replace(".", ","), limit: limit.replace(".", ",") }) : ""}
      {resumesIn ? ` ${t("why.resumesIn", { seconds: resumesIn })}` : ""}
    </span>
  );
}

function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return begun.endsWith(".") ? begun : `${begun}.`;
}
