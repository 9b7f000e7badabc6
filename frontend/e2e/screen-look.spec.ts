import { expect, test } from "@playwright/test";
import { type PhonePage, expectAccessible, expectNoSidewaysScroll, go, openScreen, openTable } from "./support";

const PAGES: readonly PhonePage[] = ["Now", "Book", "Order", "Tables"];

for (const scheme of ["dark", "light"] as const) {
  test(`${scheme}: no accessibility violation, no console error, no sideways scroll`, async ({ page }) => {
    const said: string[] = [];
    page.on("console", (message) => { if (message.type() === "error") said.push(message.text()); });
    page.on("pageerror", (error) => said.push(error.message));
    await openScreen(page, { scheme });
    for (const each of PAGES) {
      await go(page, each);
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
    }
    for (const each of ["Positions", "Fills", "Logs", "Orders"] as const) {
      await openTable(page, each);
      await expectAccessible(page);
      await expectNoSidewaysScroll(page);
    }
    expect(said).toEqual([]);
  });
}

test("Polish is complete, with comma, spaces and pb", async ({ page }) => {
  await openScreen(page, { language: "pl" });
  await expect(page.locator("html")).toHaveAttribute("lang", "pl");
  await expect(page.locator("#bot").getByRole("button", { name: "Zatrzymaj" })).toBeVisible();
  await expect(page.getByTestId("last-price")).toContainText(/\d{2}\u00a0\d{3}/);
  await expect(page.getByText(/\d,\d{2}\u00a0pb/).filter({ visible: true }).first()).toBeVisible();
  await expectNoSidewaysScroll(page);
});

test("language and brightness switch without a reload and are kept", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("button", { name: "Polski" }).click();
  await expect(page.locator("#bot")).toHaveAttribute("aria-label", "Bot");
  await expect(page.getByRole("button", { name: "English" })).toBeVisible();
  const brightness = page.getByRole("button", { name: "Jasne kolory" });
  if (await brightness.isVisible()) await brightness.click();
  else {
    await page.goto("/settings"); // the bar of a phone has no room for it
    await page.getByText("jasno", { exact: true }).click();
  }
  await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", "light");
  await page.reload();
  await expect(page.getByRole("button", { name: "English" })).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", "light");
});

test("digits are tabular, so that no figure moves sideways", async ({ page }) => {
  await openScreen(page);
  expect(await page.getByTestId("last-price").evaluate((node) => getComputedStyle(node).fontVariantNumeric)).toContain("tabular-nums");
});
