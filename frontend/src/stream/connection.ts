import { EMPTY_VIEW, type View, applyMessage } from "./apply-message";
import { readMessage } from "./messages";
import { type CachedAccount, type PolledStatus, pictureFromPolling } from "./polled";

/** The part of WebSocket that is used, so that a test can bring its own. */
export type SocketLike = {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code?: number }) => void) | null;
  send(text: string): void;
  close(): void;
};

export type ConnectionPorts = {
  openSocket(): SocketLike;
  fetchAccount(): Promise<CachedAccount>;
  fetchStatus(): Promise<PolledStatus>;
  token(): string | null;
  now(): number;
  publish(state: ConnectionState): void;
  /** The backend wants a token that we do not have. */
  unauthorised(): void;
};

export type ConnectionState = {
  readonly view: View;
  /** Tries since the last good message; 0 when all is well. */
  readonly attempt: number;
  readonly nextAttemptMs: number | null;
};

export const STALE_AFTER_MS = 2000;
/** Longer than any pause of a living stream: the page slept, and what the socket kept for it is old. */
export const SLEPT_MS = 5000;
const TICK_MS = 250;
const HELLO_MS = 4000;
const FIRST_RETRY_MS = 300;
const LONGEST_RETRY_MS = 5000;
/** The close code of a socket whose token was missing, wrong or rotated. */
const TOKEN_REFUSED = 4401;
const POLL_AFTER_ATTEMPTS = 2;
const STATUS_EVERY_POLLS = 4;

/** Keeps the picture fresh: socket first, polling when the socket cannot be had, stale when neither answers. */
export class Connection {
  private state: ConnectionState = { view: EMPTY_VIEW, attempt: 0, nextAttemptMs: null };
  private socket: SocketLike | null = null;
  private openedMs = 0;
  private ticker: ReturnType<typeof setInterval> | null = null;
  private polling = false;
  private polls = 0;
  private lastStatus: PolledStatus | null = null;

  constructor(private readonly ports: ConnectionPorts) {}

  start(): void {
    this.ticker ??= setInterval(() => this.tick(), TICK_MS);
    this.connect();
  }

  /** Rest until `start` or `retryNow`: knocking without a token only wears out the door. */
  stop(): void {
    if (this.ticker !== null) clearInterval(this.ticker);
    this.ticker = null;
    this.dropSocket();
  }

  /** Try now, for a person who does not want to wait, and after a new token. What is shown is old until the next snapshot. */
  retryNow(): void {
    const { view } = this.state;
    if (this.silentMs() >= STALE_AFTER_MS && view.receivedMs !== null) this.update({ view: { ...view, status: "stale" } });
    this.dropSocket();
    this.start();
  }

  /** The page is seen again, or the network is back: after a silence nothing of the old socket is believed. */
  wake(): void {
    if (this.ticker !== null && this.silentMs() >= STALE_AFTER_MS) this.retryNow();
  }

  private silentMs(): number {
    const { receivedMs } = this.state.view;
    return receivedMs === null ? 0 : this.ports.now() - receivedMs;
  }

  private update(change: Partial<ConnectionState>): void {
    this.state = { ...this.state, ...change };
    this.ports.publish(this.state);
  }

  private connect(): void {
    this.openedMs = this.ports.now();
    const socket = this.ports.openSocket();
    this.socket = socket;
    socket.onopen = () => {
      const token = this.ports.token();
      if (token) socket.send(JSON.stringify({ type: "auth", token }));
    };
    socket.onmessage = (event) => {
      if (socket === this.socket) this.receive(String(event.data));
    };
    socket.onclose = (event) => {
      if (socket !== this.socket) return;
      this.lost();
      if (event.code === TOKEN_REFUSED) this.ports.unauthorised();
    };
    this.update({ nextAttemptMs: null });
  }

  private dropSocket(): void {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  private receive(text: string): void {
    const message = readMessage(text);
    if (!message) return;
    if (message.type === "diff" && this.silentMs() >= SLEPT_MS) return this.retryNow();
    const view = applyMessage(this.state.view, message, this.ports.now());
    if (view.status === "stale") {
      this.update({ view });
      this.dropSocket();
      this.lost();
      return;
    }
    this.update({ view, attempt: 0, nextAttemptMs: null });
  }

  private lost(): void {
    this.socket = null;
    const attempt = this.state.attempt + 1;
    const wait = Math.min(FIRST_RETRY_MS * 2 ** (attempt - 1), LONGEST_RETRY_MS);
    this.update({ attempt, nextAttemptMs: this.ports.now() + wait });
  }

  private tick(): void {
    const now = this.ports.now();
    const { view, nextAttemptMs, attempt } = this.state;
    const silentMs = view.receivedMs === null ? null : now - view.receivedMs;
    const fresh = view.status === "live" || view.status === "polling";
    if (fresh && silentMs !== null && silentMs >= STALE_AFTER_MS) this.update({ view: { ...view, status: "stale" } });
    const quietSocket = this.socket && now - Math.max(this.openedMs, view.receivedMs ?? 0) >= HELLO_MS;
    if (quietSocket) {
      this.dropSocket();
      this.lost();
    } else if (!this.socket && nextAttemptMs !== null && now >= nextAttemptMs) {
      this.connect();
    }
    if (attempt >= POLL_AFTER_ATTEMPTS && this.state.view.status !== "live") void this.poll();
  }

  /** One polling round; never two at once. A failure changes nothing: the silence shows. */
  private async poll(): Promise<void> {
    if (this.polling) return;
    this.polling = true;
    try {
      const account = await this.ports.fetchAccount();
      if (this.polls % STATUS_EVERY_POLLS === 0) this.lastStatus = await this.ports.fetchStatus();
      this.polls += 1;
      this.foldPolled(account);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
    } finally {
      this.polling = false;
    }
  }

  private foldPolled(account: CachedAccount): void {
    const { view } = this.state;
    if (view.status === "live") return;
    const picture = pictureFromPolling(view.picture, account, this.lastStatus);
    this.update({ view: { status: "polling", seq: null, picture, receivedMs: this.ports.now(), gap: null } });
  }
}
