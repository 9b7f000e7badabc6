import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type Column, DataTable } from "../../components/ui/DataTable";
import { Signed } from "../../components/ui/Signed";
import { type PnlDay, api } from "../../lib/api";
import { negate, parseWire } from "../../lib/decimal";
import { formatMoney } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { sumOfDays } from "./pnl-days";

const DAYS = 366;
const EVERY_MS = 5000;
const keyOf = (row: PnlDay) => `${row.date} ${row.market}`;

/** What each day booked on each market: total = realised - fees + funding. Days begin at 00:00 UTC. */
export function PnlDays() {
  const { t, language } = useWords();
  const { data, isError } = useQuery({ queryKey: ["pnl", DAYS], queryFn: () => api.pnl(DAYS), refetchInterval: EVERY_MS, placeholderData: keepPreviousData });
  const money = (value: string | null | undefined) => <Signed value={value}>{formatMoney(value, language, { sign: true })}</Signed>;
  const paid = (row: PnlDay) => {
    const fee = parseWire(row.fees);
    return fee ? negate(fee) : null;
  };
  const columns: Column<PnlDay>[] = [
    { id: "date", head: t("table.day"), value: (row) => row.date, cell: (row) => row.date },
    { id: "market", head: t("table.market"), value: (row) => row.market, cell: (row) => row.market },
    { id: "realised_pnl", head: t("table.realised"), align: "right", value: (row) => row.realised_pnl, cell: (row) => money(row.realised_pnl) },
    { id: "fees", head: t("table.fee"), align: "right", value: (row) => row.fees, cell: (row) => formatMoney(paid(row), language, { sign: true }) },
    { id: "funding", head: t("table.funding"), align: "right", wide: true, value: (row) => row.funding, cell: (row) => money(row.funding) },
    { id: "total", head: t("table.booked"), align: "right", value: (row) => row.total, cell: (row) => <b>{money(row.total)}</b> },
    { id: "volume", head: t("table.volume"), align: "right", wide: true, value: (row) => row.volume, cell: (row) => formatMoney(row.volume, language) },
  ];
  const sum = sumOfDays(data?.days ?? []);
  const empty = isError ? t("records.behind", { problem: t("records.unreachable") }) : data ? t("empty.days") : t("empty.waiting");
  return (
    <DataTable
      caption={t("tabs.days")} columns={columns} rows={data?.days ?? []} rowKey={keyOf} file="pnl-days" empty={empty}
      tools={sum && <span>{t("days.sum")} <b><Signed value={sum}>{formatMoney(sum, language, { sign: true })}</Signed></b></span>}
    />
  );
}
