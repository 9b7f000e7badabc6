// The routes of the fake backend: the real one's words for the cases the screen must show.
const NUMBER = /^\d+(\.\d+)?$/;

function refusal(status, code, message, field = null, hint = null) {
  return { status, body: { code, message, field, hint } };
}

function outcome(status, key, sent, more) {
  return { status: 200, body: { status, id: "1", externalId: key, market: sent.market, side: sent.side, price: sent.price, size: sent.size, filled: "0", timeInForce: sent.timeInForce, reduceOnly: sent.reduceOnly, reason: "", ...more } };
}

function createOrder(exchange, sent) {
  if (!NUMBER.test(sent.price)) return refusal(422, "invalid_price", `price ${sent.price} is not a number`, "price");
  const price = Number(sent.price);
  if (price % 1 !== 0) return refusal(422, "off_tick", `price ${sent.price} is not a multiple of 1`, "price", `the nearest prices are ${Math.floor(price)} or ${Math.ceil(price)}`);
  if (Math.abs(price / exchange.price - 1) > 0.05) return refusal(422, "outside_band", `price ${sent.price} is more than 5% from the mark`, "price", "Choose a price nearer to the market.");
  const crosses = sent.side === "BUY" ? price > exchange.price : price < exchange.price;
  const key = `mmh-mc0fake-${exchange.sequence + 1}`;
  const order = { side: sent.side, price: sent.price, qty: sent.size, owner: "hand", postOnly: sent.timeInForce === "POST_ONLY", reduceOnly: sent.reduceOnly, timeInForce: sent.timeInForce === "IOC" || sent.timeInForce === "FOK" ? "IOC" : "GTT" };
  if (sent.timeInForce === "POST_ONLY" && crosses) return outcome("REJECTED", key, sent, { reason: "POST_ONLY_FAILED" });
  const placed = exchange.put(key, { ...order, expireTime: exchange.now() + 90 * 86_400_000 });
  if (crosses) {
    exchange.fill(key, placed, true);
    return outcome("FILLED", key, sent, { filled: sent.size });
  }
  if (order.timeInForce === "IOC") {
    exchange.orders.delete(key);
    return outcome("CANCELLED", key, sent, { reason: "NO_LIQUIDITY" });
  }
  return outcome("RESTING", key, sent, { expires: placed.expireTime });
}

function configure(exchange, changes) {
  const stopped = ["spread_percentage", "order_size", "refresh_interval", "price_move_threshold"];
  const blocked = Object.keys(changes).find((name) => exchange.running && stopped.includes(name));
  if (blocked) return refusal(409, "running", `${blocked} changes only while the bot is stopped`, blocked, "Stop the bot first.");
  const unknown = Object.keys(changes).find((name) => name !== "max_position" && !(name in exchange.config));
  if (unknown) return refusal(422, "unknown_field", `${unknown} is not a setting`, unknown);
  exchange.config = { ...exchange.config, ...changes };
  return { status: 200, body: { status: "updated", config: exchange.config } };
}

function account(exchange) {
  const picture = exchange.picture();
  return { positions: Object.values(picture.positions), trades: Object.values(picture.trades), balance: picture.balance, orders: Object.values(picture.orders), seq: 1, age_ms: { account: 110, mark: 240 } };
}

/** Records that a young bot does not have yet. */
function records(method, path) {
  if (method === "GET" && path.endsWith("/series")) return { status: 200, body: { columns: [], rows: [] } };
  const name = /^\/api\/(fills|decisions|equity|alerts|funding|orders\/history)$/.exec(path)?.[1];
  if (method !== "GET" || !name) return null;
  return { status: 200, body: { [name === "orders/history" ? "orders" : name]: [], records: "ok" } };
}

export function answer(exchange, method, path, query, sent) {
  const cancel = /^\/api\/orders\/([^/]+)$/.exec(path);
  if (method === "DELETE" && cancel) {
    const key = decodeURIComponent(cancel[1]);
    const found = exchange.orders.get(key);
    if (!found) return refusal(404, "unknown_order", `no open order ${key}`);
    exchange.orders.delete(key);
    return { status: 200, body: { ...found, status: "CANCELLED" } };
  }
  switch (`${method} ${path}`) {
    case "POST /api/bot/start":
      if (exchange.running) return refusal(409, "already_running", "the bot is already running (RUNNING)");
      exchange.running = true;
      exchange.log("INFO", "bot_started", "Market Making Bot started");
      exchange.quote();
      return { status: 200, body: { status: "started", config: exchange.config } };
    case "POST /api/bot/stop":
      exchange.running = false;
      exchange.cancelBots();
      exchange.log("INFO", "bot_stopped", "Market Making Bot stopped");
      return { status: 200, body: { status: "stopped", remaining: [] } };
    case "POST /api/bot/config": return configure(exchange, sent);
    case "GET /api/bot/status":
      return { status: 200, body: { running: exchange.running, config: exchange.config, active_orders: 2, last_quote_price: Number(exchange.lastQuote), current_quotes: { bid: Number(exchange.own("BUY")), ask: Number(exchange.own("SELL")) }, order_ids: [], markets: { "BTC-USD": { state: "QUOTING", reason: null, quotes: { bid: exchange.own("BUY"), ask: exchange.own("SELL") }, last_quote_price: exchange.lastQuote } }, metrics: exchange.picture().metrics } };
    case "GET /api/bot/logs": return { status: 200, body: { logs: exchange.logs.slice(0, Number(query.get("limit") ?? 50)) } };
    case "POST /api/orders/create": return createOrder(exchange, sent);
    case "GET /api/cached-account": return { status: 200, body: account(exchange) };
    case "POST /api/bot/pause":
    case "POST /api/bot/kill":
      exchange.running = false;
      exchange.cancelBots();
      return { status: 200, body: { status: path.endsWith("kill") ? "killed" : "paused", found: 2, remaining: [], unmarked: "" } };
    case "GET /api/risk": return { status: 200, body: { state: "RUNNING", switch: { left_ms: 24_000, problem: null }, limits: { requests_per_minute: 1000 }, exposure: "0", markets: {} } };
    case "GET /api/pnl": return { status: 200, body: { run: {}, today: {}, days: [], records: "ok" } };
    case "GET /api/access": return { status: 200, body: { who: "local", may: ["read", "control", "danger"] } };
    case "GET /api/jobs": return { status: 200, body: { jobs: [] } };
    case "GET /api/broadcaster/stats": return { status: 200, body: { clients: 1, messages: 1, bytes: 1, drops: 0, refused: 0, seq: 1, age_ms: {} } };
    case "GET /api/orders/check": return { status: 200, body: { status: "passes", code: null, reason: null } };
    default: return records(method, path) ?? refusal(404, "not_found", `no route ${method} ${path}`);
  }
}
