import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type Choice, ChoiceGroup } from "../../components/ui/ChoiceGroup";
import { type Column, DataTable } from "../../components/ui/DataTable";
import { api } from "../../lib/api";
import type { LogEntry, LogLevel } from "../../lib/api-schema";
import { formatClock } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { useStream } from "../../stream/store";
import css from "./Logs.module.css";

const MOST = 100;
const EVERY_MS = 2000;
const LEVELS: readonly Choice<LogLevel>[] = (["DEBUG", "INFO", "WARNING", "ERROR"] as const).map((value) => ({ value, label: value }));

/** The bot's log, newest first, in its own words: log lines are not translated. */
export function Logs() {
  const { t, language } = useWords();
  const [level, setLevel] = useState<LogLevel>("INFO");
  const known = useStream((state) => state.view.picture !== null);
  const { data, isError } = useQuery({ queryKey: ["logs", MOST, level], queryFn: () => api.logs(MOST, level), refetchInterval: EVERY_MS, enabled: known, placeholderData: keepPreviousData });
  const columns: Column<LogEntry>[] = [
    { id: "time", head: t("table.time"), cell: (row) => formatClock(row.ts, language, true) },
    { id: "level", head: t("table.level"), cell: (row) => <span className={css[row.level.toLowerCase()] ?? ""}>{row.level}</span> },
    { id: "market", head: t("table.market"), wide: true, cell: (row) => row.market ?? "\u2013" },
    { id: "message", head: t("table.message"), cell: (row) => <span className={css.message}>{row.message}</span> },
  ];
  const empty = isError ? t("logs.unreachable") : data ? t("empty.logs") : t("empty.waiting");
  return (
    <div className={css.logs}>
      <div className={css.levels}><ChoiceGroup legend={t("logs.level")} value={level} choices={LEVELS} onChange={setLevel} /></div>
      <DataTable caption={t("tabs.logs")} columns={columns} rows={data?.logs ?? []} rowKey={(row) => String(row.id)} empty={empty} />
    </div>
  );
}
