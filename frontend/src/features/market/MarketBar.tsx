import { useEffect, useRef, useState } from "react";
import { Icon } from "../../components/ui/Icon";
import { Signed } from "../../components/ui/Signed";
import { compare, parseWire } from "../../lib/decimal";
import { MISSING, basisPoints, fieldText, formatBps, formatCount, formatFinePrice, formatMoney, formatPercent, formatPrice, formatSize } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { pricesOf } from "../../stream/select";
import { usePicture } from "../../stream/store";
import css from "./MarketBar.module.css";
import { spreadOf } from "./market-stats";

type Props = { market: string; markets: readonly string[]; onMarket: (market: string) => void };

/** Price, touch and the documents' four figures, on every width. */
export function MarketBar({ market, markets, onMarket }: Props) {
  const { t, language } = useWords();
  const picture = usePicture((now) => pricesOf(now, market));
  const tick = picture?.tick_size;
  const spread = spreadOf(picture);
  return (
    <section className={css.bar} aria-label={t("market.title")}>
      <label className={css.market}>
        <span className="visually-hidden">{t("ticket.market")}</span>
        <select value={market} onChange={(event) => onMarket(event.currentTarget.value)}>{markets.map((name) => <option key={name}>{name}</option>)}</select>
        <small>{t("market.steps", { tick: tick ? fieldText(tick, language) : MISSING, lot: picture?.lot_size ? fieldText(picture.lot_size, language) : MISSING })}</small>
      </label>
      <LastPrice price={picture?.last_price ?? picture?.mark_price} tick={tick} />
      <dl className={css.stats}>
        <div><dt>{t("market.mark")}</dt><dd data-testid="mark">{formatFinePrice(picture?.mark_price, tick, language)}</dd></div>
        <div><dt>{t("market.bestBid")}</dt><dd className="tone-up">{formatPrice(picture?.best_bid, tick, language)}</dd></div>
        <div><dt>{t("market.bestAsk")}</dt><dd className="tone-down">{formatPrice(picture?.best_ask, tick, language)}</dd></div>
        <div><dt>{t("market.spread")}</dt><dd>{spread.ticks === null ? MISSING : <>{t("market.ticks", { count: spread.ticks })} <span className={css.soft}>{formatBps(spread.bps, language)}</span></>}</dd></div>
        <div><dt>{t("market.index")}</dt><dd>{formatFinePrice(picture?.index_price, tick, language)} <span className={css.soft}>{formatBps(basisPoints(picture?.mark_price, picture?.index_price), language, { sign: true })}</span></dd></div>
      </dl>
      <FourFigures market={market} />
    </section>
  );
}

function LastPrice({ price, tick }: { price: string | null | undefined; tick: string | null | undefined }) {
  const { t, language } = useWords();
  const before = useRef<string | null>(null);
  const [up, setUp] = useState<boolean | null>(null);
  useEffect(() => {
    const [last, now] = [parseWire(before.current), parseWire(price)];
    if (last && now && compare(last, now) !== 0) setUp(compare(now, last) > 0);
    before.current = price ?? null;
  }, [price]);
  return (
    <div className={`${css.last} ${up === null ? "" : up ? "tone-up" : "tone-down"}`} data-testid="last-price">
      <span className="visually-hidden">{t("market.last")}</span>
      {formatPrice(price, tick, language)}
      {up !== null && <Icon name={up ? "up" : "down"} size={10} />}
    </div>
  );
}

/** Orders placed, fill rate, position and PnL: the four figures the documents ask for. */
function FourFigures({ market }: { market: string }) {
  const { t, language } = useWords();
  const metrics = usePicture((now) => now.metrics);
  const equity = usePicture((now) => now.balance?.equity ?? now.metrics?.equity);
  const lot = usePicture((now) => now.markets?.[market]?.lot_size);
  const [base] = market.split("-");
  return (
    <dl className={css.figures}>
      <div><dt>{t("metric.ordersPlaced")}</dt><dd data-testid="orders-placed">{formatCount(metrics?.orders_placed, language)}</dd></div>
      <div><dt>{t("metric.fillRate")}</dt><dd data-testid="fill-rate">{formatPercent(metrics?.fill_rate, language)}</dd></div>
      <div><dt>{t("metric.position")}</dt><dd data-testid="position">{metrics?.position_size === undefined || metrics.position_size === null ? MISSING : <>{formatSize(metrics.position_size, lot, language, "always")} <span className={css.soft}>{base}</span></>}</dd></div>
      <div><dt>{t("metric.pnl")}</dt><dd data-testid="pnl" className={css.big}><Signed value={metrics?.total_pnl}>{formatMoney(metrics?.total_pnl, language, { sign: true, code: "USD" })}</Signed></dd></div>
      <div className={css.equity}><dt>{t("metric.equity")}</dt><dd className={css.big}>{formatMoney(equity, language, { code: "USD" })}</dd></div>
    </dl>
  );
}
