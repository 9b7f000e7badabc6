import { expect, test } from "@playwright/test";
import { placeAndCancel } from "./flows";
import { go, openScreen, openTable } from "./support";

test("an order placed in the panel rests, appears in the tables and is cancelled", async ({ page }) => {
  await openScreen(page);
  await placeAndCancel(page);
});

test("a click in the book fills the ticket with the side that would rest", async ({ page }) => {
  await openScreen(page);
  await go(page, "Book");
  const row = page.locator('#book tbody[data-side="bids"] tr').first();
  await row.click();
  await expect(page.getByRole("textbox", { name: "Price" })).toHaveValue(/^\d{5}$/);
  await expect(page.getByLabel("BUY", { exact: true })).toBeChecked();
});

test("a refusal shows the exchange's words in the panel", async ({ page }) => {
  await openScreen(page);
  await go(page, "Order");
  await page.getByRole("textbox", { name: "Price" }).fill("50000");
  await page.getByLabel("Size", { exact: true }).fill("0.001");
  await page.getByRole("button", { name: /^BUY 0\.0010 at 50,000/ }).click();
  await expect(page.locator("#ticket").getByText(/more than 5% from the mark/)).toBeVisible();
});

test("an order that takes is asked once more, fills, and leaves a fill and a position", async ({ page }) => {
  await openScreen(page);
  const last = Number(((await page.getByTestId("last-price").textContent()) ?? "").replace(/\D/g, ""));
  await go(page, "Order");
  await page.getByText("IOC", { exact: true }).click();
  await page.getByRole("textbox", { name: "Price" }).fill(String(last + 100));
  await page.getByLabel("Size", { exact: true }).fill("0.0123");
  await page.getByRole("button", { name: /^BUY 0\.0123 at/ }).click();
  await page.getByRole("button", { name: /^May take 0\.0123/ }).click();
  await expect(page.locator("#ticket").getByText(/FILLED/)).toBeVisible();
  await openTable(page, "Fills");
  await expect(page.getByRole("row").filter({ hasText: "0.0123" }).first()).toBeVisible();
  await openTable(page, "Positions");
  await expect(page.getByRole("row").filter({ hasText: "BTC-USD" })).toContainText(/long|short/);
});

test("the log shows the bot's own lines", async ({ page }) => {
  await openScreen(page);
  await openTable(page, "Logs");
  await expect(page.getByText("Market Making Bot started").first()).toBeVisible();
});
