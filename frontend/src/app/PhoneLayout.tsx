import { Tabs } from "@mantine/core";
import { BotSwitch } from "../features/bot/BotSwitch";
import { ConfigForm } from "../features/bot/ConfigForm";
import { Ladder, type BookPick } from "../features/book/Ladder";
import { OrderPanel } from "../features/orders/OrderPanel";
import type { Pick } from "../features/orders/use-ticket";
import { PnlSplit } from "../features/pnl/PnlSplit";
import { CurrentQuotes } from "../features/quotes/CurrentQuotes";
import { useWords } from "../lib/i18n";
import type { PageProps } from "./MarketPage";
import { Tables } from "./Tables";
import css from "./stage.module.css";

type Props = PageProps & { pick: Pick | null; onPick: (pick: BookPick) => void; page: string; onPage: (page: string) => void };

/** One page at a time; the bot's switch stays at the bottom of every page. */
export function PhoneLayout({ market, markets, onMarket, pick, onPick, page, onPage }: Props) {
  const { t } = useWords();
  return (
    <main className={css.phone}>
      <Tabs value={page} onChange={(next) => onPage(next ?? "now")} keepMounted={false} className={css.pages ?? ""} classNames={{ list: css.pageList ?? "", tab: css.pageTab ?? "", panel: css.page ?? "" }}>
        <Tabs.List grow aria-label={t("phone.pages")}>
          {(["now", "book", "ticket", "tables"] as const).map((each) => <Tabs.Tab key={each} value={each}>{t(`phone.${each}`)}</Tabs.Tab>)}
        </Tabs.List>
        <Tabs.Panel value="now"><CurrentQuotes market={market} /><PnlSplit /><ConfigForm market={market} /></Tabs.Panel>
        <Tabs.Panel value="book"><Ladder market={market} onPick={onPick} /></Tabs.Panel>
        <Tabs.Panel value="ticket"><OrderPanel market={market} markets={markets} onMarket={onMarket} pick={pick} /></Tabs.Panel>
        <Tabs.Panel value="tables"><Tables /></Tabs.Panel>
      </Tabs>
      <div className={css.action}><BotSwitch market={market} /></div>
    </main>
  );
}
