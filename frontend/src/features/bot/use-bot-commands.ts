import { useCallback } from "react";
import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";
import { ApiError, NoAnswer, api } from "../../lib/api";
import type { CommandState } from "../../lib/use-command";
import type { BotCommand } from "./bot-state";

export type BotVerb = Exclude<BotCommand, "flatten">;
export type BotAnswer = { readonly did: BotVerb; readonly remaining: readonly string[] };
type Held = { readonly under: BotVerb | null; readonly state: CommandState<BotAnswer> };

/** One bot, one state of its commands: card, phone bar, overview and key show the same. */
const commandStore = createStore<Held>(() => ({ under: null, state: { kind: "idle" } }));

async function send(verb: BotVerb): Promise<BotAnswer> {
  switch (verb) {
    case "start":
      await api.startBot();
      return { did: verb, remaining: [] };
    case "pause": return { did: verb, remaining: (await api.pauseBot()).remaining ?? [] };
    case "stop": return { did: verb, remaining: (await api.stopBot()).remaining ?? [] };
  }
}

/** Send a command; a newer one takes the place of an older one that still waits, so that a stop never has to wait. */
export async function commandBot(verb: BotVerb): Promise<void> {
  if (commandStore.getState().under === verb) return;
  const sentMs = Date.now();
  const pending: Held = { under: verb, state: { kind: "pending", sentMs } };
  commandStore.setState(pending, true);
  const ended = (state: CommandState<BotAnswer>) => {
    if (commandStore.getState() === pending) commandStore.setState({ under: null, state }, true);
  };
  try {
    const answer = await send(verb);
    ended({ kind: "done", answer, atMs: Date.now(), tookMs: Date.now() - sentMs });
  } catch (error) {
    if (error instanceof ApiError) ended({ kind: "refused", error: error.body, atMs: Date.now() });
    else if (error instanceof NoAnswer) ended({ kind: "unknown", atMs: Date.now() });
    else throw error;
  }
}

export function forgetBotCommand(): void {
  commandStore.setState({ under: null, state: { kind: "idle" } }, true);
}

export function useBotCommands() {
  const { under, state } = useStore(commandStore);
  const run = useCallback((verb: BotVerb) => void commandBot(verb), []);
  return { under, state, run };
}
