import { type Decimal, compare, parseWire, signOf, toPlain } from "../../lib/decimal";
import { readTyped } from "../../lib/typed-number";
import type { BotConfig, ConfigValue } from "../../stream/messages";

/** Settings of the documents change only while stopped; the rest applies at once. */
export const FIELDS = [
  { name: "spread_percentage", unit: "fraction", hot: false },
  { name: "order_size", unit: "base", hot: false },
  { name: "refresh_interval", unit: "s", hot: false },
  { name: "price_move_threshold", unit: "fraction", hot: false },
  { name: "max_position", unit: "base", hot: true },
  { name: "min_refresh_ms", unit: "ms", hot: true },
  { name: "max_divergence", unit: "fraction", hot: true },
] as const;

export type FieldName = (typeof FIELDS)[number]["name"];
export type Draft = Readonly<Partial<Record<FieldName, string>>>;
export type FieldIssue = "invalid" | "ambiguous" | "negative" | "zero" | "slip" | "whole";

const WIDEST_SPREAD: Decimal = { units: 5n, scale: 2 };
const WHOLE: ReadonlySet<FieldName> = new Set(["refresh_interval", "min_refresh_ms"]);

function typedValue(text: string): Decimal | FieldIssue {
  if (/^\s*-/.test(text)) return "negative";
  const read = readTyped(text);
  if (read.kind === "ambiguous") return "ambiguous";
  return read.kind === "value" ? read.value : "invalid";
}

function issueOf(name: FieldName, text: string): FieldIssue | null {
  const value = typedValue(text);
  if (typeof value === "string") return value;
  if (signOf(value) === 0 && name !== "price_move_threshold" && name !== "min_refresh_ms") return "zero";
  if (name === "spread_percentage" && compare(value, WIDEST_SPREAD) > 0) return "slip";
  return WHOLE.has(name) && toPlain(value).includes(".") ? "whole" : null;
}

function sameValue(text: string, running: ConfigValue | undefined): boolean {
  if (text.trim() === "" && (running === undefined || running === null)) return true;
  const value = typedValue(text);
  const now = typeof running === "boolean" ? null : parseWire(running);
  return typeof value !== "string" && now !== null && compare(value, now) === 0;
}

export type ConfigCheck = {
  readonly changed: readonly FieldName[];
  readonly issues: Readonly<Partial<Record<FieldName, FieldIssue>>>;
  /** Whether a change waits for the bot to be stopped. */
  readonly needsStop: boolean;
  /** Ready for the wire in the type the running configuration has; null while something is wrong. */
  readonly changes: Record<string, string | number> | null;
};

/** Compare what is typed with what runs. A field that cannot be read counts as changed and wrong. */
export function checkConfig(draft: Draft, running: BotConfig): ConfigCheck {
  const changed: FieldName[] = [];
  const issues: Partial<Record<FieldName, FieldIssue>> = {};
  const changes: Record<string, string | number> = {};
  for (const { name } of FIELDS) {
    const text = draft[name];
    if (text === undefined || sameValue(text, running[name])) continue;
    changed.push(name);
    const issue = issueOf(name, text);
    if (issue) issues[name] = issue;
    const value = typedValue(text);
    if (typeof value !== "string") changes[name] = typeof running[name] === "number" ? Number(toPlain(value)) : toPlain(value);
  }
  const good = Object.keys(issues).length === 0 && changed.length > 0;
  const needsStop = FIELDS.some((field) => !field.hot && changed.includes(field.name));
  return { changed, issues, needsStop, changes: good ? changes : null };
}

export function shownValue(value: ConfigValue | undefined): string {
  if (value === undefined || value === null || typeof value === "boolean") return "";
  const number = parseWire(value);
  return number ? toPlain(number) : String(value);
}
