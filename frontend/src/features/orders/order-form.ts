import type { TimeInForce } from "../../lib/api-schema";
import { type Decimal, add, compare, isOnStep, parseWire, signOf, subtract, toPlain, toStep } from "../../lib/decimal";
import { readTyped } from "../../lib/typed-number";

/** What the person has typed and chosen; nothing is rounded behind their back. */
export type OrderDraft = {
  readonly side: "BUY" | "SELL";
  readonly price: string;
  readonly size: string;
  readonly timeInForce: TimeInForce;
  readonly reduceOnly: boolean;
};

export type MarketRules = { readonly tick: Decimal | null; readonly lot: Decimal | null; readonly min: Decimal | null };

export type FieldProblem =
  | { readonly code: "empty" | "invalid" | "zero" }
  | { readonly code: "ambiguous"; readonly choices: readonly [string, string] }
  | { readonly code: "off_step"; readonly step: Decimal; readonly choices: readonly string[] }
  | { readonly code: "too_small"; readonly min: Decimal };

export type FieldCheck =
  | { readonly ok: true; readonly value: Decimal; readonly literal: boolean }
  | { readonly ok: false; readonly problem: FieldProblem };

/** The multiples of the step right below and above a value, never zero. */
export function nearestSteps(value: Decimal, step: Decimal): string[] {
  const around = [toStep(value, step, "floor"), toStep(value, step, "ceil")];
  return [...new Set(around.filter((each) => signOf(each) > 0).map(toPlain))];
}

function checkField(typed: string, step: Decimal | null, min: Decimal | null): FieldCheck {
  const read = readTyped(typed, step);
  if (read.kind === "empty" || read.kind === "invalid") return { ok: false, problem: { code: read.kind } };
  if (read.kind === "ambiguous") return { ok: false, problem: { code: "ambiguous", choices: read.readings } };
  const { value, literal } = read;
  if (signOf(value) <= 0) return { ok: false, problem: { code: "zero" } };
  if (step && !isOnStep(value, step)) {
    return { ok: false, problem: { code: "off_step", step, choices: nearestSteps(value, step) } };
  }
  if (min && compare(value, min) < 0) return { ok: false, problem: { code: "too_small", min } };
  return { ok: true, value, literal };
}

export type OrderCheck = { readonly price: FieldCheck; readonly size: FieldCheck };

export function checkOrder(draft: OrderDraft, rules: MarketRules): OrderCheck {
  return { price: checkField(draft.price, rules.tick, null), size: checkField(draft.size, rules.lot, rules.min) };
}

/** Both numbers as the wire wants them, when both are good. */
export function readyOrder(check: OrderCheck): { price: string; size: string } | null {
  if (!check.price.ok || !check.size.ok) return null;
  return { price: toPlain(check.price.value), size: toPlain(check.size.value) };
}

export type Touch = { readonly bid: Decimal | null; readonly ask: Decimal | null };

/** Whether the order could take what rests on the other side. POST_ONLY is refused instead, so it cannot. */
export function canTake(draft: Pick<OrderDraft, "side" | "timeInForce">, price: Decimal, touch: Touch): boolean {
  if (draft.timeInForce === "POST_ONLY") return false;
  if (draft.timeInForce === "IOC" || draft.timeInForce === "FOK") return true;
  const other = draft.side === "BUY" ? touch.ask : touch.bid;
  if (!other) return true;
  return draft.side === "BUY" ? compare(price, other) >= 0 : compare(price, other) <= 0;
}

/** POST_ONLY that would cross is refused by the exchange; said before it is sent. */
export function wouldCross(draft: Pick<OrderDraft, "side" | "timeInForce">, price: Decimal, touch: Touch): boolean {
  return draft.timeInForce === "POST_ONLY" && canTake({ ...draft, timeInForce: "GTC" }, price, touch) && (draft.side === "BUY" ? touch.ask : touch.bid) !== null;
}

/** One step up or down from what is typed, on the grid; the start when nothing is typed. */
export function stepped(typed: string, step: Decimal | null, direction: 1 | -1, times: number, start: string | null): string {
  if (!step) return typed;
  const read = readTyped(typed, step);
  if (read.kind !== "value") return start ?? typed;
  const grid = toStep(read.value, step, direction > 0 ? "floor" : "ceil");
  const move = { units: step.units * BigInt(times), scale: step.scale };
  const next = direction > 0 ? add(grid, move) : subtract(grid, move);
  return signOf(next) > 0 ? toPlain(next) : toPlain(step);
}

export function rulesOf(market: { tick_size?: string | null; lot_size?: string | null; min_size?: string | null } | undefined): MarketRules {
  return { tick: parseWire(market?.tick_size), lot: parseWire(market?.lot_size), min: parseWire(market?.min_size) };
}

/** Middle of the touch on the grid, on the shy side of it; null without both prices. */
export function midOnTick(touch: Touch, tick: Decimal | null, side: "BUY" | "SELL"): string | null {
  if (!touch.bid || !touch.ask || !tick) return null;
  const sum = add(touch.bid, touch.ask);
  return toPlain(toStep({ units: sum.units * 5n, scale: sum.scale + 1 }, tick, side === "BUY" ? "floor" : "ceil"));
}
