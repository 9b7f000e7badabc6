import type { PnlDay } from "../../lib/api";
import { type Decimal, add, parseWire } from "../../lib/decimal";

/** What all days booked together, exactly; null when there is none, or one cannot be read. */
export function sumOfDays(days: readonly Pick<PnlDay, "total">[]): Decimal | null {
  let sum: Decimal = { units: 0n, scale: 0 };
  for (const day of days) {
    const total = parseWire(day.total);
    if (!total) return null;
    sum = add(sum, total);
  }
  return days.length > 0 ? sum : null;
}
