import { useQuery } from "@tanstack/react-query";
import { type Column, DataTable } from "../../components/ui/DataTable";
import { Panel } from "../../components/ui/Panel";
import { api } from "../../lib/api";
import type { JobRecord } from "../../lib/api-schema";
import { formatAge, formatClock, formatCount } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { useNow } from "../../lib/time";
import { streamStore } from "../../stream/store";
import css from "./Diagnostics.module.css";
import { feedFace } from "./feed-face";

const EVERY_MS = 2000;

/** The connection of this page, the age of every source, who watches, and what was commanded. */
export function Diagnostics() {
  return <div className={css.all}><Sources /><Viewers /><Commands /></div>;
}

type SourceRow = { readonly name: string; readonly ageMs: number | null; readonly limitMs: number | null };

function Sources() {
  const { t, language } = useWords();
  const now = useNow(250);
  const { status, seq, receivedMs, picture } = streamStore.getState().view;
  const since = receivedMs === null ? 0 : Math.max(0, now - receivedMs);
  const rows: SourceRow[] = Object.entries(picture?.sources ?? {}).map(([name, source]) => ({
    name, ageMs: source.age_ms === null || source.age_ms === undefined ? null : source.age_ms + since, limitMs: (source as { limit_ms?: number }).limit_ms ?? null,
  }));
  const columns: Column<SourceRow>[] = [
    { id: "name", head: t("diagnostics.source"), cell: (row) => row.name },
    { id: "age", head: t("table.age"), align: "right", cell: (row) => formatAge(row.ageMs, language) },
    { id: "limit", head: t("diagnostics.limit"), align: "right", cell: (row) => formatAge(row.limitMs, language) },
    { id: "face", head: t("table.state"), cell: (row) => t(`diagnostics.face.${feedFace(row.ageMs, row.limitMs)}`) },
  ];
  return (
    <Panel title={t("diagnostics.sources")} note={t(`diagnostics.status.${status}`)}>
      <p className={css.line}>{t("diagnostics.message", { seq: seq === null ? "\u2013" : formatCount(seq, language), age: formatAge(receivedMs === null ? null : since, language) })} {picture?.exchange?.detail}</p>
      <DataTable caption={t("diagnostics.sources")} columns={columns} rows={rows} rowKey={(row) => row.name} empty={t("empty.waiting")} />
    </Panel>
  );
}

function Viewers() {
  const { t, language } = useWords();
  const { data } = useQuery({ queryKey: ["broadcaster"], queryFn: api.broadcasterStats, refetchInterval: EVERY_MS });
  const lines = [["clients", data?.clients], ["messages", data?.messages], ["bytes", data?.bytes], ["drops", data?.drops]] as const;
  return (
    <Panel title={t("diagnostics.viewers")}>
      <dl className={css.figures}>{lines.map(([name, value]) => <div key={name}><dt>{t(`diagnostics.${name}`)}</dt><dd>{formatCount(value, language)}</dd></div>)}</dl>
    </Panel>
  );
}

function Commands() {
  const { t, language } = useWords();
  const { data } = useQuery({ queryKey: ["jobs"], queryFn: api.jobs, refetchInterval: EVERY_MS });
  const columns: Column<JobRecord>[] = [
    { id: "time", head: t("table.time"), cell: (row) => formatClock(row.began_ms, language) },
    { id: "verb", head: t("diagnostics.verb"), cell: (row) => row.verb },
    { id: "who", head: t("diagnostics.who"), cell: (row) => row.who },
    { id: "state", head: t("table.state"), cell: (row) => row.state },
    { id: "took", head: t("diagnostics.took"), align: "right", cell: (row) => formatAge(row.ended_ms ? row.ended_ms - row.began_ms : null, language) },
    { id: "reason", head: t("overview.reason"), wide: true, cell: (row) => row.reason ?? "" },
  ];
  return (
    <Panel title={t("diagnostics.commands")}>
      <DataTable caption={t("diagnostics.commands")} columns={columns} rows={data?.jobs ?? []} rowKey={(row) => row.id} empty={t("diagnostics.noCommands")} />
    </Panel>
  );
}
