import { describe, expect, it } from "vitest";
import { type BotCommand, type BotInput, botFace } from "../../src/features/bot/bot-state";
import { bpsOf, fractionOf } from "../../src/features/bot/DistanceField";
import { grossOf, marketLines, totalOf } from "../../src/features/bot/market-lines";
import { cancelEach, countByOwner, keysOf } from "../../src/features/orders/cancel-all";
import { flattenSums, hasWorsened, takenLevels } from "../../src/features/position/flatten-preview";
import { HOLD_MS, held, progress } from "../../src/features/risk/hold-to-confirm";
import { ApiError, NoAnswer } from "../../src/lib/api";
import type { FlattenPreview } from "../../src/lib/api-schema";
import { parseWire, toPlain } from "../../src/lib/decimal";
import type { BotState } from "../../src/stream/messages";

const STATES: readonly (BotState | undefined)[] = ["STOPPED", "RUNNING", "PAUSED", "REDUCING", "HALTED", undefined];
const COMMANDS: readonly BotCommand[] = ["start", "pause", "stop", "flatten"];
const input = (part: Partial<BotInput>): BotInput => ({ state: "RUNNING", quoting: true, stale: false, under: null, hasPosition: true, ...part });
const open = (part: Partial<BotInput>) => COMMANDS.filter((act) => botFace(input(part)).offers[act] !== "off");

describe("the bot's buttons: state by command", () => {
  it.each([
    ["STOPPED", ["start", "flatten"]],
    ["RUNNING", ["pause", "stop", "flatten"]],
    ["PAUSED", ["start", "stop", "flatten"]],
    ["REDUCING", ["pause", "stop", "flatten"]],
    ["HALTED", ["start", "stop", "flatten"]],
    [undefined, ["pause", "stop", "flatten"]],
  ] as const)("in %s offers %j", (state, offered) => {
    expect(open({ state })).toEqual(offered);
  });

  it("suggests Start where a person most likely wants it, and never after a halt", () => {
    expect(STATES.filter((state) => botFace(input({ state })).offers.start === "suggested")).toEqual(["STOPPED", "PAUSED"]);
  });

  it("never locks a way out on old data, in no state, and locks Start in each", () => {
    for (const state of STATES) expect(open({ state, stale: true, hasPosition: false })).toEqual(["pause", "stop", "flatten"]);
  });

  it("never lets a stop wait for another command, and sends none twice", () => {
    for (const state of STATES) {
      for (const under of COMMANDS) {
        const { offers } = botFace(input({ state, under }));
        expect(offers[under]).toBe("off");
        if (under !== "stop") expect(offers.stop).toBe("on");
        expect(offers.start).toBe("off");
      }
    }
  });

  it("offers no flatten where nothing is held", () => {
    expect(open({ state: "RUNNING", hasPosition: false })).toEqual(["pause", "stop"]);
  });

  it("shows what is under way like a state, and tells running from quoting", () => {
    expect(COMMANDS.map((under) => botFace(input({ under })).title)).toEqual(["starting", "pausing", "stopping", "flattening"]);
    expect(botFace(input({ quoting: false })).title).toBe("notQuoting");
    expect(botFace(input({ state: "HALTED" }))).toMatchObject({ title: "halted", tone: "danger" });
  });
});

describe("the distance of a newcomer", () => {
  it("goes between basis points and the stored fraction without a rounding error", () => {
    for (const bps of [2, 7, 10, 29, 50]) expect(bpsOf(fractionOf(bps))).toBe(bps);
    expect([fractionOf(10), bpsOf(0.0005), bpsOf("0.5"), bpsOf(null)]).toEqual(["0.001", 5, 50, 10]);
  });
});

describe("holding the kill button", () => {
  const at = (type: "down" | "up" | "frame", nowMs: number) => ({ type, nowMs });

  it("fires after a second, once, and not when let go before", () => {
    let hold = held({ kind: "idle" }, at("down", 0));
    hold = held(hold, at("down", 500));
    expect(progress(hold, 500)).toBe(0.5);
    expect(held(hold, at("frame", HOLD_MS - 1))).toEqual(hold);
    const fired = held(hold, at("frame", HOLD_MS));
    expect(fired.kind).toBe("fired");
    expect(held(fired, at("down", 1100)).kind).toBe("fired");
    expect(held(hold, at("up", 900)).kind).toBe("idle");
  });
});

