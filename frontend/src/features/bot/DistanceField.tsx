import { useState } from "react";
import { Button } from "../../components/ui/Button";
import { useStaleWords } from "../../components/ui/stale";
import { useMay } from "../../lib/access";
import { api } from "../../lib/api";
import { parseWire, toShortest } from "../../lib/decimal";
import { useWords } from "../../lib/i18n";
import { useCommand } from "../../lib/use-command";
import { refusalWords } from "../../lib/refusals";
import { usePicture } from "../../stream/store";
import css from "./DistanceField.module.css";

const LEAST_BPS = 2;
const MOST_BPS = 50;

/** Fraction of the price for whole basis points: 10 is "0.001". */
export function fractionOf(bps: number): string {
  return toShortest({ units: BigInt(bps), scale: 4 });
}

/** Whole basis points of a fraction, kept inside the slider. */
export function bpsOf(fraction: string | number | null | undefined): number {
  const found = parseWire(fraction);
  const bps = found ? Math.round(Number(toShortest({ units: found.units * 10_000n, scale: found.scale }))) : 10;
  return Math.min(MOST_BPS, Math.max(LEAST_BPS, bps));
}

/** Stop, apply, start as one command; what was stopped stays stopped. */
async function apply({ bps, restart }: { bps: number; restart: boolean }): Promise<void> {
  if (restart) await api.stopBot();
  await api.configure({ spread_percentage: Number(fractionOf(bps)) });
  if (restart) await api.startBot();
}

/** How far the two quotes stand from the market: one slider for a newcomer. */
export function DistanceField() {
  const { t, language } = useWords();
  const stale = useStaleWords() !== null;
  const running = usePicture((now) => now.config?.spread_percentage);
  const state = usePicture((now) => now.bot?.state);
  const [moved, setMoved] = useState<number | null>(null);
  const command = useCommand(apply);
  const now = bpsOf(typeof running === "boolean" ? null : running);
  const bps = moved ?? now;
  const may = useMay("control");
  const busy = command.state.kind === "pending";
  const send = async () => {
    await command.run({ bps, restart: state !== undefined && state !== "STOPPED" });
    setMoved(null);
  };
  return (
    <div className={css.distance}>
      <input type="range" min={LEAST_BPS} max={MOST_BPS} value={bps} disabled={busy || !may} aria-label={t("distance.label")} aria-valuetext={t("distance.value", { bps })} onChange={(event) => setMoved(Number(event.currentTarget.value))} />
      <output>{t("distance.value", { bps })}</output>
      <Button size="small" look={bps === now || stale ? "plain" : "primary"} disabled={bps === now || stale || busy || !may} title={may ? undefined : t("access.readOnlyWhy")} onClick={() => void send()}>{busy ? t("distance.busy") : t("config.apply")}</Button>
      {command.state.kind === "refused" && <span role="status">{refusalWords(command.state.error, t, language)}</span>}
      {command.state.kind === "unknown" && <span role="status">{t("command.unknownTitle")}</span>}
    </div>
  );
}
