// A tiny market with a tiny bot, just enough to draw and test the screen without the real program.
const TICK = 1;
const LOT = 0.00001;

function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export class FakeExchange {
  constructor({ env = "paper", seed = 7, nowMs = Date.now, levels = 25 } = {}) {
    this.levels = levels;
    this.random = seeded(seed);
    this.now = nowMs;
    this.env = env;
    this.price = 86198.85;
    this.running = true;
    this.sequence = 0;
    this.orders = new Map();
    this.trades = new Map();
    this.logs = [];
    this.position = 0;
    this.cash = 10_000;
    this.counts = { placed: 0, ended: 0, filled: 0, fills: 0, fees: 0 };
    this.config = {
      market: "BTC-USD", spread_percentage: 0.001, order_size: "0.01", refresh_interval: 5,
      price_move_threshold: 0.002, min_refresh_ms: 0, max_divergence: 0.005, enabled: true,
    };
    this.lastQuote = null;
    this.exchangeStatus = "connected";
    this.put("foreign-7", { side: "BUY", price: "85900", qty: "0.00800", owner: "foreign", expireTime: this.now() + 11 * 86_400_000, externalId: "othermm-2103821900219158529", postOnly: false });
    this.log("INFO", "bot_started", "Market Making Bot started");
    this.quote();
  }

  log(level, event, message) {
    this.sequence += 1;
    this.logs.unshift({ id: this.sequence, ts: this.now(), level, market: "BTC-USD", event, message, fields: {} });
    this.logs.length = Math.min(this.logs.length, 300);
  }

  put(key, order) {
    this.sequence += 1;
    const at = this.now();
    this.orders.set(key, {
      id: `21038219002191${String(58000 + this.sequence)}`, externalId: key, market: "BTC-USD", type: "LIMIT", status: "NEW", filledQty: "0",
      timeInForce: "GTT", postOnly: true, reduceOnly: false, createdTime: at, expireTime: at + 90_000, ...order,
    });
    return this.orders.get(key);
  }

  quote() {
    this.cancelBots();
    const spread = this.config.spread_percentage;
    const bid = Math.floor(this.price * (1 - spread));
    const ask = Math.ceil(this.price * (1 + spread));
    this.lastQuote = this.price.toFixed(2);
    for (const [side, price] of [["BUY", bid], ["SELL", ask]]) {
      this.put(`mmb-mc0fake-${this.sequence + 1}`, { side, price: String(price), qty: this.config.order_size, owner: "bot" });
      this.counts.placed += 1;
    }
    this.log("INFO", "quotes_updated", `Quotes updated: ${bid} / ${ask} (price: ${this.lastQuote})`);
  }

  cancelBots() {
    for (const [key, order] of this.orders) {
      if (order.owner !== "bot") continue;
      this.orders.delete(key);
      this.counts.ended += 1;
    }
  }

  fill(key, order, isTaker = false) {
    const sign = order.side === "BUY" ? 1 : -1;
    const size = Number(order.qty);
    const fee = isTaker ? Number(order.price) * size * 0.00025 : 0;
    this.position += sign * size;
    this.cash -= sign * size * Number(order.price) + fee;
    this.counts.fees += fee;
    this.counts.fills += 1;
    this.sequence += 1;
    const id = `17849638862570${String(10000 + this.sequence)}`;
    this.trades.set(id, { id, market: "BTC-USD", orderId: order.id, externalOrderId: order.externalId, side: order.side, price: order.price, qty: order.qty, fee: fee.toFixed(6), isTaker, createdTime: this.now() });
    this.orders.delete(key);
    if (order.owner === "bot") {
      this.counts.ended += 1;
      this.counts.filled += 1;
    }
    this.log("INFO", "fill", `Filled: ${order.side} ${order.qty} @ ${order.price}`);
  }

  tick() {
    this.price += (this.random() - 0.5) * 12 + (86198.85 - this.price) * 0.002;
    for (const [key, order] of this.orders) {
      const price = Number(order.price);
      if (order.owner !== "foreign" && (order.side === "BUY" ? this.price - 1 < price : this.price + 1 > price)) this.fill(key, order);
    }
    const bots = [...this.orders.values()].filter((order) => order.owner === "bot").length;
    if (this.running && (bots < 2 || Math.abs(this.price / Number(this.lastQuote) - 1) > this.config.price_move_threshold)) this.quote();
  }

  book() {
    const middle = Math.round(this.price);
    const level = (offset) => {
      const noise = seeded(middle + offset * 977)();
      return [String(middle + offset), (noise * noise * 4 + 0.02).toFixed(5)];
    };
    const steps = Array.from({ length: this.levels }, (_, index) => 1 + index * (index < 6 ? 1 : 3));
    return { bids: steps.map((step) => level(-step)), asks: steps.map((step) => level(step)) };
  }

  own(side) {
    return [...this.orders.values()].find((order) => order.owner === "bot" && order.side === side)?.price ?? null;
  }

  unrealised() {
    const entry = this.position === 0 ? 0 : (10_000 - this.cash - this.counts.fees) / this.position;
    return { entry, pnl: this.position * (this.price - entry) };
  }

  picture() {
    const book = this.book();
    const { entry, pnl } = this.unrealised();
    const equity = this.cash + this.position * this.price;
    const flat = Math.abs(this.position) < LOT / 2;
    const mark = this.price.toFixed(2);
    const position = {
      market: "BTC-USD", status: "OPENED", side: this.position >= 0 ? "LONG" : "SHORT", size: Math.abs(this.position).toFixed(5),
      value: Math.abs(this.position * this.price).toFixed(2), openPrice: entry.toFixed(2), markPrice: mark, liquidationPrice: (entry * (this.position > 0 ? 0.12 : 1.88)).toFixed(2),
      unrealisedPnl: pnl.toFixed(4), realisedPnl: "0.0000", leverage: "10",
    };
    return {
      env: this.env,
      exchange: { status: this.exchangeStatus, detail: "simulated exchange on loopback" },
      bot: { state: this.running ? "RUNNING" : "STOPPED", reason: null, running: this.running },
      config: this.config,
      markets: {
        "BTC-USD": {
          tick_size: String(TICK), lot_size: "0.00001", min_size: "0.0001", mark_price: mark, index_price: (this.price + 2.4).toFixed(2), last_price: String(Math.round(this.price)),
          best_bid: book.bids[0][0], best_ask: book.asks[0][0], best_bid_size: book.bids[0][1], best_ask_size: book.asks[0][1],
          age_ms: { mark: 240, bbo: 38, book: 38 }, state: this.running ? "QUOTING" : "STOPPED", reason: null,
          quotes: { bid: this.own("BUY"), ask: this.own("SELL") }, last_quote_price: this.lastQuote, book,
        },
        "ETH-USD": { tick_size: "0.1", lot_size: "0.001", min_size: "0.01", mark_price: "3012.44", last_price: "3012.4", best_bid: "3012.4", best_ask: "3012.5", age_ms: { mark: 400, bbo: 90 }, state: "WATCHED", reason: null },
      },
      positions: flat ? {} : { "BTC-USD": position },
      balance: {
        collateralName: "USD", status: "ACTIVE", balance: (this.cash + this.position * entry).toFixed(2), equity: equity.toFixed(2), availableForTrade: (equity - Math.abs(this.position * this.price) / 10).toFixed(2),
        unrealisedPnl: pnl.toFixed(2), initialMargin: "0", marginRatio: "0", mark_prices: { "BTC-USD": mark, "ETH-USD": "3012.44" },
      },
      orders: Object.fromEntries(this.orders),
      trades: Object.fromEntries([...this.trades].slice(-50)),
      metrics: {
        orders_placed: this.counts.placed, orders_ended: this.counts.ended, orders_filled: this.counts.filled,
        fill_rate: this.counts.ended === 0 ? null : (this.counts.filled / this.counts.ended).toFixed(4),
        realised_pnl: "0.00", unrealised_pnl: pnl.toFixed(2), fees: this.counts.fees.toFixed(2), funding: "0.00", total_pnl: (equity - 10_000).toFixed(2),
        equity: equity.toFixed(2), position_size: this.position.toFixed(5), fills: this.counts.fills, requests_last_minute: 31,
      },
      sources: { account: { age_ms: 110, limit_ms: 5000 }, mark: { age_ms: 240, limit_ms: 5000 }, book: { age_ms: 38, limit_ms: 2000 } },
      clock_ms: this.now(),
    };
  }
}
