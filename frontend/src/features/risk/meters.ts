import { type Decimal, add, compare, divide, multiply, negate, parseWire, signOf, subtract } from "../../lib/decimal";
import type { Finding, Limits, MarketVerdict, RiskAnswer, Tier } from "../../lib/risk";
import type { OrderRecord, TradeRecord } from "../../stream/messages";

export type MeterId =
  | "position_long" | "position_short" | "position_flat" | "worst_long" | "worst_short" | "daily_loss" | "drawdown" | "margin_ratio" | "stop_loss" | "leverage" | "gross_exposure" | "fills_side";
export type Unit = "base" | "money" | "fraction" | "factor" | "count";

/** One number against its limit. Percents are for drawing; the numbers themselves stay exact. */
export type Meter = {
  readonly id: MeterId;
  readonly unit: Unit;
  readonly value: Decimal;
  readonly limit: Decimal | null;
  /** Share of the limit that is used, 0 to 100. */
  readonly percent: number;
  /** Further share that could still come about. */
  readonly hatched: number;
  /** Where the tiers begin, in percent of the limit. */
  readonly marks: Readonly<Partial<Record<Exclude<Tier, "green">, number>>>;
  readonly tier: Tier;
};

const ZERO: Decimal = { units: 0n, scale: 0 };
const NO_MARKS = {} as const;

function percentOf(value: Decimal, limit: Decimal | null): number {
  if (!limit || signOf(limit) <= 0) return 0;
  const share = divide(multiply(value, { units: 100n, scale: 0 }), limit, 2);
  return share ? Math.min(100, Math.max(0, Number(share.units) / 100)) : 0;
}

function limitOf(limits: Limits | undefined, name: string): Decimal | null {
  const value = limits?.[name];
  return typeof value === "string" || typeof value === "number" ? parseWire(value) : null;
}

function meter(id: MeterId, unit: Unit, value: Decimal, limit: Decimal | null, more: Partial<Meter> = {}): Meter {
  return { id, unit, value, limit, percent: percentOf(value, limit), hatched: 0, marks: NO_MARKS, tier: "green", ...more };
}

const magnitude = (value: Decimal): Decimal => (signOf(value) < 0 ? negate(value) : value);
const notBelowZero = (value: Decimal): Decimal => (signOf(value) < 0 ? ZERO : value);

/** What may still fill on one side: every order that is not known to have ended, of whoever. */
export function openSize(orders: Readonly<Record<string, OrderRecord>> | undefined, market: string, side: "BUY" | "SELL"): Decimal {
  return Object.values(orders ?? {}).reduce((sum, order) => {
    const [size, filled] = [parseWire(order.qty), parseWire(order.filledQty ?? "0")];
    return order.market === market && order.side === side && size && filled ? add(sum, notBelowZero(subtract(size, filled))) : sum;
  }, ZERO);
}

/** Position with what could still be added to it, and the worse of the two worst cases. */
export function positionMeters(position: Decimal, buys: Decimal, sells: Decimal, verdict: Pick<MarketVerdict, "max_position" | "limits"> | undefined): Meter[] {
  const most = parseWire(verdict?.max_position);
  const [mostLong, mostShort] = [limitOf(verdict?.limits, "max_long") ?? most, limitOf(verdict?.limits, "max_short") ?? most];
  const long = signOf(position) >= 0;
  const limit = long ? mostLong : mostShort;
  const [worstLong, worstShort] = [notBelowZero(add(position, buys)), notBelowZero(subtract(sells, position))];
  const worst = long ? worstLong : worstShort;
  const now = magnitude(position);
  const percent = percentOf(now, limit);
  const id = signOf(position) === 0 ? "position_flat" : long ? "position_long" : "position_short";
  const longIsWorse = percentOf(worstLong, mostLong) >= percentOf(worstShort, mostShort);
  return [
    meter(id, "base", now, limit, { hatched: Math.max(0, percentOf(worst, limit) - percent) }),
    longIsWorse ? meter("worst_long", "base", worstLong, mostLong) : meter("worst_short", "base", worstShort, mostShort),
  ];
}

