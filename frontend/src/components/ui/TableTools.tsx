import { createContext, type ReactNode, useContext, useId } from "react";
import { createPortal } from "react-dom";
import { formatCount } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { saveFile } from "../../lib/save-file";
import { Button } from "./Button";
import { Icon } from "./Icon";
import css from "./TableTools.module.css";
import { type Field, toCsv } from "./table-view";

/** Where the tools of a table are drawn, when not above it: the head of the panel around it. */
export const ToolPlace = createContext<HTMLElement | null>(null);

type Props<Row> = {
  file: string | undefined;
  typed: string;
  onTyped: (typed: string) => void;
  rows: readonly Row[];
  total: number;
  fields: readonly Field<Row>[];
  waiting: number;
  onRelease: () => void;
  more: ReactNode;
};

/** Filter and export of one table; the file has what the filter leaves. */
export function TableTools<Row>(props: Props<Row>) {
  const { t, language } = useWords();
  const id = useId();
  const place = useContext(ToolPlace);
  const { file, typed, rows, total, fields } = props;
  const tools = (
    <div className={css.tools} data-apart={place === null}>
      {props.waiting > 0 && <button type="button" className={css.fresh} onClick={props.onRelease}>{t("tools.newRows", { count: props.waiting })}</button>}
      {props.more}
      {file && (
        <>
          {typed && <span className={css.count} role="status">{t("tools.found", { found: formatCount(rows.length, language), total: formatCount(total, language) })}</span>}
          <label className={css.filter} htmlFor={id}>
            <Icon name="search" size={12} />
            <span className="visually-hidden">{t("tools.filter")}</span>
            <input
              id={id} type="search" data-filter value={typed} placeholder={t("tools.filter")} title={t("tools.filterHelp")} autoComplete="off" spellCheck={false}
              onChange={(event) => props.onTyped(event.currentTarget.value)} onKeyDown={(event) => { if (event.key === "Escape") props.onTyped(""); }}
            />
            <kbd aria-hidden="true">/</kbd>
          </label>
          <Button size="small" disabled={rows.length === 0} title={t("tools.exportHelp", { count: rows.length })} onClick={() => saveFile(`mmbot-${file}`, toCsv(rows, fields))}>
            <Icon name="download" size={12} /><span className={css.word}>{t("tools.export")}</span>
          </Button>
        </>
      )}
    </div>
  );
  return place ? createPortal(tools, place) : tools;
}
