import { parseWire, signOf } from "../../lib/decimal";
import type { Numeric } from "../../lib/format";

/** Text in the colour of the value's sign; the text itself carries the sign. */
export function Signed({ value, children }: { value: Numeric; children: React.ReactNode }) {
  const number = typeof value === "object" && value !== null ? value : parseWire(value);
  const sign = number ? signOf(number) : 0;
  return <span className={sign > 0 ? "tone-up" : sign < 0 ? "tone-down" : undefined}>{children}</span>;
}