function marksOf(code: string, finding: Finding, limits: Limits | undefined): Meter["marks"] {
  const red = parseWire(finding.limit);
  const margin = code === "margin_ratio";
  const at = (name: string) => (margin ? percentOf(limitOf(limits, name) ?? ZERO, red) : Number(limits?.[name] ?? 0) * 100);
  const [yellow, orange] = margin ? [at("margin_yellow"), at("margin_orange")] : [at("yellow_share"), at("orange_share")];
  return { ...(yellow > 0 ? { yellow } : {}), ...(orange > 0 ? { orange } : {}), red: 100 };
}

const MEASURED = ["daily_loss", "drawdown", "margin_ratio", "stop_loss"] as const;

/** The causes with tiers: losses, drawdown, margin, the stop of this market's position. */
export function causeMeters(risk: RiskAnswer | undefined, market: string): Meter[] {
  return MEASURED.flatMap((code) => {
    const finding = risk?.meters?.find((each) => each.code === code && (each.market === null || each.market === market));
    const [value, limit] = [parseWire(finding?.value), parseWire(finding?.limit)];
    if (!finding || !value || !limit) return [];
    return [meter(code, code === "margin_ratio" ? "fraction" : "money", value, limit, { tier: finding.tier, marks: marksOf(code, finding, risk?.account_limits) })];
  });
}

/** Leverage and worst gross exposure, where they have a limit. */
export function accountMeters(risk: RiskAnswer | undefined): Meter[] {
  const [leverage, gross] = [parseWire(risk?.leverage), parseWire(risk?.worst_gross)];
  const [mostLeverage, mostGross] = [limitOf(risk?.account_limits, "max_leverage"), limitOf(risk?.account_limits, "max_gross_exposure")];
  return [
    ...(leverage && mostLeverage ? [meter("leverage", "factor", leverage, mostLeverage)] : []),
    ...(gross && mostGross ? [meter("gross_exposure", "money", gross, mostGross)] : []),
  ];
}

/** Orders filled on the busier side within the breaker's window; several executions of one order count once. */
export function fillMeter(trades: Readonly<Record<string, TradeRecord>> | undefined, market: string, verdict: MarketVerdict | undefined, nowMs: number): Meter | null {
  const breakers = verdict?.limits?.breakers as Readonly<Record<string, unknown>> | null | undefined;
  const [most, windowMs] = [breakers?.same_side_fills, breakers?.same_side_window_ms];
  if (typeof most !== "number" || typeof windowMs !== "number") return null;
  const recent = Object.values(trades ?? {}).filter((trade) => trade.market === market && (trade.createdTime ?? 0) > nowMs - windowMs);
  const count = (side: string) => new Set(recent.filter((trade) => trade.side === side).map((trade) => String(trade.orderId ?? trade.id))).size;
  return meter("fills_side", "count", { units: BigInt(Math.max(count("BUY"), count("SELL"))), scale: 0 }, { units: BigInt(most), scale: 0 });
}

const ORDER: readonly Tier[] = ["green", "yellow", "orange", "red"];

/** The higher of the account's tier and the market's. */
export function tierOf(risk: RiskAnswer | undefined, market: string): Tier {
  const tiers = [risk?.tier ?? "green", risk?.markets[market]?.tier ?? "green"] as const;
  return ORDER.indexOf(tiers[0]) >= ORDER.indexOf(tiers[1]) ? tiers[0] : tiers[1];
}

/** Everything above green, the account's first, each once. */
export function findingsOf(risk: RiskAnswer | undefined, market: string): readonly Finding[] {
  const all = [...(risk?.findings ?? []), ...(risk?.markets[market]?.findings ?? [])];
  return all.filter((each, index) => each.tier !== "green" && all.findIndex((other) => other.code === each.code && other.market === each.market) === index);
}

export const isOver = (each: Meter): boolean => each.limit !== null && compare(each.value, each.limit) > 0;
