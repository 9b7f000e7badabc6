import { defineConfig, devices } from "@playwright/test";

const port = Number(process.env.MMBOT_E2E_PORT ?? 8099);
const given = process.env.MMBOT_E2E_URL;
const real = process.env.MMBOT_E2E_REAL === "1";
const address = given ?? `http://127.0.0.1:${port}`;
const python = process.env.MMBOT_PYTHON ?? ".venv/bin/python";

const launchOptions = {
  ...(process.env.CHROMIUM_PATH ? { executablePath: process.env.CHROMIUM_PATH } : {}),
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
  ],
};

export default defineConfig({
  testDir: "e2e",
  testMatch: real ? "real-*.spec.ts" : "screen-*.spec.ts",
  workers: 1,
  fullyParallel: false,
  timeout: 120_000, // a busy machine is no failure: accessibility checks alone take a second on a free one
  reporter: [["list"]],
  use: { baseURL: address, launchOptions, locale: "en-GB", timezoneId: "Europe/Warsaw", colorScheme: "dark", trace: "off" },
  projects: [
    { name: "desktop", use: { ...devices["Desktop Chrome"], viewport: { width: 1440, height: 900 }, launchOptions } },
    { name: "phone", use: { ...devices["Pixel 7"], viewport: { width: 375, height: 812 }, launchOptions } },
  ],
  ...(given
    ? {}
    : {
        webServer: {
          command: real ? `${python} -m bot demo --port ${port} --seed 1` : `node e2e/fake-server.mjs --port ${port}`,
          cwd: real ? ".." : ".",
          url: `${address}/readyz`,
          reuseExistingServer: false,
          gracefulShutdown: { signal: "SIGTERM", timeout: 20_000 }, // killed, the bot leaves its exchange waiting for it, two minutes long
          timeout: 120_000,
        },
      }),
});
