import { Button } from "../../components/ui/Button";
import { type Column, DataTable } from "../../components/ui/DataTable";
import { Icon, type IconName } from "../../components/ui/Icon";
import { formatAge, formatDateTime } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import type { AlertLevel, AlertRecord } from "../../lib/records";
import { useNow } from "../../lib/time";
import css from "./journal.module.css";
import { alertWords } from "./alert-words";
import { isFresh, seeAlerts, useSeenMs } from "./seen-alerts";
import { alertKey, useAlerts } from "./use-alerts";

const ICONS: Readonly<Record<AlertLevel, IconName>> = { info: "info", warning: "triangle", critical: "square" };
const TONES: Readonly<Record<AlertLevel, string>> = { info: "tone-own", warning: css.warning ?? "", critical: css.critical ?? "" };

/** What people were told, newest first. "I have seen it" silences, never hides. */
export function Alerts() {
  const { t, language } = useWords();
  const now = useNow();
  const seenMs = useSeenMs();
  const { rows, problem, more, fresh } = useAlerts();
  const columns: Column<AlertRecord>[] = [
    { id: "time", head: t("table.time"), value: (row) => row.at_ms, cell: (row) => formatDateTime(row.at_ms, language) },
    { id: "age", head: t("table.age"), align: "right", value: (row) => -row.at_ms, cell: (row) => formatAge(now - row.at_ms, language) },
    { id: "level", head: t("table.level"), value: (row) => row.level, words: (row) => t(`alerts.${row.level}`), cell: (row) => <span className={`${css.level} ${TONES[row.level] ?? ""}`}><Icon name={ICONS[row.level] ?? "info"} size={11} />{t(`alerts.${row.level}`)}</span> },
    { id: "event", head: t("table.event"), wide: true, value: (row) => row.event, cell: (row) => <code className={css.code}>{row.event}</code> },
    { id: "text", head: t("table.message"), value: (row) => row.text, words: (row) => alertWords(row, t, language), cell: (row) => <span className={css.message} title={alertWords(row, t, language)}>{alertWords(row, t, language)}</span> },
    { id: "seen", head: t("table.seen"), value: (row) => !isFresh(row, seenMs), cell: (row) => (isFresh(row, seenMs) ? <b>{t("alerts.fresh")}</b> : <span className={css.seen}>{t("alerts.seen")}</span>) },
  ];
  const empty = rows ? (problem ? t("records.behind", { problem }) : t("empty.alerts")) : t("empty.waiting");
  return (
    <DataTable
      caption={t("tabs.alerts")} columns={columns} rows={rows ?? []} rowKey={alertKey} file="alerts" onEnd={more} empty={empty} detail={(row) => <p><b>{row.event}</b> {alertWords(row, t, language)}</p>}
      rowTone={(row) => (isFresh(row, seenMs) ? (row.level === "critical" ? "danger" : row.level === "warning" ? "warn" : "own") : "muted")}
      tools={fresh[0] && <Button size="small" onClick={() => seeAlerts(fresh[0]?.at_ms ?? 0)}><Icon name="check" size={12} />{t("alerts.see", { count: fresh.length })}</Button>}
    />
  );
}
