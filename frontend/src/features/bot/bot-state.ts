import type { BotState } from "../../stream/messages";

export type BotFace = {
  readonly title: "waiting" | "stopped" | "quoting" | "notQuoting" | "paused" | "reducing" | "halted";
  readonly icon: "stop" | "play" | "eye" | "pause" | "diamond" | "warn" | "clock";
  readonly tone: "idle" | "good" | "warn" | "orange" | "danger";
  /** Start adds risk, so it locks when data are old. Stop never locks for that. */
  readonly canStart: boolean;
  readonly canStop: boolean;
};

type Input = { readonly state: BotState | undefined; readonly quoting: boolean; readonly stale: boolean; readonly busy: boolean };

const FACES: Record<Exclude<BotState, "RUNNING">, Pick<BotFace, "title" | "icon" | "tone">> = {
  STOPPED: { title: "stopped", icon: "stop", tone: "idle" },
  PAUSED: { title: "paused", icon: "pause", tone: "warn" },
  REDUCING: { title: "reducing", icon: "diamond", tone: "orange" },
  HALTED: { title: "halted", icon: "warn", tone: "danger" },
};

function lookOf(state: BotState | undefined, quoting: boolean): Pick<BotFace, "title" | "icon" | "tone"> {
  if (state === undefined) return { title: "waiting", icon: "clock", tone: "idle" };
  if (state !== "RUNNING") return FACES[state] ?? { title: "waiting", icon: "clock", tone: "idle" };
  return quoting ? { title: "quoting", icon: "play", tone: "good" } : { title: "notQuoting", icon: "eye", tone: "warn" };
}

/** What the bot card shows and which buttons may be pressed. */
export function botFace({ state, quoting, stale, busy }: Input): BotFace {
  return {
    ...lookOf(state, quoting),
    canStart: !busy && !stale && (state === "STOPPED" || state === "PAUSED"),
    canStop: !busy && (stale || state !== "STOPPED"),
  };
}
