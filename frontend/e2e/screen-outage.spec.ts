import { expect, test } from "@playwright/test";
import { outage } from "./flows";
import { type Server, freePort, go, openScreen, startFake } from "./support";

let server: Server | null = null;
let port = 0;

test.beforeEach(async () => {
  port = await freePort();
});

test.afterEach(async () => {
  await server?.stop();
  server = null;
});

test("the server is killed and restarted under the page", async ({ page }) => {
  server = await startFake(port);
  await openScreen(page, { url: server.url });
  await outage(page, async () => server?.stop(), async () => { server = await startFake(port); });
});

test("a hole in the numbers leads to a new snapshot, not to a wrong picture", async ({ page, request }) => {
  server = await startFake(port);
  await openScreen(page, { url: server.url });
  const sockets: unknown[] = [];
  page.on("websocket", (socket) => sockets.push(socket));
  await request.post(`${server.url}/fake`, { data: { gap: true } });
  await expect.poll(() => sockets.length).toBeGreaterThan(0);
  await expect(page.getByTestId("screen-feed")).not.toContainText("connecting");
  await expect(page.locator(".is-stale")).toHaveCount(0);
});

test("silence turns the screen grey within seconds and words say how old it is", async ({ page, request }) => {
  server = await startFake(port);
  await openScreen(page, { url: server.url });
  await request.post(`${server.url}/fake`, { data: { silent: true } });
  await expect(page.getByText(/^stale/).first()).toBeVisible({ timeout: 10_000 });
});

test("without a socket the screen polls and is not stale", async ({ page }) => {
  server = await startFake(port, "--no-socket");
  await openScreen(page, { url: server.url });
  await expect(page.getByTestId("screen-feed")).toContainText(/polling|\d/, { timeout: 8000 });
  await expect(page.locator(".is-stale")).toHaveCount(0);
});

test("a bot that asks for its token gets it from the person, once", async ({ page }) => {
  server = await startFake(port, "--token", "a-long-secret-token", "--env", "testnet");
  await page.addInitScript(() => localStorage.setItem("mmbot.language", "en"));
  await page.goto(server.url);
  await page.getByLabel("Token", { exact: true }).fill("a-long-secret-token", { timeout: 15_000 });
  await page.getByRole("button", { name: "Use it" }).click();
  await expect(page.getByTestId("environment")).toContainText("TESTNET");
  await go(page, "Now");
  await page.reload();
  await expect(page.getByTestId("last-price")).toContainText(/\d/);
  await expect(page.getByRole("dialog")).toHaveCount(0);
});
