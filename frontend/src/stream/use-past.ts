import { useEffect } from "react";
import { ApiError, NoAnswer, api } from "../lib/api";
import { takeMinutes, takeSeconds } from "./history";
import { useStream } from "./store";

const MINUTES_EVERY_MS = 15_000;

async function read(market: string, step: "1" | "60", take: typeof takeSeconds): Promise<void> {
  try {
    take(market, await api.series(market, step));
  } catch (error) {
    if (!(error instanceof ApiError) && !(error instanceof NoAnswer)) throw error;
    // An older backend, or none just now: the page draws what it sees itself, and asks again when contact is back.
  }
}

/** Fetch what the backend remembers of a market: when it is chosen, and whenever contact comes back. */
export function usePast(market: string): void {
  const live = useStream(({ view }) => view.status === "live" || view.status === "polling");
  useEffect(() => {
    if (!live) return undefined;
    void read(market, "1", takeSeconds);
    void read(market, "60", takeMinutes);
    const timer = setInterval(() => void read(market, "60", takeMinutes), MINUTES_EVERY_MS);
    return () => clearInterval(timer);
  }, [market, live]);
}
