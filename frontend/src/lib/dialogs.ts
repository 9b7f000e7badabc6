import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";

/** Dialogs that can be opened from several places: a button, a key, the palette. One at a time. */
export type Dialog =
  | { readonly kind: "flatten"; readonly market: string }
  | { readonly kind: "cancelAll" }
  | { readonly kind: "switch"; readonly market: string }
  | { readonly kind: "palette" }
  | { readonly kind: "keys" }
  | { readonly kind: "pages" };

export const dialogStore = createStore<{ open: Dialog | null }>(() => ({ open: null }));

export function openDialog(dialog: Dialog): void {
  dialogStore.setState({ open: dialog });
}

export function closeDialog(): void {
  dialogStore.setState({ open: null });
}

export function useDialog(): Dialog | null {
  return useStore(dialogStore, (state) => state.open);
}