describe("the preview of a flatten", () => {
  const preview: FlattenPreview = {
    market: "BTC-USD", position: "2", side: "SELL", size: "2", reason: null, mark_price: "100", mid: "100", fillable: "2", average_price: "99", worst_price: "98",
    limit_price: "98", slippage_bps: "100", slippage: "2", fee: "0.198", caps: ["0.01", "0.02"],
  };

  it("pays slippage and fee, at worst all of it at the last cap", () => {
    const sums = flattenSums(preview);
    expect(toPlain(sums.expected.total!)).toBe("-2.198");
    expect(Number(toPlain(sums.worst.slippage!))).toBe(-4);
    expect(Number(toPlain(sums.worst.fee!))).toBeCloseTo(-0.196, 9);
  });

  it("says nothing where the server says nothing", () => {
    expect(flattenSums({ ...preview, slippage: null }).expected.total).toBeNull();
  });

  it("takes level after level up to the cap", () => {
    const bids = [["99", "1.5"], ["98", "1"], ["97", "5"]] as const;
    expect(takenLevels(bids, "2", "98", "SELL").map((level) => level.taken)).toEqual(["1.5", "0.5", null]);
    expect(takenLevels(bids, "9", "98", "SELL").map((level) => level.taken)).toEqual(["1.5", "1", null]);
  });

  it("notices a cost that grew by more than a quarter, not one that fell", () => {
    const d = (text: string) => parseWire(text);
    expect(hasWorsened(d("-100"), d("-126"))).toBe(true);
    expect(hasWorsened(d("-100"), d("-125"))).toBe(false);
    expect(hasWorsened(d("-100"), d("-20"))).toBe(false);
  });
});

describe("cancel all", () => {
  const orders = {
    "mmb-1-1": { market: "BTC-USD", side: "BUY" as const, status: "NEW", externalId: "mmb-1-1", id: "11" },
    "mmh-1-2": { market: "BTC-USD", side: "BUY" as const, status: "NEW", externalId: "mmh-1-2", id: "12" },
    other: { market: "BTC-USD", side: "SELL" as const, status: "NEW", externalId: "other", id: "13", owner: "foreign" as const },
    gone: { market: "BTC-USD", side: "SELL" as const, status: "FILLED", externalId: "mmb-1-9", id: "14" },
  };

  it("counts by owner what may still fill, and cancels strangers by the exchange's id", () => {
    expect(countByOwner(orders)).toEqual({ bot: 1, hand: 1, foreign: 1 });
    expect(keysOf(orders, { bot: true, hand: false, foreign: true })).toEqual(["mmb-1-1", "13"]);
  });

  it("counts an order that is gone as cancelled, and a lost answer as left", async () => {
    const answers: Record<string, () => Promise<{ status: string }>> = {
      a: async () => ({ status: "CANCELLED" }),
      b: async () => { throw new ApiError(404, { code: "not_found", message: "gone" }); },
      c: async () => { throw new NoAnswer("lost"); },
      d: async () => ({ status: "UNKNOWN" }),
    };
    expect(await cancelEach(["a", "b", "c", "d"], (key) => answers[key]!())).toEqual({ cancelled: 2, left: ["c", "d"] });
  });
});

describe("the list of markets", () => {
  const picture = {
    bot: { state: "RUNNING" as const },
    markets: {
      "BTC-USD": { state: "QUOTING", quotes: { bid: "1", ask: "2" }, mark_price: "100" },
      "ETH-USD": { state: "NOT_QUOTING", reason: "paused by a person", reason_code: "market_paused", mark_price: "10" },
      "SOL-USD": { state: "NOT_FOLLOWED", mark_price: "5" },
    },
    positions: { "ETH-USD": { market: "ETH-USD", side: "SHORT", size: "3", unrealisedPnl: "-1.5" } },
    day: { "BTC-USD": { realised_pnl: "10", fees: "2" }, "ETH-USD": { realised_pnl: "1", fees: "0" } },
  };

  it("has the followed ones with state, signed position and today's money", () => {
    const lines = marketLines(picture);
    expect(lines.map(({ market, face, position, pnl }) => [market, face, position, pnl])).toEqual([["BTC-USD", "quoting", "0", "8"], ["ETH-USD", "paused", "-3", "-0.5"]]);
    expect([totalOf(lines), grossOf(lines)]).toEqual(["7.5", "30"]);
  });
});
