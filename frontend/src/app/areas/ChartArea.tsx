import { PricePanel } from "../../features/quotes/PricePanel";

/** Price with our quotes, and under it what was earned and held through time. */
export function ChartArea({ market }: { market: string }) {
  return <PricePanel market={market} />;
}
