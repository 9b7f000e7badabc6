import { type Column, DataTable } from "../../components/ui/DataTable";
import { Direction } from "../../components/ui/Direction";
import { Signed } from "../../components/ui/Signed";
import { parseWire, signOf } from "../../lib/decimal";
import { formatFinePrice, formatMoney, formatSize } from "../../lib/format";
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
  const columns: Column<PositionRecord>[] = [
    { id: "market", head: t("table.market"), cell: (row) => row.market },
    { id: "side", head: t("table.side"), cell: (row) => <Direction up={row.side !== "SHORT"}>{row.side === "SHORT" ? t("position.short") : t("position.long")}</Direction> },
    { id: "size", head: t("table.size"), align: "right", cell: (row) => <b>{formatSize(row.size, lots?.[row.market], language)}</b> },
    { id: "value", head: t("table.value"), align: "right", wide: true, cell: (row) => formatMoney(row.value, language) },
    { id: "entry", head: t("table.entry"), align: "right", cell: (row) => formatFinePrice(row.openPrice, tick(row), language) },
    { id: "mark", head: t("table.mark"), align: "right", wide: true, cell: (row) => formatFinePrice(row.markPrice, tick(row), language) },
    { id: "liquidation", head: t("table.liquidation"), align: "right", wide: true, cell: (row) => formatFinePrice(row.liquidationPrice, tick(row), language) },
    { id: "unrealised", head: t("table.unrealised"), align: "right", cell: (row) => <Signed value={row.unrealisedPnl}>{formatMoney(row.unrealisedPnl, language, { sign: true })}</Signed> },
    { id: "realised", head: t("table.realised"), align: "right", wide: true, cell: (row) => <Signed value={row.realisedPnl}>{formatMoney(row.realisedPnl, language, { sign: true })}</Signed> },
  ];
  return <DataTable caption={t("tabs.positions")} columns={columns} rows={rows} rowKey={(row) => row.market} empty={positions ? t("empty.positions") : t("empty.waiting")} />;
}
