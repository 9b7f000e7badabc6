import { type Column, DataTable } from "../../components/ui/DataTable";
import { Signed } from "../../components/ui/Signed";
import { formatDateTime, formatFinePrice, formatMoney, formatPercent, formatSize } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { type FundingRecord, useRecords } from "../../lib/records";
import { lotsOf, ticksOf } from "../../stream/select";
import { usePicture } from "../../stream/store";

const EVERY_MS = 15_000;
const keyOf = (row: FundingRecord) => row.payment_id;

/** Funding payments: a plus was received, a minus was paid. */
export function Funding() {
  const { t, language } = useWords();
  const ticks = usePicture(ticksOf);
  const lots = usePicture(lotsOf);
  const { rows, problem, more } = useRecords("funding", keyOf, EVERY_MS);
  const columns: Column<FundingRecord>[] = [
    { id: "time", head: t("table.time"), value: (row) => row.at_ms, cell: (row) => formatDateTime(row.at_ms, language) },
    { id: "market", head: t("table.market"), value: (row) => row.market, cell: (row) => row.market },
    { id: "size", head: t("table.position"), align: "right", value: (row) => row.size, cell: (row) => formatSize(row.size, lots?.[row.market], language, "always") },
    { id: "value", head: t("table.value"), align: "right", wide: true, value: (row) => row.value, cell: (row) => formatMoney(row.value, language) },
    { id: "mark_price", head: t("table.mark"), align: "right", wide: true, value: (row) => row.mark_price, cell: (row) => formatFinePrice(row.mark_price, ticks?.[row.market], language) },
    { id: "rate", head: t("table.rate"), align: "right", value: (row) => row.rate, cell: (row) => formatPercent(row.rate, language, 4) },
    { id: "amount", head: t("table.payment"), align: "right", value: (row) => row.amount, cell: (row) => <Signed value={row.amount}>{formatMoney(row.amount, language, { sign: true })}</Signed> },
  ];
  const empty = rows ? (problem ? t("records.behind", { problem }) : t("empty.funding")) : t("empty.waiting");
  return <DataTable caption={t("tabs.funding")} columns={columns} rows={rows ?? []} rowKey={keyOf} file="funding" onEnd={more} empty={empty} />;
}
