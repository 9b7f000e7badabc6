import { type Page, expect } from "@playwright/test";
import { go, openPage, openTable } from "./support";

export const digits = (text: string) => text.replace(/[^\d.]/g, "");

/** A price that rests: a little below the best bid, on the tick. */
async function restingPrice(page: Page): Promise<string> {
  const last = Number(digits((await page.getByTestId("last-price").textContent()) ?? ""));
  return String(Math.floor(last * 0.99));
}

/** Type an order by hand, send it, see it rest, cancel it, see it gone. */
export async function placeAndCancel(page: Page): Promise<void> {
  const price = await restingPrice(page);
  await go(page, "Order");
  await page.getByRole("textbox", { name: "Price" }).fill(price);
  await page.getByLabel("Size", { exact: true }).fill("0.002");
  await page.getByRole("button", { name: /^BUY 0\.0020 at/ }).click();
  await expect(page.locator("#ticket").getByText(/Exchange said:/)).toBeVisible();
  const written = Number(price).toLocaleString("en-GB");
  await go(page, "Book");
  await expect(page.locator("#book").getByText(written).first()).toBeVisible();
  await openTable(page, "Orders");
  const row = page.locator("#tables").getByRole("row").filter({ hasText: written });
  await expect(row).toContainText("hand");
  await expect(row).toContainText("resting");
  await row.getByRole("button", { name: /^Cancel order BUY/ }).click();
  await expect(row).toHaveCount(0);
}

async function settle(page: Page, value: string, button: RegExp): Promise<void> {
  await openPage(page, "Bot");
  await page.locator("#config-spread_percentage").fill(value);
  await page.getByRole("button", { name: button }).first().click();
  await expect(page.getByText("Applied.", { exact: true })).toBeVisible({ timeout: 20_000 });
  await openPage(page, "Market");
}

/** Stop the bot, change its distance, start it again, and see new quotes at the new distance. */
export async function stopConfigureStart(page: Page): Promise<void> {
  const bot = page.locator("#bot");
  await bot.getByRole("button", { name: "Stop" }).click();
  await expect(bot.getByText("Stopped", { exact: true })).toBeVisible();
  await expect(bot.getByText(/no bot order left/)).toBeVisible();
  await go(page, "Now");
  await expect(page.getByTestId("quote-bid")).toHaveText("\u2013");
  await settle(page, "0,003", /^Apply/);
  await bot.getByRole("button", { name: "Start" }).click();
  await expect(bot.getByText("Quoting", { exact: true })).toBeVisible({ timeout: 15_000 });
  await go(page, "Now");
  const price = async (id: string) => Number(digits((await page.getByTestId(id).textContent()) ?? ""));
  await expect.poll(async () => (await price("quote-ask")) / (await price("quote-bid")), { timeout: 20_000 }).toBeGreaterThan(1.0058);
  await settle(page, "0.001", /^Stop, apply, start$/);
  await go(page, "Now");
  await expect.poll(async () => (await price("quote-ask")) / (await price("quote-bid")), { timeout: 20_000 }).toBeLessThan(1.003);
}

/** Kill the server under the page: grey within seconds, Start locked, Stop not; then live again by itself. */
export async function outage(page: Page, kill: () => Promise<void>, revive: () => Promise<void>): Promise<void> {
  const bot = page.locator("#bot");
  await kill();
  await expect(page.getByRole("alert").filter({ hasText: "No contact with the bot" })).toBeVisible({ timeout: 15_000 });
  const start = bot.getByRole("button", { name: "Start" });
  if (await start.isVisible()) await expect(start).toBeDisabled();
  for (const out of ["Pause", "Stop", "Flatten…"]) await expect(bot.getByRole("button", { name: out })).toBeEnabled();
  await expect(page.getByRole("button", { name: /^Kill/ }).filter({ visible: true }).first()).toBeEnabled();
  await expect(page).toHaveTitle(/no contact/);
  await go(page, "Order");
  await expect(page.locator("#ticket").getByText("On hold:")).toBeVisible();
  await revive();
  await expect(page.getByRole("alert").filter({ hasText: "No contact" })).toHaveCount(0, { timeout: 30_000 });
  await expect(page.locator("#ticket").getByText("On hold:")).toHaveCount(0);
}

/** Hold a position, so that there is something to close: buy through the touch, asked once. */
async function takePosition(page: Page, size: string): Promise<void> {
  const last = Number(digits((await page.getByTestId("last-price").textContent()) ?? ""));
  await go(page, "Order");
  await page.getByText("IOC", { exact: true }).click();
  await page.getByRole("textbox", { name: "Price" }).fill(String(Math.floor(last * 1.002)));
  await page.getByLabel("Size", { exact: true }).fill(size);
  await page.locator("#ticket").getByRole("button", { name: /^BUY 0\./ }).click();
  await page.locator("#ticket").getByRole("button", { name: /^(May take|Takes)/ }).click();
  await expect(page.locator("#ticket").getByText(/FILLED|filled/).first()).toBeVisible();
  await go(page, "Now");
}

/** Pause, hold a position if there is none, flatten it with its preview, and see it gone. */
export async function pauseAndFlatten(page: Page, shot: (name: string) => Promise<void>): Promise<void> {
  const bot = page.locator("#bot");
  await bot.getByRole("button", { name: "Pause" }).click();
  await expect(bot.getByText("Paused", { exact: true })).toBeVisible();
  await expect(bot.getByText(/no bot order left/)).toBeVisible({ timeout: 15_000 });
  await expect(bot.getByRole("button", { name: "Resume" })).toBeEnabled();
  const flatten = bot.getByRole("button", { name: "Flatten…" });
  if (await flatten.isDisabled()) await takePosition(page, "0.02"); // taken before, it could have met what the bot held
  await flatten.click();
  const dialog = page.getByRole("dialog", { name: /^Flatten/ });
  await expect(dialog.getByText(/Expected cost/)).toBeVisible();
  await expect(dialog.getByRole("row", { name: /^Cost/ })).toContainText(/\u2212\d/);
  await expect(dialog.getByText("Back", { exact: true })).toBeFocused();
  await shot("flatten");
  await dialog.getByRole("button", { name: /^(Sell|Buy) 0\..* now$/ }).click();
  await expect(dialog.getByText("The position is closed.")).toBeVisible({ timeout: 30_000 });
  await dialog.getByText("Back", { exact: true }).click();
  await expect(bot.getByRole("button", { name: "Flatten…" })).toBeDisabled();
  await bot.getByRole("button", { name: "Resume" }).click();
  await expect(bot.getByText("Quoting", { exact: true })).toBeVisible({ timeout: 15_000 });
}

/** Hold the last button: everything is cancelled, the bot is halted; a person starts it again. */
export async function killAndClear(page: Page): Promise<void> {
  const bot = page.locator("#bot");
  await page.getByRole("button", { name: /^Kill/ }).filter({ visible: true }).first().focus();
  await page.keyboard.down("Space");
  await expect(page.getByRole("alert").filter({ hasText: /Killed\./ })).toBeVisible({ timeout: 20_000 });
  await page.keyboard.up("Space");
  await expect(bot.getByText("Halted", { exact: true })).toBeVisible();
  await openTable(page, "Orders");
  await expect(page.locator("#tables").getByText("No open orders", { exact: false })).toBeVisible();
  await page.getByRole("button", { name: "Put this away" }).click();
  await bot.getByRole("button", { name: "Start" }).click();
  await page.getByRole("button", { name: /^Start quoting/ }).click();
  await expect(bot.getByText("Quoting", { exact: true })).toBeVisible({ timeout: 15_000 });
}
