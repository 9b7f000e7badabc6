import { describe, expect, it } from "vitest";
import { budgetPercent, leaseNow } from "../../src/features/health/lease";
import { fromFair, heldOf, knownPart, saysMore, silenceOf, whyOf } from "../../src/features/quotes/why-rows";
import { accountMeters, causeMeters, fillMeter, findingsOf, isOver, openSize, positionMeters, tierOf } from "../../src/features/risk/meters";
import { parseWire, toPlain, toShortest } from "../../src/lib/decimal";
import { reasonNumbers } from "../../src/lib/reason-numbers";
import type { Finding, MarketVerdict, RiskAnswer } from "../../src/lib/risk";
import type { OrderRecord } from "../../src/stream/messages";

const d = (text: string) => parseWire(text)!;
const BREAKDOWN = {
  strategy: "glft", fair_price: "86201.4", reservation_price: "86199.0", skew_bps: 0.28, skew_decided_by: "model", half_spread_bps: 9.97, half_spread_decided_by: "model",
  fair_parts: { mark: { price: "86198.8", weight: 0 }, microprice: { price: "86201.4", weight: 0.7 }, index: { price: "86201", weight: 0.3 } },
  candidates: { base: { value: 5, unit: "bps" }, costs: { value: 1.66, unit: "bps" }, model: { value: 8.31, unit: "bps" } },
  widening: { "own markouts": { value: 1.2, unit: "factor" }, "one-sided volume": { value: 1, unit: "factor" } },
  notes: { no_funding: "no funding rate has arrived yet" },
};

describe("why this quote", () => {
  it("reads the picture's figures as a sum: 8.31 decides, times 1.20 is 9.97, leaning down while long", () => {
    const why = whyOf({ breakdown: BREAKDOWN }, 0.001)!;
    expect(why.candidates.map((each) => [each.name, each.percent, each.decides])).toEqual([["base", 60.2, false], ["costs", 20, false], ["model", 100, true]]);
    expect([toPlain(why.decidedBps!), toShortest(why.widenedBy!), toPlain(why.halfBps!), why.leaning]).toEqual(["8.31", "1.2", "9.97", "down"]);
    expect(toPlain(why.skewAmount!).slice(0, 5)).toBe("2.413");
    expect(why.fairParts).toEqual(["microprice", "index"]);
    expect(why.missing).toEqual([["no_funding", "no funding rate has arrived yet"]]);
  });

  it("of the documents' rule is the spread around the price that was used, not around today's", () => {
    const why = whyOf({ last_quote_price: "86000", mark_price: "86198.85" }, 0.001)!;
    expect([why.rule, why.fairPrice, toShortest(why.halfBps!), toShortest(why.halfAmount!), why.leaning]).toEqual(["documents", "86000", "10", "86", null]);
  });

  it("is nothing while there is no price, and never draws a bar for what is no number", () => {
    expect(whyOf({}, 0.001)).toBeNull();
    expect(whyOf({ breakdown: { ...BREAKDOWN, candidates: { base: { value: Number.NaN }, model: { value: 0 } } } }, 0.001)!.candidates.map((each) => [each.name, each.percent])).toEqual([["model", 0]]);
  });

  it("leans up while short", () => {
    expect(whyOf({ breakdown: { ...BREAKDOWN, skew_bps: -0.3 } }, 0.001)!.leaning).toBe("up");
  });

  it("measures a price from the fair price and keeps names it does not know", () => {
    expect(toPlain(fromFair("86113", "86201.4")!)).toBe("-10.2551");
    expect([knownPart("model"), knownPart("something new")]).toEqual(["model", null]);
  });
});

describe("why nothing is quoted", () => {
  it("is the bot's own state first, then the market's reason", () => {
    const market = { reason_code: "stale_book", reason: "the book is 2600 ms old, allowed 2000" };
    expect(silenceOf({ state: "PAUSED", reason_code: "paused", reason: "by a person" }, market)).toEqual({ code: "paused", text: "by a person" });
    expect(silenceOf({ state: "RUNNING" }, market)).toEqual({ code: "stale_book", text: market.reason });
    expect(silenceOf({ state: "RUNNING" }, {})).toBeNull();
    expect(silenceOf({ state: "REDUCING", reason_code: "position_unsettled" }, {})).toBeNull();
  });

  it("tells sides apart, bid first, and does not repeat what the words of the code say", () => {
    expect(heldOf({ withheld: { SELL: { code: "position_limit", reason: "SELL withheld: full" }, BUY: { code: "cooling_down", reason: "BUY cools down for 900 ms" } } })).toEqual([
      { side: "BUY", code: "cooling_down", text: "BUY cools down for 900 ms" }, { side: "SELL", code: "position_limit", text: "full" },
    ]);
    expect([saysMore("stopped", "the bot is stopped"), saysMore("stale_book", "2600 ms old"), saysMore("new_code", "words"), saysMore("stopped", "")]).toEqual([false, true, true, false]);
  });

  it("has its numbers taken out of the sentence for other languages", () => {
    expect(reasonNumbers("the book is 2600 ms old, allowed 2000")).toEqual({ value: "2600 ms", limit: "2000", resumesIn: null });
    expect(reasonNumbers("mark and mid are 0.81 % apart, allowed 0.5 %")).toMatchObject({ value: "0.81 %", limit: "0.5 %" });
    expect(reasonNumbers("the price's move within 1 s is 41.2 bps, limit 30; resumes in 8 s once it is at most 15").resumesIn).toBe("8");
    expect(reasonNumbers("the bot is stopped")).toEqual({ value: null, limit: null, resumesIn: null });
  });
});

const order = (part: Partial<OrderRecord>): OrderRecord => ({ market: "BTC-USD", side: "BUY", qty: "0.04", filledQty: "0", status: "NEW", ...part });

