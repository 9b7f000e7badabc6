import { Icon } from "../../components/ui/Icon";
import { Panel } from "../../components/ui/Panel";
import { basisPoints, formatBps, formatFinePrice, formatNumber, formatPrice, MINUS } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { pricesOf } from "../../stream/select";
import { usePicture } from "../../stream/store";
import css from "./CurrentQuotes.module.css";
import { type QuoteSum, quoteSums } from "./quote-sum";

/** The prices that rest on the exchange, and the sum they come from. */
export function CurrentQuotes({ market }: { market: string }) {
  const { t, language } = useWords();
  const picture = usePicture((now) => pricesOf(now, market));
  const spread = usePicture((now) => now.config?.spread_percentage);
  const reason = usePicture((now) => (now.bot?.state === "RUNNING" ? now.markets?.[market]?.reason : now.bot?.reason));
  const used = picture?.last_quote_price ?? null;
  const sums = quoteSums(used ?? picture?.mark_price, typeof spread === "boolean" ? null : spread, picture?.tick_size);
  const quoting = Boolean(picture?.quotes?.bid ?? picture?.quotes?.ask);
  return (
    <Panel title={t("quotes.title")} note="simple">
      <div className={css.body}>
        <dl className={css.boxes}>
          {(["bid", "ask"] as const).map((side) => (
            <div key={side}>
              <dt>{t(`quotes.${side}`)}<span>{formatBps(basisPoints(picture?.quotes?.[side], picture?.mark_price), language, { sign: true })}</span></dt>
              <dd data-testid={`quote-${side}`}>{formatPrice(picture?.quotes?.[side], picture?.tick_size, language)}</dd>
            </div>
          ))}
        </dl>
        {!quoting && (
          <p className={css.hold}><Icon name="eye" />{reason ? t("quotes.notQuotingBecause", { reason }) : t("quotes.notQuoting")}</p>
        )}
        {sums.length > 0 && <p className={css.words}>{quoting ? t("quotes.rule") : t("quotes.wouldBe")}</p>}
        {sums.map((sum) => <Sum key={sum.side} sum={sum} tick={picture?.tick_size} used={used !== null} />)}
      </div>
    </Panel>
  );
}

function Sum({ sum, tick, used }: { sum: QuoteSum; tick: string | null | undefined; used: boolean }) {
  const { t, language } = useWords();
  const spread = formatNumber(sum.spread, language, { decimals: Math.max(4, sum.spread.split(".")[1]?.length ?? 0) });
  return (
    <dl className={css.sum}>
      <div><dt>{used ? t("quotes.priceUsed") : t("market.mark")}</dt><dd>{formatFinePrice(sum.price, tick, language)}</dd></div>
      <div><dt>× (1 {sum.side === "bid" ? MINUS : "+"} {spread})</dt><dd>{formatFinePrice(sum.exact, tick, language)}</dd></div>
      <div className={css.result}><dt>{t(`quotes.${sum.side}Tick`)}</dt><dd>{formatPrice(sum.onTick, tick, language)}</dd></div>
    </dl>
  );
}
