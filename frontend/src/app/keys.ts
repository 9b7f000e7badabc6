import { type PageName } from "../lib/route";

/** What a key stands for; nothing that costs money fires on one key. */
export type KeyAct =
  | { readonly kind: "page"; readonly page: PageName }
  | { readonly kind: "market"; readonly step: 1 | -1 }
  | { readonly kind: "ticket"; readonly side: "BUY" | "SELL" }
  | { readonly kind: "book" | "filter" | "switch" | "cancelAll" | "keys" | "palette" | "speak" };

export type KeyPress = {
  readonly key: string;
  readonly code: string;
  readonly mod: boolean;
  readonly alt: boolean;
  readonly shift: boolean;
  /** In a field: single letters are text. */
  readonly typing: boolean;
};

const AFTER_G: Readonly<Record<string, PageName>> = { o: "overview", m: "market", b: "bot", j: "journal", d: "diagnostics", s: "settings" };
export const SEQUENCE_MS = 1200;

/** Every key of the sheet, in its order; the words stand under `keys` in the locale files. */
export const SHEET = [
  ["?", "sheet"], ["Ctrl K", "palette"], ["g o", "overview"], ["g m", "market"], ["g b", "bot"], ["g j", "journal"], ["g d", "diagnostics"], ["g s", "settings"],
  ["[ ]", "nextMarket"], ["b", "buy"], ["a", "sell"], ["l", "book"], ["/", "filter"], ["s", "switch"], ["Shift X", "cancelAll"], ["Shift K", "kill"], ["Alt P", "speak"], ["Esc", "back"],
] as const;

type Result = { readonly act: KeyAct | null; readonly pendingG: boolean };
const NONE: Result = { act: null, pendingG: false };

/** Read one press; `afterG` is true while a `g` waits for its second letter. */
export function readKey(press: KeyPress, afterG: boolean, lettersOn: boolean): Result {
  if (press.mod) return press.code === "KeyK" ? { act: { kind: "palette" }, pendingG: false } : NONE;
  if (press.alt) return press.code === "KeyP" ? { act: { kind: "speak" }, pendingG: false } : NONE;
  if (press.typing || !lettersOn) return NONE;
  if (afterG) {
    const page = AFTER_G[press.key.toLowerCase()];
    return { act: page ? { kind: "page", page } : null, pendingG: false };
  }
  if (press.key === "?") return { act: { kind: "keys" }, pendingG: false };
  if (press.shift) return press.code === "KeyX" ? { act: { kind: "cancelAll" }, pendingG: false } : NONE;
  switch (press.key) {
    case "g": return { act: null, pendingG: true };
    case "[": return { act: { kind: "market", step: -1 }, pendingG: false };
    case "]": return { act: { kind: "market", step: 1 }, pendingG: false };
    case "b": return { act: { kind: "ticket", side: "BUY" }, pendingG: false };
    case "a": return { act: { kind: "ticket", side: "SELL" }, pendingG: false };
    case "l": return { act: { kind: "book" }, pendingG: false };
    case "/": return { act: { kind: "filter" }, pendingG: false };
    case "s": return { act: { kind: "switch" }, pendingG: false };
    default: return NONE;
  }
}
