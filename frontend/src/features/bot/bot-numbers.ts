import { isOpen } from "../../lib/order-face";
import { parseWire, signOf } from "../../lib/decimal";
import type { MarketPicture, Picture } from "../../stream/messages";

/** A market the bot quotes or would quote; markets that are only listed are not. */
export function isFollowed(market: MarketPicture | undefined): boolean {
  return market?.state !== undefined && market.state !== "NOT_FOLLOWED" && market.state !== "WATCHED";
}

export function followedMarkets(picture: Picture): string[] {
  return Object.entries(picture.markets ?? {}).filter(([, market]) => isFollowed(market)).map(([name]) => name).toSorted();
}

export function hasPosition(picture: Picture, market: string): boolean {
  const size = parseWire(picture.positions?.[market]?.size);
  return size !== null && signOf(size) !== 0;
}

export function isQuoting(market: MarketPicture | undefined): boolean {
  return Boolean(market?.quotes?.bid ?? market?.quotes?.ask);
}

/** Open orders of the bot, of one market or of all. */
export function botOrders(picture: Picture, market: string | null = null): number {
  return Object.values(picture.orders ?? {}).filter((order) => order.owner === "bot" && isOpen(order.status) && (market === null || order.market === market)).length;
}
