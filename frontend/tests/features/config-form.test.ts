import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Config, type Setting, bodyFor, checkDraft, configOf, draftFrom, readField, singleSettings, stepped, valueAt } from "../../src/features/bot/config-form";
import { isIdle, sectionOf } from "../../src/features/bot/config-sections";
import type { DryMarket } from "../../src/features/bot/config-wire";
import { bars, placesLost, shown } from "../../src/features/bot/preview-rows";
import { settingMeaning, settingName } from "../../src/features/bot/setting-words";
import { toPlain } from "../../src/lib/decimal";

const setting = (path: string, part: Partial<Setting> = {}): Setting => ({
  path, group: "market", kind: "number", unit: "", minimum: null, maximum: null, minimum_excluded: false, choices: null, default: null, off: null, is_hot: true, is_document: false, per_market: true,
  raises_limits: false, meaning: "", ...part,
});
const SPREAD = setting("spread_percentage", { unit: "fraction", minimum: 0, maximum: 0.05, minimum_excluded: true, default: 0.001, is_hot: false });
const SIZE = setting("order_size", { kind: "size", default: "0.01", is_hot: false, raises_limits: true });
const RHO = setting("quoting.rho", { minimum: 0, maximum: 1.5, default: 1, off: 0 });
const LEVELS = setting("quoting.levels", { kind: "whole", minimum: 1, maximum: 8, default: 3 });
const MODEL = setting("quoting.model_spread", { kind: "switch", default: true, off: 0 });
const FAIR = setting("quoting.fair_price", { kind: "weights", choices: ["mark", "mid"], default: { mark: 1 } });
const STOP = setting("limits.stop_loss", { kind: "size", raises_limits: true });
const STRATEGY = setting("strategy", { kind: "choice", choices: ["simple", "composite"], default: "simple" });
const ALL = [SPREAD, SIZE, RHO, LEVELS, MODEL, FAIR, STOP, STRATEGY];
const CONFIG: Config = { market: "BTC-USD", spread_percentage: 0.001, order_size: "0.01", strategy: "simple", quoting: { levels: 2 }, limits: { stop_loss: null, orders_per_minute: 300 }, more_markets: [{ market: "ETH-USD", order_size: "0.2", quoting: {} }] };
const check = (draft: Record<string, string>, isRunning = true) => checkDraft(ALL, draft, CONFIG, isRunning);

describe("a field", () => {
  it("understands a decimal comma, and keeps sizes as exact text and settings as numbers", () => {
    expect([readField(SPREAD, "0,002"), readField(SIZE, "0,020"), readField(LEVELS, "4")]).toEqual([{ value: 0.002 }, { value: "0.020" }, { value: 4 }]);
  });

  it("answers a slip of unit with what it would mean", () => {
    expect(readField(SPREAD, "0.1")).toEqual({ kind: "slip", meant: "0.001" });
    expect(readField(SPREAD, "20")).toEqual({ kind: "above" });
  });

  it.each([[SPREAD, "0", "below"], [RHO, "1,6", "above"], [LEVELS, "2.5", "whole"], [SIZE, "0", "below"], [SIZE, "x", "invalid"], [RHO, "-1", "negative"], [SPREAD, "", "empty"], [STRATEGY, "magic", "choice"]] as const)("holds back %o typed as %s", (each, text, kind) => {
    expect(readField(each, text)).toMatchObject({ kind });
  });

  it("may be left empty where nothing set is allowed", () => {
    expect(readField(STOP, "")).toEqual({ value: null });
  });

  it("steps by its last decimal and stops at its range", () => {
    expect([stepped(SPREAD, "0,001", 1, 1), stepped(SPREAD, "0.001", 1, 10), stepped(RHO, "1.5", 1, 1), stepped(LEVELS, "1", -1, 1)]).toEqual(["0.0011", "0.0020", "1.5", "1"]);
  });
});

