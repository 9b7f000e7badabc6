import type { ReactNode } from "react";
import css from "./DataTable.module.css";

export type Column<Row> = {
  readonly id: string;
  readonly head: string;
  readonly cell: (row: Row) => ReactNode;
  readonly align?: "right";
  /** Left out where there is little room. */
  readonly wide?: boolean;
  /** Heading for the ear only. */
  readonly quietHead?: boolean;
};

type Props<Row> = {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  rowTone?: (row: Row) => "muted" | undefined;
  empty: ReactNode;
};

/** A plain table: heads stay, the body scrolls, an empty one says what will appear here. */
export function DataTable<Row>({ caption, columns, rows, rowKey, rowTone, empty }: Props<Row>) {
  if (rows.length === 0) return <p className={css.empty}>{empty}</p>;
  return (
    <div className={css.scroll} role="region" aria-label={caption} tabIndex={0}>
      <table className={css.table}>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.id} scope="col" data-align={column.align} data-wide={column.wide}>
                {column.quietHead ? <span className="visually-hidden">{column.head}</span> : column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} data-tone={rowTone?.(row)}>
              {columns.map((column) => <td key={column.id} data-align={column.align} data-wide={column.wide}>{column.cell(row)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
