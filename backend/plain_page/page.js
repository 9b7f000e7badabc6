"use strict";

// The plain page: one socket, one merge, texts only. Everything from outside is written as text, never as markup.

const STALE_MS = 2000;
const MOST_ROWS = 50;
const at = (id) => document.getElementById(id);
const say = (id, text) => { at(id).textContent = text ?? "–"; };

let picture = {};
let seq = null;
let heardMs = 0;
let token = null;
let retryMs = 300;

function merged(target, patch) {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const result = typeof target === "object" && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

function take(message, socket) {
  if (message.type === "snapshot") picture = message.data;
  else if (message.seq === seq + 1) picture = merged(picture, message.data);
  else return socket.close(); // a hole: a new connection brings a new snapshot
  seq = message.seq;
  heardMs = Date.now();
  draw();
}

function connect() {
  const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}/ws/broadcast`);
  socket.onopen = () => { if (token) socket.send(JSON.stringify({ type: "auth", token })); };
  socket.onmessage = (event) => { retryMs = 300; take(JSON.parse(event.data), socket); };
  socket.onclose = (event) => {
    if (event.code === 4401) token = window.prompt("Access token (mmbot token show)") || token;
    setTimeout(connect, retryMs);
    retryMs = Math.min(retryMs * 2, 5000);
  };
}

function draw() {
  const name = picture.config?.market;
  const market = picture.markets?.[name] ?? {};
  const position = picture.positions?.[name];
  const metrics = picture.metrics ?? {};
  say("environment", picture.env);
  say("state", picture.bot?.state);
  at("reason").textContent = market.reason ?? picture.bot?.reason ?? "";
  say("mark", market.mark_price);
  say("touch", market.best_bid && market.best_ask ? `${market.best_bid} / ${market.best_ask}` : null);
  say("bid", market.quotes?.bid);
  say("ask", market.quotes?.ask);
  say("position", position ? `${position.side} ${position.size} @ ${position.openPrice}` : "flat");
  say("equity", metrics.equity);
  say("pnl", metrics.total_pnl);
  say("fill-rate", metrics.fill_rate);
  at("market-title").textContent = name ?? "Market";
  at("start").disabled = picture.bot?.state === "RUNNING";
  drawFills();
}

function drawFills() {
  const newest = Object.values(picture.trades ?? {}).sort((a, b) => b.createdTime - a.createdTime).slice(0, MOST_ROWS);
  at("fills").replaceChildren(...newest.map((fill) => {
    const row = document.createElement("tr");
    const time = new Date(fill.createdTime).toLocaleTimeString();
    for (const text of [time, fill.market, fill.side, fill.price, fill.qty, fill.fee]) {
      row.append(Object.assign(document.createElement("td"), { textContent: text }));
    }
    return row;
  }));
}

async function ask(path, method) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const response = await fetch(path, { method, headers, signal: AbortSignal.timeout(15000) });
  return response.json();
}

async function press(verb) {
  say("answer", "…");
  try {
    const answer = await ask(`/api/bot/${verb}`, "POST");
    const left = answer.remaining?.length ? ` (${answer.remaining.length} orders left)` : "";
    say("answer", answer.message ?? `${answer.status}${left}`);
  } catch (error) {
    say("answer", `no answer: ${error.message}`);
  }
}

async function readLog() {
  try {
    const { logs } = await ask("/api/bot/logs?limit=50", "GET");
    if (logs) at("log").textContent = logs.map((line) => `${new Date(line.ts).toLocaleTimeString()} [BOT ${line.level}] ${line.message}`).join("\n");
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof DOMException)) throw error; // no answer: the banner shows it
  }
}

function watch() {
  const silent = Date.now() - heardMs > STALE_MS;
  say("connection", heardMs === 0 ? "connecting" : silent ? "stale: no word from the bot" : picture.exchange?.status ?? "live");
  document.querySelector("main").classList.toggle("stale", silent);
}

at("start").addEventListener("click", () => void press("start"));
at("stop").addEventListener("click", () => void press("stop"));
setInterval(watch, 250);
setInterval(() => void readLog(), 2000);
connect();
void readLog();
