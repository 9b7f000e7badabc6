import { useMediaQuery } from "@mantine/hooks";
import { useState } from "react";
import type { Pick } from "../../features/orders/use-ticket";
import { PhoneLayout } from "../PhoneLayout";
import { BookArea } from "../areas/BookArea";
import { BotArea } from "../areas/BotArea";
import { ChartArea } from "../areas/ChartArea";
import { RiskArea } from "../areas/RiskArea";
import { TablesArea } from "../areas/TablesArea";
import { TapeArea } from "../areas/TapeArea";
import { TicketArea } from "../areas/TicketArea";
import { WhyArea } from "../areas/WhyArea";
import type { PageProps } from "../page-props";
import css from "../stage.module.css";

/** The market page: bot, prices, book and ticket side by side, or one at a time on a phone. */
export function MarketPage(props: PageProps) {
  const phone = useMediaQuery("(max-width: 899px)", undefined, { getInitialValueInEffect: false });
  const [pick, setPick] = useState<Pick | null>(null);
  const [page, setPage] = useState("now");
  const onPick = (next: Omit<Pick, "at">) => {
    setPick({ ...next, at: (pick?.at ?? 0) + 1 });
    setPage("ticket");
  };
  const area = { ...props, pick, onPick };
  if (phone) return <PhoneLayout {...area} page={page} onPage={setPage} />;
  const { market } = props;
  return (
    <main className={css.stage}>
      <div className={css.bot}><BotArea market={market} /><WhyArea market={market} /><RiskArea market={market} /></div>
      <div className={css.chart}><ChartArea market={market} /></div>
      <div className={css.book}><BookArea {...area} /></div>
      <div className={css.ticket}><TicketArea {...area} /></div>
      <div className={css.tables}><TablesArea /></div>
      <div className={css.tape}><TapeArea market={market} /></div>
    </main>
  );
}
