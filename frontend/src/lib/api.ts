import createClient, { type Middleware } from "openapi-fetch";
import type { Series } from "../stream/history";
import type { CachedAccount, PolledStatus } from "../stream/polled";
import type { ApiErrorBody, CancelAnswer, FlattenPreview, Flattened, LogLevel, NewOrder, OrderAnswer, OrderVerdict, paths } from "./api-schema";
import type { RiskAnswer } from "./risk";
import { clearToken, readToken } from "./token";

/** Where the backend is: same origin unless the build says otherwise. */
export const API_BASE: string = (import.meta.env.VITE_PYTHON_PROXY_URL ?? "").replace(/\/+$/, "");

export function socketAddress(base: string = API_BASE, here: Location = window.location): string {
  const origin = base || `${here.protocol}//${here.host}`;
  return `${origin.replace(/^http/, "ws")}/ws/broadcast`;
}

/** A refusal or failure in the backend's own words. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly body: ApiErrorBody,
  ) {
    super(body.message);
    this.name = "ApiError";
  }
}

/** No answer at all: the outcome of what was asked is not known. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

export type RecordsPath = "/api/fills" | "/api/funding" | "/api/orders/history" | "/api/decisions" | "/api/alerts" | "/api/equity";
export type PageQuery = { limit: number; before?: number; market?: string };
export type PnlAnswer = { readonly run: Readonly<Record<string, unknown>>; readonly days: readonly PnlDay[]; readonly records: string };
/** Money of one market on one UTC day; total = realised - fees + funding. */
export type PnlDay = { readonly date: string; readonly market: string; readonly realised_pnl: string; readonly fees: string; readonly funding: string; readonly volume: string; readonly total: string };

export type ConfigChanges = Record<string, string | number>;

const READ_DEADLINE_MS = 4000;
const COMMAND_DEADLINE_MS = 15_000;
/** A flatten tries several price caps, one after the other. */
const FLATTEN_DEADLINE_MS = 60_000;

let onUnauthorised: () => void = () => undefined;

/** Register what happens when the backend asks for a token. */
export function whenUnauthorised(run: () => void): void {
  onUnauthorised = run;
}

/** The token is missing, wrong or rotated: forget it and ask. */
export function tellUnauthorised(): void {
  clearToken();
  onUnauthorised();
}

const access: Middleware = {
  onRequest({ request }) {
    const token = readToken();
    if (token) request.headers.set("Authorization", `Bearer ${token}`);
    return request;
  },
  onResponse({ response }) {
    if (response.status === 401) {
      tellUnauthorised();
    }
  },
};

const client = createClient<paths>({ baseUrl: API_BASE || globalThis.location?.origin || "" });
client.use(access);

function asErrorBody(value: unknown, status: number): ApiErrorBody {
  if (typeof value === "object" && value !== null && "message" in value) return value as ApiErrorBody;
  return { code: `http_${status}`, message: `HTTP ${status}`, field: null, hint: null };
}

type Answer<T> = { data?: T; error?: unknown; response: Response };

async function settled<T>(running: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await running;
  } catch (error) {
    if (error instanceof TypeError || error instanceof DOMException) throw new NoAnswer(error.message);
    throw error;
  }
  if (!answer.response.ok || answer.data === undefined) {
    throw new ApiError(answer.response.status, asErrorBody(answer.error, answer.response.status));
  }
  return answer.data;
}

const reading = () => ({ signal: AbortSignal.timeout(READ_DEADLINE_MS) });
const commanding = () => ({ signal: AbortSignal.timeout(COMMAND_DEADLINE_MS) });

