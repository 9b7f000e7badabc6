// What is wrong with the translations, as sentences; an empty list is a pass. Used by the build and by a test.
const PLURAL = /_(zero|one|two|few|many|other)$/;

function flatten(tree, prefix = "") {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === "object" && value !== null ? flatten(value, `${prefix}${key}.`) : [[prefix + key, value]],
  );
}

function placeholders(text) {
  return [...String(text).matchAll(/\{\{(\w+)\}\}/g)].map((found) => found[1]).toSorted().join(",");
}

function pluralBases(entries) {
  return new Set([...entries.keys()].filter((key) => PLURAL.test(key)).map((key) => key.replace(PLURAL, "")));
}

function pluralProblems(language, entries, bases) {
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  return [...bases].flatMap((base) =>
    forms.filter((form) => !entries.has(`${base}_${form}`)).map((form) => `${language}: plural form missing: ${base}_${form}`),
  );
}

/** `languages` maps a language code to its tree of texts; the first one is the source. */
export function translationProblems(languages) {
  const flat = Object.entries(languages).map(([language, tree]) => [language, new Map(flatten(tree))]);
  const [, source] = flat[0];
  const bases = new Set(flat.flatMap(([, entries]) => [...pluralBases(entries)]));
  const plain = (entries) => [...entries.keys()].filter((key) => !PLURAL.test(key));
  return flat.flatMap(([language, entries]) => [
    ...pluralProblems(language, entries, bases),
    ...plain(source).filter((key) => !entries.has(key)).map((key) => `${language}: missing: ${key}`),
    ...plain(entries).filter((key) => !source.has(key)).map((key) => `${language}: not in the source: ${key}`),
    ...[...entries].filter(([, text]) => typeof text !== "string" || text.trim() === "").map(([key]) => `${language}: empty: ${key}`),
    ...[...entries].filter(([key, text]) => {
      const original = source.get(key) ?? source.get(key.replace(PLURAL, "_other"));
      return original !== undefined && placeholders(text) !== placeholders(original);
    }).map(([key]) => `${language}: placeholders differ: ${key}`),
  ]);
}
