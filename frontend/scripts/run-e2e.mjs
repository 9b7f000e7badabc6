// Finds a browser, then runs the browser tests; without one it says so and fails only where one is required.
import { spawnSync } from "node:child_process";
import { BROWSERS, findBrowser } from "./browser.mjs";

const browser = findBrowser();
if (!browser) {
  process.stdout.write(`browser tests skipped: none of ${BROWSERS.join(", ")} is on PATH\n`);
  process.exit(process.env.CI ? 1 : 0);
}
const real = process.argv.includes("--real");
const passed = process.argv.slice(2).filter((word) => word !== "--real");
const ran = spawnSync("npx", ["playwright", "test", ...passed], {
  stdio: "inherit",
  env: { ...process.env, CHROMIUM_PATH: browser, ...(real ? { MMBOT_E2E_REAL: "1" } : {}) },
});
process.exit(ran.status ?? 1);
