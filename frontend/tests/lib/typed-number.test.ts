import { describe, expect, it } from "vitest";
import { parseWire, toPlain } from "../../src/lib/decimal";
import { readTyped } from "../../src/lib/typed-number";

const tick = (text: string) => parseWire(text);
const read = (text: string, step: string | null = "1") => {
  const found = readTyped(text, step === null ? null : tick(step));
  return found.kind === "value" ? toPlain(found.value) : found.kind;
};

describe("a number as a person types it", () => {
  it.each([["86150", "86150"], ["86 150", "86150"], ["86\u00a0150", "86150"], ["86,150", "86150"], ["86.150", "86150"]])("%s is one price when the tick is 1", (typed, plain) => {
    expect(read(typed)).toBe(plain);
  });

  it.each([["86.150,5", "86150.5"], ["86 150,4", "86150.4"], ["86,150.5", "86150.5"], ["1,234,567", "1234567"], ["1.234.567,25", "1234567.25"]])("%s keeps its decimals", (typed, plain) => {
    expect(read(typed, "0.01")).toBe(plain);
  });

  it("understands the Polish comma", () => {
    expect(read("0,01", "0.00001")).toBe("0.01");
    expect(read(",5", "0.1")).toBe("0.5");
  });

  it("asks instead of guessing when a comma fits both ways", () => {
    expect(readTyped("86,150", tick("0.001"))).toEqual({ kind: "ambiguous", readings: ["86150", "86.150"] });
  });

  it("does not ask when a leading zero settles it", () => {
    expect(read("0,125", "0.001")).toBe("0.125");
  });

  it("takes a single dot as the decimal sign when both readings fit", () => {
    expect(read("86.150", "0.001")).toBe("86.150");
  });

  it.each(["1e5", "-5", "+5", "abc", "1..2", "1,2,3", "1.2,3,4", "12,34.5", ".", "NaN", "1".repeat(60)])("refuses %s", (typed) => {
    expect(read(typed)).toBe("invalid");
  });

  it("tells nothing typed from nonsense", () => {
    expect(read("   ")).toBe("empty");
  });

  it("says whether it was read literally", () => {
    expect(readTyped("0,5", tick("0.1"))).toMatchObject({ literal: true });
    expect(readTyped("86 150", tick("1"))).toMatchObject({ literal: false });
  });
});
