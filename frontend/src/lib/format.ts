import { type Decimal, decimalsOf, divide, parseWire, pow10, toPlain, toScale, type Rounding } from "./decimal";

/** The only place where numbers become text. Values come as strings from the wire or as exact decimals. */
export type Language = "en" | "pl";
export type Numeric = string | number | Decimal | null | undefined;

/** Absence is not zero. */
export const MISSING = "\u2013";
export const MINUS = "\u2212";
export const NBSP = "\u00a0";

const MARKS: Record<Language, { group: string; point: string }> = {
  en: { group: ",", point: "." },
  pl: { group: NBSP, point: "," },
};

function exact(value: Numeric): Decimal | null {
  return typeof value === "object" && value !== null ? value : parseWire(value);
}

export type NumberStyle = {
  readonly decimals: number;
  readonly sign?: "always" | "auto";
  readonly rounding?: Rounding;
};

/** Write a number in the reader's language; the dash when there is none. */
export function formatNumber(value: Numeric, language: Language, style: NumberStyle): string {
  const number = exact(value);
  if (!number) return MISSING;
  const rounded = toScale(number, style.decimals, style.rounding ?? "half");
  const [whole = "0", fraction] = toPlain(rounded).replace("-", "").split(".");
  const marks = MARKS[language];
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, marks.group);
  const sign = rounded.units < 0n ? MINUS : style.sign === "always" && rounded.units > 0n ? "+" : "";
  return sign + grouped + (fraction ? marks.point + fraction : "");
}

function stepDecimals(step: Numeric, fallback: number): number {
  const found = exact(step);
  return found ? decimalsOf(found) : fallback;
}

/** Price of an order or a level: decimals of the tick. */
export function formatPrice(value: Numeric, tick: Numeric, language: Language): string {
  return formatNumber(value, language, { decimals: stepDecimals(tick, 2) });
}

/** Mark, index, averages: two decimals more than the tick. */
export function formatFinePrice(value: Numeric, tick: Numeric, language: Language): string {
  return formatNumber(value, language, { decimals: Math.min(stepDecimals(tick, 0) + 2, 12) });
}

/** Size: at least four decimals, more up to the lot's when the value needs them. */
export function formatSize(value: Numeric, lot: Numeric, language: Language, sign: "always" | "auto" = "auto"): string {
  const number = exact(value);
  if (!number) return MISSING;
  const most = Math.max(4, stepDecimals(lot, 4));
  const needed = Math.min(most, Math.max(4, decimalsOf(number)));
  return formatNumber(number, language, { decimals: needed, rounding: "cut", sign });
}

/** Decimals that a column of sizes needs so that its figures stand under each other: at least four, up to the lot's. */
export function sizeDecimals(values: readonly Numeric[], lot: Numeric): number {
  const needed = values.map((value) => decimalsOf(exact(value) ?? { units: 0n, scale: 0 }));
  return Math.min(Math.max(4, stepDecimals(lot, 4)), Math.max(4, ...needed));
}

export function formatMoney(value: Numeric, language: Language, options: { sign?: boolean; code?: string } = {}): string {
  const text = formatNumber(value, language, { decimals: 2, sign: options.sign ? "always" : "auto" });
  return text === MISSING || !options.code ? text : text + NBSP + options.code;
}

/** Fraction as percent: "0.028" is 2.8%. */
export function formatPercent(fraction: Numeric, language: Language, decimals = 1): string {
  const number = exact(fraction);
  if (!number) return MISSING;
  return `${formatNumber({ units: number.units * 100n, scale: number.scale }, language, { decimals })}%`;
}

/** Distance of a price from a reference in basis points; null when either is missing. */
export function basisPoints(price: Numeric, reference: Numeric): Decimal | null {
  const [a, b] = [exact(price), exact(reference)];
  if (!a || !b) return null;
  const scale = Math.max(a.scale, b.scale);
  const gap = { units: a.units * pow10(scale - a.scale) - b.units * pow10(scale - b.scale), scale };
  return divide({ units: gap.units * 10_000n, scale }, b, 4);
}

const BPS: Record<Language, string> = { en: "bps", pl: "pb" };

export function formatBps(value: Numeric, language: Language, options: { sign?: boolean; decimals?: number } = {}): string {
  const decimals = options.decimals ?? 2;
  const text = formatNumber(value, language, { decimals, sign: options.sign ? "always" : "auto" });
  return text === MISSING ? text : text + NBSP + BPS[language];
}

export function formatCount(value: Numeric, language: Language): string {
  return formatNumber(value, language, { decimals: 0 });
}

/** Age: ms below 1 s, tenths below 10 s, then s, min, h, d. */
export function formatAge(ms: number | null | undefined, language: Language): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return MISSING;
  const age = Math.max(0, Math.round(ms));
  if (age < 1000) return `${age}${NBSP}ms`;
  if (age < 10_000) return `${formatNumber({ units: BigInt(age), scale: 3 }, language, { decimals: 1, rounding: "cut" })}${NBSP}s`;
  const seconds = Math.floor(age / 1000);
  if (seconds < 90) return `${seconds}${NBSP}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 90) return `${minutes}${NBSP}min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}${NBSP}h ${minutes % 60}${NBSP}min` : `${Math.floor(hours / 24)}${NBSP}d`;
}

const LOCALE: Record<Language, string> = { en: "en-GB", pl: "pl-PL" };

let clockZone: string | undefined;

/** Choose the time zone of every clock on the screen; undefined is the reader's own. */
export function chooseZone(zone: string | undefined): void {
  clockZone = zone;
}

/** What a date format needs to know of the chosen zone. */
function zoned(): { timeZone?: string } {
  return clockZone === undefined ? {} : { timeZone: clockZone };
}

/** Clock time, 24 h, in the reader's zone. */
export function formatClock(ms: number | null | undefined, language: Language, withMs = false): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return MISSING;
  return new Intl.DateTimeFormat(LOCALE[language], {
    hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", ...zoned(),
    ...(withMs ? { fractionalSecondDigits: 3 as const } : {}),
  }).format(ms);
}

export function formatDate(ms: number | null | undefined, language: Language): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return MISSING;
  return new Intl.DateTimeFormat(LOCALE[language], { day: "numeric", month: "short", year: "numeric", ...zoned() }).format(ms);
}

/** A moment in a list: the clock alone today, with the day before it otherwise. */
export function formatDateTime(ms: number | null | undefined, language: Language, nowMs: number = Date.now()): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return MISSING;
  const sameDay = formatDate(ms, language) === formatDate(nowMs, language);
  return sameDay ? formatClock(ms, language, true) : `${formatDate(ms, language)} ${formatClock(ms, language)}`;
}

/** Short name of the reader's time zone, such as CET. */
export function zoneName(ms: number, language: Language): string {
  const parts = new Intl.DateTimeFormat(LOCALE[language], { timeZoneName: "short", ...zoned() }).formatToParts(ms);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "";
}

/** Owner prefix and last four characters: "mmb-…4201". */
export function shortId(id: string): string {
  if (id.length <= 10) return id;
  const dash = id.indexOf("-");
  const head = dash > 0 && dash < 6 ? id.slice(0, dash + 1) : id.slice(0, 4);
  return `${head}\u2026${id.slice(-4)}`;
}

/** Plain number for a field: the reader's decimal sign, no grouping, so that it reads back one way only. */
export function fieldText(plain: string, language: Language): string {
  return plain.replace(".", MARKS[language].point);
}
