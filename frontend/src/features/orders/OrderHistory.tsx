import { type Column, DataTable } from "../../components/ui/DataTable";
import { Direction } from "../../components/ui/Direction";
import { Owner } from "../../components/ui/Owner";
import type { Field } from "../../components/ui/table-view";
import { formatAge, formatDateTime, formatFinePrice, formatPrice, formatSize, shortId } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { type PastOrder, useRecords } from "../../lib/records";
import { lotsOf, ticksOf } from "../../stream/select";
import { usePicture } from "../../stream/store";
import { OWNER_ICON, asOwner } from "./owners";
import { endOf } from "./past-orders";
import css from "./tables.module.css";

const EVERY_MS = 5000;
const keyOf = (row: PastOrder) => row.client_order_id;
const FILE_FIELDS: readonly Field<PastOrder>[] = [
  { id: "exchange_order_id", head: "exchange_order_id", value: (row) => row.exchange_order_id },
  { id: "replaces", head: "replaces", value: (row) => row.replaces },
  { id: "post_only", head: "post_only", value: (row) => row.post_only },
  { id: "reduce_only", head: "reduce_only", value: (row) => row.reduce_only },
  { id: "ended_ms", head: "ended_ms", value: (row) => row.ended_ms },
  { id: "reason", head: "reason", value: (row) => row.reason },
];

/** Every order we sent, newest first, with how it ended and why. */
export function OrderHistory() {
  const { t, language } = useWords();
  const ticks = usePicture(ticksOf);
  const lots = usePicture(lotsOf);
  const { rows, problem, more } = useRecords("orders", keyOf, EVERY_MS);
  const words = (row: PastOrder) => t(`past.${endOf(row)}`);
  const columns: Column<PastOrder>[] = [
    { id: "time", head: t("table.time"), value: (row) => row.at_ms, cell: (row) => formatDateTime(row.at_ms, language) },
    { id: "owner", head: t("table.owner"), wide: true, value: (row) => row.owner, words: (row) => t(`owner.${asOwner(row.owner)}`), cell: (row) => <Owner icon={OWNER_ICON[asOwner(row.owner)]}>{t(`owner.${asOwner(row.owner)}`)}</Owner> },
    { id: "market", head: t("table.market"), wide: true, value: (row) => row.market, cell: (row) => row.market },
    { id: "side", head: t("table.side"), value: (row) => row.side, words: (row) => t(`side.${row.side}`), cell: (row) => <Direction up={row.side === "BUY"}>{t(`side.${row.side}`)}</Direction> },
    { id: "price", head: t("table.price"), align: "right", value: (row) => row.price, cell: (row) => <b>{formatPrice(row.price, ticks?.[row.market] ?? row.price, language)}</b> },
    { id: "size", head: t("table.size"), align: "right", value: (row) => row.size, cell: (row) => formatSize(row.size, lots?.[row.market], language) },
    { id: "filled", head: t("table.filled"), align: "right", value: (row) => row.filled ?? "0", cell: (row) => formatSize(row.filled ?? "0", lots?.[row.market], language) },
    { id: "average_price", head: t("table.average"), align: "right", wide: true, value: (row) => row.average_price, cell: (row) => formatFinePrice(row.average_price, ticks?.[row.market], language) },
    { id: "status", head: t("table.state"), value: (row) => row.status, words, cell: (row) => <span title={row.status}>{words(row)}</span> },
    { id: "lived", head: t("table.lived"), align: "right", wide: true, value: (row) => (row.ended_ms === null ? null : row.ended_ms - row.at_ms), cell: (row) => formatAge(row.ended_ms === null ? null : row.ended_ms - row.at_ms, language) },
    { id: "type", head: t("table.type"), wide: true, value: (row) => (row.post_only ? "POST_ONLY" : row.time_in_force), cell: (row) => (row.post_only ? "POST_ONLY" : row.time_in_force) },
    { id: "client_order_id", head: t("table.id"), wide: true, value: (row) => row.client_order_id, cell: (row) => <span className={css.mono} title={row.client_order_id}>{shortId(row.client_order_id)}</span> },
  ];
  const empty = rows ? (problem ? t("records.behind", { problem }) : t("empty.history")) : t("empty.waiting");
  return (
    <DataTable
      caption={t("tabs.history")} columns={columns} fields={FILE_FIELDS} rows={rows ?? []} rowKey={keyOf} file="order-history" onEnd={more} empty={empty}
      detail={(row) => <><b>{row.client_order_id}</b> · {words(row)}{row.reason ? ` · ${row.reason}` : ""}{row.replaces ? ` · ${t("past.replaces", { id: row.replaces })}` : ""}</>}
    />
  );
}
