import { Tabs } from "@mantine/core";
import { useWords } from "../lib/i18n";
import { BookArea } from "./areas/BookArea";
import { BotArea } from "./areas/BotArea";
import { RiskArea } from "./areas/RiskArea";
import { TablesArea } from "./areas/TablesArea";
import { TicketArea } from "./areas/TicketArea";
import { WhyArea } from "./areas/WhyArea";
import type { AreaProps } from "./page-props";
import { PnlSplit } from "../features/pnl/PnlSplit";
import css from "./stage.module.css";

type Props = AreaProps & { page: string; onPage: (page: string) => void };

/** One page at a time; the bot's switch stays at the bottom of every page. */
export function PhoneLayout({ page, onPage, ...area }: Props) {
  const { t } = useWords();
  const { market } = area;
  return (
    <main className={css.phone}>
      <Tabs value={page} onChange={(next) => onPage(next ?? "now")} keepMounted={false} className={css.pages ?? ""} classNames={{ list: css.pageList ?? "", tab: css.pageTab ?? "", panel: css.page ?? "" }}>
        <Tabs.List grow aria-label={t("phone.pages")}>
          {(["now", "book", "ticket", "tables"] as const).map((each) => <Tabs.Tab key={each} value={each}>{t(`phone.${each}`)}</Tabs.Tab>)}
        </Tabs.List>
        <Tabs.Panel value="now"><WhyArea market={market} /><PnlSplit /><RiskArea market={market} /></Tabs.Panel>
        <Tabs.Panel value="book"><BookArea {...area} /></Tabs.Panel>
        <Tabs.Panel value="ticket"><TicketArea {...area} /></Tabs.Panel>
        <Tabs.Panel value="tables"><TablesArea /></Tabs.Panel>
      </Tabs>
      <div className={css.action}><BotArea market={market} /></div>
    </main>
  );
}
