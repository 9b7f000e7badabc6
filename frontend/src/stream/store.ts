import { useStore } from "zustand";
import { useShallow } from "zustand/react/shallow";
import { createStore } from "zustand/vanilla";
import { EMPTY_VIEW } from "./apply-message";
import type { ConnectionState } from "./connection";
import type { Picture } from "./messages";

export const streamStore = createStore<ConnectionState>(() => ({ view: EMPTY_VIEW, attempt: 0, nextAttemptMs: null }));

/** Let at most one value through per frame, always the latest. */
export function latestPerFrame<T>(draw: (value: T) => void, schedule: (run: () => void) => void): (value: T) => void {
  let waiting: { value: T } | null = null;
  return (value) => {
    if (waiting) {
      waiting.value = value;
      return;
    }
    waiting = { value };
    schedule(() => {
      const latest = waiting;
      waiting = null;
      if (latest) draw(latest.value);
    });
  };
}

const FRAME_MS = 50;

/** One store update per animation frame, at most twenty a second; a hidden tab draws nothing. */
export function publishToStore(): (state: ConnectionState) => void {
  let drawnMs = 0;
  return latestPerFrame<ConnectionState>(
    (state) => {
      drawnMs = performance.now();
      streamStore.setState(state, true);
    },
    (run) => {
      const wait = FRAME_MS - (performance.now() - drawnMs);
      if (wait > 0) setTimeout(() => requestAnimationFrame(run), wait);
      else requestAnimationFrame(run);
    },
  );
}

/** Read a part of the stream; redrawn only when that part changes. */
export function useStream<T>(select: (state: ConnectionState) => T): T {
  return useStore(streamStore, useShallow(select));
}

/** Read a part of the picture; undefined until there is one. */
export function usePicture<T>(select: (picture: Picture) => T): T | undefined {
  return useStore(streamStore, useShallow((state: ConnectionState) => (state.view.picture ? select(state.view.picture) : undefined)));
}
