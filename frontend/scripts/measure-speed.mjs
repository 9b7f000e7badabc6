// Measures the screen in a headless browser: 50 messages a second, 200 levels a side; frames drawn, how busy the page is, and its heap.
// usage: node scripts/measure-speed.mjs [--minutes 10] [--report ../docs/proof/screen-speed.md]      (needs a built screen)
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { chromium } from "@playwright/test";
import { findBrowser } from "./browser.mjs";

const { values: options } = parseArgs({ options: { minutes: { type: "string", default: "10" }, report: { type: "string" }, rate: { type: "string", default: "50" }, levels: { type: "string", default: "200" } } });
const LEAST_FRAMES = 50;
const MOST_GROWTH = 0.1;
const STEP_S = 15;
const minutes = Number(options.minutes);

async function startFake() {
  const child = spawn("node", ["e2e/fake-server.mjs", "--port", "0", "--every", String(Math.round(1000 / Number(options.rate))), "--levels", options.levels], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(child.stdout, "data");
  return { child, url: JSON.parse(String(line)).url };
}

/** Runs in the page: counts the frames of each second. */
function countFrames() {
  const counts = [];
  let drawn = 0;
  let since = performance.now();
  const frame = (now) => {
    drawn += 1;
    if (now - since >= 1000) {
      counts.push((drawn * 1000) / (now - since));
      [drawn, since] = [0, now];
    }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  globalThis.takeFrames = () => counts.splice(0);
}

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

async function look(page, cdp) {
  await cdp.send("HeapProfiler.collectGarbage");
  const metrics = Object.fromEntries((await cdp.send("Performance.getMetrics")).metrics.map((each) => [each.name, each.value]));
  return { frames: await page.evaluate(() => globalThis.takeFrames()), heapMb: metrics.JSHeapUsedSize / 2 ** 20, nodes: metrics.Nodes, listeners: metrics.JSEventListeners, busyS: metrics.TaskDuration, cpuS: metrics.ThreadTime, atS: metrics.Timestamp };
}

async function measure(url) {
  const browser = await chromium.launch({ executablePath: findBrowser(), args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--enable-precise-memory-info"] });
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Performance.enable");
  await page.goto(url);
  await page.getByTestId("last-price").filter({ hasText: /\d/ }).waitFor();
  await page.evaluate(countFrames);
  await page.waitForTimeout(20_000); // caches fill, code is compiled
  await look(page, cdp);
  const looks = [];
  for (let second = 0; second < minutes * 60; second += STEP_S) {
    await page.waitForTimeout(STEP_S * 1000);
    looks.push({ ...(await look(page, cdp)), load: loadavg()[0] });
  }
  await browser.close();
  return looks;
}

/** Slope of a straight line through the heap's sizes, as growth over the whole run relative to its start. */
function growth(looks) {
  const [n, ys] = [looks.length, looks.map((each) => each.heapMb)];
  const [mx, my] = [(n - 1) / 2, ys.reduce((a, b) => a + b, 0) / n];
  const top = ys.reduce((sum, y, x) => sum + (x - mx) * (y - my), 0);
  const bottom = ys.reduce((sum, _, x) => sum + (x - mx) ** 2, 0);
  const slope = bottom === 0 ? 0 : top / bottom;
  return (slope * (n - 1)) / (my - slope * mx);
}

const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
const { child, url } = await startFake();
try {
  const looks = await measure(url);
  const frames = looks.flatMap((each) => each.frames).toSorted((a, b) => a - b);
  const [first, last] = [looks[0], looks.at(-1)];
  const busy = looks.length > 1 ? (last.busyS - first.busyS) / (last.atS - first.atS) : 0;
  const cpu = looks.length > 1 ? (last.cpuS - first.cpuS) / (last.atS - first.atS) : 0;
  const grown = growth(looks);
  const passed = at(frames, 0.5) >= LEAST_FRAMES && grown <= MOST_GROWTH;
  const rows = looks.filter((_, index) => index % Math.max(1, Math.round(60 / STEP_S)) === 0 || index === looks.length - 1);
  const report = [
    "# The screen keeps up", "",
    `**${passed ? "Passed" : "Failed"}.** Commit ${commit}, ${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC, ${process.platform}, ${cpus().length} cores, headless Chromium without a graphics card, 1440 × 900.`, "",
    `\`node scripts/measure-speed.mjs --minutes ${options.minutes}\`: ${options.rate} messages a second, ${options.levels} levels on each side of the book, all of them new when the price moves; ${minutes} minutes.`,
    "It fails when half of the seconds have fewer than 50 frames, or when the heap, measured after collecting garbage, grows by more than a tenth along the straight line through all its sizes.", "",
    "| frames a second | |", "| --- | --- |", `| median | ${at(frames, 0.5).toFixed(1)} |`, `| slowest tenth | ${at(frames, 0.1).toFixed(1)} |`, `| slowest second | ${(frames[0] ?? 0).toFixed(1)} |`,
    "", `The page's main thread was busy ${(busy * 100).toFixed(0)}% of the time (waiting for a processor included) and used ${(cpu * 100).toFixed(0)}% of one processor; the heap grew by ${(grown * 100).toFixed(1)}%. The load of the machine, which ran other things as well, is the last column.`, "",
    "| minute | heap MB | DOM nodes | listeners | frames, median | load |", "| --- | --- | --- | --- | --- | --- |",
    ...rows.map((each) => `| ${(((looks.indexOf(each) + 1) * STEP_S) / 60).toFixed(1)} | ${each.heapMb.toFixed(1)} | ${each.nodes} | ${each.listeners} | ${at(each.frames.toSorted((a, b) => a - b), 0.5).toFixed(1)} | ${each.load.toFixed(1)} |`),
    "",
  ].join("\n");
  process.stdout.write(`${report}\n`);
  if (options.report) writeFileSync(options.report, report);
  process.exitCode = passed ? 0 : 1;
} finally {
  child.kill();
}
