import type { BalanceRecord, BotPicture, MarketPicture, OrderRecord, Picture, PositionRecord, Source, TradeRecord } from "./messages";

/** Answer of GET /api/cached-account; lists in the exchange's own words. */
export type CachedAccount = {
  readonly positions?: PositionRecord[];
  readonly trades?: TradeRecord[];
  readonly balance?: BalanceRecord | null;
  readonly orders?: OrderRecord[] | Record<string, OrderRecord>;
  readonly age_ms?: Readonly<Record<string, number | null>>;
};

/** The part of GET /api/bot/status that the fallback needs. */
export type PolledStatus = {
  readonly running?: boolean;
  readonly state?: string;
  readonly config?: Picture["config"];
  readonly metrics?: Picture["metrics"];
  readonly markets?: Readonly<Record<string, Pick<MarketPicture, "state" | "reason" | "quotes" | "last_quote_price">>>;
};

function keyed<T>(list: readonly T[], key: (item: T) => string): Record<string, T> {
  return Object.fromEntries(list.map((item) => [key(item), item]));
}

function ordersByKey(orders: NonNullable<CachedAccount["orders"]>): Readonly<Record<string, OrderRecord>> {
  return Array.isArray(orders)
    ? keyed(orders, (order) => order.externalId ?? String(order.id ?? ""))
    : orders;
}

/** Markets while polling: marks from the balance, and no book, since nothing refreshes it. */
function polledMarkets(last: Picture, account: CachedAccount, status: PolledStatus | null): Picture["markets"] {
  const marks = account.balance?.mark_prices ?? {};
  const names = new Set([...Object.keys(last.markets ?? {}), ...Object.keys(marks)]);
  return Object.fromEntries(
    [...names].map((name) => {
      const known = last.markets?.[name];
      const now = status?.markets?.[name];
      const market: MarketPicture = {
        ...(known?.tick_size ? { tick_size: known.tick_size } : {}),
        ...(known?.lot_size ? { lot_size: known.lot_size } : {}),
        ...(known?.min_size ? { min_size: known.min_size } : {}),
        ...(marks[name] ? { mark_price: marks[name] } : {}),
        ...(now?.state ? { state: now.state } : {}),
        reason: now?.reason ?? null,
        quotes: now?.quotes ?? null,
        last_quote_price: now?.last_quote_price ?? null,
        age_ms: { mark: account.age_ms?.mark ?? null },
      };
      return [name, market];
    }),
  );
}

function polledBot(last: Picture, status: PolledStatus | null): BotPicture | undefined {
  if (!status) return last.bot;
  const state = (status.state ?? (status.running ? "RUNNING" : "STOPPED")) as NonNullable<BotPicture["state"]>;
  return { state, running: status.running ?? false, reason: null };
}

/** Rebuild the picture from polled answers; what polling cannot refresh is left out, not kept. */
export function pictureFromPolling(previous: Picture | null, account: CachedAccount, status: PolledStatus | null): Picture {
  const last = previous ?? {};
  const sources = Object.entries(account.age_ms ?? {}).map(([name, age]): [string, Source] => [name, { age_ms: age }]);
  const bot = polledBot(last, status);
  const config = status?.config ?? last.config;
  const metrics = status?.metrics;
  return {
    ...(last.env ? { env: last.env } : {}),
    ...(last.exchange ? { exchange: last.exchange } : {}),
    ...(bot ? { bot } : {}),
    ...(config ? { config } : {}),
    ...(metrics ? { metrics } : {}),
    markets: polledMarkets(last, account, status) ?? {},
    positions: keyed(account.positions ?? [], (position) => position.market),
    ...(account.balance ? { balance: account.balance } : {}),
    orders: ordersByKey(account.orders ?? []),
    trades: keyed(account.trades ?? [], (trade) => String(trade.id)),
    sources: Object.fromEntries(sources),
  };
}
