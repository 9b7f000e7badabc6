import { TradeTape } from "../../features/book/TradeTape";

/** Beside the tables, under the ticket: everybody's trades. */
export function TapeArea({ market }: { market: string }) {
  return <TradeTape market={market} />;
}
