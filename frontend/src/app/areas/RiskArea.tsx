import { ConfigForm } from "../../features/bot/ConfigForm";

/** How close each limit is, and the settings in short. */
export function RiskArea({ market }: { market: string }) {
  return <ConfigForm market={market} />;
}
