import { useState } from "react";
import { marketLines } from "../features/bot/market-lines";
import { formatMoney, formatPrice, formatSize } from "../lib/format";
import { useWords } from "../lib/i18n";
import { streamStore } from "../stream/store";

/** Reads price, position, PnL and state aloud when asked; prices are never announced by themselves. */
export function useSpeak(market: string): { words: string; speak: () => void } {
  const { t, language } = useWords();
  const [words, setWords] = useState("");
  const speak = () => {
    const { picture } = streamStore.getState().view;
    if (!picture) return;
    const line = marketLines(picture).find((each) => each.market === market);
    const now = picture.markets?.[market];
    setWords(t("app.speak", {
      market, price: formatPrice(now?.last_price ?? now?.mark_price, now?.tick_size, language), position: formatSize(line?.position, line?.lot, language, "always"),
      pnl: formatMoney(picture.metrics?.total_pnl, language, { sign: true, code: "USD" }), state: picture.bot?.state ?? "",
    }));
  };
  return { words, speak };
}

export function Spoken({ words }: { words: string }) {
  return <div className="visually-hidden" role="status">{words}</div>;
}
