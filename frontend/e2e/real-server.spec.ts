// Run against the real program: npm run e2e -- --real  (or MMBOT_E2E_URL=… for one that runs already).
import { type TestInfo, type Page, expect, test } from "@playwright/test";
import { killAndClear, outage, pauseAndFlatten, placeAndCancel, stopConfigureStart } from "./flows";
import { type Server, expectAccessible, expectNoSidewaysScroll, freePort, go, openPage, openScreen, openTable, startServer } from "./support";

const python = process.env.MMBOT_PYTHON ?? ".venv/bin/python";

/** A picture for a person to look at, kept beside the results. */
function shots(page: Page, info: TestInfo) {
  return async (name: string) => {
    const path = info.outputPath(`${name}.png`);
    await page.screenshot({ path });
    await info.attach(name, { path, contentType: "image/png" });
  };
}

test("the demo quotes and the four figures are there", async ({ page }, info) => {
  await openScreen(page);
  await expect(page.getByTestId("environment")).toContainText("PAPER");
  await expect(page.locator("#bot").getByText("Quoting", { exact: true })).toBeVisible({ timeout: 20_000 });
  await expect(page.getByTestId("orders-placed")).toHaveText(/^\d/);
  await go(page, "Now");
  // one side may be held back for a moment, after fills or while a limit has no room
  for (const side of ["quote-bid", "quote-ask"]) await expect(page.getByTestId(side)).toHaveText(/\d/, { timeout: 20_000 });
  await shots(page, info)("market");
});

test("an order placed in the panel rests on the exchange, appears in the book and the table and is cancelled", async ({ page }) => {
  await openScreen(page);
  await placeAndCancel(page);
});

test("the bot is stopped, configured and started", async ({ page }) => {
  await openScreen(page);
  await stopConfigureStart(page);
});

test("the bot is paused, a position flattened, quoting resumed", async ({ page }, info) => {
  await openScreen(page);
  await pauseAndFlatten(page, shots(page, info));
});

test("the market's own switch takes it out and back in", async ({ page }, info) => {
  await openScreen(page, { url: "/overview" });
  await page.getByRole("button", { name: "Take BTC-USD out" }).click();
  await expect(page.getByRole("row").filter({ hasText: "BTC-USD" })).toContainText("Paused");
  await shots(page, info)("overview");
  await page.getByRole("button", { name: "Quote BTC-USD again" }).click();
  await expect(page.getByRole("row").filter({ hasText: "BTC-USD" })).toContainText("Quoting", { timeout: 15_000 });
});

test("cancel all asks whose orders, pauses the bot and leaves none of it", async ({ page }) => {
  await openScreen(page);
  await openTable(page, "Orders");
  await page.getByRole("button", { name: "Cancel all…" }).click();
  const dialog = page.getByRole("dialog", { name: "Cancel all orders" });
  await expect(dialog.getByRole("checkbox", { name: /of the bot/ })).toBeChecked();
  await expect(dialog.getByRole("checkbox", { name: /by hand/ })).not.toBeChecked();
  await dialog.getByRole("button", { name: "Cancel them" }).click();
  await expect(dialog.getByText("Done.")).toBeVisible({ timeout: 20_000 });
  await page.keyboard.press("Escape");
  const bot = page.locator("#bot");
  await expect(bot.getByText("Paused", { exact: true })).toBeVisible();
  await bot.getByRole("button", { name: "Resume" }).click();
  await expect(bot.getByText("Quoting", { exact: true })).toBeVisible({ timeout: 15_000 });
});

test("the kill button cancels everything and halts; a person starts again", async ({ page }) => {
  await openScreen(page);
  await expect(page.locator("#bot").getByText("Quoting", { exact: true })).toBeVisible({ timeout: 20_000 });
  await killAndClear(page);
});

for (const scheme of ["dark", "light"] as const) {
  test(`${scheme}: every page is accessible, scrolls not sideways and says nothing on the console`, async ({ page }, info) => {
    const said: string[] = [];
    page.on("console", (message) => { if (message.type() === "error") said.push(message.text()); });
    page.on("pageerror", (error) => said.push(error.message));
    await openScreen(page, { scheme });
    const places = info.project.name === "phone" ? (["Now", "Book", "Order"] as const) : (["Now"] as const); // a desktop shows all of them at once
    for (const each of places) {
      await go(page, each);
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
      if (info.project.name === "phone") await shots(page, info)(`phone ${each} ${scheme}`);
    }
    await openTable(page, "Logs");
    await expect(page.getByRole("row").filter({ hasText: "INFO" }).first()).toBeVisible();
    await expectAccessible(page);
    for (const each of ["Overview", "Bot", "Journal", "Diagnostics", "Settings"] as const) {
      await openPage(page, each);
      await expect(page.getByRole("main")).toContainText(/\w/);
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
      await shots(page, info)(`${each} ${scheme}`);
    }
    expect(said).toEqual([]);
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
    await outage(page, () => server.stop(), async () => { await shots(page, info)("stale"); server = await start(); });
  } finally {
    await server.stop();
  }
});
