import { describe, expect, it } from "vitest";
import { translationProblems } from "../../scripts/translations.mjs";
import en from "../../src/locales/en.json";
import pl from "../../src/locales/pl.json";

describe("translations", () => {
  it("are complete in English and Polish, plural forms and placeholders included", () => {
    expect(translationProblems({ en, pl })).toEqual([]);
  });

  it("name a missing text", () => {
    expect(translationProblems({ en: { a: "x", b: "y" }, pl: { a: "x" } })).toEqual(["pl: missing: b"]);
  });

  it("name a missing Polish plural form", () => {
    const english = { tick_one: "{{count}} tick", tick_other: "{{count}} ticks" };
    const polish = { tick_one: "{{count}} krok", tick_few: "{{count}} kroki", tick_other: "{{count}} kroku" };
    expect(translationProblems({ en: english, pl: polish })).toEqual(["pl: plural form missing: tick_many"]);
  });

  it("name an empty text, a text of nowhere and a lost placeholder", () => {
    expect(translationProblems({ en: { a: "x {{n}}", b: "y" }, pl: { a: "x", b: " ", c: "z" } })).toEqual(["pl: not in the source: c", "pl: empty: b", "pl: placeholders differ: a"]);
  });
});
