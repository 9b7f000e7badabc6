import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Connection, type ConnectionPorts, type ConnectionState, type SocketLike } from "../../src/stream/connection";

class FakeSocket implements SocketLike {
  onopen: SocketLike["onopen"] = null;
  onmessage: SocketLike["onmessage"] = null;
  onclose: SocketLike["onclose"] = null;
  readonly sent: string[] = [];
  closed = false;
  send(text: string) { this.sent.push(text); }
  close() { this.closed = true; }
  says(message: object) { this.onmessage?.({ data: JSON.stringify(message) }); }
}

let sockets: FakeSocket[];
let state: ConnectionState;
let connection: Connection;
let token: string | null;
const unauthorised = vi.fn();
const fetchAccount = vi.fn<ConnectionPorts["fetchAccount"]>();
const newest = () => sockets.at(-1)!;
const snapshot = (seq: number) => ({ type: "snapshot", seq, data: { env: "paper" } });

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  sockets = [];
  token = null;
  fetchAccount.mockReset().mockRejectedValue(new TypeError("refused"));
  connection = new Connection({
    openSocket: () => { const socket = new FakeSocket(); sockets.push(socket); return socket; },
    fetchAccount, fetchStatus: async () => ({ running: true, config: { market: "BTC-USD" } }),
    token: () => token, now: () => Date.now(), publish: (next) => { state = next; }, unauthorised,
  });
  connection.start();
});

afterEach(() => {
  connection.stop();
  vi.useRealTimers();
});

describe("the connection", () => {
  it("goes live with the first snapshot", () => {
    newest().says(snapshot(5));
    expect(state.view).toMatchObject({ status: "live", seq: 5 });
  });

  it("applies no diff that waited while the page slept: stale, a new socket, a snapshot, live", () => {
    newest().says(snapshot(5));
    vi.setSystemTime(1_060_000);
    newest().says({ type: "diff", seq: 6, data: { env: "live" } });
    expect(state.view).toMatchObject({ status: "stale", seq: 5, picture: { env: "paper" } });
    expect(sockets[0]?.closed).toBe(true);
    expect(sockets).toHaveLength(2);
    newest().says(snapshot(900));
    expect(state.view).toMatchObject({ status: "live", seq: 900 });
  });

  it("asks anew when the page is seen again after a silence, and not while it is fresh", () => {
    newest().says(snapshot(5));
    connection.wake();
    expect(sockets).toHaveLength(1);
    vi.setSystemTime(1_003_000);
    connection.wake();
    expect(sockets).toHaveLength(2);
    expect(state.view.status).toBe("stale");
  });

  it("says the token first when it knows one, and nothing when it does not", () => {
    newest().onopen?.(undefined as never);
    expect(newest().sent).toEqual([]);
    token = "secret";
    connection.retryNow();
    newest().onopen?.(undefined as never);
    expect(newest().sent).toEqual([JSON.stringify({ type: "auth", token: "secret" })]);
  });

  it("turns stale after two seconds without a message, not before", () => {
    newest().says(snapshot(5));
    vi.advanceTimersByTime(1750);
    expect(state.view.status).toBe("live");
    vi.advanceTimersByTime(250);
    expect(state.view.status).toBe("stale");
    expect(state.view.picture).toEqual({ env: "paper" });
  });

  it("drops a silent socket and opens another", () => {
    newest().says(snapshot(5));
    vi.advanceTimersByTime(5000);
    expect(sockets[0]!.closed).toBe(true);
    expect(sockets.length).toBeGreaterThan(1);
    newest().says(snapshot(1));
    expect(state).toMatchObject({ attempt: 0, view: { status: "live", seq: 1 } });
  });

  it("reconnects for a new snapshot after a gap and ignores what the old socket still says", () => {
    const first = newest();
    first.says(snapshot(5));
    first.says({ type: "diff", seq: 7, data: {} });
    expect(state.view).toMatchObject({ status: "stale", gap: { expected: 6, got: 7 } });
    first.says(snapshot(8));
    expect(state.view.status).toBe("stale");
    vi.advanceTimersByTime(500);
    expect(sockets).toHaveLength(2);
    newest().says(snapshot(9));
    expect(state.view).toMatchObject({ status: "live", seq: 9, gap: null });
  });

  it("waits longer after each failure, at most five seconds", () => {
    const openedAfter: number[] = [];
    let last = Date.now();
    for (let turn = 0; turn < 8; turn += 1) {
      const before = sockets.length;
      newest().onclose?.({});
      while (sockets.length === before) vi.advanceTimersByTime(250);
      openedAfter.push(Date.now() - last);
      last = Date.now();
    }
    expect(openedAfter[0]).toBeLessThanOrEqual(500);
    expect(openedAfter.at(-1)).toBeLessThanOrEqual(5250);
    expect(openedAfter.at(-1)!).toBeGreaterThan(openedAfter[0]!);
  });

  it("polls four times a second when the socket cannot be had, and leaves polling when it can", async () => {
    fetchAccount.mockResolvedValue({ positions: [{ market: "BTC-USD", side: "LONG", size: "0.01" }], trades: [], orders: [], balance: { mark_prices: { "BTC-USD": "86198.85" } }, age_ms: { account: 100 } });
    newest().onclose?.({});
    await vi.advanceTimersByTimeAsync(500);
    newest().onclose?.({});
    await vi.advanceTimersByTimeAsync(250);
    expect(state.view.status).toBe("polling");
    expect(state.view.picture).toMatchObject({ positions: { "BTC-USD": { size: "0.01" } }, bot: { state: "RUNNING" }, markets: { "BTC-USD": { mark_price: "86198.85" } } });
    const before = fetchAccount.mock.calls.length;
    await vi.advanceTimersByTimeAsync(1000);
    expect(fetchAccount.mock.calls.length - before).toBe(4);
    newest().says(snapshot(3));
    expect(state.view.status).toBe("live");
    const after = fetchAccount.mock.calls.length;
    await vi.advanceTimersByTimeAsync(1000);
    expect(fetchAccount.mock.calls.length).toBe(after);
  });

  it("asks for a token when the socket was closed for lack of one, and rests until told to go on", () => {
    unauthorised.mockImplementation(() => connection.stop());
    newest().onclose?.({ code: 4401 });
    expect(unauthorised).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(20_000);
    expect(sockets).toHaveLength(1);
    connection.retryNow();
    expect(sockets).toHaveLength(2);
  });

  it("shows polling that stops answering as stale", async () => {
    fetchAccount.mockResolvedValueOnce({ positions: [], trades: [], orders: [] });
    newest().onclose?.({});
    await vi.advanceTimersByTimeAsync(500);
    newest().onclose?.({});
    await vi.advanceTimersByTimeAsync(250);
    expect(state.view.status).toBe("polling");
    await vi.advanceTimersByTimeAsync(2250);
    expect(state.view.status).toBe("stale");
  });
});
