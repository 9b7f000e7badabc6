import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

  it("break the build when one is missing", () => {
    const folder = mkdtempSync(join(tmpdir(), "locales-"));
    writeFileSync(join(folder, "en.json"), JSON.stringify(en));
    writeFileSync(join(folder, "pl.json"), JSON.stringify({ ...pl, bot: { ...pl.bot, start: undefined } }));
    const broken = spawnSync("node", ["scripts/check-translations.mjs", folder], { encoding: "utf8" });
    expect(broken.status).toBe(1);
    expect(broken.stderr).toContain("pl: missing: bot.start");
    expect(execFileSync("node", ["scripts/check-translations.mjs"], { encoding: "utf8" })).toContain("complete: en, pl");
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
    expect(scripts.build).toMatch(/^npm run check && /);
    expect(scripts.check).toContain("check-translations.mjs");
  });
});
