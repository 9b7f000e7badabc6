import i18next from "i18next";
import { beforeAll, describe, expect, it } from "vitest";
import { settingName, unitWords, warningWords } from "../../src/features/bot/setting-words";
import { alertWords } from "../../src/features/journal/alert-words";
import { numberLine, shownNumber, whyLine } from "../../src/features/journal/decision-words";
import { startWords, type Words } from "../../src/lib/i18n";
import { numbersIn } from "../../src/lib/reason-numbers";
import { reasonLine } from "../../src/lib/reasons";
import { refusalWords } from "../../src/lib/refusals";

const t = i18next.t.bind(i18next) as unknown as Words;

beforeAll(() => startWords("pl"));

describe("a Polish reader", () => {
  it("gets the numbers of an English sentence with their units, and no name that only looks like one", () => {
    expect(numbersIn("the mark is 6,200.5 ms old and 5000 ms are allowed")).toEqual(["6\u00a0200,5 ms", "5000 ms"]);
    expect(numbersIn("order mmb-1-2 of 10:30:05 at v1.2.3 moved 12.5 bps, 3%")).toEqual(["12,5 pb", "3%"]);
    expect(numbersIn(undefined)).toEqual([]);
  });

  it("reads a refusal by its code, with field and numbers, never the English sentence", () => {
    expect(refusalWords({ code: "invalid_input", message: "price 86150.5 is not a multiple of 1", field: "price", hint: "use 86150" }, t, "pl")).toBe("Taka wartość nie jest możliwa. (pole price; 86150,5 \u00b7 1)");
    expect(refusalWords({ code: "risk_position_limit", message: "too much" }, t, "pl")).toBe(`${t("reason.position_limit")}.`);
    expect(refusalWords({ code: "brand_new", message: "words that nobody has translated" }, t, "pl")).toBe("Odmowa (brand_new).");
  });

  it("reads what the exchange itself said as it said it", () => {
    expect(refusalWords({ code: "refused_by_exchange", message: "Insufficient margin" }, t, "pl")).toContain("\u201eInsufficient margin\u201d");
  });

  it("is told why in the words of the code; an English reader in the bot's own sentence", () => {
    expect(reasonLine("stale_book", "the book is 9 s old", t, "pl")).toBe(t("reason.stale_book"));
    expect(reasonLine("stale_book", "the book is 9 s old", t, "en")).toBe("the book is 9 s old");
    expect(reasonLine(null, null, t, "pl")).toBe("");
  });

  it("reads alerts and decisions in Polish, with a comma", () => {
    expect(alertWords({ event: "dead_man_switch_failed", text: "the switch was not set for 12 s" }, t, "pl")).toBe("Nie udało się odnowić czuwaka (12 s)");
    expect(whyLine("price moved", t, "pl")).toBe("cena się ruszyła");
    expect(whyLine("a sentence of tomorrow", t, "pl")).toBe("");
    expect(numberLine("price", "86198.356513884", t, "pl")).toBe("cena 86198,3565");
    expect(shownNumber("mmb-1-2", "pl")).toBe("mmb-1-2");
  });

  it("reads units and warnings of settings in Polish", () => {
    expect(unitWords("half-spreads", t)).toBe("pół spreadu");
    expect(warningWords("price_move_threshold 0.002 is above spread_percentage 0.001: the price can pass a quote", t, "pl")).toContain("Próg ruchu ceny 0,002");
    expect(warningWords("something new", t, "pl")).not.toContain("something");
    expect(settingName("order_size", "pl")).toBe("Wielkość zlecenia");
  });
});
