import { api } from "../../lib/api";
import type { Config, Json, Setting } from "./config-form";

/** What the configuration's routes answer with; open records, so read here and nowhere else. */
export type ConfigNow = { readonly version: number; readonly hash: string; readonly config: Config; readonly warnings: readonly string[]; readonly is_running: boolean };
export type WireChange = { readonly path: string; readonly before: Json; readonly after: Json; readonly is_hot: boolean; readonly raises_limits: boolean };
export type Version = {
  readonly version: number; readonly hash: string; readonly at_ms: number; readonly who: string; readonly verb: string; readonly comment: string; readonly changes: readonly WireChange[]; readonly is_running: boolean;
};
export type Preset = { readonly name: string; readonly title: string; readonly meaning: string; readonly market: string; readonly changes: Config };
export type DryQuote = { readonly side: "BUY" | "SELL"; readonly level: number; readonly price: string; readonly size: string; readonly notional: string; readonly away_bps: number };
export type DryBreakdown = { readonly skew_bps?: number; readonly half_spread_bps?: number; readonly half_spread_decided_by?: string };
export type DryMarket = {
  readonly market: string; readonly strategy: string; readonly reason: { readonly code: string; readonly text: string } | null; readonly mid: string | null; readonly fair_price: string | null;
  readonly spread_bps: number | null; readonly bid_notional: string; readonly ask_notional: string; readonly quotes: readonly DryQuote[];
  readonly withheld: Readonly<Record<string, { readonly code: string; readonly text: string }>>; readonly breakdown: DryBreakdown | null;
};
export type Preview = {
  readonly hash: string; readonly changes: readonly WireChange[]; readonly needs_stop: readonly string[]; readonly raises_limits: readonly string[]; readonly warnings: readonly string[]; readonly markets: readonly DryMarket[];
};

export const wire = {
  settings: async () => ((await api.configSchema()) as { settings: readonly Setting[] }).settings,
  now: async () => (await api.configNow()) as ConfigNow,
  preview: async (body: object) => (await api.configPreview(body)) as Preview,
  history: async () => ((await api.configHistory(50)) as { versions: readonly Version[] }).versions,
  diff: async (from: number, to: number) => ((await api.configDiff(from, to)) as { changes: readonly WireChange[] }).changes,
  /** What a file's text would change, by top-level setting. */
  readFile: async (text: string) => ((await api.configRead(text)) as { changes: Config }).changes,
  /** Names of all markets that the exchange trades. */
  markets: async () => (await api.markets()).filter((each) => each.status === "ACTIVE").map((each) => each.name).toSorted(),
  presets: async (market: string) => ((await api.configPresets(market)) as { presets: readonly Preset[] }).presets,
};

type Step = "stop" | "apply" | "start";

/** Stop, apply and start as one command when a setting needs the bot to stand still; a refusal in the middle starts nothing. */
export async function applySteps(apply: () => Promise<unknown>, restart: boolean, onStep: (step: Step) => void): Promise<void> {
  if (restart) {
    onStep("stop");
    await api.stopBot();
  }
  onStep("apply");
  await apply();
  if (restart) {
    onStep("start");
    await api.startBot();
  }
}
export type { Step };
