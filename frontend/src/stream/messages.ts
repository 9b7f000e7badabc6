/** What the backend sends on /ws/broadcast. Any part may be missing; numbers are strings. */
export type Text = string | null;

export type Level = readonly [price: string, size: string];

export type SideWord = "BUY" | "SELL";

/** One trade of anybody: exchange time in ms, the taker's side, price, size. */
export type TapeTrade = readonly [ms: number, side: SideWord, price: string, size: string];

export type Wish = { readonly side: SideWord; readonly price: string; readonly size: string };

/** The exchange's figures of the last 24 hours; `change` is a fraction. */
export type DayFigures = { readonly low?: Text; readonly high?: Text; readonly change?: Text; readonly volume?: Text; readonly open_interest?: Text };

/** total = spread + inventory - fees + funding; of this UTC day, in collateral. */
export type PnlFigures = {
  readonly spread?: Text;
  readonly inventory?: Text;
  readonly fees?: Text;
  readonly funding?: Text;
  readonly total?: Text;
  readonly fills?: number;
};

/** How maker fills aged over one horizon; basis points, positive aged well. */
export type Markout = { readonly fills: number; readonly markout_bps: number; readonly adverse_bps?: number; readonly error_bps?: number };

/** One named opinion: a number for people, never for an order. */
export type Part = { readonly value?: number; readonly unit?: string };
export type Parts = Readonly<Record<string, Part>>;

/** A decision of a strategy, part by part; distances in basis points of the fair price. */
export type Breakdown = {
  readonly strategy?: string;
  readonly fair_price?: Text;
  readonly fair_parts?: Readonly<Record<string, { readonly price?: Text; readonly age_ms?: number; readonly weight?: number; readonly note?: string }>>;
  readonly reservation_price?: Text;
  readonly inventory_lots?: number;
  readonly target_lots?: number;
  /** Positive when long; it is subtracted. */
  readonly skew_bps?: number;
  readonly skew_decided_by?: string;
  readonly half_spread_bps?: number;
  readonly half_spread_decided_by?: string;
  readonly candidates?: Parts;
  readonly widening?: Parts;
  readonly other?: Parts;
  readonly notes?: Readonly<Record<string, string>>;
};

export type MarketPicture = {
  readonly tick_size?: Text;
  readonly lot_size?: Text;
  readonly min_size?: Text;
  readonly maker_fee_rate?: Text;
  readonly taker_fee_rate?: Text;
  readonly max_leverage?: Text;
  readonly funding_rate?: Text;
  /** The exchange's clock. */
  readonly next_funding_ms?: number;
  readonly day?: DayFigures;
  /** The newest trades of anybody, by id. */
  readonly tape?: Readonly<Record<string, TapeTrade>>;
  /** Size in front of each resting order of ours, by our id. */
  readonly queue?: Readonly<Record<string, string>>;
  /** Quotes that have no order yet, by side and level. */
  readonly wished?: Readonly<Record<string, Wish>>;
  readonly pnl?: PnlFigures;
  /** By horizon in ms. */
  readonly markouts?: Readonly<Record<string, Markout>>;
  readonly mark_price?: Text;
  readonly index_price?: Text;
  readonly last_price?: Text;
  readonly best_bid?: Text;
  readonly best_ask?: Text;
  readonly best_bid_size?: Text;
  readonly best_ask_size?: Text;
  readonly age_ms?: Readonly<Record<string, number | null>>;
  readonly state?: string;
  readonly reason?: Text;
  readonly reason_code?: Text;
  /** Sides that are held back, and why. */
  readonly withheld?: Readonly<Record<string, { readonly code?: string; readonly reason?: string }>>;
  /** How the newest quotes came about; missing where the documents' own rule quotes. */
  readonly breakdown?: Breakdown;
  readonly quotes?: { readonly bid?: Text; readonly ask?: Text } | null;
  readonly last_quote_price?: Text;
  readonly book?: { readonly bids?: readonly Level[]; readonly asks?: readonly Level[] } | null;
};

/** The exchange's own field names. */
export type PositionRecord = {
  readonly market: string;
  readonly side?: "LONG" | "SHORT" | string;
  readonly size?: Text;
  readonly value?: Text;
  readonly openPrice?: Text;
  readonly markPrice?: Text;
  readonly liquidationPrice?: Text;
  readonly margin?: Text;
  readonly leverage?: Text;
  readonly unrealisedPnl?: Text;
  readonly realisedPnl?: Text;
};

