import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { type Column, DataTable } from "../../components/ui/DataTable";
import { Panel } from "../../components/ui/Panel";
import { api } from "../../lib/api";
import { formatAge, formatCount } from "../../lib/format";
import { type Words, useWords } from "../../lib/i18n";
import { useNow } from "../../lib/time";
import { streamStore } from "../../stream/store";
import css from "./Diagnostics.module.css";
import { feedFace } from "./feed-face";

const EVERY_MS = 2000;

/** The connection of this page, the age of every source, who watches, and what was commanded. */
export function Diagnostics({ commands }: { commands: ReactNode }) {
  const { t } = useWords();
  return <div className={css.all}><Sources /><Viewers /><Panel title={t("diagnostics.commands")}>{commands}</Panel></div>;
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
    { id: "name", head: t("diagnostics.source"), cell: (row) => sourceWords(row.name, t) },
    { id: "age", head: t("table.age"), align: "right", cell: (row) => formatAge(row.ageMs, language) },
    { id: "limit", head: t("diagnostics.limit"), align: "right", cell: (row) => formatAge(row.limitMs, language) },
    { id: "face", head: t("table.state"), cell: (row) => t(`diagnostics.face.${feedFace(row.ageMs, row.limitMs)}`) },
  ];
  return (
    <Panel title={t("diagnostics.sources")} note={t(`diagnostics.status.${status}`)}>
      <p className={css.line}>{t("diagnostics.message", { seq: seq === null ? "\u2013" : formatCount(seq, language), age: formatAge(receivedMs === null ? null : since, language) })} {language === "en" ? picture?.exchange?.detail : accountWords(picture?.exchange?.detail, t)}</p>
      <DataTable caption={t("diagnostics.sources")} columns={columns} rows={rows} rowKey={(row) => row.name} empty={t("empty.waiting")} />
    </Panel>
  );
}

const SOURCES = ["account", "positions", "balance", "mark", "bbo", "book", "trades", "index", "funding"] as const;

function sourceWords(name: string, t: Words): string {
  const known = SOURCES.find((each) => each === name);
  return known ? t(`source.${known}`) : name;
}

/** Of the bot's English detail only the account's number, where that is all it says. */
function accountWords(detail: string | null | undefined, t: Words): string {
  const id = /^account (\d+)$/.exec(detail ?? "")?.[1];
  return id ? t("diagnostics.account", { id }) : "";
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
