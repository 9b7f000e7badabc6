import { useElementSize, useMediaQuery } from "@mantine/hooks";
import { type KeyboardEvent, type MouseEvent, type PointerEvent, useId, useMemo, useRef, useState } from "react";
import { ChoiceGroup } from "../../components/ui/ChoiceGroup";
import { Panel } from "../../components/ui/Panel";
import { parseWire, toShortest } from "../../lib/decimal";
import { formatAge, formatNumber } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { useSettings } from "../../lib/settings";
import { usePicture, useStream } from "../../stream/store";
import { BookLine } from "./BookLine";
import css from "./Ladder.module.css";
import { MidRow } from "./MidRow";
import { OwnOrderBar } from "./OwnOrderBar";
import { ShapeLegend } from "./ShapeLegend";
import { GROUPS, type BookRow, bookRows, fittingGroup, groupStep } from "./book-rows";
import { type BookSide, ownChips, wishChips } from "./own-chips";

export type BookPick = { price: string; side: "BUY" | "SELL" | null };
type Props = { market: string; onPick: (pick: BookPick) => void };

/** As drawn by the styles, `--mm-row-book`. */
const ROWS = { compact: 19, comfortable: 24 } as const;
const PHONE_ROW = 24;
const MOST = 60;
const FIXED = 32 + 18;
const FEWEST = 4;

/** Order book with our own orders as chips in their rows; a click on a row fills the ticket, on a chip opens the order. */
export function Ladder({ market, onPick }: Props) {
  const { t } = useWords();
  const { ref, height } = useElementSize();
  const phone = useMediaQuery("(max-width: 899px)", undefined, { getInitialValueInEffect: false });
  const { density } = useSettings();
  const each = Math.min(MOST, Math.max(FEWEST, Math.floor((height - FIXED) / 2 / (phone ? PHONE_ROW : ROWS[density]))));
  const { group, choose } = useGroup(market, each);
  const [opened, setOpened] = useState<string | null>(null);
  const known = usePicture((now) => Boolean(now.markets?.[market]?.book));
  const { sides, step } = useSides(market, Number(group), each);
  const rows = useMemo(() => [...sides.asks.toReversed(), ...sides.bids], [sides]);
  const nothing = rows.length === 0;
  return (
    <Panel title={t("book.title")} id="book" note={<BookAge market={market} />} end={<GroupChoice market={market} group={group} onChoose={choose} />}>
      <div className={css.book} ref={ref}>
        {nothing ? (
          <div className={css.empty}><Gap /><b>{known ? t("book.emptyTitle") : t("empty.waiting")}</b>{known ? t("book.empty") : t("book.waiting")}</div>
        ) : (
          <Rows market={market} sides={sides} rows={rows} step={step} each={each} onPick={onPick} onOpen={setOpened} />
        )}
      </div>
      {opened ? <OwnOrderBar key={opened} market={market} id={opened} onClose={() => setOpened(null)} /> : <ShapeLegend />}
    </Panel>
  );
}

/** Chosen by a person, else as fine as lets our quotes be seen. */
function useGroup(market: string, each: number) {
  const [chosen, choose] = useState<string | null>(null);
  const [settled, setSettled] = useState<{ market: string; group: number } | null>(null);
  const first = usePicture((now) => {
    const picture = now.markets?.[market];
    if (settled?.market === market || !picture?.quotes?.bid || !picture.quotes.ask) return null;
    return fittingGroup(picture.mark_price, [picture.quotes.bid, picture.quotes.ask], parseWire(picture.tick_size), each);
  });
  if (first && each > FEWEST && settled?.market !== market) setSettled({ market, group: first });
  return { group: chosen ?? String(settled?.group ?? GROUPS[0]), choose };
}

function useSides(market: string, group: number, each: number) {
  const book = usePicture((now) => now.markets?.[market]?.book);
  const tick = usePicture((now) => now.markets?.[market]?.tick_size);
  const queue = usePicture((now) => now.markets?.[market]?.queue);
  const wished = usePicture((now) => now.markets?.[market]?.wished);
  const orders = usePicture((now) => now.orders);
  const step = useMemo(() => groupStep(parseWire(tick), group), [tick, group]);
  const sides = useMemo(() => {
    const of = (side: BookSide) => bookRows(book?.[side] ?? [], side, step, [...ownChips(orders, market, side, queue ?? {}), ...wishChips(wished, side)], each);
    return { asks: of("asks"), bids: of("bids") };
  }, [book, orders, queue, wished, market, step, each]);
  return { sides, step: toShortest(step) };
}

type RowsProps = {
  market: string;
  sides: { asks: BookRow[]; bids: BookRow[] };
  rows: readonly BookRow[];
  step: string;
  each: number;
  onPick: (pick: BookPick) => void;
  onOpen: (id: string) => void;
};

type Pressed = { readonly order: string | undefined; readonly price: string | undefined; readonly side: string | undefined };

/** What stood under the pointer when it went down; rows move on while it is held, and a press means the price that was seen. */
function pressedAt(target: EventTarget): Pressed {
  const found = (selector: string) => (target as HTMLElement).closest<HTMLElement>(selector)?.dataset;
  return { order: found("[data-order]")?.order, price: found("tr")?.price, side: found("tbody")?.side };
}

