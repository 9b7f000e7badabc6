import { add, multiply, negate, parseWire, subtract, toPlain } from "../../lib/decimal";
import type { Picture } from "../../stream/messages";
import { signedPosition } from "../../stream/select";
import { followedMarkets, isQuoting } from "./bot-numbers";

/** One market in a list of all: what it does, what is held, what was made today. */
export type MarketLine = {
  readonly market: string;
  readonly face: "quoting" | "notQuoting" | "paused" | "stopped";
  readonly reason: string | null;
  readonly code: string | null;
  /** Signed, in the base asset. */
  readonly position: string;
  readonly lot: string | null;
  /** Today's realised less fees, plus what is open now, in collateral; null when it cannot be said. */
  readonly pnl: string | null;
  readonly mark: string | null;
  readonly tick: string | null;
  readonly bid: string | null;
  readonly ask: string | null;
  readonly ageMs: number | null;
};

const ZERO = { units: 0n, scale: 0 };

function faceOf(picture: Picture, name: string): MarketLine["face"] {
  const market = picture.markets?.[name];
  if (market?.reason_code === "market_paused") return "paused";
  if (picture.bot?.state === "STOPPED" || picture.bot?.state === "HALTED") return "stopped";
  if (picture.bot?.state === "PAUSED") return "paused";
  return isQuoting(market) ? "quoting" : "notQuoting";
}

function pnlOf(picture: Picture, name: string): string | null {
  const day = picture.day?.[name];
  const [realised, fees] = [parseWire(day?.realised_pnl), parseWire(day?.fees)];
  const open = parseWire(picture.positions?.[name]?.unrealisedPnl) ?? ZERO;
  if (!realised) return picture.positions?.[name] ? toPlain(open) : null;
  return toPlain(add(subtract(realised, fees ?? ZERO), open));
}

export function marketLines(picture: Picture): MarketLine[] {
  return followedMarkets(picture).map((name) => {
    const market = picture.markets?.[name];
    return {
      market: name, face: faceOf(picture, name), reason: market?.reason ?? null, code: market?.reason_code ?? null, position: signedPosition(picture, name), lot: market?.lot_size ?? null,
      pnl: pnlOf(picture, name), mark: market?.mark_price ?? null, tick: market?.tick_size ?? null,
      bid: market?.quotes?.bid ?? null, ask: market?.quotes?.ask ?? null, ageMs: market?.age_ms?.mark ?? null,
    };
  });
}

/** Sum of what every market made today; null while none can be said. */
export function totalOf(lines: readonly MarketLine[]): string | null {
  const known = lines.flatMap((line) => parseWire(line.pnl) ?? []);
  return known.length === 0 ? null : toPlain(known.reduce(add, ZERO));
}

/** Gross value of all positions at mark, in collateral. */
export function grossOf(lines: readonly MarketLine[]): string {
  const values = lines.flatMap((line) => {
    const [size, mark] = [parseWire(line.position), parseWire(line.mark)];
    if (!size || !mark) return [];
    const value = multiply(size, mark);
    return value.units < 0n ? negate(value) : value;
  });
  return toPlain(values.reduce(add, ZERO));
}
