import { Modal, Tabs } from "@mantine/core";
import { useStaleWords } from "../components/ui/stale";
import { Alerts } from "../features/journal/Alerts";
import { useAlerts } from "../features/journal/use-alerts";
import { PnlSplit } from "../features/pnl/PnlSplit";
import { KillButton } from "../features/risk/KillButton";
import { formatCount } from "../lib/format";
import { useWords } from "../lib/i18n";
import { BookArea } from "./areas/BookArea";
import { BotArea } from "./areas/BotArea";
import { RiskArea } from "./areas/RiskArea";
import { TablesArea } from "./areas/TablesArea";
import { TicketArea } from "./areas/TicketArea";
import { WhyArea } from "./areas/WhyArea";
import { FirstSteps } from "./FirstSteps";
import { NowFigures } from "./NowFigures";
import type { AreaProps } from "./page-props";
import { Button } from "../components/ui/Button";
import css from "./stage.module.css";

type Props = AreaProps & { page: string; onPage: (page: string) => void };

/** One page at a time; pause, stop, flatten and kill stay at the bottom of every one. The ticket is a sheet over the page. */
export function PhoneLayout({ page, onPage, ...area }: Props) {
  const { t, language } = useWords();
  const stale = useStaleWords() !== null;
  const fresh = useAlerts().fresh.length;
  const { market } = area;
  const ticket = page === "ticket";
  return (
    <main className={css.phone}>
      <Tabs value={ticket ? "book" : page} onChange={(next) => onPage(next ?? "now")} keepMounted={false} className={css.pages ?? ""} classNames={{ list: css.pageList ?? "", tab: css.pageTab ?? "", panel: css.page ?? "" }}>
        <Tabs.List grow aria-label={t("phone.pages")}>
          {(["now", "book", "orders", "alerts"] as const).map((each) => (
            <Tabs.Tab key={each} value={each}>{t(`phone.${each}`)}{each === "alerts" && fresh > 0 && <b className={css.fresh}>{formatCount(fresh, language)}</b>}</Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="now" tabIndex={0}>{!stale && <FirstSteps market={market} compact onOrder={() => onPage("ticket")} />}<NowFigures market={market} /><RiskArea market={market} /><WhyArea market={market} /><PnlSplit /></Tabs.Panel>
        <Tabs.Panel value="book" tabIndex={0}>
          <Button size="large" look="primary" className={css.newOrder} onClick={() => onPage("ticket")}>{t("phone.newOrder")}</Button>
          <BookArea {...area} />
        </Tabs.Panel>
        <Tabs.Panel value="orders" tabIndex={0}><TablesArea /></Tabs.Panel>
        <Tabs.Panel value="alerts" tabIndex={0}><Alerts /></Tabs.Panel>
      </Tabs>
      <Modal opened={ticket} onClose={() => onPage("book")} fullScreen title={t("ticket.title")} closeButtonProps={{ "aria-label": t("action.back") }} transitionProps={{ duration: 0 }}>
        {ticket && <TicketArea {...area} />}
      </Modal>
      <div className={css.action}><BotArea market={market} /><div className={css.lastButton}><KillButton wide /></div></div>
    </main>
  );
}