describe("the position's meter", () => {
  it("counts every order that may still fill, whoever sent it, less what was filled", () => {
    const orders = { a: order({}), b: order({ filledQty: "0.016", owner: "foreign" }), c: order({ side: "SELL" }), e: order({ market: "ETH-USD" }) };
    expect(toPlain(openSize(orders, "BTC-USD", "BUY"))).toBe("0.064");
  });

  it("shows what is held solid, what could come hatched, both of the same limit", () => {
    const [held, worst] = positionMeters(d("0.136"), d("0.084"), d("0.3"), { max_position: "0.4" });
    expect([held!.id, held!.percent, held!.hatched]).toEqual(["position_long", 34, 21]);
    expect([worst!.id, toShortest(worst!.value), worst!.percent]).toEqual(["worst_long", "0.22", 55]);
  });

  it("takes the other side's worst case where that is nearer to its limit", () => {
    const [, worst] = positionMeters(d("0.01"), d("0"), d("0.3"), { max_position: "0.4", limits: { max_long: "0.4", max_short: "0.35" } });
    expect([worst!.id, toShortest(worst!.value), toShortest(worst!.limit!)]).toEqual(["worst_short", "0.29", "0.35"]);
  });

  it("stops at its end when a limit is passed, says so, and never divides by a limit of nothing", () => {
    const [over] = positionMeters(d("-0.5"), d("0"), d("0.2"), { max_position: "0.4" });
    expect([over!.id, over!.percent, over!.hatched, isOver(over!)]).toEqual(["position_short", 100, 0, true]);
    expect(positionMeters(d("1"), d("0"), d("0"), undefined)[0]).toMatchObject({ limit: null, percent: 0 });
  });
});

const finding = (code: string, part: Partial<Finding> = {}): Finding => ({ code, market: null, tier: "green", value: "12.48", limit: "300.00", text: "", ...part });
const RISK: RiskAnswer = {
  state: "RUNNING", tier: "yellow", exposure: "0", switch: { left_ms: 24_000, problem: null }, limits: { requests_per_minute: 1000 }, leverage: "0.5", worst_gross: "100",
  meters: [finding("drawdown"), finding("margin_ratio", { value: "0.0120", limit: "0.6600" }), finding("stop_loss", { market: "ETH-USD" })],
  findings: [finding("daily_loss", { tier: "yellow" })],
  account_limits: { yellow_share: "0.5", orange_share: "0.75", margin_yellow: "0.33", margin_orange: "0.5", max_leverage: "2", max_gross_exposure: null },
  markets: { "BTC-USD": { position: "0", max_position: "1", worst_long: "0", worst_short: "0", tier: "green", findings: [finding("daily_loss", { tier: "yellow" })], limits: { breakers: { same_side_fills: 5, same_side_window_ms: 10_000 } } } },
};

describe("the meters of risk", () => {
  it("carry their tiers: shares of a loss limit, the margin's own steps, and no other market's stop", () => {
    const [drawdown, margin, ...rest] = causeMeters(RISK, "BTC-USD");
    expect([drawdown!.percent, drawdown!.marks]).toEqual([4.16, { yellow: 50, orange: 75, red: 100 }]);
    expect([margin!.unit, margin!.marks]).toEqual(["fraction", { yellow: 50, orange: 75.76, red: 100 }]);
    expect(rest).toEqual([]);
  });

  it("leave out what has no limit", () => {
    expect(accountMeters(RISK).map((each) => [each.id, each.percent])).toEqual([["leverage", 25]]);
    expect(accountMeters(undefined)).toEqual([]);
  });

  it("show the higher tier, and each finding once", () => {
    expect(tierOf(RISK, "BTC-USD")).toBe("yellow");
    expect(tierOf({ ...RISK, markets: { "BTC-USD": { ...RISK.markets["BTC-USD"]!, tier: "red" } } }, "BTC-USD")).toBe("red");
    expect(findingsOf(RISK, "BTC-USD")).toHaveLength(1);
  });

  it("count an order filled in three parts once, on the busier side, within the window", () => {
    const trade = (id: number, orderId: number, side: "BUY" | "SELL", createdTime: number) => ({ id, orderId, side, createdTime, market: "BTC-USD" });
    const trades = { 1: trade(1, 7, "BUY", 95_000), 2: trade(2, 7, "BUY", 96_000), 3: trade(3, 8, "BUY", 97_000), 4: trade(4, 9, "BUY", 80_000), 5: trade(5, 5, "SELL", 99_000) };
    const meter = fillMeter(trades, "BTC-USD", RISK.markets["BTC-USD"], 100_000)!;
    expect([toPlain(meter.value), meter.percent]).toEqual(["2", 40]);
    expect(fillMeter(trades, "BTC-USD", { limits: { breakers: { same_side_fills: null } } } as unknown as MarketVerdict, 0)).toBeNull();
  });
});

describe("the dead-man's lease", () => {
  it("runs down since it was read, never below nothing, and turns amber at half", () => {
    expect(leaseNow(24_000, 1000, 3000)).toEqual({ leftMs: 22_000, percent: (22 / 30) * 100, tone: "fresh" });
    expect([leaseNow(24_000, 0, 12_000)!.tone, leaseNow(24_000, 0, 20_000)!.tone, leaseNow(24_000, 0, 90_000)!.leftMs]).toEqual(["slow", "stale", 0]);
    expect(leaseNow(undefined, 0, 0)).toBeNull();
  });

  it("stands beside the request budget, which is unknown without a limit", () => {
    expect([budgetPercent(182, 1000), budgetPercent(5000, 1000), budgetPercent(1, 0), budgetPercent(undefined, 5)]).toEqual([18.2, 100, null, null]);
  });
});
