import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { AxeBuilder } from "@axe-core/playwright";
import { type Page, expect } from "@playwright/test";

export type PhonePage = "Now" | "Book" | "Order" | "Tables";

/** On a phone one page is seen at a time, the ticket as a sheet over the book; on a desktop all of them. */
export async function go(page: Page, name: PhonePage): Promise<void> {
  const pages = page.getByRole("tablist", { name: "Pages" });
  const sheet = page.getByRole("dialog", { name: "Order" });
  if (await sheet.isVisible()) {
    if (name === "Order") return;
    await sheet.getByRole("button", { name: "Back" }).click();
    await expect(sheet).toBeHidden();
  }
  if (!(await pages.isVisible())) return;
  const tab = name === "Order" ? "Book" : name === "Tables" ? "Orders" : name;
  await pages.getByRole("tab", { name: tab, exact: true }).click();
  if (name === "Order") await page.getByRole("button", { name: "New order" }).click();
}

export type ScreenPage = "Overview" | "Market" | "Bot" | "Journal" | "Diagnostics" | "Settings";

/** Open a page of the screen: in the bar where there is room, from the menu where there is none. */
export async function openPage(page: Page, name: ScreenPage): Promise<void> {
  const sheet = page.getByRole("dialog", { name: "Order" });
  if (await sheet.isVisible()) await sheet.getByRole("button", { name: "Back" }).click();
  const link = page.getByRole("banner").getByRole("link", { name, exact: true });
  if (await link.isVisible()) return link.click();
  await page.getByRole("banner").getByRole("button", { name: "Pages" }).click();
  const menu = page.getByRole("dialog");
  await menu.getByRole("link", { name, exact: true }).click();
  await expect(menu).toBeHidden(); // while it fades, its words have no contrast
}

export async function openTable(page: Page, name: "Positions" | "Orders" | "Fills" | "Funding" | "Decisions" | "Logs" | "Alerts"): Promise<void> {
  await go(page, "Tables");
  await page.getByRole("tablist", { name: "Tables" }).getByRole("tab", { name: new RegExp(`^${name}`) }).click();
}

/** Open the screen in one language and brightness and wait until it is live. */
export async function openScreen(page: Page, options: { url?: string; language?: "en" | "pl"; scheme?: "dark" | "light" } = {}): Promise<void> {
  const { url = "/", language = "en", scheme = "dark" } = options;
  await page.addInitScript(
    ([words, colours]) => {
      localStorage.setItem("mmbot.language", words);
      localStorage.setItem("mantine-color-scheme-value", colours);
    },
    [language, scheme] as const,
  );
  await page.goto(url);
  await expect(page.getByTestId("last-price")).toContainText(/\d/);
}

export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]).analyze();
  expect(violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.target.join(" ")).join(", ")}`)).toEqual([]);
}

export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const width = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  expect(width[0]).toBeLessThanOrEqual(width[1] ?? 0);
}

/** A port nobody listens on now. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("the system gave no port");
  return address.port;
}

export type Server = { readonly url: string; stop(): Promise<void> };

async function ready(url: string, child: ChildProcess): Promise<void> {
  const end = Date.now() + 60_000;
  while (Date.now() < end) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`no answer from ${url} within 60 s`);
}

/** Start a server process of our own on a port and wait until it answers; stop it by its own id. */
export async function startServer(command: string, args: readonly string[], url: string, cwd?: string): Promise<Server> {
  const child = spawn(command, args, { stdio: "ignore", ...(cwd ? { cwd } : {}) });
  await ready(url, child);
  return {
    url,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

export function startFake(port: number, ...args: string[]): Promise<Server> {
  return startServer("node", ["e2e/fake-server.mjs", "--port", String(port), ...args], `http://127.0.0.1:${port}`);
}
