import type { Language } from "./format";
import type { Words } from "./i18n";

/** What has to happen before a reason no longer holds. */
export type Remedy = "itself" | "person" | "start" | "restart" | "reduce" | "setting" | "look" | "none";

/** Every reason code of the bot, and its remedy. Words stand under `reason` and `remedy` in the locales. */
export const REMEDIES = {
  account_not_synced: "itself",
  bad_fair_price: "look",
  bad_mark_price: "itself",
  bad_tick: "itself",
  breaker_basis: "itself",
  breaker_book: "itself",
  breaker_feed: "itself",
  breaker_move: "itself",
  breaker_move_sigmas: "itself",
  breaker_rejects: "itself",
  breaker_same_side: "itself",
  breaker_sigma_ratio: "itself",
  breaker_spread: "itself",
  clock_offset: "look",
  connection_unsteady: "itself",
  cooling_down: "itself",
  crash_loop: "person",
  crashed: "restart",
  creates_held: "itself",
  daily_loss: "person",
  deleverage: "person",
  divergence: "itself",
  drawdown: "person",
  exposure_limit: "reduce",
  fair_divergence: "itself",
  fill_protection: "itself",
  flatten_given_up: "person",
  flatten_waits: "itself",
  flatten_withheld: "itself",
  fok_no_book: "itself",
  fok_not_fillable: "setting",
  gross_exposure: "reduce",
  halt_marker: "person",
  halted: "person",
  hand_order: "itself",
  journal: "person",
  key_refused: "person",
  liquidation: "person",
  margin_ratio: "person",
  market_closed: "itself",
  market_paused: "person",
  no_balance: "itself",
  no_book: "itself",
  no_fair_price: "itself",
  no_funding: "itself",
  no_intensity: "itself",
  no_mark_price: "itself",
  no_number: "look",
  no_price: "look",
  no_reference_price: "itself",
  no_volatility: "itself",
  not_post_only: "look",
  notional_above_limit: "reduce",
  order_notional: "setting",
  order_rate: "itself",
  order_value: "setting",
  other_bot_orders: "itself",
  own_quotes_in_the_way: "itself",
  paused: "person",
  position_above_limit: "reduce",
  position_limit: "reduce",
  position_stop_first: "itself",
  position_stop_missing: "look",
  position_taper: "reduce",
  position_unsettled: "itself",
  price_band: "itself",
  price_collar: "itself",
  price_not_positive: "look",
  quotes_cancelled_elsewhere: "person",
  refused_order: "person",
  running: "none",
  second_instance: "person",
  self_cross: "itself",
  size_below_minimum: "setting",
  stale_balance: "itself",
  stale_book: "itself",
  stale_mark_price: "itself",
  stop_loss: "person",
  stopped: "start",
  switch_not_armed: "itself",
  task_failed: "person",
  too_many_orders: "reduce",
  unexplained_equity: "itself",
  pnl_identity: "person",
  post_only_would_cross: "setting",
  risk_record: "person",
  unknown_market: "setting",
} as const satisfies Readonly<Record<string, Remedy>>;

export type ReasonCode = keyof typeof REMEDIES;

const FAMILY = /^refused_/;

/** The code whose words stand for a code; null when this screen has none for it. */
export function knownReason(code: string | null | undefined): ReasonCode | null {
  if (!code) return null;
  const name = FAMILY.test(code) ? "refused_order" : code;
  return Object.hasOwn(REMEDIES, name) ? (name as ReasonCode) : null;
}

/** A reason in the reader's language. A code that is newer than this screen is shown as it is, with the bot's sentence. */
export function reasonWords(code: string | null | undefined, t: Words): string {
  const known = knownReason(code);
  if (known) return t(`reason.${known}`);
  return code ? `${t("reason.other")} (${code})` : t("reason.other");
}

/** The reason in one line: the bot's own sentence in English, the words of its code in another language. */
export function reasonLine(code: string | null | undefined, text: string | null | undefined, t: Words, language: Language): string {
  return language === "en" && text ? text : code || text ? reasonWords(code, t) : "";
}

export function remedyWords(code: string | null | undefined, t: Words): string {
  const known = knownReason(code);
  const remedy: Remedy = known ? REMEDIES[known] : "none";
  return remedy === "none" ? "" : t(`remedy.${remedy}`);
}