export const api = {
  access: () => settled(client.GET("/api/access", reading())),
  startBot: () => settled(client.POST("/api/bot/start", commanding())),
  stopBot: () => settled(client.POST("/api/bot/stop", commanding())),
  pauseBot: () => settled(client.POST("/api/bot/pause", commanding())),
  killBot: () => settled(client.POST("/api/bot/kill", commanding())),
  pauseMarket: (market: string) => settled(client.POST("/api/markets/{market}/stop", { params: { path: { market } }, ...commanding() })),
  resumeMarket: (market: string) => settled(client.POST("/api/markets/{market}/start", { params: { path: { market } }, ...commanding() })),
  flattenPreview: (market: string) => settled(client.GET("/api/bot/flatten", { params: { query: { market } }, ...reading() })) as Promise<FlattenPreview>,
  flatten: (market: string) =>
    settled(client.POST("/api/bot/flatten", { body: { market, confirm: `flatten ${market}` }, signal: AbortSignal.timeout(FLATTEN_DEADLINE_MS) })) as Promise<Flattened>,
  status: () => settled(client.GET("/api/bot/status", reading())) as unknown as Promise<PolledStatus>,
  configure: (changes: ConfigChanges) => settled(client.POST("/api/bot/config", { body: changes, ...commanding() })),
  logs: (limit: number, level: LogLevel) => settled(client.GET("/api/bot/logs", { params: { query: { limit, level } }, ...reading() })),
  createOrder: (order: NewOrder) => settled(client.POST("/api/orders/create", { body: order, ...commanding() })) as Promise<OrderAnswer>,
  cancelOrder: (id: string) =>
    settled(client.DELETE("/api/orders/{order_id}", { params: { path: { order_id: id } }, ...commanding() })) as Promise<CancelAnswer>,
  broadcasterStats: () => settled(client.GET("/api/broadcaster/stats", reading())),
  cachedAccount: () => settled(client.GET("/api/cached-account", reading())) as unknown as Promise<CachedAccount>,
  /** A page of the records; the rows are named in `lib/records.ts`. */
  records: (path: RecordsPath, query: PageQuery) => settled(client.GET(path, { params: { query }, ...reading() })) as Promise<Record<string, unknown>>,
  pnl: (days: number) => settled(client.GET("/api/pnl", { params: { query: { days } }, ...reading() })) as unknown as Promise<PnlAnswer>,
  risk: () => settled(client.GET("/api/risk", reading())) as unknown as Promise<RiskAnswer>,
  jobs: (limit: number) => settled(client.GET("/api/jobs", { params: { query: { limit } }, ...reading() })),
  series: (market: string, step: "1" | "60") =>
    settled(client.GET("/api/markets/{market}/series", { params: { path: { market }, query: { step } }, ...reading() })) as Promise<Series>,
  checkOrder: (order: NewOrder) =>
    settled(client.GET("/api/orders/check", { params: { query: { ...order, reduceOnly: order.reduceOnly ?? false } }, ...reading() })) as Promise<OrderVerdict>,
  configSchema: () => settled(client.GET("/api/config/schema", reading())) as Promise<unknown>,
  configNow: () => settled(client.GET("/api/config", reading())) as Promise<unknown>,
  configPreview: (body: object) => settled(client.POST("/api/bot/config/preview", { body: body as never, ...reading() })) as Promise<unknown>,
  configApply: (body: object, expected: string) => settled(client.POST("/api/bot/config", { params: { query: { expected } }, body: body as never, ...commanding() })) as Promise<unknown>,
  configHistory: (limit: number) => settled(client.GET("/api/config/history", { params: { query: { limit } }, ...reading() })) as Promise<unknown>,
  configDiff: (from: number, to: number) => settled(client.GET("/api/config/diff", { params: { query: { from, to } }, ...reading() })) as Promise<unknown>,
  configRollback: (version: number, expected: string) => settled(client.POST("/api/bot/config/rollback", { body: { version, expected, comment: "" }, ...commanding() })) as Promise<unknown>,
  configRead: (text: string) => settled(client.POST("/api/config/read", { body: { text }, ...reading() })) as Promise<unknown>,
  markets: async () => (await settled(client.GET("/api/markets", reading()))).markets as readonly { readonly name: string; readonly status: string }[],
  configPresets: (market: string) => settled(client.GET("/api/config/presets", { params: { query: { market } }, ...reading() })) as Promise<unknown>,
};
