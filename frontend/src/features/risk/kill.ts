import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";
import { ApiError, NoAnswer, api } from "../../lib/api";
import type { CommandState } from "../../lib/use-command";

export type KillAnswer = { readonly status: string; readonly found: number; readonly remaining: readonly string[]; readonly unmarked: string };

const killStore = createStore<{ state: CommandState<KillAnswer> }>(() => ({ state: { kind: "idle" } }));

/** Halt and cancel everything on the account. Repeating it is harmless, so a lost answer may be followed by another try. */
export async function sendKill(): Promise<void> {
  if (killStore.getState().state.kind === "pending") return;
  const sentMs = Date.now();
  killStore.setState({ state: { kind: "pending", sentMs } });
  try {
    const answer = await api.killBot();
    killStore.setState({ state: { kind: "done", answer, atMs: Date.now(), tookMs: Date.now() - sentMs } });
  } catch (error) {
    if (error instanceof ApiError) killStore.setState({ state: { kind: "refused", error: error.body, atMs: Date.now() } });
    else if (error instanceof NoAnswer) killStore.setState({ state: { kind: "unknown", atMs: Date.now() } });
    else throw error;
  }
}

export function forgetKill(): void {
  killStore.setState({ state: { kind: "idle" } });
}

export function useKill(): CommandState<KillAnswer> {
  return useStore(killStore, (held) => held.state);
}
