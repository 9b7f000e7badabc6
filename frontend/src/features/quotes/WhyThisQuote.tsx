import { Icon } from "../../components/ui/Icon";
import { Panel } from "../../components/ui/Panel";
import { add, parseWire, subtract } from "../../lib/decimal";
import { MINUS, formatAge, formatBps, formatFinePrice, formatNumber, formatPrice, formatSize } from "../../lib/format";
import { type Words, useWords } from "../../lib/i18n";
import { remedyWords, reasonWords } from "../../lib/reasons";
import { ReasonNumbers } from "../../lib/ReasonNumbers";
import { isOpen } from "../../lib/order-face";
import type { OrderRecord } from "../../stream/messages";
import { pricesOf } from "../../stream/select";
import { usePicture } from "../../stream/store";
import css from "./WhyThisQuote.module.css";
import { type Held, type Silence, type Why, fromFair, heldOf, knownPart, saysMore, silenceOf, whyOf } from "./why-rows";

/** Why these prices, as a sum with its sentence; or why none, and what has to happen. */
export function WhyThisQuote({ market }: { market: string }) {
  const { t, language } = useWords();
  const prices = usePicture((now) => pricesOf(now, market));
  const bot = usePicture((now) => now.bot);
  const spread = usePicture((now) => now.config?.spread_percentage);
  const age = usePicture((now) => now.markets?.[market]?.age_ms?.mark);
  const why = whyOf(prices, spread);
  const silence = silenceOf(bot, prices);
  const held = heldOf(prices);
  if (!prices || !bot) return <Panel title={t("why.title")}><p className={css.waiting}>{t("empty.waiting")}</p></Panel>;
  return (
    <Panel
      title={silence ? t("why.notTitle") : t("why.title")} note={why ? <span className={css.tag}>{why.strategy}</span> : undefined}
      end={age === null || age === undefined ? undefined : <span title={t("why.markAge")}>{formatAge(age, language)}</span>}
    >
      <div className={css.why}>
        {silence && <NotQuoting silence={silence} />}
        {why && <Sentence why={why} would={silence !== null} />}
        {why && <Chain why={why} tick={prices.tick_size} />}
        <Boxes market={market} fair={why?.fairPrice ?? null} />
        {why && <Build why={why} tick={prices.tick_size} />}
        {!silence && held.map((each) => <HeldBack key={each.side} held={each} />)}
        {why && why.missing.length > 0 && <Missing why={why} />}
      </div>
    </Panel>
  );
}

function partWords(name: string, t: Words): string {
  const known = knownPart(name);
  return known ? t(`part.${known}`) : name;
}

function NotQuoting({ silence }: { silence: Silence }) {
  const { t } = useWords();
  return (
    <div className={css.silent} role="status">
      <Icon name="eye" />
      <div>
        <b>{t("why.notQuoting", { reason: reasonWords(silence.code, t) })}</b>{" "}
        {saysMore(silence.code, silence.text) && <ReasonNumbers text={silence.text} />} {remedyWords(silence.code, t)}
      </div>
    </div>
  );
}

function HeldBack({ held }: { held: Held }) {
  const { t } = useWords();
  return (
    <div className={css.hold}>
      <Icon name="warn" />
      <div><b>{t(`why.held.${held.side}`)}</b> {reasonWords(held.code, t)}. {saysMore(held.code, held.text) && <ReasonNumbers text={held.text} />} {remedyWords(held.code, t)}</div>
    </div>
  );
}

/** Up to three sentences, each whole: who decided, what widened, which way it leans. */
function Sentence({ why, would }: { why: Why; would: boolean }) {
  const { t, language } = useWords();
  const bps = formatBps(why.decidedBps ?? why.halfBps, language);
  const reasons = why.factors.map((each) => partWords(each.name, t)).join(", ");
  return (
    <p>
      {why.rule === "documents" ? t(would ? "why.wouldDocuments" : "why.documents", { bps }) : t(would ? "why.wouldDecide" : "why.decides", { part: partWords(why.decidedBy, t), bps })}
      {why.widenedBy && <> {t("why.widened", { factor: formatNumber(why.widenedBy, language, { decimals: 2 }), reasons })}</>}
      {why.leaning && <> {t(`why.leaning_${why.leaning}`, { bps: formatBps(why.skewBps?.units === undefined ? null : absolute(why.skewBps), language) })}</>}
    </p>
  );
}

