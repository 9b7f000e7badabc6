import { useEffect, useRef } from "react";
import { useAlerts } from "../features/journal/use-alerts";
import { useSettings } from "../lib/settings";
import { type Sound, play } from "../lib/sound";
import { usePicture } from "../stream/store";

/** Whether something came that was not there before; the first look at a list is never news. */
export function isNews(before: readonly string[] | null, now: readonly string[]): boolean {
  if (before === null) return false;
  const known = new Set(before);
  return now.some((each) => !known.has(each));
}

const HEARD: readonly Sound[] = ["fill", "alert"];

/** A tone for a fill of ours and for an alert that nobody has seen, where the reader has chosen sounds. */
export function useSounds(): void {
  const { sounds } = useSettings();
  const fills = usePicture((now) => Object.keys(now.trades ?? {}));
  const { rows, fresh } = useAlerts();
  const alerts = rows ? fresh.map((row) => `${row.at_ms} ${row.seq}`) : undefined;
  const before = useRef<Record<Sound, readonly string[] | null>>({ fill: null, alert: null });
  useEffect(() => {
    const now = { fill: fills, alert: alerts };
    for (const sound of HEARD) {
      const list = now[sound];
      if (!list) continue;
      if (sounds && isNews(before.current[sound], list)) play(sound);
      before.current[sound] = list;
    }
  });
}
