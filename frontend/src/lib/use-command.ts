import { useCallback, useRef, useState } from "react";
import { ApiError, NoAnswer } from "./api";
import type { ApiErrorBody } from "./api-schema";

/** A command as the screen shows it: pending, then done, refused with the backend's words, or unknown. */
export type CommandState<T> =
  | { readonly kind: "idle" }
  | { readonly kind: "pending"; readonly sentMs: number }
  | { readonly kind: "done"; readonly answer: T; readonly atMs: number; readonly tookMs: number }
  | { readonly kind: "refused"; readonly error: ApiErrorBody; readonly atMs: number }
  | { readonly kind: "unknown"; readonly atMs: number };

export type Command<Args extends unknown[], T> = {
  readonly state: CommandState<T>;
  readonly run: (...args: Args) => Promise<void>;
  readonly clear: () => void;
};

/** Run one request at a time and keep how it ended. A lost answer is unknown, never repeated by itself. */
export function useCommand<Args extends unknown[], T>(send: (...args: Args) => Promise<T>): Command<Args, T> {
  const [state, setState] = useState<CommandState<T>>({ kind: "idle" });
  const busy = useRef(false);
  const run = useCallback(
    async (...args: Args) => {
      if (busy.current) return;
      busy.current = true;
      const sentMs = Date.now();
      setState({ kind: "pending", sentMs });
      try {
        const answer = await send(...args);
        setState({ kind: "done", answer, atMs: Date.now(), tookMs: Date.now() - sentMs });
      } catch (error) {
        if (error instanceof ApiError) setState({ kind: "refused", error: error.body, atMs: Date.now() });
        else if (error instanceof NoAnswer) setState({ kind: "unknown", atMs: Date.now() });
        else throw error;
      } finally {
        busy.current = false;
      }
    },
    [send],
  );
  const clear = useCallback(() => setState({ kind: "idle" }), []);
  return { state, run, clear };
}
