import { describe, expect, it } from "vitest";
import { type KeyPress, SHEET, readKey } from "../../src/app/keys";
import { matching } from "../../src/app/palette";
import en from "../../src/locales/en.json";
import { USUAL, readSettings } from "../../src/lib/settings";

const press = (part: Partial<KeyPress>): KeyPress => ({ key: "", code: "", mod: false, alt: false, shift: false, typing: false, ...part });

describe("the keyboard", () => {
  it("opens pages with g and a second letter", () => {
    expect(readKey(press({ key: "g" }), false, true)).toEqual({ act: null, pendingG: true });
    expect(readKey(press({ key: "j" }), true, true).act).toEqual({ kind: "page", page: "journal" });
    expect(readKey(press({ key: "x" }), true, true)).toEqual({ act: null, pendingG: false });
  });

  it("leaves letters alone while typing and when they are switched off", () => {
    for (const key of ["g", "s", "b", "a", "l", "/", "?", "["]) {
      expect(readKey(press({ key, typing: true }), false, true).act).toBeNull();
      expect(readKey(press({ key }), false, false).act).toBeNull();
    }
    expect(readKey(press({ key: "k", code: "KeyK", mod: true, typing: true }), false, false).act).toEqual({ kind: "palette" });
  });

  it("does nothing that costs money on a single letter", () => {
    const harmless = new Set(["page", "market", "ticket", "book", "filter", "switch", "keys"]);
    for (const code of Array.from({ length: 95 }, (_, index) => index + 32)) {
      const { act } = readKey(press({ key: String.fromCodePoint(code) }), false, true);
      if (act) expect(harmless).toContain(act.kind);
    }
  });

  it("has words for every key of the sheet", () => {
    for (const [, words] of SHEET) expect(en.keys[words]).toBeTruthy();
  });
});

describe("the palette", () => {
  const lines = ["Dziennik", "Przegląd", "BTC-USD", "Wyłącz ETH-USD"].map((words) => ({ id: words, words, group: "x", run: () => undefined }));

  it("finds without accents, and what begins with the word first", () => {
    expect(matching(lines, "przegla").map((line) => line.id)).toEqual(["Przegląd"]);
    expect(matching(lines, "wylacz eth").map((line) => line.id)).toEqual(["Wyłącz ETH-USD"]);
    expect(matching(lines, "")).toHaveLength(4);
    expect(matching(lines, "nothing")).toEqual([]);
  });
});

describe("the settings of this browser", () => {
  it("keeps what it knows and ignores what it does not", () => {
    expect(readSettings(null)).toEqual(USUAL);
    expect(readSettings("not json")).toEqual(USUAL);
    expect(readSettings('{"palette":"cvd","zone":"Mars","letterKeys":false}')).toEqual({ ...USUAL, palette: "cvd", letterKeys: false });
  });
});
