import { memo } from "react";
import { StateChip } from "../../components/ui/StateChip";
import { parseWire } from "../../lib/decimal";
import { type Language, basisPoints, formatBps, formatNumber, formatPrice, formatSize } from "../../lib/format";
import { type Words, useWords } from "../../lib/i18n";
import css from "./Ladder.module.css";
import { type BookRow, sameRow } from "./book-rows";
import type { OwnChip } from "./own-chips";

type Props = { row: BookRow; id: string; active: boolean; lot: string | null | undefined; step: string; mark: string | null | undefined };

function chipLabel(row: BookRow, chip: OwnChip, lot: string | null | undefined, t: Words, language: Language): string {
  if (chip.left) return t("order.left", { size: formatSize(chip.left, lot, language) });
  if (row.own.length > 1) return t("book.more", { count: row.own.length - 1 });
  return chip.byHand && chip.shape === "resting" ? t("owner.hand") : t(`order.${chip.shape}`);
}

/** Part of the level in front of us, 0…100; null where one of them is not known. */
function aheadShare(ahead: string | null, size: string | null): number | null {
  const [front, level] = [parseWire(ahead), parseWire(size)];
  if (!front || !level || level.units <= 0n) return null;
  const scale = Math.max(front.scale, level.scale);
  return Math.min(100, Number((front.units * 100n * 10n ** BigInt(scale - front.scale)) / (level.units * 10n ** BigInt(scale - level.scale))));
}

function Line({ row, id, active, lot, step, mark }: Props) {
  const { t, language } = useWords();
  const chip = row.own[0];
  const share = chip ? aheadShare(chip.ahead, row.size) : null;
  return (
    <tr id={id} data-price={row.price} data-mine={chip ? (chip.shape === "unknown" ? "unknown" : "yes") : undefined} data-active={active || undefined} data-pinned={row.pinned || undefined} aria-selected={active}>
      <td className={css.ours}>
        {chip && (
          <span data-order={chip.key}>
            <StateChip shape={chip.shape} value={formatPrice(chip.price, chip.price, language)} byHand={chip.byHand} donePercent={chip.donePercent} label={chipLabel(row, chip, lot, t, language)} />
          </span>
        )}
      </td>
      <td data-right className={css.ahead}>
        {chip?.ahead && <>{share !== null && <i className={css.queue}><b style={{ width: `${share}%` }} /></i>}{formatNumber(chip.ahead, language, { decimals: 3 })}</>}
        {chip?.shape === "unknown" && <span className="tone-warn">?</span>}
      </td>
      <td data-right className={css.price}>{formatPrice(row.price, step, language)}</td>
      <td data-right className={css.size} style={{ "--share": `${row.share}%` } as React.CSSProperties}>
        {row.size === null || row.pinned ? <span className={css.far}>{formatBps(basisPoints(chip?.price ?? row.price, mark), language, { sign: true, decimals: 1 })}</span> : formatNumber(row.size, language, { decimals: 3 })}
      </td>
      <td data-right data-total>{formatNumber(row.total, language, { decimals: 2 })}</td>
    </tr>
  );
}

/** A level; drawn again only when it looks different. The mark moves the distance of far rows only. */
export const BookLine = memo(Line, (one, other) =>
  one.active === other.active && one.id === other.id && one.lot === other.lot && one.step === other.step && sameRow(one.row, other.row) &&
  (one.mark === other.mark || (one.row.size !== null && !one.row.pinned)));
