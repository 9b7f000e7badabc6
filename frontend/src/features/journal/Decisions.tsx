import { useMemo } from "react";
import { type Column, DataTable } from "../../components/ui/DataTable";
import { type Language, formatDateTime } from "../../lib/format";
import { type Words, useWords } from "../../lib/i18n";
import { reasonWords, remedyWords } from "../../lib/reasons";
import { useRecords } from "../../lib/records";
import css from "./journal.module.css";
import { numberLine, numberName, shownNumber, whyLine } from "./decision-words";
import { type DecisionRow, decisionKey, decisionRow } from "./decision-rows";

const EVERY_MS = 2000;
const keyOf = (row: DecisionRow) => row.key;

/** What the bot decided and why, newest first: at most one of a kind for each market and second. */
export function Decisions() {
  const { t, language } = useWords();
  const { rows: records, problem, more } = useRecords("decisions", decisionKey, EVERY_MS);
  const rows = useMemo(() => (records ?? []).map(decisionRow), [records]);
  const columns: Column<DecisionRow>[] = [
    { id: "time", head: t("table.time"), value: (row) => row.at_ms, cell: (row) => formatDateTime(row.at_ms, language) },
    { id: "market", head: t("table.market"), wide: true, value: (row) => row.market, cell: (row) => row.market || t("decision.allMarkets") },
    { id: "event", head: t("table.decision"), value: (row) => row.event, words: (row) => whatWords(row, t), cell: (row) => <span title={row.event}>{whatWords(row, t)}</span> },
    { id: "code", head: t("table.reason"), value: (row) => row.code, words: (row) => whyWords(row, t, language), cell: (row) => <span className={css.cut} title={row.code ?? ""}>{whyWords(row, t, language)}</span> },
    { id: "numbers", head: t("table.numbers"), wide: true, value: (row) => numberWords(row), cell: (row) => <span className={css.numbers}>{row.numbers.map(([name, value]) => numberLine(name, value, t, language)).join(" \u00b7 ")}</span> },
  ];
  const empty = records ? (problem ? t("records.behind", { problem }) : t("empty.decisions")) : t("empty.waiting");
  return (
    <DataTable
      caption={t("tabs.decisions")} columns={columns} rows={rows} rowKey={keyOf} file="decisions" onEnd={more} rowTone={(row) => row.tone} empty={empty}
      fields={FILE_FIELDS} detail={(row) => <DecisionDetail row={row} />}
    />
  );
}

const FILE_FIELDS = [{ id: "text", head: "text", value: (row: DecisionRow) => row.text }];

function whatWords(row: DecisionRow, t: Words): string {
  return row.what ? t(`decision.${row.what}`) : row.event;
}

function whyWords(row: DecisionRow, t: Words, language: Language): string {
  return row.code ? reasonWords(row.code, t) : whyLine(row.text, t, language);
}

function numberWords(row: DecisionRow): string {
  return row.numbers.map(([name, value]) => `${name} ${value}`).join(" \u00b7 ");
}

function DecisionDetail({ row }: { row: DecisionRow }) {
  const { t, language } = useWords();
  return (
    <>
      <p><b>{whatWords(row, t)}</b> · {row.market || t("decision.allMarkets")} · {formatDateTime(row.at_ms, language)}</p>
      {row.code && <p>{reasonWords(row.code, t)} <code className={css.code}>{row.code}</code> {remedyWords(row.code, t)}</p>}
      {row.text && language === "en" && <p className={css.said}>{t("decision.said", { text: row.text })}</p>}
      {row.numbers.length > 0 && <dl className={css.fields}>{row.numbers.map(([name, value]) => <div key={name}><dt>{numberName(name, t)}</dt><dd>{shownNumber(value, language)}</dd></div>)}</dl>}
    </>
  );
}
