import { compare, parseWire } from "../../lib/decimal";

/** A value as it sorts, filters and leaves in a file: plain, in no language. */
export type CellValue = string | number | boolean | null | undefined;

export type Field<Row> = {
  readonly id: string;
  readonly head: string;
  readonly value?: (row: Row) => CellValue;
  /** The words shown for it, so that typing what is on the screen finds it. */
  readonly words?: (row: Row) => string;
};

export type Sort = { readonly id: string; readonly down: boolean };

type Test = "is" | "above" | "below";
export type Term = { readonly field: string | null; readonly test: Test; readonly text: string };

const TERM = /(?:([\p{L}_]+)([:<>]))?(?:"([^"]*)"|(\S+))/gu;
const TESTS: Readonly<Record<string, Test>> = { ":": "is", ">": "above", "<": "below" };

/** Read what was typed: words, `side:sell`, `price>86000`, quotes around what has spaces. */
export function readFilter(typed: string): Term[] {
  return [...typed.matchAll(TERM)].map(([, field, sign, quoted, word]) => ({
    field: field?.toLowerCase() ?? null,
    test: TESTS[sign ?? ":"] ?? "is",
    text: (quoted ?? word ?? "").toLowerCase(),
  }));
}

function textOf(value: CellValue): string {
  return value === null || value === undefined ? "" : String(value);
}

function passes<Row>(term: Term, field: Field<Row>, row: Row): boolean {
  const value = textOf(field.value?.(row));
  if (term.test === "is") return value.toLowerCase().includes(term.text) || (field.words?.(row).toLowerCase().includes(term.text) ?? false);
  const [held, asked] = [parseWire(value), parseWire(term.text.replace(",", "."))];
  if (!held || !asked) return false;
  return compare(held, asked) === (term.test === "above" ? 1 : -1);
}

function fieldsFor<Row>(term: Term, fields: readonly Field<Row>[]): readonly Field<Row>[] {
  const { field } = term;
  if (field === null) return fields;
  return fields.filter((each) => each.id.toLowerCase().startsWith(field) || each.head.toLowerCase().startsWith(field));
}

/** Rows in which every term is found; a term for a column that does not exist finds nothing. */
export function filterRows<Row>(rows: readonly Row[], fields: readonly Field<Row>[], typed: string): readonly Row[] {
  const terms = readFilter(typed).filter((term) => term.text !== "");
  if (terms.length === 0) return rows;
  const asked = terms.map((term) => ({ term, fields: fieldsFor(term, fields) }));
  return rows.filter((row) => asked.every(({ term, fields: among }) => among.some((field) => passes(term, field, row))));
}

function isMissing(value: CellValue): boolean {
  return value === null || value === undefined || value === "";
}

function ordered(a: CellValue, b: CellValue): number {
  if (typeof a !== "boolean" && typeof b !== "boolean") {
    const [x, y] = [parseWire(a), parseWire(b)];
    if (x && y) return compare(x, y);
  }
  return textOf(a).localeCompare(textOf(b));
}

/** Rows in the order asked; numbers by their exact value, what is missing always last, equals as they came. */
export function sortRows<Row>(rows: readonly Row[], fields: readonly Field<Row>[], sort: Sort | null): readonly Row[] {
  const value = fields.find((field) => field.id === sort?.id)?.value;
  if (!sort || !value) return rows;
  const turn = sort.down ? -1 : 1;
  return rows
    .map((row) => ({ row, at: value(row) }))
    .toSorted((a, b) => {
      if (isMissing(a.at) || isMissing(b.at)) return Number(isMissing(a.at)) - Number(isMissing(b.at));
      return turn * ordered(a.at, b.at);
    })
    .map(({ row }) => row);
}

/** The next order after a click on a head: up, down, as they came. */
export function nextSort(sort: Sort | null, id: string): Sort | null {
  if (sort?.id !== id) return { id, down: false };
  return sort.down ? null : { id, down: true };
}

/** A cell of a file. Text that a spreadsheet would run as a formula gets an apostrophe; numbers stay numbers. */
function csvCell(value: CellValue): string {
  const text = textOf(value);
  const safe = /^[=+\-@\t\r]/.test(text) && !parseWire(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The rows as a file (RFC 4180): stable English names, plain values, times in milliseconds since 1970, UTC. */
export function toCsv<Row>(rows: readonly Row[], fields: readonly Field<Row>[]): string {
  const kept = fields.filter((field) => field.value);
  const lines = [kept.map((field) => csvCell(field.id)), ...rows.map((row) => kept.map((field) => csvCell(field.value?.(row))))];
  return lines.map((cells) => `${cells.join(",")}\r\n`).join("");
}

export type Window = { readonly first: number; readonly end: number };

/** Which rows are drawn: those in view, and a few on both sides. */
export function rowsInView(count: number, rowHeight: number, top: number, height: number, margin = 12): Window {
  const first = Math.max(0, Math.min(count, Math.floor(top / rowHeight)) - margin);
  return { first, end: Math.min(count, Math.ceil((top + height) / rowHeight) + margin) };
}

/**
 * While the pointer is on the list nothing moves under it: rows that were not there wait and are counted.
 *
 * When everything that was shown is gone there is nothing to protect, and all rows come through.
 */
export function withoutNew<Row>(rows: readonly Row[], keyOf: (row: Row) => string, shown: ReadonlySet<string> | null): { rows: readonly Row[]; waiting: number } {
  if (shown === null) return { rows, waiting: 0 };
  const kept = rows.filter((row) => shown.has(keyOf(row)));
  return kept.length === 0 ? { rows, waiting: 0 } : { rows: kept, waiting: rows.length - kept.length };
}
