import { RiskMeters } from "../../features/risk/RiskMeters";

/** How close each limit is. */
export function RiskArea({ market }: { market: string }) {
  return <RiskMeters market={market} />;
}
