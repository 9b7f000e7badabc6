import { Tabs } from "@mantine/core";
import { useState } from "react";
import { StaleTag } from "../../components/ui/Panel";
import { useStaleWords } from "../../components/ui/stale";
import { Logs } from "../../features/journal/Logs";
import { Fills } from "../../features/orders/Fills";
import { OpenOrders } from "../../features/orders/OpenOrders";
import { openOrders } from "../../features/orders/order-rows";
import { Positions } from "../../features/position/Positions";
import { formatCount } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { usePicture } from "../../stream/store";
import css from "./tables.module.css";

/** Positions, orders, fills and the log: one table at a time, the counts always in view. */
export function TablesArea() {
  const { t, language } = useWords();
  const stale = useStaleWords();
  const [tab, setTab] = useState<string | null>("orders");
  const counts = usePicture((now) => ({
    positions: now.positions ? Object.keys(now.positions).length : null,
    orders: now.orders ? openOrders(now.orders).length : null,
    fills: now.trades ? Object.keys(now.trades).length : null,
  }));
  const count = (value: number | null | undefined) => <span className={css.count}>{value === null || value === undefined ? "" : formatCount(value, language)}</span>;
  return (
    <Tabs value={tab} onChange={setTab} className={css.panel ?? ""} keepMounted={false} data-stale={stale !== null} classNames={{ list: css.list ?? "", tab: css.tab ?? "", panel: css.body ?? "" }} id="tables">
      <Tabs.List aria-label={t("tabs.title")}>
        <Tabs.Tab value="positions">{t("tabs.positions")}{count(counts?.positions)}</Tabs.Tab>
        <Tabs.Tab value="orders">{t("tabs.orders")}{count(counts?.orders)}</Tabs.Tab>
        <Tabs.Tab value="fills">{t("tabs.fills")}{count(counts?.fills)}</Tabs.Tab>
        <Tabs.Tab value="logs">{t("tabs.logs")}</Tabs.Tab>
      </Tabs.List>
      {stale && <span className={css.stale}><StaleTag words={stale} /></span>}
      <Tabs.Panel value="positions"><Positions /></Tabs.Panel>
      <Tabs.Panel value="orders"><OpenOrders /></Tabs.Panel>
      <Tabs.Panel value="fills"><Fills /></Tabs.Panel>
      <Tabs.Panel value="logs"><Logs /></Tabs.Panel>
    </Tabs>
  );
}
