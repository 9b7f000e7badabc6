import { describe, expect, it } from "vitest";
import { type Decimal, parseWire, toPlain } from "../../src/lib/decimal";
import { type Known, estimateOrder, liquidation, mostAllowed, opening, signedSize, sizePresets } from "../../src/features/orders/order-estimate";
import { type OrderDraft, canTake, checkOrder, midOnTick, nearestSteps, readyOrder, rulesOf, stepped, wouldCross } from "../../src/features/orders/order-form";

const rules = rulesOf({ tick_size: "1", lot_size: "0.00001", min_size: "0.0001" });
const draft = (part: Partial<OrderDraft>): OrderDraft => ({ side: "BUY", price: "86150", size: "0.01", timeInForce: "POST_ONLY", reduceOnly: false, ...part });
const d = (text: string) => parseWire(text)!;
const touch = { bid: d("86199"), ask: d("86201") };

describe("the order form", () => {
  it("is ready with a price on the tick and a size on the lot, comma or dot", () => {
    expect(readyOrder(checkOrder(draft({ price: "86 150", size: "0,01" }), rules))).toEqual({ price: "86150", size: "0.01" });
  });

  it("keeps an off-tick price and offers the two nearest", () => {
    const check = checkOrder(draft({ price: "86150.4" }), rules).price;
    expect(check).toMatchObject({ ok: false, problem: { code: "off_step", choices: ["86150", "86151"] } });
    expect(readyOrder(checkOrder(draft({ price: "86150.4" }), rules))).toBeNull();
  });

  it("never offers zero as a nearest price", () => {
    expect(nearestSteps(d("0.4"), d("1"))).toEqual(["1"]);
  });

  it.each([["0.000001", "off_step"], ["0.00005", "too_small"], ["0", "zero"], ["", "empty"], ["1e-2", "invalid"], ["NaN", "invalid"], ["-1", "invalid"]])("refuses size %s as %s", (size, code) => {
    expect(checkOrder(draft({ size }), rules).size).toMatchObject({ ok: false, problem: { code } });
  });

  it("refuses 60-digit numbers", () => {
    expect(checkOrder(draft({ price: "9".repeat(60) }), rules).price).toMatchObject({ ok: false });
  });

  it("knows what can take: IOC and FOK always, GTC through the touch, POST_ONLY never", () => {
    expect(canTake(draft({ timeInForce: "IOC" }), d("1"), touch)).toBe(true);
    expect(canTake(draft({ timeInForce: "FOK" }), d("1"), touch)).toBe(true);
    expect(canTake(draft({ timeInForce: "GTC" }), d("86200"), touch)).toBe(false);
    expect(canTake(draft({ timeInForce: "GTC" }), d("86201"), touch)).toBe(true);
    expect(canTake(draft({ side: "SELL", timeInForce: "GTC" }), d("86199"), touch)).toBe(true);
    expect(canTake(draft({}), d("99999"), touch)).toBe(false);
    expect(canTake(draft({ timeInForce: "GTC" }), d("1"), { bid: null, ask: null })).toBe(true);
  });

  it("says that a post-only order would cross before the exchange refuses it", () => {
    expect(wouldCross(draft({}), d("86201"), touch)).toBe(true);
    expect(wouldCross(draft({}), d("86200"), touch)).toBe(false);
    expect(wouldCross(draft({}), d("86201"), { bid: null, ask: null })).toBe(false);
  });

  it("steps along the grid from wherever it is, never to zero", () => {
    expect(stepped("86150", d("1"), 1, 10, null)).toBe("86160");
    expect(stepped("86150.4", d("1"), 1, 1, null)).toBe("86151");
    expect(stepped("86150.4", d("1"), -1, 1, null)).toBe("86150");
    expect(stepped("0.00001", d("0.00001"), -1, 1, null)).toBe("0.00001");
    expect(stepped("", d("1"), 1, 1, "86199")).toBe("86199");
  });

  it("puts the mid on the shy side of the grid", () => {
    const odd = { bid: d("86200"), ask: d("86201") };
    expect(midOnTick(odd, d("1"), "BUY")).toBe("86200");
    expect(midOnTick(odd, d("1"), "SELL")).toBe("86201");
    expect(midOnTick({ bid: null, ask: d("1") }, d("1"), "BUY")).toBeNull();
  });
});

