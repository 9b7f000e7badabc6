import { useHotkeys } from "@mantine/hooks";
import { useEffect, useRef, useState } from "react";
import { Button } from "../../components/ui/Button";
import { ChoiceGroup } from "../../components/ui/ChoiceGroup";
import { Icon } from "../../components/ui/Icon";
import { NumberField } from "../../components/ui/NumberField";
import { Panel } from "../../components/ui/Panel";
import { useStaleWords } from "../../components/ui/stale";
import { api } from "../../lib/api";
import type { NewOrder, TimeInForce } from "../../lib/api-schema";
import { parseWire } from "../../lib/decimal";
import { fieldText, formatBps, formatMoney, formatPrice, formatSize } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { useCommand } from "../../lib/use-command";
import { pricesOf } from "../../stream/select";
import { usePicture } from "../../stream/store";
import { fieldError, fieldHint } from "./FieldHelp";
import css from "./OrderPanel.module.css";
import { OrderResult, type SentOrder } from "./OrderResult";
import { TicketGate } from "./TicketGate";
import { TicketSums } from "./TicketSums";
import { canTake, checkOrder, midOnTick, readyOrder, rulesOf, stepped, wouldCross } from "./order-form";
import { estimateOrder, signedSize } from "./order-estimate";
import { type Pick, useTicket } from "./use-ticket";

const TYPES: readonly TimeInForce[] = ["POST_ONLY", "GTC", "IOC", "FOK"];
const ARMED_MS = 5000;

async function sendOrder(order: NewOrder): Promise<SentOrder> {
  return { order, answer: await api.createOrder(order) };
}

type Choosing = { market: string; markets: readonly string[]; onMarket: (market: string) => void };
type Props = Choosing & { pick: Pick | null };

