import { OrderPanel } from "../../features/orders/OrderPanel";
import type { AreaProps } from "../page-props";

/** Orders by hand. */
export function TicketArea({ market, markets, onMarket, pick }: AreaProps) {
  return <OrderPanel market={market} markets={markets} onMarket={onMarket} pick={pick} />;
}
