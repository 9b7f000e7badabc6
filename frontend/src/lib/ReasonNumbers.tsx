import { useWords } from "./i18n";
import { reasonNumbers } from "./reason-numbers";

/** The numbers of a reason: the bot's own sentence in English, value and limit in another language. */
export function ReasonNumbers({ text }: { text: string }) {
  const { t, language } = useWords();
  if (language === "en") return <span>{sentence(text)}</span>;
  const { value, limit, resumesIn } = reasonNumbers(text);
  if (!value && !resumesIn) return <span lang="en">({text})</span>;
  return (
    <span title={text}>
      {value && limit ? t("why.ofLimit", { value: value.replace(".", ","), limit: limit.replace(".", ",") }) : ""}
      {resumesIn ? ` ${t("why.resumesIn", { seconds: resumesIn })}` : ""}
    </span>
  );
}

function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return begun.endsWith(".") ? begun : `${begun}.`;
}
