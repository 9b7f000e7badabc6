import { type Decimal, compare, multiply, parseWire, signOf, toPlain, toShortest } from "../../lib/decimal";
import { readTyped } from "../../lib/typed-number";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type Kind = "number" | "whole" | "size" | "switch" | "choice" | "text" | "weights" | "markets";

/** One setting, as the bot describes it. A dot in `path` leads into an object of the configuration; absent there is the default. */
export type Setting = {
  readonly path: string;
  readonly group: string;
  readonly kind: Kind;
  readonly unit: string;
  readonly minimum: number | null;
  readonly maximum: number | null;
  readonly minimum_excluded: boolean;
  readonly choices: readonly string[] | null;
  readonly default: Json;
  /** The value that switches the part off. */
  readonly off: Json;
  readonly is_hot: boolean;
  readonly is_document: boolean;
  readonly per_market: boolean;
  readonly raises_limits: boolean;
  readonly meaning: string;
};

export type Config = { readonly [key: string]: Json };
/** What was typed or chosen, by path; a setting that is not here is untouched. */
export type Draft = Readonly<Record<string, string>>;
export type IssueKind = "invalid" | "ambiguous" | "negative" | "below" | "above" | "whole" | "empty" | "slip" | "choice";
export type Issue = { readonly kind: IssueKind; readonly meant?: string };
export type Change = { readonly path: string; readonly before: Json; readonly after: Json; readonly setting: Setting };
export type Check = {
  readonly changes: readonly Change[];
  readonly issues: Readonly<Record<string, Issue>>;
  /** Settings that wait for the bot to be stopped. */
  readonly cold: readonly string[];
  readonly raises: readonly string[];
  /** What to send; null while something is wrong or nothing has changed. */
  readonly body: Config | null;
};

const REPLACED_AS_A_WHOLE = "quoting";
const HUNDRED: Decimal = { units: 100n, scale: 0 };

function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value in force: what the configuration has, else the default. */
export function valueAt(config: Config, setting: Setting): Json {
  let value: Json | undefined = config;
  for (const key of setting.path.split(".")) value = isObject(value) ? value[key] : undefined;
  return value === undefined ? setting.default : value;
}

/** A setting of weights becomes one number for each view, so that the form has only single fields. */
export function singleSettings(settings: readonly Setting[]): Setting[] {
  return settings.flatMap((setting) => {
    if (setting.kind !== "weights") return [setting];
    const usual = isObject(setting.default) ? setting.default : {};
    return (setting.choices ?? []).map((choice): Setting => ({ ...setting, path: `${setting.path}.${choice}`, kind: "number", choices: null, default: usual[choice] ?? 0, minimum: 0, maximum: 1 }));
  });
}

/** A weight that is not named is nothing: once any view is named, the default holds for none. */
export function inForce(config: Config, setting: Setting, weights: ReadonlySet<string>): Json {
  const parent = setting.path.split(".").slice(0, -1).join(".");
  if (!weights.has(parent)) return valueAt(config, setting);
  const named = valueAt(config, { ...setting, path: parent, default: null });
  return isObject(named) ? (named[setting.path.split(".").at(-1) ?? ""] ?? 0) : setting.default;
}

export function weightPaths(settings: readonly Setting[]): ReadonlySet<string> {
  return new Set(settings.filter((setting) => setting.kind === "weights").map((setting) => setting.path));
}

/** Plain text of a value, as a field starts with it. */
export function plainText(value: Json): string {
  if (typeof value === "number" || typeof value === "string") {
    const number = parseWire(value);
    return number ? toShortest(number) : String(value);
  }
  return typeof value === "boolean" ? String(value) : "";
}

function outside(value: Decimal, setting: Setting): Issue | null {
  const [low, high] = [parseWire(setting.minimum), parseWire(setting.maximum)];
  if (low && (compare(value, low) < 0 || (setting.minimum_excluded && compare(value, low) === 0))) return { kind: "below" };
  if (!high || compare(value, high) <= 0) return null;
  const hundredth: Decimal = { units: value.units, scale: value.scale + 2 };
  return setting.unit === "fraction" && compare(hundredth, high) <= 0 ? { kind: "slip", meant: toShortest(hundredth) } : { kind: "above" };
}

function readNumber(setting: Setting, text: string): { value: Json } | Issue {
  if (/^\s*-/.test(text)) return { kind: "negative" };
  const read = readTyped(text);
  if (read.kind === "empty") return setting.default === null ? { value: null } : { kind: "empty" };
  if (read.kind !== "value") return { kind: read.kind };
  if (setting.kind === "size" && signOf(read.value) <= 0) return { kind: "below" };
  const plain = toPlain(read.value);
  if (setting.kind === "whole" && !/^\d+$/.test(toShortest(read.value))) return { kind: "whole" };
  return outside(read.value, setting) ?? { value: setting.kind === "size" ? plain : Number(plain) };
}

/** Read what stands in a field; a decimal comma is understood. */
export function readField(setting: Setting, text: string): { value: Json } | Issue {
  switch (setting.kind) {
    case "switch": return { value: text === "true" };
    case "choice": return setting.choices?.includes(text) ? { value: text } : { kind: "choice" };
    case "text": return text.trim() === "" ? { kind: "empty" } : { value: text.trim().toUpperCase() };
    case "markets": case "weights": return { kind: "invalid" };
    default: return readNumber(setting, text);
  }
}

