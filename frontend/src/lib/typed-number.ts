import { type Decimal, isOnStep, parseWire, toPlain } from "./decimal";

/** What a person typed, read as a number: understood, to be asked about, or not a number. */
export type TypedNumber =
  | { readonly kind: "empty" }
  | { readonly kind: "invalid" }
  | { readonly kind: "ambiguous"; readonly readings: readonly [string, string] }
  | { readonly kind: "value"; readonly value: Decimal; readonly literal: boolean };

const SPACES = /[\s\u00a0\u2009\u202f']/g;
const MAX_TYPED = 30;
const GROUPED = /^\d{1,3}(?:[.,]\d{3})+$/;

function asValue(plain: string, typed: string): TypedNumber {
  const value = parseWire(plain);
  if (!value) return { kind: "invalid" };
  return { kind: "value", value, literal: toPlain(value) === typed.replace(",", ".") };
}

function withOneSeparator(text: string, separator: string, typed: string, step: Decimal | null): TypedNumber {
  const plainDecimal = text.replace(separator, ".");
  const couldGroup = GROUPED.test(text) && !text.startsWith("0");
  if (!couldGroup) return asValue(plainDecimal, typed);
  const asDecimal = parseWire(plainDecimal);
  const plainGroup = text.replace(separator, "");
  const grouped = parseWire(plainGroup);
  if (!asDecimal || !grouped) return { kind: "invalid" };
  if (step) {
    const decimalFits = isOnStep(asDecimal, step);
    const groupFits = isOnStep(grouped, step);
    if (groupFits && !decimalFits) return { kind: "value", value: grouped, literal: false };
    if (decimalFits && !groupFits) return asValue(plainDecimal, typed);
  }
  if (separator === ".") return asValue(plainDecimal, typed);
  return { kind: "ambiguous", readings: [plainGroup, plainDecimal] };
}

/**
 * Read a typed number: comma or dot as decimal sign, spaces or the other sign as grouping.
 *
 * `step` (tick or lot) decides readings that only fit one way: "86,150" with tick 1 is 86150.
 * A comma that could be either is not guessed. Exponents, signs and letters are refused.
 */
export function readTyped(input: string, step: Decimal | null = null): TypedNumber {
  const typed = input.trim();
  if (typed === "") return { kind: "empty" };
  const text = typed.replace(SPACES, "");
  if (text.length > MAX_TYPED || !/^[\d.,]+$/.test(text) || !/\d/.test(text)) return { kind: "invalid" };
  const dots = text.split(".").length - 1;
  const commas = text.split(",").length - 1;
  if (dots === 0 && commas === 0) return asValue(text, typed);
  if (dots > 0 && commas > 0) {
    const decimal = text.lastIndexOf(",") > text.lastIndexOf(".") ? "," : ".";
    const at = text.lastIndexOf(decimal);
    const whole = text.slice(0, at);
    if (whole.includes(decimal) || !GROUPED.test(whole)) return { kind: "invalid" };
    return asValue(`${whole.replace(/[.,]/g, "")}.${text.slice(at + 1)}`, typed);
  }
  const separator = dots > 0 ? "." : ",";
  if (dots + commas > 1) {
    return GROUPED.test(text) ? asValue(text.replace(/[.,]/g, ""), typed) : { kind: "invalid" };
  }
  return withOneSeparator(text, separator, typed, step);
}
