import { type Decimal, divide, multiply, parseWire } from "../../lib/decimal";
import type { BotConfig, PositionRecord } from "../../stream/messages";
import type { Sample } from "../../stream/history";
import type { PlotPoint } from "../../lib/plot";

const ORDERS: Decimal = { units: 5n, scale: 0 };

/** Largest position the configuration allows in its market: as set, else five orders; null for another market. */
export function positionLimit(config: BotConfig | undefined, market: string): Decimal | null {
  if (!config || config.market !== market) return null;
  const text = (name: string) => (typeof config[name] === "boolean" ? null : (config[name] as string | number | null | undefined));
  const [set, order] = [parseWire(text("max_position")), parseWire(text("order_size"))];
  return set ?? (order ? multiply(order, ORDERS) : null);
}

/** Signed size and what it is of the limit, 0…1; the exchange tells the size positive. */
export function inventoryOf(position: PositionRecord | undefined, limit: Decimal | null): { size: Decimal; share: Decimal | null } {
  const held = parseWire(position?.size) ?? { units: 0n, scale: 0 };
  const size = position?.side === "SHORT" && held.units > 0n ? { units: -held.units, scale: held.scale } : held;
  const long = size.units < 0n ? { units: -size.units, scale: size.scale } : size;
  return { size, share: limit && limit.units > 0n ? divide(long, limit, 4) : null };
}

export function inventoryPoints(samples: readonly Sample[]): PlotPoint[] {
  return samples.map(({ second, position }) => ({ x: second, y: position }));
}
