import { type Decimal, compare, divide, multiply, parseWire, subtract, toScale } from "../../lib/decimal";
import { knownReason } from "../../lib/reasons";
import type { BotPicture, Breakdown, ConfigValue, MarketPicture, Parts } from "../../stream/messages";

/** Names of parts that have words of their own, as the models write them. */
export const PART_NAMES = [
  "base", "costs", "model", "stale quote", "costs and stale quote", "largest half-spread", "without risk", "closed form", "maker fee", "adverse selection", "reservation price",
  "own markouts", "one-sided volume", "not known yet", "mark", "mid", "weighted_mid", "microprice", "index", "rho", "largest skew", "table", "risk",
] as const;
export type PartName = (typeof PART_NAMES)[number];

export function knownPart(name: string): PartName | null {
  return PART_NAMES.find((each) => each === name) ?? null;
}

export type Candidate = { readonly name: string; readonly bps: Decimal; readonly percent: number; readonly decides: boolean };
export type Factor = { readonly name: string; readonly factor: Decimal };

/** Why the quotes stand where they stand, as a sum: everything needed to draw it, nothing in words yet. */
export type Why = {
  readonly rule: "documents" | "model";
  readonly strategy: string;
  readonly fairPrice: string;
  readonly fairParts: readonly string[];
  readonly skewBps: Decimal | null;
  readonly skewAmount: Decimal | null;
  readonly skewBy: string;
  readonly leaning: "down" | "up" | null;
  readonly reservation: string;
  readonly candidates: readonly Candidate[];
  readonly factors: readonly Factor[];
  /** All factors multiplied; null when nothing widens. */
  readonly widenedBy: Decimal | null;
  readonly decidedBy: string;
  readonly decidedBps: Decimal | null;
  readonly halfBps: Decimal | null;
  readonly halfAmount: Decimal | null;
  readonly missing: readonly (readonly [code: string, text: string])[];
};

const BPS: Decimal = { units: 10_000n, scale: 0 };
const ONE: Decimal = { units: 1n, scale: 0 };
const NONE: Decimal = { units: 0n, scale: 0 };

/** An opinion as an exact number of few digits; null for what is no number. */
function opinion(value: number | undefined): Decimal | null {
  return value === undefined || !Number.isFinite(value) ? null : parseWire(String(value));
}

function amountOf(bps: Decimal | null, price: string): Decimal | null {
  const at = parseWire(price);
  return bps && at ? divide(multiply(bps, at), BPS, 8) : null;
}

function candidatesOf(parts: Parts | undefined, decidedBy: string): Candidate[] {
  const named = Object.entries(parts ?? {}).flatMap(([name, part]) => {
    const bps = opinion(part.value);
    return bps ? [{ name, bps }] : [];
  });
  const most = named.reduce((top, each) => (compare(each.bps, top) > 0 ? each.bps : top), NONE);
  const percent = (bps: Decimal) => {
    const share = divide(multiply(bps, { units: 100n, scale: 0 }), most, 1);
    return share ? Math.max(0, Number(share.units) / 10) : 0;
  };
  return named.map(({ name, bps }) => ({ name, bps, percent: percent(bps), decides: name === decidedBy }));
}

function factorsOf(parts: Parts | undefined): Factor[] {
  return Object.entries(parts ?? {}).flatMap(([name, part]) => {
    const factor = opinion(part.value);
    return factor && compare(factor, ONE) !== 0 ? [{ name, factor }] : [];
  });
}

function ofModel(breakdown: Breakdown): Why | null {
  const { fair_price: fairPrice, reservation_price: reservation } = breakdown;
  if (!fairPrice || !reservation) return null;
  const skewBps = opinion(breakdown.skew_bps);
  const decidedBy = breakdown.half_spread_decided_by ?? "";
  const candidates = candidatesOf(breakdown.candidates, decidedBy);
  const factors = factorsOf(breakdown.widening);
  const halfBps = opinion(breakdown.half_spread_bps);
  return {
    rule: "model",
    strategy: breakdown.strategy ?? "",
    fairPrice,
    fairParts: Object.entries(breakdown.fair_parts ?? {}).filter(([, part]) => (part.weight ?? 0) > 0).map(([name]) => name),
    skewBps,
    skewAmount: amountOf(skewBps, fairPrice),
    skewBy: breakdown.skew_decided_by ?? "",
    leaning: skewBps && skewBps.units !== 0n ? (skewBps.units > 0n ? "down" : "up") : null,
    reservation,
    candidates,
    factors,
    widenedBy: factors.length > 0 ? factors.reduce((all, each) => multiply(all, each.factor), ONE) : null,
    decidedBy,
    decidedBps: candidates.find((each) => each.decides)?.bps ?? null,
    halfBps,
    halfAmount: amountOf(halfBps, fairPrice),
    missing: Object.entries(breakdown.notes ?? {}),
  };
}

function ofDocuments(price: string, spread: ConfigValue | undefined): Why | null {
  const fraction = typeof spread === "boolean" ? null : parseWire(spread);
  if (!fraction) return null;
  const halfBps = toScale(multiply(fraction, BPS), 4);
  return {
    rule: "documents", strategy: "simple", fairPrice: price, fairParts: ["mark"], skewBps: null, skewAmount: null, skewBy: "off", leaning: null, reservation: price,
    candidates: [{ name: "base", bps: halfBps, percent: 100, decides: true }], factors: [], widenedBy: null, decidedBy: "base", decidedBps: halfBps, halfBps,
    halfAmount: amountOf(halfBps, price), missing: [],
  };
}

/** Explain the newest quotes; null as long as there is no price to explain them from. */
export function whyOf(market: Pick<MarketPicture, "breakdown" | "last_quote_price" | "mark_price"> | undefined, spread: ConfigValue | undefined): Why | null {
  if (market?.breakdown) return ofModel(market.breakdown);
  const price = market?.last_quote_price ?? market?.mark_price;
  return price ? ofDocuments(price, spread) : null;
}

export type Held = { readonly side: "BUY" | "SELL"; readonly code: string; readonly text: string };
export type Silence = { readonly code: string; readonly text: string };

/** Why nothing is quoted: the bot's own state first, then the market's reason; null while it may quote. */
export function silenceOf(bot: BotPicture | undefined, market: Pick<MarketPicture, "reason" | "reason_code"> | undefined): Silence | null {
  const state = bot?.state;
  if (state && state !== "RUNNING" && state !== "REDUCING") return { code: bot.reason_code ?? state.toLowerCase(), text: bot.reason ?? "" };
  if (market?.reason_code) return { code: market.reason_code, text: market.reason ?? "" };
  return market?.reason ? { code: "", text: market.reason } : null;
}

/** Sides that are held back while the others stand, bid first. */
export function heldOf(market: Pick<MarketPicture, "withheld"> | undefined): Held[] {
  return (["BUY", "SELL"] as const).flatMap((side) => {
    const why = market?.withheld?.[side];
    return why ? [{ side, code: why.code ?? "", text: (why.reason ?? "").replace(/^(BUY|SELL) withheld: /, "") }] : [];
  });
}

/** A text of the bot says more than the words of its code: only then both are shown. */
export function saysMore(code: string, text: string): boolean {
  return text !== "" && (knownReason(code) === null || /\d/.test(text));
}

/** Distance of a price from the fair price, in basis points; negative below. */
export function fromFair(price: string | null | undefined, fair: string): Decimal | null {
  const [at, from] = [parseWire(price), parseWire(fair)];
  return at && from ? divide(multiply(subtract(at, from), BPS), from, 4) : null;
}