function same(a: Json, b: Json): boolean {
  if (a === null || b === null || typeof a === "boolean" || typeof b === "boolean") return a === b || asSwitch(a) === asSwitch(b);
  if ((typeof a === "number" || typeof a === "string") && (typeof b === "number" || typeof b === "string")) {
    const [x, y] = [parseWire(a), parseWire(b)];
    return x && y ? compare(x, y) === 0 : a === b;
  }
  return false;
}

const asSwitch = (value: Json): Json => (value === 0 ? false : value === 1 ? true : value);

type Tree = { [key: string]: Json | Tree };

function put(tree: Tree, path: string, value: Json): void {
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  let node = tree;
  for (const key of keys) {
    const next = node[key];
    node[key] = typeof next === "object" && next !== null && !Array.isArray(next) ? { ...(next as Tree) } : {};
    node = node[key] as Tree;
  }
  node[last] = value;
}

function bodyOf(changes: readonly Change[], config: Config, weights: ReadonlySet<string>, singles: readonly Setting[]): Config {
  const body: Tree = {};
  for (const { path, after } of changes) {
    const top = path.split(".")[0] ?? "";
    if (top === REPLACED_AS_A_WHOLE && !(top in body) && isObject(config[top])) body[top] = { ...config[top] } as Tree;
    const parent = path.split(".").slice(0, -1).join(".");
    if (weights.has(parent)) {
      for (const each of singles) if (each.path.startsWith(`${parent}.`)) put(body, each.path, changes.find((change) => change.path === each.path)?.after ?? inForce(config, each, weights));
    }
    put(body, path, after);
  }
  return body as Config;
}

/** Compare what is typed with what is in force. A field that cannot be read is changed and wrong. */
export function checkDraft(settings: readonly Setting[], draft: Draft, config: Config, isRunning: boolean): Check {
  const weights = weightPaths(settings);
  const singles = singleSettings(settings);
  const issues: Record<string, Issue> = {};
  const changes: Change[] = [];
  for (const setting of singles) {
    const text = draft[setting.path];
    if (text === undefined) continue;
    const before = inForce(config, setting, weights);
    const read = readField(setting, text);
    if ("kind" in read) issues[setting.path] = read;
    else if (!same(read.value, before)) changes.push({ path: setting.path, before, after: read.value, setting });
  }
  const cold = isRunning ? changes.filter((change) => !change.setting.is_hot).map((change) => change.path) : [];
  const raises = changes.filter((change) => change.setting.raises_limits && isMore(change.before, change.after)).map((change) => change.path);
  const good = Object.keys(issues).length === 0 && changes.length > 0;
  return { changes, issues, cold, raises, body: good ? bodyOf(changes, config, weights, singles) : null };
}

function isMore(before: Json, after: Json): boolean {
  const [x, y] = [parseWire(typeof before === "number" || typeof before === "string" ? before : null), parseWire(typeof after === "number" || typeof after === "string" ? after : null)];
  return after === null || (x !== null && y !== null && compare(y, x) > 0);
}

/** A preset, or any set of changes, as a draft: what it leaves out of the models goes back to its default. */
export function draftFrom(settings: readonly Setting[], changes: Config): Record<string, string> {
  const weights = weightPaths(settings);
  const draft: Record<string, string> = {};
  for (const setting of singleSettings(settings)) {
    const top = setting.path.split(".")[0] ?? "";
    if (top in changes) draft[setting.path] = plainText(inForce(changes, setting, weights));
  }
  return draft;
}

/** The configuration as one market sees it: the main one at the top, a further one with its own settings. */
export function configOf(config: Config, market: string): Config {
  if (config.market === market) return config;
  const others = Array.isArray(config.more_markets) ? (config.more_markets as readonly Json[]) : [];
  return (others.find((each) => isObject(each) && each.market === market) as Config | undefined) ?? config;
}

/** The body that changes a market: at the top for the main one, within the list for a further one. */
export function bodyFor(config: Config, market: string, body: Config): Config {
  if (config.market === market) return body;
  const others = Array.isArray(config.more_markets) ? (config.more_markets as readonly Json[]) : [];
  const more = others.map((each) => (isObject(each) && each.market === market ? merged(each, body) : each));
  return { more_markets: more };
}

function merged(entry: Config, body: Config): Config {
  const whole: Record<string, Json> = { ...entry };
  for (const [key, value] of Object.entries(body)) {
    const held = whole[key];
    whole[key] = key !== REPLACED_AS_A_WHOLE && isObject(held) && isObject(value) ? merged(held, value) : value;
  }
  return whole;
}

/** What a fraction means in basis points; null for what is no number. */
export function fractionBps(text: string): Decimal | null {
  const read = readTyped(text);
  return read.kind === "value" ? multiply(multiply(read.value, HUNDRED), HUNDRED) : null;
}

/** The next value up or down: the last decimal that is shown, at least a hundredth of what the range spans. */
export function stepped(setting: Setting, text: string, direction: 1 | -1, times: number): string {
  const read = readTyped(text);
  const from = read.kind === "value" ? read.value : (parseWire(plainText(setting.default)) ?? { units: 0n, scale: 0 });
  const scale = setting.kind === "whole" ? 0 : Math.max(from.scale, setting.unit === "fraction" ? 4 : 1);
  const units = from.units * 10n ** BigInt(Math.max(0, scale - from.scale)) + BigInt(direction * times);
  const value: Decimal = { units: units < 0n ? 0n : units, scale };
  const issue = outside(value, setting);
  return issue ? toPlain(from) : toPlain(value);
}
