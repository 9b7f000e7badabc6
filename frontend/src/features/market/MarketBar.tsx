import { useEffect, useRef, useState } from "react";
import { Icon } from "../../components/ui/Icon";
import { Signed } from "../../components/ui/Signed";
import { compare, parseWire } from "../../lib/decimal";
import { type Language, MISSING, NBSP, basisPoints, fieldText, formatBps, formatCount, formatFinePrice, formatMoney, formatNumber, formatPercent, formatPrice, formatSize } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { useNow } from "../../lib/time";
import { signedPosition } from "../../stream/select";
import { usePicture } from "../../stream/store";
import css from "./MarketBar.module.css";
import { bigMoney, spreadOf, untilFunding } from "./market-stats";

type Props = { market: string; markets: readonly string[]; onMarket: (market: string) => void };

/** Price, touch, funding and the last day, and the documents' four figures, on every width. */
export function MarketBar({ market, markets, onMarket }: Props) {
  const { t, language } = useWords();
  const tick = usePicture((now) => now.markets?.[market]?.tick_size);
  const lot = usePicture((now) => now.markets?.[market]?.lot_size);
  return (
    <section className={css.bar} aria-label={t("market.title")}>
      <label className={css.market}>
        <span className="visually-hidden">{t("ticket.market")}</span>
        <select value={market} onChange={(event) => onMarket(event.currentTarget.value)}>{markets.map((name) => <option key={name}>{name}</option>)}</select>
        <small>{t("market.steps", { tick: tick ? fieldText(tick, language) : MISSING, lot: lot ? fieldText(lot, language) : MISSING })}</small>
      </label>
      <LastPrice market={market} tick={tick} />
      <Stats market={market} tick={tick} />
      <FourFigures market={market} />
    </section>
  );
}

function Stats({ market, tick }: { market: string; tick: string | null | undefined }) {
  const { t, language } = useWords();
  const picture = usePicture((now) => {
    const { mark_price, index_price, best_bid, best_ask, tick_size } = now.markets?.[market] ?? {};
    return { mark_price: mark_price ?? null, index_price: index_price ?? null, best_bid: best_bid ?? null, best_ask: best_ask ?? null, tick_size: tick_size ?? null };
  });
  const day = usePicture((now) => now.markets?.[market]?.day);
  const spread = spreadOf(picture);
  return (
    <dl className={css.stats}>
      <div><dt>{t("market.mark")}</dt><dd data-testid="mark">{formatFinePrice(picture?.mark_price, tick, language)}</dd></div>
      <div><dt>{t("market.index")}</dt><dd>{formatFinePrice(picture?.index_price, tick, language)} <span className={css.soft}>{formatBps(basisPoints(picture?.mark_price, picture?.index_price), language, { sign: true })}</span></dd></div>
      <div><dt>{t("market.spread")}</dt><dd>{spread.ticks === null ? MISSING : <>{t("market.ticks", { count: spread.ticks })} <span className={css.soft}>{formatBps(spread.bps, language)}</span></>}</dd></div>
      <Funding market={market} />
      <div><dt>{t("market.change")}</dt><dd><Signed value={/[1-9]/.test(signedPercent(day?.change, language)) ? day?.change : null}>{signedPercent(day?.change, language)}</Signed></dd></div>
      <div><dt>{t("market.range")}</dt><dd>{day?.low ? <>{formatPrice(day.low, tick, language)} – {formatPrice(day.high, tick, language)}</> : MISSING}</dd></div>
      <div><dt>{t("market.volume")}</dt><dd>{big(day?.volume, language)}</dd></div>
      <div><dt>{t("market.openInterest")}</dt><dd>{big(day?.open_interest, language)}</dd></div>
    </dl>
  );
}

/** Fraction as percent with its sign. */
function signedPercent(fraction: string | null | undefined, language: Language, decimals = 2): string {
  const text = formatPercent(fraction, language, decimals);
  const number = parseWire(fraction);
  return number && number.units > 0n ? `+${text}` : text;
}

function big(value: string | null | undefined, language: Language): string {
  const found = bigMoney(value);
  return found ? formatNumber(found.value, language, { decimals: 2 }) + (found.letter ? NBSP + found.letter : "") : MISSING;
}

/** Rate and countdown; longs pay while it is positive. */
function Funding({ market }: { market: string }) {
  const { t, language } = useWords();
  const rate = usePicture((now) => now.markets?.[market]?.funding_rate);
  const next = usePicture((now) => now.markets?.[market]?.next_funding_ms);
  const now = useNow(1000);
  const left = untilFunding(next, now);
  return (
    <div title={t("market.longsPay")}>
      <dt>{t("market.funding")}</dt>
      <dd>{signedPercent(rate, language, 4)} {left && <span className={css.soft}>{t("market.fundingIn", { time: left })}</span>}</dd>
    </div>
  );
}

function LastPrice({ market, tick }: { market: string; tick: string | null | undefined }) {
  const { t, language } = useWords();
  const price = usePicture((now) => now.markets?.[market]?.last_price ?? now.markets?.[market]?.mark_price);
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
  const position = usePicture((now) => (now.positions ? signedPosition(now, market) : null));
  const [base] = market.split("-");
  return (
    <dl className={css.figures}>
      <div><dt>{t("metric.ordersPlaced")}</dt><dd data-testid="orders-placed">{formatCount(metrics?.orders_placed, language)}</dd></div>
      <div><dt>{t("metric.fillRate")}</dt><dd data-testid="fill-rate">{formatPercent(metrics?.fill_rate, language)}</dd></div>
      <div><dt>{t("metric.position")}</dt><dd data-testid="position">{position === null || position === undefined ? MISSING : <>{formatSize(position, lot, language, "always")} <span className={css.soft}>{base}</span></>}</dd></div>
      <div><dt>{t("metric.pnl")}</dt><dd data-testid="pnl" className={css.big}><Signed value={metrics?.total_pnl}>{formatMoney(metrics?.total_pnl, language, { sign: true, code: "USD" })}</Signed></dd></div>
      <div className={css.equity}><dt>{t("metric.equity")}</dt><dd className={css.big}>{formatMoney(equity, language, { code: "USD" })}</dd></div>
    </dl>
  );
}
