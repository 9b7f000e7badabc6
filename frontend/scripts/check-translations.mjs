// Fails the build when a language misses a text, a plural form or a placeholder. Another folder may be named, for the test.
import { readFileSync, readdirSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { translationProblems } from "./translations.mjs";

const folder = process.argv[2] ? pathToFileURL(`${process.argv[2]}/`) : new URL("../src/locales/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".json")).toSorted((a, b) => (a === "en.json" ? -1 : b === "en.json" ? 1 : a.localeCompare(b)));
const languages = Object.fromEntries(files.map((name) => [name.replace(".json", ""), JSON.parse(readFileSync(new URL(name, folder), "utf8"))]));
const problems = translationProblems(languages);
for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length > 0) process.exit(1);
process.stdout.write(`translations complete: ${Object.keys(languages).join(", ")}\n`);
