import { PnlSplit } from "../../features/pnl/PnlSplit";

/** Beside the tables, under the ticket. */
export function TapeArea({ market: _market }: { market: string }) {
  return <PnlSplit />;
}
