import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type Column, DataTable } from "../../components/ui/DataTable";
import { api } from "../../lib/api";
import type { Job } from "../../lib/api-schema";
import { formatAge, formatDateTime } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { refusalWords } from "../../lib/refusals";
import css from "./journal.module.css";

const MOST = 200;
const EVERY_MS = 2000;
const keyOf = (row: Job) => row.id;
const TONES = { RUNNING: "own", DONE: undefined, REFUSED: "warn", FAILED: "danger" } as const;

/** What people asked of the bot, who asked, and what became of it. */
export function Commands() {
  const { t, language } = useWords();
  const { data, isError } = useQuery({ queryKey: ["jobs", MOST], queryFn: () => api.jobs(MOST), refetchInterval: EVERY_MS, placeholderData: keepPreviousData });
  const took = (row: Job) => (row.ended_ms === null || row.ended_ms === undefined ? null : row.ended_ms - row.began_ms);
  const asked = (row: Job) => Object.entries(row.arguments).map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`).join(" \u00b7 ");
  const why = (row: Job) => (row.reason ? refusalWords({ code: row.code ?? "", message: row.reason }, t, language) : "");
  const columns: Column<Job>[] = [
    { id: "time", head: t("table.time"), value: (row) => row.began_ms, cell: (row) => formatDateTime(row.began_ms, language) },
    { id: "who", head: t("table.who"), value: (row) => row.who, cell: (row) => row.who },
    { id: "verb", head: t("table.command"), value: (row) => row.verb, cell: (row) => <code className={css.code}>{row.verb}</code> },
    { id: "state", head: t("table.state"), value: (row) => row.state, words: (row) => t(`job.${row.state}`), cell: (row) => t(`job.${row.state}`) },
    { id: "took_ms", head: t("table.took"), align: "right", wide: true, value: took, cell: (row) => formatAge(took(row), language) },
    { id: "reason", head: t("table.reason"), value: (row) => row.reason, words: why, cell: (row) => <span className={css.cut} title={why(row)}>{why(row)}</span> },
    { id: "arguments", head: t("table.arguments"), wide: true, value: asked, cell: (row) => <span className={css.numbers} title={asked(row)}>{asked(row)}</span> },
  ];
  const empty = isError ? t("records.behind", { problem: t("records.unreachable") }) : data ? t("empty.commands") : t("empty.waiting");
  return <DataTable caption={t("tabs.commands")} columns={columns} rows={data?.jobs ?? []} rowKey={keyOf} file="commands" rowTone={(row) => TONES[row.state]} empty={empty} detail={(row) => <p><b>{row.id}</b> {row.verb} · {asked(row)} · {why(row)}</p>} />;
}
