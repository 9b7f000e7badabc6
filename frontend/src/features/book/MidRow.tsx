import { Icon } from "../../components/ui/Icon";
import { parseWire } from "../../lib/decimal";
import { formatFinePrice, formatNumber, formatPrice } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { pricesOf } from "../../stream/select";
import { usePicture } from "../../stream/store";
import css from "./Ladder.module.css";
import { imbalance, lastTrade, spreadTicks } from "./touch";

/** Last price, mark, spread and imbalance between the two sides. */
export function MidRow({ market }: { market: string }) {
  const { t, language } = useWords();
  const picture = usePicture((now) => pricesOf(now, market));
  const side = usePicture((now) => lastTrade(now.markets?.[market]?.tape)?.side);
  const share = imbalance(parseWire(picture?.best_bid_size), parseWire(picture?.best_ask_size));
  const ticks = spreadTicks(picture);
  return (
    <div className={css.mid}>
      <strong className={side === "BUY" ? "tone-up" : side === "SELL" ? "tone-down" : undefined}>
        {formatPrice(picture?.last_price ?? picture?.mark_price, picture?.tick_size, language)}
        {side && <Icon name={side === "BUY" ? "up" : "down"} size={9} />}
      </strong>
      <small>
        {t("market.mark")} {formatFinePrice(picture?.mark_price, picture?.tick_size, language)}
        {ticks !== null && <> · {t("market.ticks", { count: ticks })}</>}
      </small>
      {share && (
        <span className={css.imbalance} title={t("book.imbalance")}>
          <span className={css.scale} role="img" aria-label={`${t("book.imbalance")} ${formatNumber(share, language, { decimals: 2 })}`}>
            <i style={{ width: `${formatNumber({ units: share.units * 100n, scale: share.scale }, "en", { decimals: 0 })}%` }} />
          </span>
          {formatNumber(share, language, { decimals: 2 })}
        </span>
      )}
    </div>
  );
}
