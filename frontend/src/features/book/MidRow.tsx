import { parseWire } from "../../lib/decimal";
import { formatFinePrice, formatNumber, formatPrice } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import type { MarketPicture } from "../../stream/messages";
import css from "./Ladder.module.css";
import { imbalance, spreadTicks } from "./touch";

/** Last price, mark, spread and imbalance between the two sides. */
export function MidRow({ picture }: { picture: MarketPicture | undefined }) {
  const { t, language } = useWords();
  const share = imbalance(parseWire(picture?.best_bid_size), parseWire(picture?.best_ask_size));
  const ticks = spreadTicks(picture);
  return (
    <div className={css.mid}>
      <strong>{formatPrice(picture?.last_price ?? picture?.mark_price, picture?.tick_size, language)}</strong>
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
