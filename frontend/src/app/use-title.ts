import { useEffect } from "react";
import { formatPrice } from "../lib/format";
import { useWords } from "../lib/i18n";
import { usePicture, useStream } from "../stream/store";

/** Environment, state and price in the tab's title, so that a hidden tab still tells. */
export function useTitle(market: string): void {
  const { t, language } = useWords();
  const stale = useStream((state) => state.view.status === "stale");
  const parts = usePicture((now) => ({
    env: (now.env ?? "").toUpperCase(),
    price: now.markets?.[market]?.last_price ?? now.markets?.[market]?.mark_price ?? null,
    tick: now.markets?.[market]?.tick_size ?? null,
    quoting: now.bot?.state === "RUNNING" && Boolean(now.markets?.[market]?.quotes?.bid ?? now.markets?.[market]?.quotes?.ask),
  }));
  const sign = stale ? t("title.stale") : parts?.quoting ? "\u25cf" : "\u25cb";
  const title = parts ? `${parts.env} \u00b7 ${sign} ${formatPrice(parts.price, parts.tick, language)} \u00b7 ${market}` : "mmbot";
  useEffect(() => {
    document.title = title;
  }, [title]);
}
