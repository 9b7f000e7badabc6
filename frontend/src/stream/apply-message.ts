import { mergePatch } from "./merge-patch";
import type { Picture, StreamMessage } from "./messages";

export type Gap = { readonly expected: number; readonly got: number };

/** What the screen knows, and how far it may be trusted. */
export type View = {
  readonly status: "connecting" | "live" | "polling" | "stale";
  readonly seq: number | null;
  readonly picture: Picture | null;
  /** When the last message was seen, local clock; null before the first. */
  readonly receivedMs: number | null;
  /** The hole that made the view stale; null when none. */
  readonly gap: Gap | null;
};

export const EMPTY_VIEW: View = { status: "connecting", seq: null, picture: null, receivedMs: null, gap: null };

/** Fold one message. A hole in the numbers makes the view stale; no diff is applied across it. */
export function applyMessage(view: View, message: StreamMessage, nowMs: number): View {
  if (message.type === "snapshot") {
    return { status: "live", seq: message.seq, picture: message.data, receivedMs: nowMs, gap: null };
  }
  if (view.status !== "live" || view.seq === null) return { ...view, status: "stale" };
  const expected = view.seq + 1;
  if (message.seq !== expected) return { ...view, status: "stale", gap: { expected, got: message.seq } };
  const picture = mergePatch(view.picture, message.data) as Picture;
  return { ...view, seq: message.seq, picture, receivedMs: nowMs };
}
