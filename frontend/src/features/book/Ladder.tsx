import { useElementSize } from "@mantine/hooks";
import { type MouseEvent, useMemo, useState } from "react";
import { ChoiceGroup } from "../../components/ui/ChoiceGroup";
import { Panel } from "../../components/ui/Panel";
import { StateChip } from "../../components/ui/StateChip";
import { parseWire, toShortest } from "../../lib/decimal";
import { basisPoints, formatAge, formatBps, formatNumber, formatPrice, formatSize } from "../../lib/format";
import { useWords } from "../../lib/i18n";
import { usePicture } from "../../stream/store";
import css from "./Ladder.module.css";
import { MidRow } from "./MidRow";
import { ShapeLegend } from "./ShapeLegend";
import { type BookRow, type BookSide, GROUPS, bookRows, groupStep, ownChips } from "./book-rows";

export type BookPick = { price: string; side: "BUY" | "SELL" | null };
type Props = { market: string; onPick: (pick: BookPick) => void };

const ROW = 19;
const FIXED = 32 + 18;
const FEWEST = 4;

/** Order book with our own orders as chips in their rows; a click fills the ticket. */
export function Ladder({ market, onPick }: Props) {
  const { t, language } = useWords();
  const [group, setGroup] = useState<string>("1");
  const { ref, height } = useElementSize();
  const picture = usePicture((now) => now.markets?.[market]);
  const orders = usePicture((now) => now.orders);
  const each = Math.max(FEWEST, Math.floor((height - FIXED) / 2 / ROW));
  const tick = parseWire(picture?.tick_size);
  const step = groupStep(tick, Number(group));
  const stepText = toShortest(step);
  const sides = useMemo(() => {
    const rows = (side: BookSide) => bookRows(picture?.book?.[side] ?? [], side, groupStep(parseWire(picture?.tick_size), Number(group)), ownChips(orders, market, side), each);
    return { asks: rows("asks").toReversed(), bids: rows("bids") };
  }, [picture?.book, picture?.tick_size, orders, market, group, each]);
  const nothing = sides.asks.length + sides.bids.length === 0;
  const choices = GROUPS.map((value) => ({ value: String(value), label: formatNumber(toShortest(groupStep(tick, value)), language, { decimals: Math.max(0, toShortest(groupStep(tick, value)).split(".")[1]?.length ?? 0) }) }));
  const head = <ChoiceGroup legend={t("book.group")} value={group} choices={choices} onChange={setGroup} />;
  const draw = (side: BookSide) => sides[side].map((row) => <Row key={row.price} row={row} side={side} lot={picture?.lot_size} tick={stepText} mark={picture?.mark_price} onPick={onPick} />);
  return (
    <Panel title={t("book.title")} id="book" note={formatAge(picture?.age_ms?.book ?? picture?.age_ms?.bbo, language)} end={head}>
      <div className={css.book} ref={ref}>
        {nothing ? (
          <p className={css.empty}><b>{picture?.book ? t("book.emptyTitle") : t("empty.waiting")}</b>{picture?.book ? t("book.empty") : t("book.waiting")}</p>
        ) : (
          <table className={css.table}>
            <caption className="visually-hidden">{t("book.caption")}</caption>
            <colgroup><col /><col className={css.priceColumn} /><col className={css.sizeColumn} /><col className={css.totalColumn} /></colgroup>
            <thead><tr><th scope="col">{t("book.ours")}</th><th scope="col" data-right>{t("table.price")}</th><th scope="col" data-right>{t("table.size")}</th><th scope="col" data-right data-total>{t("book.total")}</th></tr></thead>
            <tbody data-side="asks">{draw("asks")}</tbody>
            <tbody><tr><td colSpan={4} className={css.midCell}><MidRow picture={picture} /></td></tr></tbody>
            <tbody data-side="bids">{draw("bids")}</tbody>
          </table>
        )}
      </div>
      <ShapeLegend />
    </Panel>
  );
}

type RowProps = { row: BookRow; side: BookSide; lot: string | null | undefined; tick: string; mark: string | null | undefined; onPick: (pick: BookPick) => void };

function Row({ row, side, lot, tick, mark, onPick }: RowProps) {
  const { t, language } = useWords();
  const resting = side === "bids" ? "BUY" : "SELL";
  const opposite = side === "bids" ? "SELL" : "BUY";
  const pick = (event: MouseEvent) => onPick({ price: row.price, side: event.altKey ? null : event.shiftKey ? opposite : resting });
  const chip = row.own[0];
  return (
    <tr onClick={pick} data-mine={chip ? (chip.shape === "unknown" ? "unknown" : "yes") : undefined}>
      <td className={css.ours}>
        {chip && (
          <StateChip
            shape={chip.shape} value={formatPrice(chip.price, chip.price, language)} byHand={chip.byHand} donePercent={chip.donePercent}
            label={chip.left ? t("order.left", { size: formatSize(chip.left, lot, language) }) : row.own.length > 1 ? t("book.more", { count: row.own.length - 1 }) : chip.byHand && chip.shape === "resting" ? t("owner.hand") : t(`order.${chip.shape}`)}
          />
        )}
      </td>
      <td data-right className={css.price}>{formatPrice(row.price, tick, language)}</td>
      <td data-right className={css.size} style={{ "--share": `${row.share}%` } as React.CSSProperties}>{row.size === null ? <span className={css.far}>{formatBps(basisPoints(row.own[0]?.price, mark), language, { sign: true, decimals: 1 })}</span> : formatNumber(row.size, language, { decimals: 3 })}</td>
      <td data-right data-total>{formatNumber(row.total, language, { decimals: 2 })}</td>
    </tr>
  );
}
