import { useHotkeys } from "@mantine/hooks";
import { useEffect, useRef, useState } from "react";
import { Button } from "../../components/ui/Button";
import { ChoiceGroup } from "../../components/ui/ChoiceGroup";
import { Icon } from "../../components/ui/Icon";
import { NumberField } from "../../components/ui/NumberField";
import { Panel } from "../../components/ui/Panel";
import { useStaleWords } from "../../components/ui/stale";
import { ReadOnly } from "../../components/ui/ReadOnly";
import { useMay } from "../../lib/access";
import { api } from "../../lib/api";
import type { NewOrder, TimeInForce } from "../../lib/api-schema";
import { parseWire, toShortest } from "../../lib/decimal";
import { type Numeric, fieldText, formatBps, formatMoney, formatPrice, formatSize } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { useCommand } from "../../lib/use-command";
import { pricesOf } from "../../stream/select";
import { usePicture } from "../../stream/store";
import { fieldError, fieldHint } from "./FieldHelp";
import css from "./OrderPanel.module.css";
import { OrderResult, type SentOrder } from "./OrderResult";
import { RiskGate } from "./RiskGate";
import { SizePresets } from "./SizePresets";
import { TicketGate } from "./TicketGate";
import { TicketSums } from "./TicketSums";
import { canTake, checkOrder, midOnTick, readyOrder, rulesOf, stepped, wouldCross } from "./order-form";
import { estimateOrder, mostAllowed, signedSize, sizePresets } from "./order-estimate";
import { type Pick, useTicket } from "./use-ticket";
import { useVerdict } from "./use-verdict";

const TYPES: readonly TimeInForce[] = ["POST_ONLY", "GTC", "IOC", "FOK"];
const ARMED_MS = 5000;

async function sendOrder(order: NewOrder): Promise<SentOrder> {
  return { order, answer: await api.createOrder(order) };
}

type Choosing = { market: string; markets: readonly string[]; onMarket: (market: string) => void };
type Props = Choosing & { pick: Pick | null };

