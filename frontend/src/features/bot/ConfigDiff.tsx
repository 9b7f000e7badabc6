import { useWords } from "../../lib/i18n";
import { shownValue } from "./ConfigField";
import css from "./config.module.css";
import type { Json } from "./config-form";

type Line = { readonly path: string; readonly before: Json; readonly after: Json };

/** What differs, line by line: minus what is in force, plus what would be. */
export function ConfigDiff({ changes }: { changes: readonly Line[] }) {
  const { t, language } = useWords();
  if (changes.length === 0) return <p className={css.quiet}>{t("config.noDifference")}</p>;
  return (
    <ul className={css.diff}>
      {changes.map((change) => (
        <li key={change.path}>
          <code>{change.path}</code>
          <del>− {shownValue(change.before, language, t)}</del>
          <ins>+ {shownValue(change.after, language, t)}</ins>
        </li>
      ))}
    </ul>
  );
}
