import { Icon } from "../../components/ui/Icon";
import { Panel } from "../../components/ui/Panel";
import { CommandNote } from "../../components/ui/CommandNote";
import { ReasonNumbers } from "../../lib/ReasonNumbers";
import { type Language, MISSING, formatBps, formatCount, formatMoney, formatPrice, formatSize } from "../../lib/format";
import { type Words, useWords } from "../../lib/i18n";
import { reasonWords } from "../../lib/reasons";
import { isOpen } from "../../lib/order-face";
import { usePicture } from "../../stream/store";
import css from "./config.module.css";
import type { DryMarket, Preview } from "./config-wire";
import { warningWords } from "./setting-words";
import { type Bar, bars, placesLost, shown } from "./preview-rows";

type Props = { market: string; running: Preview | undefined; changed: Preview | undefined; waiting: boolean; problem: string | null; count: number };

/** What would be quoted, on the live book, beside what is quoted now; nothing is sent. */
export function DryPreview({ market, running, changed, waiting, problem, count }: Props) {
  const { t, language } = useWords();
  const steps = usePicture((now) => ({ tick: now.markets?.[market]?.tick_size, lot: now.markets?.[market]?.lot_size }));
  const orders = usePicture((now) => now.orders);
  const [before, after] = [running, changed].map((each) => each?.markets.find((one) => one.market === market));
  const [left = [], right = []] = bars([before, after]);
  const resting = Object.values(orders ?? {}).filter((order) => order.owner === "bot" && order.market === market && isOpen(order.status)).map((order) => ({ side: order.side, price: order.price ?? "" }));
  const places = placesLost(resting, after ?? before);
  const price = (bar: Bar) => formatPrice(bar.price, steps?.tick, language);
  return (
    <Panel title={t("config.preview")} note={<span className={css.note}>{t("config.nothingSent")}</span>} end={waiting ? t("config.computing") : t("config.liveBook")} className={css.fit}>
      <div className={css.preview}>
        <div className={css.sides}>
          <div>{t("config.runningNow")}</div><div className="tone-own">{count > 0 ? t("config.withChanges", { count }) : t("config.noChanges")}</div>
          <Ladder bars={left} side="SELL" look="before" price={price} /><Ladder bars={right} side="SELL" look="after" price={price} />
          <div className={css.mid}><span>{t("config.mid", { price: formatPrice(after?.mid ?? before?.mid, steps?.tick, language) })}</span></div>
          <Ladder bars={left} side="BUY" look="before" price={price} /><Ladder bars={right} side="BUY" look="after" price={price} />
        </div>
        <dl className={css.compare}>
          {compareRows(before, after, t, language, steps?.lot).map(([name, was, is]) => (
            <div key={name}><dt>{name}</dt><dd>{was}</dd><dd><Icon name="arrow" size={11} /></dd><dd><b>{count > 0 ? is : MISSING}</b></dd></div>
          ))}
          {count > 0 && <div><dt>{t("config.queuePlaces")}</dt><dd>{formatCount(String(places.held), language)}</dd><dd><Icon name="arrow" size={11} /></dd><dd><b className={places.lost > 0 ? "tone-warn" : undefined}>{t("config.placesLost", { count: places.lost })}</b></dd></div>}
        </dl>
        <div aria-live="polite" className={css.notes}>
          {problem && <CommandNote tone="refused"><b>{t("command.refused")}</b> {problem}</CommandNote>}
          {after?.reason && <CommandNote tone="unknown"><b>{t("config.wouldNotQuote")}</b> {reasonWords(after.reason.code, t)}. <ReasonNumbers text={after.reason.text} /></CommandNote>}
          {Object.entries(after?.withheld ?? {}).map(([side, why]) => <CommandNote key={side} tone="unknown"><b>{t(side === "BUY" ? "why.held.BUY" : "why.held.SELL")}</b> {reasonWords(why.code, t)}. <ReasonNumbers text={why.text} /></CommandNote>)}
          {(changed ?? running)?.warnings.map((text) => <CommandNote key={text} tone="unknown">{warningWords(text, t, language)}</CommandNote>)}
          {count > 0 && changed && !problem && !after?.reason && changed.warnings.length === 0 && <CommandNote tone="done"><b>{t("config.passes")}</b> {t("config.passesWhy")}</CommandNote>}
        </div>
      </div>
    </Panel>
  );
}

function Ladder({ bars: all, side, look, price }: { bars: readonly Bar[]; side: "BUY" | "SELL"; look: "before" | "after"; price: (bar: Bar) => string }) {
  return (
    <div className={css.ladder} data-look={look}>
      {all.filter((bar) => bar.side === side).map((bar) => <div key={bar.price}><i style={{ width: `${Math.max(4, bar.percent * 0.6)}%` }} /><span title={bar.size}>{price(bar)}</span></div>)}
    </div>
  );
}

function compareRows(before: DryMarket | undefined, after: DryMarket | undefined, t: Words, language: Language, lot: string | null | undefined): [string, string, string][] {
  const both = (name: string, read: (market: DryMarket) => string): [string, string, string] => [name, before ? read(before) : MISSING, after ? read(after) : MISSING];
  const bps = (value: number | null | undefined) => formatBps(value === null || value === undefined ? null : String(value), language);
  return [
    both(t("config.strategy"), (each) => each.strategy),
    both(t("config.fullSpread"), (each) => bps(each.spread_bps)),
    both(t("config.skewNow"), (each) => bps(each.breakdown?.skew_bps ?? 0)),
    both(t("config.bidSize"), (each) => formatSize(shown(each, "BUY"), lot, language)),
    both(t("config.askSize"), (each) => formatSize(shown(each, "SELL"), lot, language)),
    both(t("config.bidValue"), (each) => formatMoney(each.bid_notional, language)),
    both(t("config.askValue"), (each) => formatMoney(each.ask_notional, language)),
  ];
}
