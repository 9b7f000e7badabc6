import type { Picture } from "../stream/messages";

export const STEPS = ["market", "quotes", "distance", "order"] as const;

const FIRST_SPREAD = 0.001;

/** Which steps of a newcomer are done, in order; each ticks itself off. */
export function stepsDone(picture: Picture, market: string): boolean[] {
  const now = picture.markets?.[market];
  const orders = Object.values(picture.orders ?? {}).some((order) => order.owner === "hand");
  const fills = Object.values(picture.trades ?? {}).some((trade) => (trade.externalOrderId ?? "").startsWith("mmh-"));
  return [
    Boolean(now?.mark_price),
    Boolean(now?.quotes?.bid ?? now?.quotes?.ask),
    picture.config !== undefined && Number(picture.config.spread_percentage) !== FIRST_SPREAD,
    orders || fills,
  ];
}