describe("what has changed", () => {
  it("is nothing for the same value in other digits, or a default written out", () => {
    expect(check({ order_size: "0.0100", "quoting.rho": "1,0", strategy: "simple" })).toMatchObject({ changes: [], body: null });
    expect(valueAt(CONFIG, RHO)).toBe(1);
  });

  it("keeps the models' other settings, because they are replaced as a whole, and sends limits alone", () => {
    expect(check({ "quoting.rho": "0,5", "limits.stop_loss": "50" }).body).toEqual({ quoting: { levels: 2, rho: 0.5 }, limits: { stop_loss: "50" } });
  });

  it("writes out every weight as soon as one is changed", () => {
    expect(check({ "quoting.fair_price.mid": "0.5" }).body).toEqual({ quoting: { levels: 2, fair_price: { mark: 1, mid: 0.5 } } });
  });

  it("takes a switch that was a number for what it is", () => {
    expect(checkDraft([MODEL], { "quoting.model_spread": "false" }, { quoting: { model_spread: 0 } }, false).changes).toEqual([]);
    expect(check({ "quoting.model_spread": "false" }).body).toEqual({ quoting: { levels: 2, model_spread: false } });
  });

  it("sends nothing at all while one field is wrong", () => {
    expect(check({ "quoting.rho": "0.5", order_size: "x" })).toMatchObject({ body: null, issues: { order_size: { kind: "invalid" } } });
  });

  it("tells what waits for a stop, only while it runs, and what allows more than before", () => {
    expect(check({ order_size: "0.02" })).toMatchObject({ cold: ["order_size"], raises: ["order_size"] });
    expect(check({ order_size: "0.005" }, false)).toMatchObject({ cold: [], raises: [] });
    expect(checkDraft([STOP], { "limits.stop_loss": "" }, { limits: { stop_loss: "50" } }, true).raises).toEqual(["limits.stop_loss"]);
  });
});

describe("several markets", () => {
  it("each see their own settings and change only their own", () => {
    expect(configOf(CONFIG, "ETH-USD").order_size).toBe("0.2");
    expect(bodyFor(CONFIG, "ETH-USD", { order_size: "0.3" })).toEqual({ more_markets: [{ market: "ETH-USD", order_size: "0.3", quoting: {} }] });
    expect(bodyFor(CONFIG, "BTC-USD", { order_size: "0.3" })).toEqual({ order_size: "0.3" });
  });
});

describe("a preset", () => {
  it("fills the form and puts back to their defaults the models' settings it does not name", () => {
    const draft = draftFrom(ALL, { strategy: "composite", quoting: { rho: 0.5, fair_price: { mid: 1 } } });
    expect(draft).toEqual({ strategy: "composite", "quoting.rho": "0.5", "quoting.levels": "3", "quoting.model_spread": "true", "quoting.fair_price.mark": "0", "quoting.fair_price.mid": "1" });
  });
});

describe("sections", () => {
  it("take every setting, also one that is newer than the screen", () => {
    expect([SPREAD, RHO, LEVELS, STOP, setting("quoting.brand_new"), setting("brand_new", { group: "program" })].map(sectionOf)).toEqual(["spread", "inventory", "ladder", "market_limits", "spread", "program"]);
    expect([isIdle(RHO, "simple"), isIdle(RHO, "glft"), isIdle(SPREAD, "simple")]).toEqual([true, false, false]);
  });

  it("name a setting in both languages and fall back to its path", () => {
    expect([settingName("quoting.rho", "en"), settingName("quoting.rho", "pl"), settingName("x.y", "pl")]).toEqual(["Skew at full inventory", "Przesunięcie przy pełnym zapasie", "x.y"]);
    expect(settingMeaning({ path: "x.y", meaning: "New." }, "pl")).toEqual({ text: "New.", lang: "en" });
  });

  it("have three words for each setting that has any", () => {
    const words = JSON.parse(readFileSync("src/features/bot/setting-words.json", "utf8")) as Record<string, string[]>;
    expect(Object.entries(words).filter(([, each]) => each.length !== 3 || each.some((text) => text.trim() === ""))).toEqual([]);
  });
});

describe("the dry preview", () => {
  const dry = (quotes: [side: "BUY" | "SELL", price: string, size: string][]): DryMarket => ({
    market: "BTC-USD", strategy: "simple", reason: null, mid: "100", fair_price: "100", spread_bps: 20, bid_notional: "1", ask_notional: "1", withheld: {}, breakdown: null,
    quotes: quotes.map(([side, price, size], level) => ({ side, price, size, level, notional: "1", away_bps: 10 })),
  });
  const before = dry([["BUY", "99", "0.01"], ["SELL", "101", "0.01"]]);
  const after = dry([["BUY", "98", "0.02"], ["BUY", "99", "0.01"], ["SELL", "101.0", "0.04"]]);

  it("draws both on one scale, highest price first", () => {
    expect(bars([before, after]).map((side) => side.map((bar) => [bar.price, bar.percent]))).toEqual([[["101", 25], ["99", 25]], [["101.0", 100], ["99", 25], ["98", 50]]]);
    expect(bars([undefined])).toEqual([[]]);
  });

  it("adds sizes exactly and counts the places in the queue that would be given up", () => {
    expect(toPlain(shown(after, "BUY"))).toBe("0.03");
    expect(placesLost([{ side: "BUY", price: "99" }, { side: "SELL", price: "102" }], after)).toEqual({ held: 2, lost: 1 });
  });

  it("has one field for each weight", () => {
    expect(singleSettings([FAIR]).map((each) => [each.path, each.kind, each.default])).toEqual([["quoting.fair_price.mark", "number", 1], ["quoting.fair_price.mid", "number", 0]]);
  });
});
