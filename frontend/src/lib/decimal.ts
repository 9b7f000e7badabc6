/** Exact decimals: an integer count of units at a scale. No binary floats anywhere. */
export type Decimal = { readonly units: bigint; readonly scale: number };

const WIRE = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;
const MAX_DIGITS = 60;

/** Read a number as servers write it ("-12.50", "0E-8"); null when it is not one. */
export function parseWire(text: string | number | null | undefined): Decimal | null {
  if (text === null || text === undefined) return null;
  const found = WIRE.exec(String(text).trim());
  if (!found) return null;
  const [, sign, whole = "", fraction = "", exponent] = found;
  if (whole + fraction === "" || whole.length + fraction.length > MAX_DIGITS) return null;
  const shift = Number(exponent ?? 0);
  if (Math.abs(shift) > MAX_DIGITS) return null;
  const digits = BigInt(whole + fraction);
  const signed = sign === "-" ? -digits : digits;
  const scale = fraction.length - shift;
  return scale >= 0 ? { units: signed, scale } : { units: signed * pow10(-scale), scale: 0 };
}

export function pow10(exponent: number): bigint {
  return 10n ** BigInt(exponent);
}

/** The same value counted at a finer scale. */
export function rescale(value: Decimal, scale: number): bigint {
  return value.units * pow10(scale - value.scale);
}

function aligned(a: Decimal, b: Decimal): [bigint, bigint, number] {
  const scale = Math.max(a.scale, b.scale);
  return [rescale(a, scale), rescale(b, scale), scale];
}

export function add(a: Decimal, b: Decimal): Decimal {
  const [x, y, scale] = aligned(a, b);
  return { units: x + y, scale };
}

export function subtract(a: Decimal, b: Decimal): Decimal {
  const [x, y, scale] = aligned(a, b);
  return { units: x - y, scale };
}

export function multiply(a: Decimal, b: Decimal): Decimal {
  return { units: a.units * b.units, scale: a.scale + b.scale };
}

export function negate(value: Decimal): Decimal {
  return { units: -value.units, scale: value.scale };
}

/** −1, 0 or 1, as sort functions want it. */
export function compare(a: Decimal, b: Decimal): -1 | 0 | 1 {
  const [x, y] = aligned(a, b);
  return x < y ? -1 : x > y ? 1 : 0;
}

export function signOf(value: Decimal): -1 | 0 | 1 {
  return value.units < 0n ? -1 : value.units > 0n ? 1 : 0;
}

/** Quotient cut to `scale` decimals, half away from zero; null when dividing by zero. */
export function divide(a: Decimal, b: Decimal, scale: number): Decimal | null {
  if (b.units === 0n) return null;
  const [x, y] = aligned(a, b);
  return { units: roundedQuotient(x * pow10(scale), y), scale };
}

function roundedQuotient(top: bigint, bottom: bigint): bigint {
  const negative = top < 0n !== bottom < 0n;
  const [x, y] = [top < 0n ? -top : top, bottom < 0n ? -bottom : bottom];
  const quotient = (2n * x + y) / (2n * y);
  return negative ? -quotient : quotient;
}

export type Rounding = "half" | "floor" | "ceil" | "cut";

function dividedBy(units: bigint, step: bigint, rounding: Rounding): bigint {
  if (rounding === "half") return roundedQuotient(units, step);
  const quotient = units / step;
  const exact = quotient * step === units;
  if (exact || rounding === "cut") return quotient;
  if (rounding === "floor") return units < 0n ? quotient - 1n : quotient;
  return units < 0n ? quotient : quotient + 1n;
}

/** Change the number of decimals. */
export function toScale(value: Decimal, scale: number, rounding: Rounding = "half"): Decimal {
  if (scale >= value.scale) return { units: rescale(value, scale), scale };
  return { units: dividedBy(value.units, pow10(value.scale - scale), rounding), scale };
}

/** The multiple of a positive step next to the value, in the direction asked. */
export function toStep(value: Decimal, step: Decimal, rounding: "floor" | "ceil" | "half"): Decimal {
  const [x, y, scale] = aligned(value, step);
  return shortened({ units: dividedBy(x, y, rounding) * y, scale }, step.scale);
}

export function isOnStep(value: Decimal, step: Decimal): boolean {
  const [x, y] = aligned(value, step);
  return y !== 0n && x % y === 0n;
}

function shortened(value: Decimal, scale: number): Decimal {
  return scale < value.scale ? toScale(value, scale) : value;
}

/** Plain text for the wire: no exponent, no grouping, decimals as they are. */
export function toPlain(value: Decimal): string {
  const negative = value.units < 0n;
  const digits = (negative ? -value.units : value.units).toString().padStart(value.scale + 1, "0");
  const cut = digits.length - value.scale;
  const text = value.scale === 0 ? digits : `${digits.slice(0, cut)}.${digits.slice(cut)}`;
  return negative ? `-${text}` : text;
}

/** Plain text without trailing zeros after the point. */
export function toShortest(value: Decimal): string {
  const text = toPlain(value);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** How many decimals a step such as "0.00001" needs; trailing zeros do not count. */
export function decimalsOf(step: Decimal): number {
  const text = toShortest(step);
  const dot = text.indexOf(".");
  return dot < 0 ? 0 : text.length - dot - 1;
}
