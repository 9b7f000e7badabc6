// Run against the real program: npm run e2e -- --real  (or MMBOT_E2E_URL=… for one that runs already).
import { expect, test } from "@playwright/test";
import { outage, placeAndCancel, stopConfigureStart } from "./flows";
import { type Server, expectAccessible, expectNoSidewaysScroll, freePort, go, openScreen, openTable, startServer } from "./support";

const python = process.env.MMBOT_PYTHON ?? ".venv/bin/python";

test("the demo quotes and the four figures are there", async ({ page }) => {
  await openScreen(page);
  await expect(page.getByTestId("environment")).toContainText("PAPER");
  await expect(page.locator("#bot").getByText("Quoting", { exact: true })).toBeVisible({ timeout: 20_000 });
  await expect(page.getByTestId("orders-placed")).toHaveText(/^\d/);
  await go(page, "Now");
  await expect(page.getByTestId("quote-bid")).toHaveText(/\d/);
  await expect(page.getByTestId("quote-ask")).toHaveText(/\d/);
});

test("an order placed in the panel rests on the exchange, appears in the tables and is cancelled", async ({ page }) => {
  await openScreen(page);
  await placeAndCancel(page);
});

test("the bot is stopped, configured and started", async ({ page }) => {
  await openScreen(page);
  await stopConfigureStart(page);
});

for (const scheme of ["dark", "light"] as const) {
  test(`${scheme}: axe is clean and nothing scrolls sideways on live data`, async ({ page }) => {
    await openScreen(page, { scheme });
    for (const each of ["Now", "Book", "Order", "Tables"] as const) {
      await go(page, each);
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
    }
    await openTable(page, "Logs");
    await expect(page.getByRole("row").filter({ hasText: "INFO" }).first()).toBeVisible();
  });
}

test("the server is killed and restarted under the page", async ({ page }, info) => {
  test.setTimeout(120_000);
  const port = await freePort();
  const home = info.outputPath("home");
  const start = () => startServer("env", [`MMBOT_HOME=${home}`, python, "-m", "bot", "demo", "--port", String(port)], `http://127.0.0.1:${port}`, "..");
  let server: Server = await start();
  try {
    await openScreen(page, { url: server.url });
    await outage(page, () => server.stop(), async () => { server = await start(); });
  } finally {
    await server.stop();
  }
});