/** The table: one stop for the Tab key, arrows inside it; the shortcut `l` may focus it by its id. */
function Rows({ market, sides, rows, step, each, onPick, onOpen }: RowsProps) {
  const { t } = useWords();
  const id = useId();
  const [active, setActive] = useState<string | null>(null);
  const lot = usePicture((now) => now.markets?.[market]?.lot_size);
  const mark = usePicture((now) => now.markets?.[market]?.mark_price);
  const idOf = (price: string) => `${id}-${price}`;
  const pick = (price: string, side: BookSide, event: { altKey: boolean; shiftKey: boolean }) => {
    const [rests, crosses] = side === "bids" ? (["BUY", "SELL"] as const) : (["SELL", "BUY"] as const);
    onPick({ price, side: event.altKey ? null : event.shiftKey ? crosses : rests });
  };
  const pressed = useRef<Pressed | null>(null);
  const released = useRef(false);
  const act = ({ order, price, side }: Pressed, keys: { altKey: boolean; shiftKey: boolean }) => {
    if (order && !order.startsWith("wish ")) onOpen(order);
    else if (price && (side === "bids" || side === "asks")) pick(price, side, keys);
  };
  const onPointerDown = (event: PointerEvent<HTMLElement>) => {
    released.current = false;
    pressed.current = event.button === 0 ? pressedAt(event.target) : null;
  };
  const onPointerUp = (event: PointerEvent<HTMLElement>) => {
    const what = pressed.current;
    pressed.current = null;
    released.current = what !== null;
    if (what) act(what, event);
  };
  const onClick = (event: MouseEvent<HTMLElement>) => {
    if (!released.current) act(pressedAt(event.target), event); // of a program, without a pointer
    released.current = false;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const at = rows.findIndex((row) => row.price === active);
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      const next = at < 0 ? sides.asks.length - (event.key === "ArrowUp" ? 1 : 0) : at + (event.key === "ArrowUp" ? -1 : 1);
      setActive(rows[Math.max(0, Math.min(rows.length - 1, next))]?.price ?? null);
    }
    const row = rows[at];
    if (!row) return;
    if (event.key === "Enter") pick(row.price, at < sides.asks.length ? "asks" : "bids", event);
    const own = row.own.find((chip) => chip.shape !== "wished");
    if (event.key === "Delete" && own) onOpen(own.key);
  };
  const line = (row: BookRow) => <BookLine key={row.price} id={idOf(row.price)} row={row} active={row.price === active} lot={lot} step={step} mark={mark} />;
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-to-interactive-role -- a table one moves in with arrows is a grid
    <table className={css.table} role="grid" id="book-rows" tabIndex={0} aria-label={t("book.caption")} aria-activedescendant={active && rows.some((row) => row.price === active) ? idOf(active) : undefined} onPointerDown={onPointerDown} onPointerUp={onPointerUp} onPointerCancel={() => { pressed.current = null; }} onClick={onClick} onKeyDown={onKeyDown} onBlur={() => setActive(null)}>
      <colgroup><col /><col className={css.aheadColumn} /><col className={css.priceColumn} /><col className={css.sizeColumn} /><col className={css.totalColumn} /></colgroup>
      <thead><tr><th scope="col">{t("book.ours")}</th><th scope="col" data-right title={t("book.aheadHelp")}>{t("book.ahead")}</th><th scope="col" data-right>{t("table.price")}</th><th scope="col" data-right>{t("table.size")}</th><th scope="col" data-right data-total>{t("book.total")}</th></tr></thead>
      <tbody aria-hidden="true">{empties(each - sides.asks.length, "above")}</tbody>
      <tbody data-side="asks">{sides.asks.toReversed().map(line)}</tbody>
      <tbody><tr><td colSpan={5} className={css.midCell}><MidRow market={market} /></td></tr></tbody>
      <tbody data-side="bids">{sides.bids.map(line)}</tbody>
      <tbody aria-hidden="true">{empties(each - sides.bids.length, "below")}</tbody>
    </table>
  );
}

/** Rows without a level, so that the touch stays in the middle and the heads on top. */
function empties(count: number, where: string) {
  return Array.from({ length: Math.max(0, count) }, (_, index) => <tr key={`${where} ${index}`}><td colSpan={5}>{"\u00a0"}</td></tr>);
}

function BookAge({ market }: { market: string }) {
  const { language } = useWords();
  const age = usePicture((now) => now.markets?.[market]?.age_ms?.book ?? now.markets?.[market]?.age_ms?.bbo);
  return <>{formatAge(age, language)}</>;
}

function GroupChoice({ market, group, onChoose }: { market: string; group: string; onChoose: (group: string) => void }) {
  const { t, language } = useWords();
  const tick = parseWire(usePicture((now) => now.markets?.[market]?.tick_size));
  const choices = GROUPS.map((value) => {
    const step = toShortest(groupStep(tick, value));
    return { value: String(value), label: formatNumber(step, language, { decimals: Math.max(0, step.split(".")[1]?.length ?? 0) }) };
  });
  return <ChoiceGroup legend={t("book.group")} value={group} choices={choices} onChange={onChoose} />;
}

/** A hole in the numbers, named: which came, and which was expected. */
function Gap() {
  const { t } = useWords();
  const gap = useStream(({ view }) => view.gap);
  return gap ? <p className={css.gap}>{t("book.gap", { expected: String(gap.expected), got: String(gap.got) })}</p> : null;
}
