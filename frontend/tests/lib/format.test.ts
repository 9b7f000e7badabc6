import { describe, expect, it } from "vitest";
import { MINUS, MISSING, NBSP, basisPoints, fieldText, formatAge, formatBps, formatCount, formatFinePrice, formatMoney, formatNumber, formatPercent, formatPrice, formatSize, shortId } from "../../src/lib/format";

describe("numbers as text", () => {
  it("groups thousands with a comma in English and a no-break space in Polish", () => {
    expect(formatPrice("86113", "1", "en")).toBe("86,113");
    expect(formatPrice("86113", "1", "pl")).toBe(`86${NBSP}113`);
    expect(formatPrice("2500", "1", "pl")).toBe(`2${NBSP}500`);
  });

  it("gives a price the decimals of its tick, and a mark two more", () => {
    expect(formatPrice("0.00001234", "0.00000001", "en")).toBe("0.00001234");
    expect(formatFinePrice("86198.85", "1", "pl")).toBe(`86${NBSP}198,85`);
  });

  it("never shows a missing number as zero", () => {
    for (const value of [null, undefined, "", "NaN"]) expect(formatMoney(value, "en")).toBe(MISSING);
    expect(formatAge(null, "en")).toBe(MISSING);
    expect(formatPercent(null, "pl")).toBe(MISSING);
  });

  it("writes at least four decimals of a size and cuts, never rounds up, what we hold", () => {
    expect(formatSize("0.01", "0.00001", "en")).toBe("0.0100");
    expect(formatSize("0.06187", "0.00001", "en")).toBe("0.06187");
    expect(formatSize("0.061879", "0.00001", "en")).toBe("0.06187");
    expect(formatSize("-0.048", "0.001", "en", "always")).toBe(`${MINUS}0.0480`);
  });

  it("signs money only when asked and never a zero", () => {
    expect(formatMoney("114.519", "pl", { sign: true, code: "USD" })).toBe(`+114,52${NBSP}USD`);
    expect(formatMoney("-0.001", "en", { sign: true })).toBe("0.00");
    expect(formatMoney("-41.3", "en", { sign: true })).toBe(`${MINUS}41.30`);
  });

  it("keeps every digit of numbers no float could hold", () => {
    expect(formatNumber("12345678901234567890.12", "en", { decimals: 2 })).toBe("12,345,678,901,234,567,890.12");
  });

  it("turns fractions into percent and distances into basis points", () => {
    expect(formatPercent("0.028", "en")).toBe("2.8%");
    expect(formatBps(basisPoints("86112", "86198.85"), "en", { sign: true })).toBe(`${MINUS}10.08${NBSP}bps`);
    expect(formatBps("9.97", "pl")).toBe(`9,97${NBSP}pb`);
  });

  it.each([[38, "38 ms"], [1849, "1.8 s"], [12_400, "12 s"], [95_000, "1 min"], [7_500_000, "2 h 5 min"], [90 * 86_400_000, "90 d"]])("shows an age of %i ms as %s", (ms, text) => {
    expect(formatAge(ms, "en").replaceAll(NBSP, " ")).toBe(text);
  });

  it("counts without decimals and shortens ids to owner and end", () => {
    expect(formatCount(1358, "pl")).toBe(`1${NBSP}358`);
    expect(shortId("mmb-mc0fake-004201")).toBe("mmb-\u20264201");
    expect(shortId("210382190021")).toBe("2103\u20260021");
  });

  it("fills fields with the reader's decimal sign and no grouping", () => {
    expect(fieldText("86112.5", "pl")).toBe("86112,5");
    expect(fieldText("86112.5", "en")).toBe("86112.5");
  });
});
