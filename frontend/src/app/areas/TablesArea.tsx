import { Tabs } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { StaleTag } from "../../components/ui/Panel";
import { ToolPlace } from "../../components/ui/TableTools";
import { useStaleWords } from "../../components/ui/stale";
import { Alerts } from "../../features/journal/Alerts";
import { Commands } from "../../features/journal/Commands";
import { Decisions } from "../../features/journal/Decisions";
import { Logs } from "../../features/journal/Logs";
import { useAlerts } from "../../features/journal/use-alerts";
import { CancelAll } from "../../features/orders/CancelAll";
import { Fills } from "../../features/orders/Fills";
import { OpenOrders } from "../../features/orders/OpenOrders";
import { OrderHistory } from "../../features/orders/OrderHistory";
import { openOrders } from "../../features/orders/order-rows";
import { Funding } from "../../features/pnl/Funding";
import { PnlDays } from "../../features/pnl/PnlDays";
import { Positions } from "../../features/position/Positions";
import { formatCount } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { usePicture } from "../../stream/store";
import css from "./tables.module.css";

const TABLES = {
  positions: <Positions />,
  orders: <OpenOrders />,
  history: <OrderHistory />,
  fills: <Fills />,
  funding: <Funding />,
  days: <PnlDays />,
  decisions: <Decisions />,
  commands: <Commands />,
  logs: <Logs />,
  alerts: <Alerts />,
} as const satisfies Record<string, ReactNode>;
type TableName = keyof typeof TABLES;

const SHORT: readonly TableName[] = ["positions", "orders", "fills", "funding", "decisions", "logs", "alerts"];
const WHOLE = Object.keys(TABLES) as readonly TableName[];

/** One table at a time, the counts always in view. `whole`: the journal's page, with every table there is. */
export function TablesArea({ whole = false }: { whole?: boolean }) {
  const { t, language } = useWords();
  const stale = useStaleWords();
  const [tab, setTab] = useState<string | null>(whole ? "decisions" : "orders");
  const [place, setPlace] = useState<HTMLElement | null>(null);
  const alerts = useAlerts().fresh.length;
  const counts = usePicture((now) => ({
    positions: now.positions ? Object.keys(now.positions).length : undefined,
    orders: now.orders ? openOrders(now.orders).length : undefined,
    fills: now.trades ? Object.keys(now.trades).length : undefined,
  }));
  const countOf: Readonly<Partial<Record<TableName, number | undefined>>> = { ...counts, alerts: alerts > 0 ? alerts : undefined };
  const names = whole ? WHOLE : SHORT;
  return (
    <Tabs value={tab} onChange={setTab} className={css.panel ?? ""} keepMounted={false} data-stale={stale !== null} classNames={{ tab: css.tab ?? "", panel: css.body ?? "" }} id="tables">
      <div className={css.head}>
        <Tabs.List aria-label={t("tabs.title")} className={css.list ?? ""}>
          {names.map((name) => (
            <Tabs.Tab key={name} value={name}>
              {t(`tabs.${name}`)}
              {countOf[name] !== undefined && <span className={css.count} data-fresh={name === "alerts"}>{formatCount(countOf[name], language)}</span>}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {stale && <StaleTag words={stale} />}
        <div ref={setPlace} className={css.place} />
        {tab === "orders" && <CancelAll />}
      </div>
      {names.map((name) => (
        <Tabs.Panel key={name} value={name}>
          {place && <ToolPlace value={place}>{TABLES[name]}</ToolPlace>}
        </Tabs.Panel>
      ))}
    </Tabs>
  );
}
