import { expect, test } from "@playwright/test";
import { expectAccessible, openScreen, openTable } from "./support";

test("keys open pages, the sheet and the palette, and type into fields as ever", async ({ page, isMobile }) => {
  test.skip(isMobile, "a phone has no keys");
  await openScreen(page);
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keys" })).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await expect(page).toHaveURL(/\/overview$/);
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Jump to" }).fill("diag");
  await expectAccessible(page);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/diagnostics$/);
  await page.goBack();
  await expect(page).toHaveURL(/\/overview$/);
  await page.goto("/");
  await expect(page.getByTestId("last-price")).toContainText(/\d/);
  await page.keyboard.press("a");
  await expect(page.getByLabel("SELL", { exact: true })).toBeChecked();
  await page.keyboard.type("g");
  await expect(page).toHaveURL(/\/$/);
});

test("the skip links come first, then environment, pages and market", async ({ page, isMobile }) => {
  test.skip(isMobile, "a phone has no Tab key");
  await openScreen(page);
  const texts: string[] = [];
  for (let step = 0; step < 6; step += 1) {
    await page.keyboard.press("Tab");
    texts.push(await page.evaluate(() => document.activeElement?.textContent ?? ""));
  }
  expect(texts).toEqual(["Bot", "Order", "Order book", "Overview", "Market", "Bot"]);
});

test("settings change colours, rows, zone and language, and are kept", async ({ page }, info) => {
  await openScreen(page, { url: "/settings" });
  await page.getByText("blue and orange", { exact: true }).click();
  await expect(page.locator("html")).toHaveAttribute("data-mm-palette", "cvd");
  await expectAccessible(page);
  await page.getByRole("combobox", { name: "Time zone" }).selectOption("Asia/Tokyo");
  if (info.project.name === "desktop") await expect(page.getByText(/GMT\+9|JST/).first()).toBeVisible(); // a phone has its own clock
  await page.getByText("comfortable", { exact: true }).click();
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-mm-density", "comfortable");
  await expect(page.getByRole("combobox", { name: "Time zone" })).toHaveValue("Asia/Tokyo");
});

test("the kill button does nothing when it is let go early", async ({ page }) => {
  await openScreen(page);
  const sent: string[] = [];
  page.on("request", (request) => { if (request.url().endsWith("/kill")) sent.push(request.url()); });
  await page.getByRole("button", { name: /^Kill/ }).filter({ visible: true }).first().focus();
  await page.keyboard.down("Space");
  await page.keyboard.up("Space");
  const letGo = await page.evaluate(() => performance.now());
  await page.waitForFunction((since) => performance.now() - since > 1200, letGo); // longer than a hold lasts, by the page's own clock
  expect(sent).toEqual([]);
});

test("a viewer's token gets no button that would be refused, and a line that says why", async ({ page }) => {
  await page.route("**/api/access", (route) => route.fulfill({ json: { who: "read", may: ["read"] } }));
  await openScreen(page);
  const bot = page.locator("#bot").filter({ visible: true });
  await expect(bot.getByText("Read only")).toBeVisible();
  await expect(bot.getByRole("button")).toHaveCount(0);
  await expect(page.getByRole("button", { name: /^Kill|^Hold to kill/ }).filter({ visible: true })).toHaveCount(0);
  await expectAccessible(page);
  await page.keyboard.press("Shift+X");
  await expect(page.getByRole("dialog", { name: "Read only" })).toBeVisible();
  await page.getByRole("dialog").getByRole("button", { name: "Back" }).last().click();
  await openTable(page, "Orders");
  await expect(page.getByRole("button", { name: "Cancel all…" })).toHaveCount(0);
});
