import { useMemo } from "react";
import { type Column, DataTable } from "../../components/ui/DataTable";
import { Direction } from "../../components/ui/Direction";
import { Owner } from "../../components/ui/Owner";
import type { Field } from "../../components/ui/table-view";
import { formatDateTime, formatMoney, formatPrice, formatSize } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { useRecords } from "../../lib/records";
import { lotsOf, ticksOf } from "../../stream/select";
import { usePicture } from "../../stream/store";
import { type FillRow, allFills, paidOf, tradeId } from "./fill-rows";
import { OWNER_ICON } from "./owners";
import css from "./tables.module.css";

const EVERY_MS = 15_000;
const keyOf = (row: FillRow) => row.key;
const FILE_FIELDS: readonly Field<FillRow>[] = [
  { id: "trade_id", head: "trade_id", value: (row) => row.key },
  { id: "client_order_id", head: "client_order_id", value: (row) => row.clientId },
];

/** Our executions, newest first: the stream's at once, older ones from the records. A fee we paid is shown as what it is, a minus. */
export function Fills() {
  const { t, language } = useWords();
  const trades = usePicture((picture) => picture.trades);
  const ticks = usePicture(ticksOf);
  const lots = usePicture(lotsOf);
  const { rows: older, more } = useRecords("fills", tradeId, EVERY_MS);
  const rows = useMemo(() => allFills(trades, older), [trades, older]);
  const columns: Column<FillRow>[] = [
    { id: "time", head: t("table.time"), value: (row) => row.atMs, cell: (row) => formatDateTime(row.atMs, language) },
    { id: "market", head: t("table.market"), wide: true, value: (row) => row.market, cell: (row) => row.market },
    { id: "owner", head: t("table.owner"), wide: true, value: (row) => row.who, words: (row) => t(`owner.${row.who}`), cell: (row) => <Owner icon={OWNER_ICON[row.who]}>{t(`owner.${row.who}`)}</Owner> },
    { id: "side", head: t("table.side"), value: (row) => row.side, words: (row) => t(`side.${row.side}`), cell: (row) => <Direction up={row.side === "BUY"}>{t(`side.${row.side}`)}</Direction> },
    { id: "price", head: t("table.price"), align: "right", value: (row) => row.price, cell: (row) => <b>{formatPrice(row.price, ticks?.[row.market] ?? row.price, language)}</b> },
    { id: "size", head: t("table.size"), align: "right", value: (row) => row.size, cell: (row) => formatSize(row.size, lots?.[row.market], language) },
    { id: "value", head: t("table.value"), align: "right", wide: true, value: (row) => row.value, cell: (row) => formatMoney(row.value, language) },
    { id: "fee", head: t("table.fee"), align: "right", value: (row) => row.fee, cell: (row) => formatMoney(paidOf(row.fee), language, { sign: true }) },
    { id: "role", head: t("table.role"), wide: true, value: (row) => row.role, words: (row) => (row.role ? t(`fills.${row.role}`) : ""), cell: (row) => (row.role ? t(`fills.${row.role}`) : "\u2013") },
    { id: "order", head: t("table.order"), wide: true, value: (row) => row.orderId, cell: (row) => <span className={css.mono}>{row.orderId ?? "\u2013"}</span> },
  ];
  return (
    <DataTable
      caption={t("tabs.fills")} columns={columns} fields={FILE_FIELDS} rows={rows} rowKey={keyOf} file="fills" onEnd={more}
      rowTone={(row) => (row.who === "foreign" ? "muted" : undefined)} empty={trades ? t("empty.fills") : t("empty.waiting")}
    />
  );
}
