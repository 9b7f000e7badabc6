import { useMemo } from "react";
import { type Column, DataTable } from "../../components/ui/DataTable";
import { Direction } from "../../components/ui/Direction";
import { negate, parseWire } from "../../lib/decimal";
import { formatClock, formatMoney, formatPrice, formatSize } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { lotsOf, ticksOf } from "../../stream/select";
import { usePicture } from "../../stream/store";
import css from "./tables.module.css";
import { type FillRow, newestFills } from "./order-rows";

const MOST = 200;

/** Our executions, newest first; a fee we paid is shown as what it is, a minus. */
export function Fills() {
  const { t, language } = useWords();
  const trades = usePicture((picture) => picture.trades);
  const ticks = usePicture(ticksOf);
  const lots = usePicture(lotsOf);
  const rows = useMemo(() => newestFills(trades, MOST), [trades]);
  const paid = (fee: string | null | undefined) => {
    const number = parseWire(fee);
    return number ? negate(number) : null;
  };
  const columns: Column<FillRow>[] = [
    { id: "time", head: t("table.time"), cell: (row) => formatClock(row.createdTime, language, true) },
    { id: "market", head: t("table.market"), wide: true, cell: (row) => row.market },
    { id: "side", head: t("table.side"), cell: (row) => <Direction up={row.side === "BUY"}>{t(`side.${row.side}`)}</Direction> },
    { id: "price", head: t("table.price"), align: "right", cell: (row) => <b>{formatPrice(row.price, ticks?.[row.market] ?? row.price, language)}</b> },
    { id: "size", head: t("table.size"), align: "right", cell: (row) => formatSize(row.qty, lots?.[row.market], language) },
    { id: "fee", head: t("table.fee"), align: "right", cell: (row) => formatMoney(paid(row.fee), language, { sign: true }) },
    { id: "role", head: t("table.role"), wide: true, cell: (row) => (row.isTaker === undefined ? "\u2013" : row.isTaker ? t("fills.taker") : t("fills.maker")) },
    { id: "order", head: t("table.order"), wide: true, cell: (row) => <span className={css.mono}>{String(row.orderId ?? "\u2013")}</span> },
  ];
  return <DataTable caption={t("tabs.fills")} columns={columns} rows={rows} rowKey={(row) => row.key} empty={trades ? t("empty.fills") : t("empty.waiting")} />;
}
