// Finds a browser, then runs the browser tests; without one it says so and fails only where one is required.
import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

function runnable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function findBrowser() {
  const given = process.env.CHROMIUM_PATH;
  if (given && isAbsolute(given) && runnable(given)) return given;
  const folders = (process.env.PATH ?? "").split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(runnable) ?? null;
}

const browser = findBrowser();
if (!browser) {
  process.stdout.write(`browser tests skipped: none of ${NAMES.join(", ")} is on PATH\n`);
  process.exit(process.env.CI ? 1 : 0);
}
const real = process.argv.includes("--real");
const passed = process.argv.slice(2).filter((word) => word !== "--real");
const ran = spawnSync("npx", ["playwright", "test", ...passed], {
  stdio: "inherit",
  env: { ...process.env, CHROMIUM_PATH: browser, ...(real ? { MMBOT_E2E_REAL: "1" } : {}) },
});
process.exit(ran.status ?? 1);
