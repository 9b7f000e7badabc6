import { type KeyboardEvent, type ReactNode, useEffect, useId, useMemo, useRef, useState } from "react";
import { useWords } from "../../lib/i18n";
import css from "./DataTable.module.css";
import { Icon } from "./Icon";
import { TableTools } from "./TableTools";
import { type Field, type Sort, filterRows, nextSort, rowsInView, sortRows, withoutNew } from "./table-view";
import { useScrolled } from "./use-scrolled";

export type Column<Row> = Field<Row> & {
  readonly cell: (row: Row) => ReactNode;
  readonly align?: "right";
  /** Left out where there is little room. */
  readonly wide?: boolean;
  /** Left out on a narrow desktop, too. */
  readonly roomy?: boolean;
  /** Heading for the ear only. */
  readonly quietHead?: boolean;
};

type Props<Row> = {
  caption: string;
  columns: readonly Column<Row>[];
  /** Further fields that only the file gets. */
  fields?: readonly Field<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  rowTone?: ((row: Row) => "muted" | "warn" | "danger" | "own" | undefined) | undefined;
  /** What the chosen row has to say beyond its cells. */
  detail?: ((row: Row) => ReactNode) | undefined;
  empty: ReactNode;
  /** Name of the file to export to; without it the table has no tools. */
  file?: string | undefined;
  /** Asked when the end comes into view and there may be more; a new function after each answer. */
  onEnd?: (() => void) | undefined;
  tools?: ReactNode;
};

/** A table of any length: filter, order, export, keyboard; only what is in view is drawn. */
export function DataTable<Row>(props: Props<Row>) {
  const { columns, rows, rowKey, fields = NONE } = props;
  const [typed, setTyped] = useState("");
  const [sort, setSort] = useState<Sort | null>(null);
  const [held, setHeld] = useState<ReadonlySet<string> | null>(null);
  const every = useMemo(() => [...columns, ...fields], [columns, fields]);
  const chosen = useMemo(() => sortRows(filterRows(rows, every, typed), every, sort), [rows, every, typed, sort]);
  const { rows: shown, waiting } = useMemo(() => withoutNew(chosen, rowKey, held), [chosen, rowKey, held]);
  const hold = (on: boolean) => setHeld(on ? new Set(chosen.map(rowKey)) : null);
  return (
    <>
      {(props.file || props.tools) && (
        <TableTools
          file={rows.length > 0 || typed ? props.file : undefined} typed={typed} onTyped={setTyped} rows={chosen} total={rows.length} fields={every}
          waiting={waiting} onRelease={() => setHeld(null)} more={props.tools}
        />
      )}
      {shown.length === 0 ? <Nothing filtered={rows.length > 0} empty={props.empty} /> : <Body {...props} shown={shown} sort={sort} onSort={(id) => setSort(nextSort(sort, id))} onHold={hold} />}
    </>
  );
}

const NONE: readonly never[] = [];

function Nothing({ filtered, empty }: { filtered: boolean; empty: ReactNode }) {
  const { t } = useWords();
  return <p className={css.empty}>{filtered ? t("tools.nothingFound") : empty}</p>;
}

type BodyProps<Row> = Props<Row> & { shown: readonly Row[]; sort: Sort | null; onSort: (id: string) => void; onHold: (on: boolean) => void };

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };

function Body<Row>(props: BodyProps<Row>) {
  const { caption, columns, shown, rowKey, rowTone, detail, sort, onSort, onHold, onEnd } = props;
  const id = useId();
  const grid = useRef<HTMLTableElement>(null);
  const [active, setActive] = useState<string | null>(null);
  const { scroller, onScroll, top, height, rowHeight } = useScrolled();
  const view = rowsInView(shown.length, rowHeight, top, height);
  const at = active === null ? -1 : shown.findIndex((row) => rowKey(row) === active);
  const atRow = shown[at];
  const drawn = shown.slice(view.first, view.end);
  const atEnd = view.end >= shown.length;
  useEffect(() => {
    if (atEnd) onEnd?.();
  }, [atEnd, onEnd]);
  const choose = (index: number) => {
    const next = Math.max(0, Math.min(shown.length - 1, index));
    const row = shown[next];
    if (row === undefined) return;
    setActive(rowKey(row));
    keepInView(scroller.current, next, rowHeight);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== grid.current) return;
    const step = STEPS[event.key];
    if (event.key === "Escape" && active !== null) setActive(null);
    else if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    else choose(Number.isFinite(step) ? Math.max(0, at) + (at < 0 ? 0 : step) : step < 0 ? 0 : shown.length - 1);
    event.preventDefault();
  };
  return (
    <>
      <div className={css.scroll} ref={scroller} onScroll={onScroll}>
        <table
          ref={grid} role="grid" className={css.table} aria-rowcount={shown.length + 1} tabIndex={0} onKeyDown={onKeyDown}
          aria-activedescendant={at >= view.first && at < view.end ? `${id}-${at}` : undefined}
        >
          <caption className="visually-hidden">{caption}</caption>
          <thead><tr aria-rowindex={1}>{columns.map((column) => <Head key={column.id} column={column} sort={sort} onSort={onSort} />)}</tr></thead>
          <tbody onPointerEnter={() => onHold(true)} onPointerLeave={() => onHold(false)}>
            <Gap rows={view.first} rowHeight={rowHeight} />
            {drawn.map((row, offset) => {
              const index = view.first + offset;
              return (
                <tr
                  key={rowKey(row)} id={`${id}-${index}`} aria-rowindex={index + 2} data-tone={rowTone?.(row)} data-odd={index % 2 === 1}
                  aria-selected={detail || active !== null ? index === at : undefined}
                  onClick={detail ? () => setActive(index === at ? null : rowKey(row)) : undefined}
                >
                  {columns.map((column) => <td key={column.id} data-align={column.align} data-wide={column.wide} data-roomy={column.roomy}>{column.cell(row)}</td>)}
                </tr>
              );
            })}
            <Gap rows={shown.length - view.end} rowHeight={rowHeight} />
          </tbody>
        </table>
      </div>
      {detail && atRow !== undefined && <div className={css.detail}>{detail(atRow)}</div>}
    </>
  );
}

function Gap({ rows, rowHeight }: { rows: number; rowHeight: number }) {
  return rows > 0 ? <tr aria-hidden="true" style={{ height: rows * rowHeight }} /> : null;
}

function keepInView(scroller: HTMLElement | null, index: number, rowHeight: number) {
  if (!scroller) return;
  const [top, bottom] = [index * rowHeight, (index + 2) * rowHeight];
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  else if (bottom > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = bottom - scroller.clientHeight;
}

function Head<Row>({ column, sort, onSort }: { column: Column<Row>; sort: Sort | null; onSort: (id: string) => void }) {
  const mine = sort?.id === column.id ? sort : null;
  return (
    <th scope="col" data-align={column.align} data-wide={column.wide} data-roomy={column.roomy} aria-sort={mine ? (mine.down ? "descending" : "ascending") : undefined}>
      {column.quietHead && <span className="visually-hidden">{column.head}</span>}
      {!column.quietHead && !column.value && column.head}
      {!column.quietHead && column.value && (
        <button type="button" className={css.sorter} onClick={() => onSort(column.id)}>
          {column.head}{mine && <Icon name={mine.down ? "down" : "up"} size={8} />}
        </button>
      )}
    </th>
  );
}
