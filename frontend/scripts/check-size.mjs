// Fails when what the market page loads first is too much: everything index.html names, the parts the page asks for at once, Latin letters.
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

export const MOST_BYTES = 400_000;
const BUILT = fileURLToPath(new URL("../../backend/ui_dist/", import.meta.url));
/** Chunks that are fetched only when their page is opened. */
const LATER = /\/(Overview|Configuration|Journal|Diagnostics|Settings)Page-|\/pages-/;
const FONTS = /ibm-plex-sans-latin-[456]00-normal.*\.woff2$/;

/** What a file weighs on the way: fonts are compressed already. */
function weight(file) {
  const bytes = readFileSync(BUILT + file);
  return file.endsWith(".woff2") ? bytes.length : gzipSync(bytes, { level: 9 }).length;
}

export function firstLoad() {
  const files = readdirSync(`${BUILT}assets`).map((name) => `assets/${name}`);
  const code = files.filter((file) => /\.(js|css)$/.test(file) && !LATER.test(file));
  return ["index.html", ...code, ...files.filter((file) => FONTS.test(file))].map((file) => [file, weight(file)]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const parts = firstLoad();
  const total = parts.reduce((sum, [, bytes]) => sum + bytes, 0);
  process.stdout.write(`first load: ${(total / 1000).toFixed(1)} kB of ${MOST_BYTES / 1000} kB, gzipped, fonts included\n`);
  if (total > MOST_BYTES) {
    process.stdout.write(`${parts.toSorted((a, b) => b[1] - a[1]).map(([file, bytes]) => `  ${(bytes / 1000).toFixed(1)} kB ${file}`).join("\n")}\n`);
    process.exit(1);
  }
}
