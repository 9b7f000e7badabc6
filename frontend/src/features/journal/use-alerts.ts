import { type AlertRecord, type RecordsList, useRecords } from "../../lib/records";
import { isFresh, useSeenMs } from "./seen-alerts";

const EVERY_MS = 2000;

export const alertKey = (row: AlertRecord): string => `${row.at_ms} ${row.seq} ${row.event}`;

export type AlertList = RecordsList<AlertRecord> & { readonly fresh: readonly AlertRecord[] };

/** Alerts, newest first, and those that nobody at this screen has seen yet. */
export function useAlerts(): AlertList {
  const list = useRecords("alerts", alertKey, EVERY_MS);
  const seenMs = useSeenMs();
  return { ...list, fresh: (list.rows ?? []).filter((row) => isFresh(row, seenMs)) };
}
