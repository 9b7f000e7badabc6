// A small stand-in for the backend: serves the built screen, the REST routes and the stream.
// usage: node e2e/fake-server.mjs --port 8099 [--env paper] [--token secret] [--no-socket] [--every 200] [--levels 25]
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { WebSocketServer } from "ws";
import { FakeExchange } from "./fake-exchange.mjs";
import { answer } from "./fake-routes.mjs";

const { values: options } = parseArgs({
  options: { port: { type: "string", default: "8099" }, env: { type: "string", default: "paper" }, token: { type: "string" }, "no-socket": { type: "boolean", default: false }, every: { type: "string", default: "200" }, levels: { type: "string", default: "25" } },
});
const SCREEN = fileURLToPath(new URL("../../backend/ui_dist/", import.meta.url));
const KINDS = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2", ".woff": "font/woff" };
const exchange = new FakeExchange({ env: options.env, levels: Number(options.levels) });
const clients = new Set();
let seq = 0;
let last = null;
let silent = false;

function patchBetween(before, after) {
  const patch = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [a, b] = [before[key], after[key]];
    if (b === undefined || b === null) {
      if (a !== undefined && a !== null) patch[key] = null;
      continue;
    }
    const deep = typeof a === "object" && a !== null && typeof b === "object" && !Array.isArray(a) && !Array.isArray(b);
    if (deep) {
      const inner = patchBetween(a, b);
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (JSON.stringify(a) !== JSON.stringify(b)) patch[key] = b;
  }
  return patch;
}

function publish() {
  exchange.tick();
  const next = exchange.picture();
  const data = patchBetween(last ?? next, next);
  last = next;
  seq += 1;
  if (silent) return;
  for (const client of clients) client.send(JSON.stringify({ type: "diff", seq, data }));
}

function serveFile(path, response) {
  const wanted = normalize(join(SCREEN, path === "/" ? "index.html" : path));
  const file = wanted.startsWith(SCREEN) && existsSync(wanted) && statSync(wanted).isFile() ? wanted : join(SCREEN, "index.html");
  response.writeHead(200, { "content-type": KINDS[extname(file)] ?? "application/octet-stream" });
  createReadStream(file).pipe(response);
}

/** For tests only: fall silent, leave a hole in the numbers, change the exchange's state. */
function control(sent) {
  if ("silent" in sent) silent = sent.silent;
  if (sent.gap) seq += 5;
  if (sent.exchange) exchange.exchangeStatus = sent.exchange;
  if (sent.price) exchange.price = sent.price;
  return { status: 200, body: {} };
}

async function body(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return parts.length === 0 ? {} : JSON.parse(Buffer.concat(parts).toString("utf8"));
}

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? "/", "http://fake");
  if (url.pathname === "/readyz") return response.end("ok");
  if (!url.pathname.startsWith("/api/") && url.pathname !== "/fake") return serveFile(url.pathname, response);
  const allowed = !options.token || request.headers.authorization === `Bearer ${options.token}` || url.pathname === "/fake";
  const result = !allowed
    ? { status: 401, body: { code: "unauthorised", message: "a token is needed", field: null, hint: "mmbot token show" } }
    : url.pathname === "/fake" ? control(await body(request)) : answer(exchange, request.method ?? "GET", url.pathname, url.searchParams, await body(request));
  response.writeHead(result.status, { "content-type": "application/json" });
  return response.end(JSON.stringify(result.body));
});

function welcome(client) {
  last ??= exchange.picture();
  client.send(JSON.stringify({ type: "snapshot", seq, data: last }));
  clients.add(client);
}

if (!options["no-socket"]) {
  new WebSocketServer({ server, path: "/ws/broadcast" }).on("connection", (client) => {
    client.on("close", () => clients.delete(client));
    client.on("error", () => clients.delete(client));
    if (!options.token) return welcome(client);
    const deadline = setTimeout(() => client.close(4401, "token"), 2000);
    return client.once("message", (text) => {
      clearTimeout(deadline);
      const hello = JSON.parse(String(text));
      if (hello.type === "auth" && hello.token === options.token) welcome(client);
      else client.close(4401, "token");
    });
  });
}
setInterval(publish, Number(options.every));
server.listen(Number(options.port), "127.0.0.1", () => {
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.address().port}/` })}\n`);
});
