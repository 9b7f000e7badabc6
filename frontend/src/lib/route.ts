import { useSyncExternalStore } from "react";

/** The pages of the screen. A path names one; the backend answers every page's path with the screen itself. */
export const PAGES = ["overview", "market", "bot", "journal", "diagnostics", "settings"] as const;
export type PageName = (typeof PAGES)[number];
export type Route = { readonly page: PageName; readonly market: string | null };

const MARKET_NAME = /^[A-Z0-9_]{1,14}-[A-Z0-9_]{1,14}$/i;

/** Read a path: `/` is the market page, `/market/ETH-USD` and `/bot/ETH-USD` name a market; anything else leads to the market page. */
export function routeOf(path: string): Route {
  const [first = "", second = ""] = path.replace(/^\/+/, "").split("/");
  const page = PAGES.find((each) => each === first) ?? "market";
  return { page, market: MARKET_NAME.test(second) ? second.toUpperCase() : null };
}

export function pathOf(page: PageName, market: string | null = null): string {
  if (page === "market" && market === null) return "/";
  return market === null ? `/${page}` : `/${page}/${market}`;
}

const listeners = new Set<() => void>();

function tell(): void {
  for (const each of listeners) each();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}

/** Open a page without loading the screen anew. */
export function openPage(page: PageName, market: string | null = null): void {
  const path = pathOf(page, market);
  if (path === window.location.pathname) return;
  window.history.pushState(null, "", path);
  tell();
}

export function useRoute(): Route {
  const path = useSyncExternalStore(subscribe, () => window.location.pathname);
  return routeOf(path);
}
