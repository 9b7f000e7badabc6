import { useEffect, useRef } from "react";
import { dialogStore, openDialog } from "../lib/dialogs";
import { openPage } from "../lib/route";
import { letterKeysAreOn } from "../lib/settings";
import { type KeyAct, SEQUENCE_MS, readKey } from "./keys";

type Here = { market: string; markets: readonly string[]; onMarket: (market: string) => void; onSpeak: () => void };

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));
}

function focusIn(place: string, inside: string): void {
  const found = document.querySelector<HTMLElement>(`${place} ${inside}`) ?? document.querySelector<HTMLElement>(place);
  found?.focus();
}

function showTicket(side: "BUY" | "SELL"): void {
  document.querySelector<HTMLElement>(`#ticket input[value="${side}"]`)?.click();
  focusIn("#ticket", 'input[inputmode="decimal"]');
}

function carryOut(act: KeyAct, here: Here): void {
  switch (act.kind) {
    case "page": return openPage(act.page);
    case "market": {
      const at = here.markets.indexOf(here.market);
      const next = here.markets[(at + act.step + here.markets.length) % here.markets.length];
      if (next) here.onMarket(next);
      return;
    }
    case "ticket": return showTicket(act.side);
    case "book": return focusIn("#book", "[tabindex='0'], button");
    case "filter": return focusIn("[data-filter]", "input");
    case "switch": return openDialog({ kind: "switch", market: here.market });
    case "cancelAll": return openDialog({ kind: "cancelAll" });
    case "keys": return openDialog({ kind: "keys" });
    case "palette": return openDialog({ kind: "palette" });
    case "speak": return here.onSpeak();
  }
}

/** Listen to the keyboard on every page; quiet while a dialog is open. */
export function useKeys(here: Here): void {
  const now = useRef(here);
  useEffect(() => {
    now.current = here;
  });
  useEffect(() => {
    let gMs: number | null = null;
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || dialogStore.getState().open !== null) return;
      const afterG = gMs !== null && event.timeStamp - gMs < SEQUENCE_MS;
      const press = { key: event.key, code: event.code, mod: event.ctrlKey || event.metaKey, alt: event.altKey, shift: event.shiftKey, typing: isTyping(event.target) };
      const { act, pendingG } = readKey(press, afterG, letterKeysAreOn());
      gMs = pendingG ? event.timeStamp : null;
      if (!act) return;
      event.preventDefault();
      carryOut(act, now.current);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
