import { fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it, vi } from "vitest";
import { type Column, DataTable } from "../../src/components/ui/DataTable";
import { draw } from "../render";

type Row = { id: string; size: number };
const COLUMNS: readonly Column<Row>[] = [
  { id: "id", head: "Name", value: (row) => row.id, cell: (row) => row.id },
  { id: "size", head: "Size", value: (row) => row.size, cell: (row) => row.size, align: "right" },
];
const keyOf = (row: Row) => row.id;
const many = (count: number): Row[] => Array.from({ length: count }, (_, index) => ({ id: `row-${index}`, size: count - index }));
const table = (rows: readonly Row[], more: Partial<Parameters<typeof DataTable<Row>>[0]> = {}) => (
  <DataTable caption="Things" columns={COLUMNS} rows={rows} rowKey={keyOf} file="things" empty="Nothing yet." detail={(row) => <p>about {row.id}</p>} {...more} />
);

function Growing() {
  const [rows, setRows] = useState(() => many(2));
  return <><button type="button" onClick={() => setRows([{ id: "new", size: 9 }, ...rows])}>grow</button>{table(rows)}</>;
}

describe("a table", () => {
  it("of ten thousand rows draws a few dozen and says how many there are", () => {
    draw(table(many(10_000)));
    expect(screen.getByRole("grid", { name: "Things" }).getAttribute("aria-rowcount")).toBe("10001");
    expect(screen.getAllByRole("row").length).toBeLessThan(60);
  });

  it("filters while typing and tells nothing found from nothing there", async () => {
    draw(table(many(30)));
    await userEvent.type(screen.getByRole("searchbox"), "row-2");
    expect(screen.getByText("11 of 30")).toBeTruthy();
    await userEvent.type(screen.getByRole("searchbox"), "zzz");
    expect(screen.getByText("Nothing here matches the filter.")).toBeTruthy();
  });

  it("sorts by a click on the head and says so to the ear", async () => {
    draw(table(many(3)));
    await userEvent.click(screen.getByRole("button", { name: "Size" }));
    expect(screen.getAllByRole("row").slice(1).map((row) => row.textContent)).toEqual(["row-21", "row-12", "row-03"]);
    expect(screen.getByRole("columnheader", { name: "Size" }).getAttribute("aria-sort")).toBe("ascending");
  });

  it("is walked with the arrow keys; the chosen row tells more", async () => {
    draw(table(many(3)));
    screen.getByRole("grid").focus();
    await userEvent.keyboard("{ArrowDown}{ArrowDown}");
    expect(screen.getByText("about row-1")).toBeTruthy();
    await userEvent.keyboard("{End}");
    expect(screen.getByText("about row-2")).toBeTruthy();
    await userEvent.keyboard("{Escape}");
    expect(screen.queryByText("about row-2")).toBeNull();
  });

  it("does not move under the pointer: new rows wait and are counted", async () => {
    draw(<Growing />);
    const body = screen.getAllByRole("rowgroup")[1]!;
    fireEvent.pointerEnter(body);
    await userEvent.click(screen.getByText("grow"), { skipHover: true });
    expect(screen.queryByText("new")).toBeNull();
    expect(screen.getByText("1 new")).toBeTruthy();
    fireEvent.pointerLeave(body);
    expect(screen.getByText("new")).toBeTruthy();
  });

  it("asks for more when its end is in view, once for each answer", () => {
    const onEnd = vi.fn();
    draw(table(many(3), { onEnd }));
    expect(onEnd).toHaveBeenCalledTimes(1);
  });

  it("that is empty says what will appear", () => {
    draw(table([]));
    expect(screen.getByText("Nothing yet.")).toBeTruthy();
  });
});
