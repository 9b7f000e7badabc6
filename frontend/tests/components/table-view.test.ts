import { describe, expect, it } from "vitest";
import { type Field, filterRows, nextSort, readFilter, rowsInView, sortRows, toCsv, withoutNew } from "../../src/components/ui/table-view";

type Row = { side: string; price: string | null; note?: string };
const FIELDS: readonly Field<Row>[] = [
  { id: "side", head: "Strona", value: (row) => row.side, words: (row) => (row.side === "BUY" ? "kup" : "sprzedaj") },
  { id: "price", head: "Cena", value: (row) => row.price },
  { id: "note", head: "Note", value: (row) => row.note },
];
const ROWS: readonly Row[] = [{ side: "BUY", price: "9" }, { side: "SELL", price: "10.5", note: "by hand" }, { side: "SELL", price: null }, { side: "BUY", price: "-2" }];

describe("the filter", () => {
  it("reads words, columns, comparisons and quotes", () => {
    expect(readFilter('x side:SELL price>86.5 "by hand"')).toEqual([
      { field: null, test: "is", text: "x" }, { field: "side", test: "is", text: "sell" }, { field: "price", test: "above", text: "86.5" }, { field: null, test: "is", text: "by hand" },
    ]);
  });

  it("finds raw values and the words on the screen, in the language of the head", () => {
    expect(filterRows(ROWS, FIELDS, "side:sell")).toHaveLength(2);
    expect(filterRows(ROWS, FIELDS, "strona:kup")).toHaveLength(2);
    expect(filterRows(ROWS, FIELDS, "sprzedaj hand")).toEqual([ROWS[1]]);
  });

  it("compares numbers exactly, with a comma too, and never matches what is missing", () => {
    expect(filterRows(ROWS, FIELDS, "price>9")).toEqual([ROWS[1]]);
    expect(filterRows(ROWS, FIELDS, "price<9,5")).toEqual([ROWS[0], ROWS[3]]);
  });

  it("finds nothing for a column that does not exist, and everything for nothing", () => {
    expect(filterRows(ROWS, FIELDS, "colour:red")).toEqual([]);
    expect(filterRows(ROWS, FIELDS, "  ")).toBe(ROWS);
  });
});

describe("the order", () => {
  it("is by exact value and keeps what is missing last in both directions", () => {
    const prices = (down: boolean) => sortRows(ROWS, FIELDS, { id: "price", down }).map((row) => row.price);
    expect(prices(false)).toEqual(["-2", "9", "10.5", null]);
    expect(prices(true)).toEqual(["10.5", "9", "-2", null]);
  });

  it("tells apart numbers that a float could not", () => {
    const rows = [{ side: "BUY", price: "0.10000000000000000002" }, { side: "BUY", price: "0.10000000000000000001" }];
    expect(sortRows(rows, FIELDS, { id: "price", down: false })[0]).toBe(rows[1]);
  });

  it("goes up, down, and back to how the rows came", () => {
    const up = nextSort(null, "price");
    const down = nextSort(up, "price");
    expect([up, down, nextSort(down, "price"), nextSort(down, "side")]).toEqual([{ id: "price", down: false }, { id: "price", down: true }, null, { id: "side", down: false }]);
    expect(sortRows(ROWS, FIELDS, null)).toBe(ROWS);
  });
});

describe("the file", () => {
  it("has stable names, plain values and quotes where they are needed", () => {
    expect(toCsv([{ side: "BUY", price: "-2", note: 'a "b", c' }], FIELDS)).toBe('side,price,note\r\nBUY,-2,"a ""b"", c"\r\n');
  });

  it("gives a spreadsheet no formula to run", () => {
    expect(toCsv([{ side: "=HYPERLINK(1)", price: null, note: "@x" }], FIELDS)).toBe("side,price,note\r\n'=HYPERLINK(1),,'@x\r\n");
  });
});

describe("what is drawn", () => {
  it("is what can be seen and a margin, however long the list", () => {
    expect(rowsInView(10_000, 24, 24_000, 240)).toEqual({ first: 988, end: 1022 });
    expect(rowsInView(3, 24, 0, 600)).toEqual({ first: 0, end: 3 });
  });

  it("stays where it is when the list became shorter than where it was scrolled to", () => {
    expect(rowsInView(5, 24, 24_000, 240)).toEqual({ first: 0, end: 5 });
  });

  it("holds new rows back while the pointer is on the list, and lets go when all that was shown is gone", () => {
    const keyOf = (row: string) => row;
    expect(withoutNew(["c", "a", "b"], keyOf, new Set(["a", "b"]))).toEqual({ rows: ["a", "b"], waiting: 1 });
    expect(withoutNew(["c"], keyOf, new Set(["a"]))).toEqual({ rows: ["c"], waiting: 0 });
    expect(withoutNew(["c", "a"], keyOf, null)).toEqual({ rows: ["c", "a"], waiting: 0 });
  });
});
