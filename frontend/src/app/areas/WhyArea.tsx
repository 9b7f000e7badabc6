import { WhyThisQuote } from "../../features/quotes/WhyThisQuote";

/** Why these prices, or why none. */
export function WhyArea({ market }: { market: string }) {
  return <WhyThisQuote market={market} />;
}
