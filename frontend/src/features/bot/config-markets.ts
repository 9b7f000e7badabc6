import { type Config, type Json, type Setting, plainText } from "./config-form";
import type { WireChange } from "./config-wire";

/** Further markets of a configuration, as they stand in it. */
export function moreMarkets(config: Config): readonly Config[] {
  const listed = Array.isArray(config.more_markets) ? (config.more_markets as readonly Json[]) : [];
  return listed.filter((each): each is Config => typeof each === "object" && each !== null && !Array.isArray(each));
}

/** Names of all markets that are configured, the documents' one first. */
export function configuredMarkets(config: Config): string[] {
  return [config, ...moreMarkets(config)].flatMap((each) => (typeof each.market === "string" ? [each.market] : []));
}

/** The change that adds a market with settings sized for it. */
export function withMarket(config: Config, market: string, settings: Config): Config {
  return { more_markets: [...moreMarkets(config), { ...settings, market }] };
}

/** The change that leaves a further market out. */
export function withoutMarket(config: Config, market: string): Config {
  return { more_markets: moreMarkets(config).filter((each) => each.market !== market) };
}

const WITHIN = /^more_markets\.[^.]+\./;

/** What a reader must see of a difference: a new market's settings that are at their defaults only fill the list. */
export function notable(changes: readonly WireChange[], settings: readonly Setting[]): WireChange[] {
  const usual = new Map(settings.map((setting) => [setting.path, setting.default]));
  return changes.filter(({ path, before, after }) => {
    const name = path.replace(WITHIN, "");
    return !(name !== path && before === null && usual.has(name) && text(usual.get(name)) === text(after));
  });
}

function text(value: Json | undefined): string {
  return plainText(value ?? null) || JSON.stringify(value ?? null);
}
