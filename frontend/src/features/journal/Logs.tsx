import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type Choice, ChoiceGroup } from "../../components/ui/ChoiceGroup";
import { type Column, DataTable } from "../../components/ui/DataTable";
import { api } from "../../lib/api";
import type { LogEntry, LogLevel } from "../../lib/api-schema";
import { formatClock } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { useStream } from "../../stream/store";
import css from "./journal.module.css";

const MOST = 1000;
const EVERY_MS = 2000;
const LEVELS: readonly Choice<LogLevel>[] = (["DEBUG", "INFO", "WARNING", "ERROR"] as const).map((value) => ({ value, label: value }));
const keyOf = (row: LogEntry) => String(row.id);
const FILE_FIELDS = [{ id: "event", head: "event", value: (row: LogEntry) => row.event }];

/** The bot's log, newest first, in its own words: log lines are not translated. */
export function Logs() {
  const { t, language } = useWords();
  const [level, setLevel] = useState<LogLevel>("INFO");
  const known = useStream((state) => state.view.picture !== null);
  const { data, isError } = useQuery({ queryKey: ["logs", MOST, level], queryFn: () => api.logs(MOST, level), refetchInterval: EVERY_MS, enabled: known, placeholderData: keepPreviousData });
  const columns: Column<LogEntry>[] = [
    { id: "time", head: t("table.time"), value: (row) => row.ts, cell: (row) => formatClock(row.ts, language, true) },
    { id: "level", head: t("table.level"), value: (row) => row.level, cell: (row) => <span className={css[row.level.toLowerCase()] ?? ""}>{row.level}</span> },
    { id: "market", head: t("table.market"), wide: true, value: (row) => row.market, cell: (row) => row.market ?? "\u2013" },
    { id: "message", head: t("table.message"), value: (row) => row.message, words: (row) => row.event, cell: (row) => <span className={css.message} lang="en">{row.message}</span> },
  ];
  const empty = isError ? t("logs.unreachable") : data ? t("empty.logs") : t("empty.waiting");
  return (
    <DataTable
      caption={t("tabs.logs")} columns={columns} fields={FILE_FIELDS} rows={data?.logs ?? []} rowKey={keyOf} file="log" empty={empty}
      rowTone={(row) => (row.level === "ERROR" ? "danger" : row.level === "WARNING" ? "warn" : undefined)} detail={(row) => <LogDetail row={row} />}
      tools={<ChoiceGroup legend={t("logs.level")} value={level} choices={LEVELS} onChange={setLevel} />}
    />
  );
}

function LogDetail({ row }: { row: LogEntry }) {
  return (
    <div lang="en">
      <p><b>{row.event}</b> {row.message}</p>
      <dl className={css.fields}>{Object.entries(row.fields ?? {}).map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{typeof value === "string" ? value : JSON.stringify(value)}</dd></div>)}</dl>
    </div>
  );
}