const absolute = (value: NonNullable<Why["skewBps"]>) => (value.units < 0n ? { units: -value.units, scale: value.scale } : value);

function Chain({ why, tick }: { why: Why; tick: string | null | undefined }) {
  const { t, language } = useWords();
  const fine = (value: string) => formatFinePrice(value, tick, language);
  const negative = (why.skewAmount?.units ?? 0n) < 0n;
  return (
    <dl className={css.chain}>
      <div><dt>{t("why.fair")} <span>{why.fairParts.map((name) => partWords(name, t)).join(" + ")}</span></dt><dd>{fine(why.fairPrice)}</dd></div>
      {why.skewBps && why.skewAmount && (
        <div><dt>{negative ? "+" : MINUS} {t("why.skew")} <span>{formatBps(why.skewBps, language, { sign: true })}</span></dt><dd>{formatFinePrice(absolute(why.skewAmount), tick, language)}</dd></div>
      )}
      {why.rule === "model" && <div className={css.sum}><dt>= {t("why.reservation")}</dt><dd>{fine(why.reservation)}</dd></div>}
    </dl>
  );
}

/** What is left of our order at a price, so that the box says how much stands there. */
function leftAt(orders: Readonly<Record<string, OrderRecord>> | undefined, market: string, side: "BUY" | "SELL", price: string | null | undefined) {
  if (!price) return null;
  const ours = Object.values(orders ?? {}).filter((order) => order.owner === "bot" && order.market === market && order.side === side && order.price === price && isOpen(order.status));
  return ours.reduce<ReturnType<typeof parseWire>>((sum, order) => {
    const [size, filled] = [parseWire(order.qty), parseWire(order.filledQty ?? "0")];
    return size && filled ? add(sum ?? { units: 0n, scale: 0 }, subtract(size, filled)) : sum;
  }, null);
}

function Boxes({ market, fair }: { market: string; fair: string | null }) {
  const { t, language } = useWords();
  const now = usePicture((picture) => {
    const at = picture.markets?.[market];
    return { bid: at?.quotes?.bid ?? null, ask: at?.quotes?.ask ?? null, tick: at?.tick_size, lot: at?.lot_size };
  });
  const orders = usePicture((picture) => picture.orders);
  return (
    <dl className={css.boxes}>
      {(["bid", "ask"] as const).map((side) => {
        const left = leftAt(orders, market, side === "bid" ? "BUY" : "SELL", now?.[side]);
        return (
          <div key={side} data-empty={!now?.[side]}>
            <dt>{t(`quotes.${side}`)}<span>{fair && now?.[side] ? formatBps(fromFair(now[side], fair), language, { sign: true }) : ""}</span></dt>
            <dd><span data-testid={`quote-${side}`}>{formatPrice(now?.[side], now?.tick, language)}</span>{left && <small>{formatSize(left, now?.lot, language)}</small>}</dd>
          </div>
        );
      })}
    </dl>
  );
}

/** Everything that asked for room, as bars; the deciding one in our colour and in bold. */
function Build({ why, tick }: { why: Why; tick: string | null | undefined }) {
  const { t, language } = useWords();
  const number = (value: Why["halfBps"]) => formatNumber(value, language, { decimals: 2 });
  return (
    <div className={css.build} role="table" aria-label={t("why.half")}>
      {why.candidates.map((each) => (
        <div key={each.name} role="row" data-decides={each.decides}>
          <span role="cell">{partWords(each.name, t)}{each.decides && <span className="visually-hidden"> {t("why.thisDecides")}</span>}</span>
          <span role="cell"><i style={{ width: `${each.percent}%` }} /></span>
          <span role="cell">{number(each.bps)}</span>
        </div>
      ))}
      {why.factors.map((each) => (
        <div key={each.name} role="row"><span role="cell">× {partWords(each.name, t)}</span><span role="cell" /><span role="cell">× {number(each.factor)}</span></div>
      ))}
      <div role="row" className={css.result}>
        <span role="cell">{t("why.half")}</span><span role="cell">± {formatFinePrice(why.halfAmount, tick, language)}</span><span role="cell">{number(why.halfBps)}</span>
      </div>
    </div>
  );
}

function Missing({ why }: { why: Why }) {
  const { t } = useWords();
  return (
    <div className={css.missing}>
      <Icon name="info" />
      <ul>{why.missing.map(([code, text]) => <li key={code} title={text}>{reasonWords(code, t)}</li>)}</ul>
    </div>
  );
}
