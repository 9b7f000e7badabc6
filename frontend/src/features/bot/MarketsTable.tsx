import { Button } from "../../components/ui/Button";
import { type Column, DataTable } from "../../components/ui/DataTable";
import { Icon, type IconName } from "../../components/ui/Icon";
import { PageLink } from "../../components/ui/PageLink";
import { Panel } from "../../components/ui/Panel";
import { Signed } from "../../components/ui/Signed";
import { useMay } from "../../lib/access";
import { openDialog } from "../../lib/dialogs";
import { formatAge, formatFinePrice, formatMoney, formatPrice, formatSize } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { reasonLine } from "../../lib/reasons";
import { usePicture, useStream } from "../../stream/store";
import css from "./AllMarkets.module.css";
import { MarketSwitch } from "./MarketSwitch";
import { type MarketLine, grossOf, marketLines, totalOf } from "./market-lines";

const ICONS: Readonly<Record<MarketLine["face"], IconName>> = { quoting: "play", notQuoting: "eye", paused: "pause", stopped: "stop" };

/** Every market the bot follows: state and reason, prices, position, money, its own switch and its own way out. */
export function MarketsTable() {
  const { t, language } = useWords();
  const picture = useStream((state) => ({ picture: state.view.picture })).picture;
  const lines = picture ? marketLines(picture) : [];
  const equity = usePicture((now) => now.balance?.equity);
  const columns: Column<MarketLine>[] = [
    { id: "market", head: t("table.market"), cell: (row) => <PageLink page="market" market={row.market} className={css.link}>{row.market}</PageLink> },
    { id: "state", head: t("table.state"), cell: (row) => <span className={css.state}><span className={css[row.face]}><Icon name={ICONS[row.face]} size={12} /></span>{t(`bot.${row.face}`)}</span> },
    { id: "reason", head: t("overview.reason"), wide: true, cell: (row) => <span className={css.reason}>{row.face === "quoting" ? "" : reasonLine(row.code, row.reason, t, language)}</span> },
    { id: "mark", head: t("market.mark"), align: "right", cell: (row) => formatFinePrice(row.mark, row.tick, language) },
    { id: "bid", head: t("quotes.bid"), align: "right", wide: true, cell: (row) => formatPrice(row.bid, row.tick, language) },
    { id: "ask", head: t("quotes.ask"), align: "right", wide: true, cell: (row) => formatPrice(row.ask, row.tick, language) },
    { id: "position", head: t("metric.position"), align: "right", cell: (row) => <b>{formatSize(row.position, row.lot, language, "always")}</b> },
    { id: "pnl", head: t("overview.today"), align: "right", cell: (row) => <Signed value={row.pnl}>{formatMoney(row.pnl, language, { sign: true })}</Signed> },
    { id: "age", head: t("table.age"), align: "right", wide: true, cell: (row) => formatAge(row.ageMs, language) },
    { id: "switch", head: t("overview.switch"), align: "right", cell: (row) => <Acts row={row} /> },
  ];
  const total = totalOf(lines);
  return (
    <Panel title={t("bot.allMarkets")} note={picture ? t("overview.count", { count: lines.length }) : undefined}>
      <dl className={css.totals}>
        <div><dt>{t("overview.today")}</dt><dd><Signed value={total}>{formatMoney(total, language, { sign: true, code: "USD" })}</Signed></dd></div>
        <div><dt>{t("metric.equity")}</dt><dd>{formatMoney(equity, language, { code: "USD" })}</dd></div>
        <div><dt>{t("overview.gross")}</dt><dd>{picture ? formatMoney(grossOf(lines), language, { code: "USD" }) : "\u2013"}</dd></div>
      </dl>
      <DataTable caption={t("bot.allMarkets")} columns={columns} rows={lines} rowKey={(row) => row.market} empty={t("empty.waiting")} />
    </Panel>
  );
}

function Acts({ row }: { row: MarketLine }) {
  const { t } = useWords();
  const [mayControl, mayFlatten] = [useMay("control"), useMay("danger")];
  if (!mayControl) return <>{t("access.readOnly")}</>;
  return (
    <span className={css.acts}>
      <MarketSwitch market={row.market} />
      <Button size="small" disabled={/^[-0.]*$/.test(row.position) || !mayFlatten} title={mayFlatten ? undefined : t("access.needsOwner")} onClick={() => openDialog({ kind: "flatten", market: row.market })}>{t("bot.flattenShort")}</Button>
    </span>
  );
}
