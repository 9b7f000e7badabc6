import { useMediaQuery } from "@mantine/hooks";
import { useState } from "react";
import { BotSwitch } from "../features/bot/BotSwitch";
import { ConfigForm } from "../features/bot/ConfigForm";
import { Ladder } from "../features/book/Ladder";
import { OrderPanel } from "../features/orders/OrderPanel";
import type { Pick } from "../features/orders/use-ticket";
import { PnlSplit } from "../features/pnl/PnlSplit";
import { CurrentQuotes } from "../features/quotes/CurrentQuotes";
import { PricePanel } from "../features/quotes/PricePanel";
import { PhoneLayout } from "./PhoneLayout";
import { Tables } from "./Tables";
import css from "./stage.module.css";

export type PageProps = { market: string; markets: readonly string[]; onMarket: (market: string) => void };

/** The market page: bot, prices, book and ticket side by side, or one at a time on a phone. */
export function MarketPage(props: PageProps) {
  const phone = useMediaQuery("(max-width: 899px)", undefined, { getInitialValueInEffect: false });
  const [pick, setPick] = useState<Pick | null>(null);
  const [page, setPage] = useState("now");
  const onPick = (next: Omit<Pick, "at">) => {
    setPick({ ...next, at: (pick?.at ?? 0) + 1 });
    setPage("ticket");
  };
  const { market } = props;
  if (phone) return <PhoneLayout {...props} pick={pick} onPick={onPick} page={page} onPage={setPage} />;
  return (
    <main className={css.stage}>
      <div className={css.bot}><BotSwitch market={market} /><CurrentQuotes market={market} /><ConfigForm market={market} /></div>
      <div className={css.chart}><PricePanel market={market} /></div>
      <div className={css.book}><Ladder market={market} onPick={onPick} /></div>
      <div className={css.ticket}><OrderPanel {...props} pick={pick} /></div>
      <div className={css.tables}><Tables /></div>
      <div className={css.pnl}><PnlSplit /></div>
    </main>
  );
}
