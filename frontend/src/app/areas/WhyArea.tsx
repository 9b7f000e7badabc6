import { CurrentQuotes } from "../../features/quotes/CurrentQuotes";

/** Why these prices, or why none. */
export function WhyArea({ market }: { market: string }) {
  return <CurrentQuotes market={market} />;
}
