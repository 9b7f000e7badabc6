/** The numbers of a reason, taken out of the bot's English sentence, for readers of another language. */
export type ReasonNumbers = { readonly value: string | null; readonly limit: string | null; readonly resumesIn: string | null };

const NUMBER = String.raw`[\u2212-]?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?`;
const UNIT = String.raw`(?:\s?(?:%|ms\b|s\b|bps\b|USD\b))?`;
const PAIR = new RegExp(String.raw`(${NUMBER}${UNIT})[^\d]*?(?:allowed|limit|allows)(?: is| of)?(?: at most)? (${NUMBER}${UNIT})`);
const RESUMES = new RegExp(String.raw`resumes in (${NUMBER}) s`);

export function reasonNumbers(text: string | null | undefined): ReasonNumbers {
  const pair = PAIR.exec(text ?? "");
  return { value: pair?.[1] ?? null, limit: pair?.[2] ?? null, resumesIn: RESUMES.exec(text ?? "")?.[1] ?? null };
}

/** A number that stands by itself, not within a name such as `mmb-1-2`, a version or a clock. */
const ANY = new RegExp(String.raw`(?<![\w.:/-])(${NUMBER}${UNIT})(?![\w:/-]|\.\w)`, "g");

/** Every number of a sentence with its unit, in the sentence's order, with a decimal comma. */
export function numbersIn(text: string | null | undefined): string[] {
  return [...(text ?? "").matchAll(ANY)].map(([, number = ""]) => number.replace(",", "\u00a0").replace(".", ",").replace(/bps\b/, "pb"));
}
