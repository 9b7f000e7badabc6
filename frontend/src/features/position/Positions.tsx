import { type Column, DataTable } from "../../components/ui/DataTable";
import { Direction } from "../../components/ui/Direction";
import { Signed } from "../../components/ui/Signed";
import { parseWire, signOf } from "../../lib/decimal";
import { formatFinePrice, formatMoney, formatNumber, formatSize } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import type { PositionRecord } from "../../stream/messages";
import { lotsOf, ticksOf } from "../../stream/select";
import { usePicture } from "../../stream/store";

/** Positions as the exchange tells them, at the speed of the stream. */
export function Positions() {
  const { t, language } = useWords();
  const positions = usePicture((picture) => picture.positions);
  const ticks = usePicture(ticksOf);
  const lots = usePicture(lotsOf);
  const rows = Object.values(positions ?? {}).filter((row) => signOf(parseWire(row.size) ?? { units: 0n, scale: 0 }) !== 0);
  const tick = (row: PositionRecord) => ticks?.[row.market];
  const side = (row: PositionRecord) => (row.side === "SHORT" ? t("position.short") : t("position.long"));
  const columns: Column<PositionRecord>[] = [
    { id: "market", head: t("table.market"), value: (row) => row.market, cell: (row) => row.market },
    { id: "side", head: t("table.side"), value: (row) => row.side, words: side, cell: (row) => <Direction up={row.side !== "SHORT"}>{side(row)}</Direction> },
    { id: "size", head: t("table.size"), align: "right", value: (row) => row.size, cell: (row) => <b>{formatSize(row.size, lots?.[row.market], language)}</b> },
    { id: "value", head: t("table.value"), align: "right", wide: true, value: (row) => row.value, cell: (row) => formatMoney(row.value, language) },
    { id: "entry_price", head: t("table.entry"), align: "right", value: (row) => row.openPrice, cell: (row) => formatFinePrice(row.openPrice, tick(row), language) },
    { id: "mark_price", head: t("table.mark"), align: "right", wide: true, value: (row) => row.markPrice, cell: (row) => formatFinePrice(row.markPrice, tick(row), language) },
    { id: "liquidation_price", head: t("table.liquidation"), align: "right", wide: true, value: (row) => row.liquidationPrice, cell: (row) => formatFinePrice(row.liquidationPrice, tick(row), language) },
    { id: "margin", head: t("table.margin"), align: "right", wide: true, value: (row) => row.margin, cell: (row) => formatMoney(row.margin, language) },
    { id: "leverage", head: t("table.leverage"), align: "right", wide: true, value: (row) => row.leverage, cell: (row) => (row.leverage ? `${formatNumber(row.leverage, language, { decimals: 0 })}\u00a0\u00d7` : "\u2013") },
    { id: "unrealised_pnl", head: t("table.unrealised"), align: "right", value: (row) => row.unrealisedPnl, cell: (row) => <Signed value={row.unrealisedPnl}>{formatMoney(row.unrealisedPnl, language, { sign: true })}</Signed> },
    { id: "realised_pnl", head: t("table.realised"), align: "right", wide: true, value: (row) => row.realisedPnl, cell: (row) => <Signed value={row.realisedPnl}>{formatMoney(row.realisedPnl, language, { sign: true })}</Signed> },
  ];
  return <DataTable caption={t("tabs.positions")} columns={columns} rows={rows} rowKey={keyOf} file="positions" empty={positions ? t("empty.positions") : t("empty.waiting")} />;
}

const keyOf = (row: PositionRecord) => row.market;