/** Orders by hand: market, side, price, size, type, reduce-only, and what came of it. */
export function OrderPanel({ market, markets, onMarket, pick }: Props) {
  const { t, language } = useWords();
  const stale = useStaleWords() !== null;
  const picture = usePicture((now) => pricesOf(now, market));
  const held = usePicture((now) => now.positions?.[market]);
  const free = usePicture((now) => now.balance?.availableForTrade);
  const firstSize = usePicture((now) => now.config?.order_size);
  const written = (plain: string) => fieldText(plain, language);
  const { draft, touched, change } = useTicket(market, pick && { ...pick, price: written(pick.price) }, firstSize === undefined || firstSize === null ? "" : written(String(firstSize)));
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
  const touch = { bid: parseWire(picture?.best_bid), ask: parseWire(picture?.best_ask) };
  const takes = check.price.ok && canTake(draft, check.price.value, touch);
  const crosses = check.price.ok && wouldCross(draft, check.price.value, touch);
  const estimate = estimateOrder(draft.side, check.price.ok ? check.price.value : null, check.size.ok ? check.size.value : null, signedSize(held), picture?.mark_price);
  const locked = stale || !ready || command.state.kind === "pending";

  const send = () => {
    if (locked || !ready) return;
    if (takes && !armed) {
      setArmedFor(signature);
      return;
    }
    setArmedFor(null);
    void command.run({ market, side: draft.side, ...ready, timeInForce: draft.timeInForce, reduceOnly: draft.reduceOnly });
  };
  useEffect(() => {
    if (armedFor === null) return undefined;
    const timer = setTimeout(() => setArmedFor(null), ARMED_MS);
    return () => clearTimeout(timer);
  }, [armedFor]);
  useEffect(() => {
    if (command.state.kind !== "idle") result.current?.scrollIntoView?.({ block: "nearest" });
  }, [command.state.kind]);
  useHotkeys([["mod+Enter", () => { if (form.current?.contains(document.activeElement)) send(); }]], []);

  const mid = midOnTick(touch, rules.tick, draft.side);
  const ours = draft.side === "BUY" ? picture?.quotes?.bid : picture?.quotes?.ask;
  const prices = [
    { id: "bestBid", value: picture?.best_bid }, { id: "mid", value: mid },
    { id: "bestAsk", value: picture?.best_ask }, { id: draft.side === "BUY" ? "ourBid" : "ourAsk", value: ours },
  ] as const;
  const [base, quote] = market.split("-");
  const priceText = ready ? formatPrice(ready.price, picture?.tick_size, language) : "";
  const sizeText = ready ? formatSize(ready.size, picture?.lot_size, language) : "";
  const start = draft.side === "BUY" ? picture?.best_bid : picture?.best_ask;

  return (
    <Panel title={t("ticket.title")} id="ticket" note={<MarketChoice market={market} markets={markets} onMarket={onMarket} />} end={stale ? null : t("ticket.free", { amount: formatMoney(free, language, { code: quote ?? "" }) })}>
      <form className={css.ticket} ref={form} onSubmit={(event) => event.preventDefault()}>
        <ChoiceGroup
          legend={t("ticket.side")} tall value={draft.side} onChange={(side) => change({ side })}
          choices={[
            { value: "BUY", tone: "up", label: <><Icon name="up" size={10} />{t("side.BUY")}</> },
            { value: "SELL", tone: "down", label: <><Icon name="down" size={10} />{t("side.SELL")}</> },
          ]}
        />
        <div>
          <NumberField
            label={t("ticket.price")} unit={quote ?? ""} value={draft.price} onChange={(price) => change({ price })}
            note={estimate.fromMarkBps ? formatBps(estimate.fromMarkBps, language, { sign: true, decimals: 1 }) : undefined}
            onStep={(way, times) => write({ price: stepped(draft.price, rules.tick, way, times, start ?? null) })}
            stepLabels={[t("ticket.tickDown"), t("ticket.tickUp")]}
            error={fieldError(check.price, touched, (price) => write({ price }), t, language)} hint={fieldHint(check.price, t, language)}
          />
          <div className={css.presets}>
            {prices.map(({ id, value }) => (
              <button type="button" key={id} disabled={!value} onClick={() => value && write({ price: value })}>{t(`ticket.${id}`)}</button>
            ))}
          </div>
        </div>
        <NumberField
          label={t("ticket.size")} unit={base ?? ""} value={draft.size} onChange={(size) => change({ size })}
          note={rules.min ? t("ticket.min", { size: formatSize(rules.min, picture?.lot_size, language) }) : undefined}
          onStep={(way, times) => write({ size: stepped(draft.size, rules.lot, way, times, picture?.min_size ?? null) })}
          stepLabels={[t("ticket.lotDown"), t("ticket.lotUp")]}
          error={fieldError(check.size, touched, (size) => write({ size }), t, language)} hint={fieldHint(check.size, t, language)}
        />
        <ChoiceGroup
          legend={t("ticket.type")} value={draft.timeInForce} onChange={(timeInForce) => change({ timeInForce })}
          choices={TYPES.map((value) => ({ value, label: value, help: t(`ticket.help.${value as "GTC"}`) }))}
        />
        <label className={css.check}>
          <input type="checkbox" checked={draft.reduceOnly} onChange={(event) => change({ reduceOnly: event.currentTarget.checked })} />
          {t("ticket.reduceOnly")}
        </label>
        <TicketSums estimate={estimate} lot={picture?.lot_size} quote={quote ?? ""} />
        <TicketGate stale={stale} takes={takes} crosses={crosses} fok={draft.timeInForce === "FOK"} reduceOnly={draft.reduceOnly} flat={!held} />
        <Button onClick={send} className={css.send} size="large" look={armed ? "warn" : draft.side === "BUY" ? "up" : "down"} disabled={locked}>
          {armed
            ? t("ticket.confirmTake", { size: sizeText, price: priceText })
            : ready ? t(`ticket.send.${draft.side}`, { size: sizeText, price: priceText }) : t(`side.${draft.side}`)}
        </Button>
        <div aria-live="polite" className={css.live} ref={result}><OrderResult state={command.state} /></div>
      </form>
    </Panel>
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
