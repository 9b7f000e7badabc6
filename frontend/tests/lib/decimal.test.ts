import { describe, expect, it } from "vitest";
import { add, compare, decimalsOf, divide, isOnStep, multiply, parseWire, subtract, toPlain, toScale, toShortest, toStep } from "../../src/lib/decimal";

const d = (text: string) => {
  const value = parseWire(text);
  if (!value) throw new Error(`not a number: ${text}`);
  return value;
};

describe("exact decimals", () => {
  it.each([["86198.85", "86198.85"], ["-0.10", "-0.10"], ["0E-8", "0.00000000"], ["1.5e3", "1500"], [".5", "0.5"], ["7.", "7"]])("reads %s as servers write it", (text, plain) => {
    expect(toPlain(d(text))).toBe(plain);
  });

  it.each(["", ".", "abc", "NaN", "Infinity", "1,5", "0x10", "1e9999", "1".repeat(61)])("refuses %s", (text) => {
    expect(parseWire(text)).toBeNull();
  });

  it("adds, subtracts and multiplies where binary floats would not be exact", () => {
    expect(toPlain(add(d("0.1"), d("0.2")))).toBe("0.3");
    expect(toPlain(subtract(d("0.3"), d("0.10")))).toBe("0.20");
    expect(toPlain(multiply(d("86198.85"), d("0.999")))).toBe("86112.65115");
  });

  it("compares across scales", () => {
    expect(compare(d("1.10"), d("1.1"))).toBe(0);
    expect(compare(d("-2"), d("1.5"))).toBe(-1);
  });

  it("divides half away from zero and not by zero", () => {
    expect(toPlain(divide(d("1"), d("3"), 4)!)).toBe("0.3333");
    expect(toPlain(divide(d("-1"), d("8"), 2)!)).toBe("-0.13");
    expect(divide(d("1"), d("0.00"), 2)).toBeNull();
  });

  it("moves to a step in the direction asked, below zero too", () => {
    expect(toPlain(toStep(d("86112.65115"), d("1"), "floor"))).toBe("86112");
    expect(toPlain(toStep(d("86112.65115"), d("1"), "ceil"))).toBe("86113");
    expect(toPlain(toStep(d("-1.5"), d("1"), "floor"))).toBe("-2");
    expect(toPlain(toStep(d("86.15"), d("0.5"), "half"))).toBe("86.0");
  });

  it("knows what lies on a step", () => {
    expect(isOnStep(d("0.01"), d("0.00001"))).toBe(true);
    expect(isOnStep(d("0.000015"), d("0.00001"))).toBe(false);
  });

  it("changes the number of decimals by half, floor, ceil or cut", () => {
    expect(toPlain(toScale(d("1.005"), 2))).toBe("1.01");
    expect(toPlain(toScale(d("1.009"), 2, "cut"))).toBe("1.00");
    expect(toPlain(toScale(d("-1.001"), 2, "floor"))).toBe("-1.01");
  });

  it("shortens and counts decimals without trailing zeros", () => {
    expect(toShortest(d("0.0100"))).toBe("0.01");
    expect(toShortest(d("100"))).toBe("100");
    expect(decimalsOf(d("0.000010"))).toBe(5);
  });
});
