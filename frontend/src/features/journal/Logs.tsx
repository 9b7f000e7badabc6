import { useQuery } from "@tanstack/react-query";
import { type Column, DataTable } from "../../components/ui/DataTable";
import { api } from "../../lib/api";
import type { LogEntry } from "../../lib/api-schema";
import { formatClock } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import css from "./Logs.module.css";

const MOST = 100;
const EVERY_MS = 2000;

function moment(ts: LogEntry["ts"]): number {
  return typeof ts === "number" ? ts : Date.parse(ts);
}

/** The bot's log, newest first, in its own words: log lines are not translated. */
export function Logs() {
  const { t, language } = useWords();
  const { data, isError } = useQuery({ queryKey: ["logs", MOST], queryFn: () => api.logs(MOST), refetchInterval: EVERY_MS });
  const rows = (data?.logs ?? []).map((entry, index) => ({ ...entry, key: `${entry.ts}-${index}` }));
  const columns: Column<(typeof rows)[number]>[] = [
    { id: "time", head: t("table.time"), cell: (row) => formatClock(moment(row.ts), language, true) },
    { id: "level", head: t("table.level"), cell: (row) => <span className={css[row.level.toLowerCase()] ?? ""}>{row.level}</span> },
    { id: "market", head: t("table.market"), wide: true, cell: (row) => row.market ?? "\u2013" },
    { id: "message", head: t("table.message"), cell: (row) => <span className={css.message}>{row.message}</span> },
  ];
  const empty = isError ? t("logs.unreachable") : data ? t("empty.logs") : t("empty.waiting");
  return <DataTable caption={t("tabs.logs")} columns={columns} rows={rows} rowKey={(row) => row.key} empty={empty} />;
}
