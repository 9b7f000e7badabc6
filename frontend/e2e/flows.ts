import { type Page, expect } from "@playwright/test";
import { go, openTable } from "./support";

const digits = (text: string) => text.replace(/[^\d.]/g, "");

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
  await openTable(page, "Orders");
  const written = Number(price).toLocaleString("en-GB");
  const row = page.locator("#tables").getByRole("row").filter({ hasText: written });
  await expect(row).toContainText("hand");
  await expect(row).toContainText("resting");
  await row.getByRole("button", { name: /^Cancel order BUY/ }).click();
  await expect(row).toHaveCount(0);
}

async function settle(page: Page, label: string, value: string, button: RegExp): Promise<void> {
  await go(page, "Now");
  await page.getByLabel(label, { exact: true }).fill(value);
  await page.getByRole("button", { name: button }).click();
  await expect(page.getByText("Applied.")).toBeVisible();
}

/** Stop the bot, change its distance, start it again, and see new quotes at the new distance. */
export async function stopConfigureStart(page: Page): Promise<void> {
  const bot = page.locator("#bot");
  await bot.getByRole("button", { name: "Stop" }).click();
  await expect(bot.getByText("Stopped", { exact: true })).toBeVisible();
  await expect(bot.getByText(/no bot order left/)).toBeVisible();
  await go(page, "Now");
  await expect(page.getByTestId("quote-bid")).toHaveText("\u2013");
  await settle(page, "Spread per side", "0,003", /^Apply$/);
  await expect(page.getByText(/30\.00.bps each side/)).toBeVisible();
  await bot.getByRole("button", { name: "Start" }).click();
  await expect(bot.getByText("Quoting", { exact: true })).toBeVisible({ timeout: 15_000 });
  const price = async (id: string) => Number(digits((await page.getByTestId(id).textContent()) ?? ""));
  await expect.poll(async () => (await price("quote-ask")) / (await price("quote-bid"))).toBeGreaterThan(1.0058);
  await settle(page, "Spread per side", "0.001", /^Stop, apply, start$/);
  await expect.poll(async () => (await price("quote-ask")) / (await price("quote-bid"))).toBeLessThan(1.003);
}

/** Kill the server under the page: grey within seconds, Start locked, Stop not; then live again by itself. */
export async function outage(page: Page, kill: () => Promise<void>, revive: () => Promise<void>): Promise<void> {
  const bot = page.locator("#bot");
  await kill();
  await expect(page.getByRole("alert")).toContainText("No contact with the bot", { timeout: 15_000 });
  await expect(bot.getByRole("button", { name: "Start" })).toBeDisabled();
  await expect(bot.getByRole("button", { name: "Stop" })).toBeEnabled();
  await expect(page).toHaveTitle(/no contact/);
  await go(page, "Order");
  await expect(page.locator("#ticket").getByText("On hold:")).toBeVisible();
  await revive();
  await expect(page.getByRole("alert")).toHaveCount(0, { timeout: 20_000 });
  await expect(page.locator("#ticket").getByText("On hold:")).toHaveCount(0);
}
