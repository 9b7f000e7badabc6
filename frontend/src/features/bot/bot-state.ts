import type { BotState } from "../../stream/messages";

export type BotCommand = "start" | "pause" | "stop" | "flatten";
/** `suggested`: the button that a person most likely wants; `off`: it would do nothing, or must not be done now. */
export type Offer = "suggested" | "on" | "off";
export type Offers = Readonly<Record<BotCommand, Offer>>;

type Title = "waiting" | "stopped" | "quoting" | "notQuoting" | "paused" | "reducing" | "halted" | "starting" | "pausing" | "stopping" | "flattening";

export type BotFace = {
  readonly title: Title;
  readonly icon: "stop" | "play" | "eye" | "pause" | "diamond" | "warn" | "clock" | "flatten";
  readonly tone: "idle" | "good" | "warn" | "orange" | "danger";
  readonly offers: Offers;
};

export type BotInput = {
  readonly state: BotState | undefined;
  readonly quoting: boolean;
  readonly stale: boolean;
  /** The command whose answer is awaited. */
  readonly under: BotCommand | null;
  readonly hasPosition: boolean;
};

const OFFERS: Readonly<Record<BotState, Offers>> = {
  STOPPED: { start: "suggested", pause: "off", stop: "off", flatten: "on" },
  RUNNING: { start: "off", pause: "on", stop: "on", flatten: "on" },
  PAUSED: { start: "suggested", pause: "off", stop: "on", flatten: "on" },
  REDUCING: { start: "off", pause: "on", stop: "on", flatten: "on" },
  HALTED: { start: "on", pause: "off", stop: "on", flatten: "on" },
};
/** Without a fresh picture the state is only a guess: what adds risk locks, every way out stays open. */
const BLIND: Offers = { start: "off", pause: "on", stop: "on", flatten: "on" };

const LOOKS: Readonly<Record<Exclude<BotState, "RUNNING">, Pick<BotFace, "title" | "icon" | "tone">>> = {
  STOPPED: { title: "stopped", icon: "stop", tone: "idle" },
  PAUSED: { title: "paused", icon: "pause", tone: "warn" },
  REDUCING: { title: "reducing", icon: "diamond", tone: "orange" },
  HALTED: { title: "halted", icon: "warn", tone: "danger" },
};
const UNDER_WAY: Readonly<Record<BotCommand, Pick<BotFace, "title" | "icon" | "tone">>> = {
  start: { title: "starting", icon: "play", tone: "idle" },
  pause: { title: "pausing", icon: "pause", tone: "warn" },
  stop: { title: "stopping", icon: "stop", tone: "idle" },
  flatten: { title: "flattening", icon: "flatten", tone: "danger" },
};

function lookOf({ state, quoting, under }: BotInput): Pick<BotFace, "title" | "icon" | "tone"> {
  if (under !== null) return UNDER_WAY[under];
  if (state === undefined) return { title: "waiting", icon: "clock", tone: "idle" };
  if (state !== "RUNNING") return LOOKS[state] ?? { title: "waiting", icon: "clock", tone: "idle" };
  return quoting ? { title: "quoting", icon: "play", tone: "good" } : { title: "notQuoting", icon: "eye", tone: "warn" };
}

/** While one command is under way the same one is not sent twice; a way out never waits for another command. */
function whileUnder(offers: Offers, under: BotCommand | null): Offers {
  if (under === null) return offers;
  return { ...offers, start: "off", [under]: "off", stop: under === "stop" ? "off" : "on" };
}

/** What the bot card shows and which of its four buttons may be pressed: state and command in, faces out. */
export function botFace(input: BotInput): BotFace {
  const { state, stale, under, hasPosition } = input;
  const known = stale || state === undefined ? BLIND : (OFFERS[state] ?? BLIND);
  const offers = whileUnder(known, under);
  const nothingToClose = !stale && state !== undefined && !hasPosition;
  return { ...lookOf(input), offers: nothingToClose ? { ...offers, flatten: "off" } : offers };
}
