import type { Setting } from "./config-form";

export const SECTIONS = ["market", "fair", "spread", "inventory", "ladder", "refresh", "learning", "market_limits", "breakers", "account_limits", "program"] as const;
export type SectionName = (typeof SECTIONS)[number];

const NAMES: Readonly<Record<string, SectionName>> = {
  spread_percentage: "spread", order_size: "market", max_position: "inventory", strategy: "market", leverage: "market", market: "market",
  refresh_interval: "refresh", price_move_threshold: "refresh", min_refresh_ms: "refresh", order_lifetime_s: "refresh", max_divergence: "fair",
  "quoting.fair_price": "fair", "quoting.follow_index": "fair", "quoting.imbalance_weight": "fair", "quoting.max_fair_divergence_bps": "fair",
  "quoting.gamma": "inventory", "quoting.horizon_s": "inventory", "quoting.rho": "inventory", "quoting.soft_position": "inventory", "quoting.funding_target": "inventory", "quoting.holding_time_s": "inventory",
  "quoting.levels": "ladder", "quoting.level_step_bps": "ladder", "quoting.size_ratio": "ladder",
  "quoting.refresh_share": "refresh", "quoting.queue_patience": "refresh", "quoting.queue_model": "refresh",
  "quoting.fast_half_life_s": "learning", "quoting.slow_half_life_s": "learning", "quoting.intensity_window_s": "learning", "quoting.intensity_from_bps": "learning", "quoting.prior_rate": "learning",
  "quoting.prior_decay": "learning", "quoting.prior_orders": "learning", "quoting.prior_adverse_bps": "learning", "quoting.latency_ms": "learning", "quoting.vpin_bucket_lots": "learning",
};

/** Where a setting stands in the form; one that is newer than this screen goes by the group the bot gives it. */
export function sectionOf(setting: Pick<Setting, "path" | "group">): SectionName {
  const { path } = setting;
  if (path.startsWith("quoting.fair_price.")) return "fair";
  const named = NAMES[path];
  if (named) return named;
  if (path.startsWith("limits.breakers.")) return "breakers";
  if (path.startsWith("account_limits.")) return "account_limits";
  if (path.startsWith("limits.")) return "market_limits";
  if (path.startsWith("quoting.")) return "spread";
  return setting.group === "program" || path === "enabled" ? "program" : "market";
}

/** Settings of the models do nothing while the documents' rule quotes. */
export function isIdle(setting: Pick<Setting, "path">, strategy: string): boolean {
  return strategy === "simple" && setting.path.startsWith("quoting.");
}

export function sectioned(settings: readonly Setting[]): readonly (readonly [SectionName, readonly Setting[]])[] {
  return SECTIONS.flatMap((name) => {
    const rows = settings.filter((setting) => sectionOf(setting) === name);
    return rows.length > 0 ? [[name, rows] as const] : [];
  });
}