export type BalanceRecord = {
  readonly collateralName?: string;
  readonly balance?: Text;
  readonly equity?: Text;
  readonly availableForTrade?: Text;
  readonly unrealisedPnl?: Text;
  readonly initialMargin?: Text;
  readonly marginRatio?: Text;
  readonly exposure?: Text;
  readonly leverage?: Text;
  readonly mark_prices?: Readonly<Record<string, string>>;
};

export type Owner = "bot" | "hand" | "foreign";

export type OrderRecord = {
  readonly id?: string | number | null;
  readonly externalId?: Text;
  readonly market: string;
  readonly side: "BUY" | "SELL";
  readonly price?: Text;
  readonly qty?: Text;
  readonly filledQty?: Text;
  readonly status?: string;
  readonly statusReason?: Text;
  readonly owner?: Owner;
  readonly timeInForce?: string;
  readonly postOnly?: boolean;
  readonly reduceOnly?: boolean;
  readonly createdTime?: number | null;
  readonly expireTime?: number | null;
};

export type TradeRecord = {
  readonly id?: string | number;
  readonly market: string;
  readonly side: "BUY" | "SELL";
  readonly price?: Text;
  readonly qty?: Text;
  readonly fee?: Text;
  readonly isTaker?: boolean;
  readonly createdTime?: number | null;
  readonly orderId?: string | number | null;
  readonly externalOrderId?: Text;
};

export type Metrics = {
  readonly orders_placed?: number;
  readonly orders_ended?: number;
  readonly orders_filled?: number;
  readonly fill_rate?: Text;
  readonly realised_pnl?: Text;
  readonly unrealised_pnl?: Text;
  readonly fees?: Text;
  readonly funding?: Text;
  readonly total_pnl?: Text;
  readonly equity?: Text;
  readonly position_size?: Text;
  readonly fills?: number;
  readonly requests_last_minute?: number;
  readonly requests_per_minute_limit?: number;
  /** Longest time of the last half minute in which the bot's loop did not turn. */
  readonly loop_lag_ms?: number;
  /** The exchange's answers to our newest requests of a kind: half were faster, one in a hundred was slower. */
  readonly place_ms_p50?: number;
  readonly place_ms_p99?: number;
  readonly cancel_ms_p50?: number;
  readonly cancel_ms_p99?: number;
};

export type BotState = "STOPPED" | "RUNNING" | "PAUSED" | "REDUCING" | "HALTED";
export type BotPicture = { readonly state?: BotState; readonly reason?: Text; readonly reason_code?: Text; readonly running?: boolean };
export type ConfigValue = string | number | boolean | null;
export type BotConfig = Readonly<Record<string, ConfigValue>>;
export type Source = { readonly age_ms?: number | null };

export type Picture = {
  readonly env?: string;
  /** Decides, and sends nothing. */
  readonly shadow?: boolean;
  readonly exchange?: { readonly status?: string; readonly detail?: Text };
  readonly bot?: BotPicture;
  readonly config?: BotConfig;
  readonly markets?: Readonly<Record<string, MarketPicture>>;
  readonly positions?: Readonly<Record<string, PositionRecord>>;
  readonly balance?: BalanceRecord;
  readonly orders?: Readonly<Record<string, OrderRecord>>;
  readonly trades?: Readonly<Record<string, TradeRecord>>;
  readonly metrics?: Metrics;
  /** Money of this UTC day by market, in collateral. */
  readonly day?: Readonly<Record<string, { readonly realised_pnl?: Text; readonly fees?: Text; readonly volume?: Text }>>;
  readonly sources?: Readonly<Record<string, Source>>;
  readonly clock_ms?: number;
};

export type StreamMessage =
  | { readonly type: "snapshot"; readonly seq: number; readonly data: Picture }
  | { readonly type: "diff"; readonly seq: number; readonly data: unknown };

/** Check the envelope of a message from the socket; null when it is none of ours. */
export function readMessage(text: string): StreamMessage | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  if (typeof value !== "object" || value === null) return null;
  const { type, seq, data } = value as Record<string, unknown>;
  if (typeof seq !== "number" || !Number.isSafeInteger(seq)) return null;
  if (typeof data !== "object" || data === null || Array.isArray(data)) return null;
  if (type === "snapshot") return { type, seq, data };
  return type === "diff" ? { type, seq, data } : null;
}
