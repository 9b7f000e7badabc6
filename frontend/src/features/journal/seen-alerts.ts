import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";
import type { AlertRecord } from "../../lib/records";

const KEY = "mmbot.alerts.seen";

function kept(): number {
  const value = Number(localStorage.getItem(KEY));
  return Number.isFinite(value) ? value : 0;
}

/** Up to when a person at this screen has seen the alerts. Seeing silences an alert and never hides it; other screens keep their own. */
export const seenStore = createStore<{ seenMs: number }>(() => ({ seenMs: kept() }));

export function seeAlerts(upToMs: number): void {
  const seenMs = Math.max(upToMs, seenStore.getState().seenMs);
  localStorage.setItem(KEY, String(seenMs));
  seenStore.setState({ seenMs });
}

export const isFresh = (alert: AlertRecord, seenMs: number): boolean => alert.at_ms > seenMs;

export function useSeenMs(): number {
  return useStore(seenStore, (state) => state.seenMs);
}
