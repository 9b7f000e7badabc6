import { useQuery } from "@tanstack/react-query";
import { useStream } from "../stream/store";
import { api } from "./api";

export type Tier = "green" | "yellow" | "orange" | "red";
export type Finding = { readonly code: string; readonly market: string | null; readonly tier: Tier; readonly value: string; readonly limit: string; readonly text: string };
export type Limits = Readonly<Record<string, string | number | boolean | null | Readonly<Record<string, unknown>>>>;

export type MarketVerdict = {
  readonly position: string;
  readonly max_position: string;
  readonly worst_long: string;
  readonly worst_short: string;
  readonly tier?: Tier;
  readonly widening?: number;
  readonly findings?: readonly Finding[];
  readonly holds?: readonly { readonly code: string; readonly text: string }[];
  readonly limits?: Limits;
};

/** What risk measures and decided; parts may be missing before the first decision. */
export type RiskAnswer = {
  readonly state: string;
  readonly tier?: Tier;
  readonly meters?: readonly Finding[];
  readonly findings?: readonly Finding[];
  readonly account_limits?: Limits;
  readonly leverage?: string | null;
  readonly worst_gross?: string;
  readonly switch: { readonly left_ms: number; readonly problem: string | null };
  readonly limits: { readonly requests_per_minute: number };
  readonly exposure: string;
  readonly markets: Readonly<Record<string, MarketVerdict>>;
};

const EVERY_MS = 1000;

/** The verdict of risk, once a second, and when it was read; one query however many panels ask. */
export function useRisk(): { risk: RiskAnswer | undefined; readMs: number } {
  const known = useStream((state) => state.view.picture !== null);
  const { data, dataUpdatedAt } = useQuery({ queryKey: ["risk"], queryFn: api.risk, refetchInterval: EVERY_MS, enabled: known });
  return { risk: data, readMs: dataUpdatedAt };
}