/** Orders by hand: market, side, price, size, type, reduce-only; what it would mean before it is sent, and what came of it. */
export function OrderPanel({ market, markets, onMarket, pick }: Props) {
  const { t, language } = useWords();
  const stale = useStaleWords() !== null;
  const picture = usePicture((now) => pricesOf(now, market));
  const held = usePicture((now) => now.positions?.[market]);
  const free = usePicture((now) => now.balance?.availableForTrade);
  const equity = usePicture((now) => now.balance?.equity);
  const firstSize = usePicture((now) => now.config?.order_size);
  const firstText = firstSize === undefined || firstSize === null ? "" : String(firstSize);
  const written = (plain: string) => fieldText(plain, language);
  const { draft, touched, change } = useTicket(market, pick && { ...pick, price: written(pick.price) }, written(firstText));
  const write = (part: { price?: string } | { size?: string }) => change(Object.fromEntries(Object.entries(part).map(([name, plain]) => [name, written(plain)])));
  const command = useCommand(sendOrder);
  const [armedFor, setArmedFor] = useState<string | null>(null);
  const result = useRef<HTMLDivElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const signature = JSON.stringify([draft, market]);
  const armed = armedFor === signature;

  const rules = rulesOf(picture);
  const check = checkOrder(draft, rules);
  const ready = readyOrder(check);
  const [price, size] = [check.price.ok ? check.price.value : null, check.size.ok ? check.size.value : null];
  const touch = { bid: parseWire(picture?.best_bid), ask: parseWire(picture?.best_ask) };
  const takes = price !== null && canTake(draft, price, touch);
  const crosses = price !== null && wouldCross(draft, price, touch);
  const order: NewOrder | null = ready && { market, side: draft.side, ...ready, timeInForce: draft.timeInForce, reduceOnly: draft.reduceOnly };
  const judged = useVerdict(order, stale);
  const leverage = parseWire(judged?.verdict.leverage ?? held?.leverage);
  const mark = parseWire(picture?.mark_price);
  const position = signedSize(held);
  const estimate = estimateOrder(draft.side, price, size, takes, {
    held: position, mark, leverage, maxLeverage: parseWire(picture?.max_leverage), equity: parseWire(equity),
    makerFee: parseWire(picture?.maker_fee_rate), takerFee: parseWire(picture?.taker_fee_rate),
  });
  const most = mostAllowed(draft.side, price ?? mark, parseWire(free), leverage, parseWire(judged?.verdict.worst_now), parseWire(judged?.verdict.max_position));
  const presets = sizePresets(parseWire(firstText), most, rules.lot, rules.min);
  const may = useMay("control");
  const locked = !may || stale || !order || command.state.kind === "pending";

  const send = () => {
    if (locked || !order) return;
    if (takes && !armed) {
      setArmedFor(signature);
      return;
    }
    setArmedFor(null);
    void command.run(order);
  };
  useEffect(() => {
    if (armedFor === null) return undefined;
    const timer = setTimeout(() => setArmedFor(null), ARMED_MS);
    return () => clearTimeout(timer);
  }, [armedFor]);
  useEffect(() => {
    if (command.state.kind !== "idle") result.current?.scrollIntoView?.({ block: "nearest" });
  }, [command.state.kind]);

  const nextType = TYPES[(TYPES.indexOf(draft.timeInForce) + 1) % TYPES.length] ?? "POST_ONLY";
  const within = (act: () => void) => () => {
    if (form.current?.contains(document.activeElement)) act();
  };
  useHotkeys([
    ["mod+Enter", within(send)],
    ["alt+T", within(() => change({ timeInForce: nextType }))],
    ["alt+R", within(() => change({ reduceOnly: !draft.reduceOnly }))],
    ...presets.map(({ size: preset }, index): [string, () => void] => [`alt+${index + 1}`, within(() => preset && write({ size: preset }))]),
  ], []);

  const ours = draft.side === "BUY" ? picture?.quotes?.bid : picture?.quotes?.ask;
  const prices = [
    { id: "bestBid", value: picture?.best_bid }, { id: "mid", value: midOnTick(touch, rules.tick, draft.side) },
    { id: "bestAsk", value: picture?.best_ask }, { id: draft.side === "BUY" ? "ourBid" : "ourAsk", value: ours },
  ] as const;
  const [base, quote] = market.split("-");
  const priceText = ready ? formatPrice(ready.price, picture?.tick_size, language) : "";
  const sizeText = ready ? formatSize(ready.size, picture?.lot_size, language) : "";
  const start = draft.side === "BUY" ? picture?.best_bid : picture?.best_ask;

  return (
    <Panel title={t("ticket.title")} id="ticket" note={<MarketChoice market={market} markets={markets} onMarket={onMarket} />} end={stale ? null : t("ticket.free", { amount: formatMoney(free, language, { code: quote ?? "" }) })}>
      <form className={css.ticket} onSubmit={(event) => event.preventDefault()} ref={form}>
        <div className={css.fields}>
        <ChoiceGroup
          legend={t("ticket.side")} tall value={draft.side} onChange={(side) => change({ side })}
          choices={[
            { value: "BUY", tone: "up", label: <><Icon name="up" size={10} />{t("side.BUY")}</> },
            { value: "SELL", tone: "down", label: <><Icon name="down" size={10} />{t("side.SELL")}</> },
          ]}
        />
        <div>
          <NumberField
            label={t("ticket.price")} unit={quote ?? ""} value={draft.price} onChange={(typed) => change({ price: typed })}
            note={estimate.fromMarkBps ? formatBps(estimate.fromMarkBps, language, { sign: true, decimals: 1 }) : undefined}
            onStep={(way, times) => write({ price: stepped(draft.price, rules.tick, way, times, start ?? null) })}
            stepLabels={[t("ticket.tickDown"), t("ticket.tickUp")]}
            error={fieldError(check.price, touched, (plain) => write({ price: plain }), t, language)} hint={fieldHint(check.price, t, language)}
          />
          <div className={css.presets}>
            {prices.map(({ id, value }) => (
              <button type="button" key={id} disabled={!value} onClick={() => value && write({ price: value })}>{t(`ticket.${id}`)}</button>
            ))}
          </div>
        </div>
        <div>
          <NumberField
            label={t("ticket.size")} unit={base ?? ""} value={draft.size} onChange={(typed) => change({ size: typed })}
            note={rules.min ? t("ticket.min", { size: formatSize(rules.min, picture?.lot_size, language) }) : undefined}
            onStep={(way, times) => write({ size: stepped(draft.size, rules.lot, way, times, picture?.min_size ?? null) })}
            stepLabels={[t("ticket.lotDown"), t("ticket.lotUp")]}
            error={fieldError(check.size, touched, (plain) => write({ size: plain }), t, language)} hint={fieldHint(check.size, t, language)}
          />
          <SizePresets presets={presets} chosen={size && toShortest(size)} onChoose={(plain) => write({ size: plain })} />
        </div>
        <ChoiceGroup
          legend={t("ticket.type")} value={draft.timeInForce} onChange={(timeInForce) => change({ timeInForce })}
          choices={TYPES.map((value) => ({ value, label: value, help: t(`ticket.help.${value as "GTC"}`) }))}
        />
        <ReduceOnly checked={draft.reduceOnly} onChange={(reduceOnly) => change({ reduceOnly })} position={position} lot={picture?.lot_size} base={base ?? ""} />
        <TicketSums estimate={estimate} takes={takes} lot={picture?.lot_size} tick={picture?.tick_size} mark={mark} />
        </div>
        <div className={css.foot}>
        <div aria-live="polite">
          {!may ? <ReadOnly /> : judged && !stale && !(draft.reduceOnly && !held) ? (
            <RiskGate judged={judged} side={draft.side} lot={picture?.lot_size} tick={picture?.tick_size} quote={quote ?? ""} fok={draft.timeInForce === "FOK"} />
          ) : (
            <TicketGate stale={stale} takes={takes} crosses={crosses} fok={draft.timeInForce === "FOK"} reduceOnly={draft.reduceOnly} flat={!held} />
          )}
        </div>
        <Button onClick={send} size="large" look={armed ? "warn" : draft.side === "BUY" ? "up" : "down"} disabled={locked}>
          {armed
            ? t("ticket.confirmTake", { size: sizeText, price: priceText })
            : ready ? t(`ticket.send.${draft.side}`, { size: sizeText, price: priceText }) : t(`side.${draft.side}`)}
        </Button>
        <div aria-live="polite" className={css.live} ref={result}><OrderResult state={command.state} /></div>
        </div>
      </form>
    </Panel>
  );
}

type ReduceProps = { checked: boolean; onChange: (checked: boolean) => void; position: Numeric; lot: string | null | undefined; base: string };

function ReduceOnly({ checked, onChange, position, lot, base }: ReduceProps) {
  const { t, language } = useWords();
  const most = position === null || position === undefined ? null : formatSize(position, lot, language).replace(/^\u2212/, "");
  return (
    <div className={css.reduce}>
      <label className={css.check}>
        <input type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />
        {t("ticket.reduceOnly")}
      </label>
      <span className={css.soft}>{most ? t("ticket.atMost", { size: `${most}\u00a0${base}` }) : t("ticket.noPosition")}</span>
    </div>
  );
}

function MarketChoice({ market, markets, onMarket }: Choosing) {
  const { t } = useWords();
  return (
    <select className={css.market} aria-label={t("ticket.market")} value={market} onChange={(event) => onMarket(event.currentTarget.value)}>
      {markets.map((name) => <option key={name}>{name}</option>)}
    </select>
  );
}
