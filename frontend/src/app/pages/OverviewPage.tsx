import { BotSwitch } from "../../features/bot/BotSwitch";
import { MarketsTable } from "../../features/bot/MarketsTable";
import type { PageProps } from "../page-props";
import css from "./pages.module.css";

/** All markets at once: one switch for all on top, one for each in its row. */
export default function OverviewPage({ market }: PageProps) {
  return (
    <main className={css.overview}>
      <BotSwitch market={market} />
      <MarketsTable />
    </main>
  );
}