describe("the estimate", () => {
  const known: Known = { held: null, mark: d("86198.85"), leverage: d("10"), maxLeverage: d("50"), equity: d("10114.52"), makerFee: d("0"), takerFee: d("0.00025") };

  it("adds to the signed position", () => {
    const short = signedSize({ market: "BTC-USD", side: "SHORT", size: "0.3" });
    const estimate = estimateOrder("BUY", d("86150"), d("0.01"), false, { ...known, held: short });
    expect(toPlain(estimate.positionAfter!)).toBe("-0.29");
    expect(toPlain(estimate.notional!)).toBe("861.50");
    expect(toPlain(estimate.fromMarkBps!)).toBe("-5.6671");
  });

  it("leaves unknown what is not known", () => {
    const nothing: Known = { held: null, mark: null, leverage: null, maxLeverage: null, equity: null, makerFee: null, takerFee: null };
    expect(estimateOrder("BUY", null, null, false, nothing)).toEqual({ notional: null, fee: null, margin: null, positionAfter: null, liquidationNow: null, liquidationThen: null, fromMarkBps: null });
  });

  it("charges the maker's rate to what rests and the taker's to what can take", () => {
    expect(toPlain(estimateOrder("BUY", d("86000"), d("0.01"), false, known).fee!)).toBe("0.00");
    expect(Number(toPlain(estimateOrder("BUY", d("86000"), d("0.01"), true, known).fee!))).toBe(0.215);
  });

  it("needs margin only for what opens", () => {
    expect(Number(toPlain(estimateOrder("BUY", d("86150"), d("0.08"), false, known).margin!))).toBe(689.2);
    expect(Number(toPlain(estimateOrder("SELL", d("86150"), d("0.08"), false, { ...known, held: d("0.08") }).margin!))).toBe(0);
    expect(toPlain(opening("SELL", d("0.1"), d("0.08")))).toBe("0.02");
    expect(toPlain(opening("BUY", d("0.1"), d("0.08")))).toBe("0.1");
  });

  it("puts liquidation below a long and above a short, and nowhere for one that is fully covered", () => {
    const at = (size: string, equity: string) => liquidation(d(size), d("86198.85"), d(equity), d("50"));
    expect(Math.round(Number(toPlain(at("0.216", "10114.52") as Decimal)))).toBe(39770);
    expect(Number(toPlain(at("-0.1", "1000") as Decimal))).toBeGreaterThan(86198);
    expect(at("0.01", "10000")).toBe("none");
    expect(at("0", "10000")).toBe("none");
    expect(liquidation(d("1"), null, d("1"), d("50"))).toBeNull();
  });

  it("allows the smaller of free margin and the room below the limit", () => {
    const most = (free: string, worst: string) => Number(toPlain(mostAllowed("BUY", d("86000"), d(free), d("10"), d(worst), d("0.05"))!));
    expect(most("10000", "0.01")).toBe(0.04);
    expect(most("86", "0.01")).toBe(0.01);
    expect(most("86", "0.07")).toBe(0);
    expect(Number(toPlain(mostAllowed("SELL", d("86000"), null, null, d("-0.02"), d("0.05"))!))).toBe(0.03);
    expect(mostAllowed("BUY", null, null, null, null, null)).toBeNull();
  });

  it("offers three multiples of the order size and shares of what is allowed, cut to the lot", () => {
    expect(sizePresets(d("0.01"), d("0.0403"), d("0.001"), d("0.001")).map(({ percent, size }) => [percent, size])).toEqual([[null, "0.01"], [null, "0.02"], [null, "0.05"], [25, "0.01"], [50, "0.02"]]);
    expect(sizePresets(d("0.01"), d("0.001"), d("0.001"), d("0.001")).at(-1)).toMatchObject({ percent: 50, size: null });
    expect(sizePresets(null, null, null, null).map(({ size }) => size)).toEqual([null, null]);
  });
});
