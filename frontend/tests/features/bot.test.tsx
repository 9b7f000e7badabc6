import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { BotSwitch } from "../../src/features/bot/BotSwitch";
import { ConfigForm } from "../../src/features/bot/ConfigForm";
import { ApiError, api } from "../../src/lib/api";
import { PICTURE, draw } from "../render";

const start = vi.spyOn(api, "startBot");
const stop = vi.spyOn(api, "stopBot");
const configure = vi.spyOn(api, "configure");
const CONFIG: Awaited<ReturnType<typeof api.startBot>>["config"] = { market: "BTC-USD", spread_percentage: 0.001, order_size: "0.01", refresh_interval: 5, price_move_threshold: 0.002, enabled: false, min_refresh_ms: 0, max_divergence: 0.005, account_feed: "stream", more_markets: [], order_lifetime_s: 90, strategy: "simple" };
const running = { ...PICTURE, bot: { state: "RUNNING" as const, running: true, reason: null } };

beforeEach(() => {
  start.mockReset().mockResolvedValue({ status: "started", config: CONFIG });
  stop.mockReset().mockResolvedValue({ status: "stopped", remaining: [] });
  configure.mockReset().mockResolvedValue({ status: "updated", config: CONFIG, changes: [], hash: "0", version: 1, warnings: [] });
});

describe("the bot switch", () => {
  it("starts at once in paper", async () => {
    draw(<BotSwitch market="BTC-USD" />);
    await userEvent.click(screen.getByRole("button", { name: "Start" }));
    expect(start).toHaveBeenCalledTimes(1);
    expect(await screen.findByText("Started.")).toBeTruthy();
  });

  it("shows a summary before it starts on testnet", async () => {
    draw(<BotSwitch market="BTC-USD" />, { picture: { ...PICTURE, env: "testnet" } });
    await userEvent.click(screen.getByRole("button", { name: "Start" }));
    expect(start).not.toHaveBeenCalled();
    await userEvent.click(await screen.findByRole("button", { name: "Start quoting BTC-USD" }));
    expect(start).toHaveBeenCalledTimes(1);
  });

  it("stops on old data too, blind", async () => {
    draw(<BotSwitch market="BTC-USD" />, { picture: running, stale: "stale 12 s" });
    expect(screen.getByText("Last known: quoting")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Start" })).toHaveProperty("disabled", true);
    await userEvent.click(screen.getByRole("button", { name: "Stop" }));
    expect(stop).toHaveBeenCalledTimes(1);
  });

  it("names the orders that are left after a stop", async () => {
    stop.mockResolvedValue({ status: "stopping", remaining: ["mmb-1-7"] });
    draw(<BotSwitch market="BTC-USD" />, { picture: running });
    await userEvent.click(screen.getByRole("button", { name: "Stop" }));
    expect(await screen.findByText(/1 order is still there: mmb-1-7/)).toBeTruthy();
  });

  it("shows why a start was refused", async () => {
    start.mockRejectedValue(new ApiError(409, { code: "already_running", message: "already running", hint: null }));
    draw(<BotSwitch market="BTC-USD" />);
    await userEvent.click(screen.getByRole("button", { name: "Start" }));
    expect(await screen.findByText(/already running/)).toBeTruthy();
  });
});

describe("the settings", () => {
  const field = (name: string) => screen.getByLabelText(name);

  it("sends only the changed setting", async () => {
    draw(<ConfigForm market="BTC-USD" />);
    await userEvent.clear(field("Spread per side"));
    await userEvent.type(field("Spread per side"), "0,002");
    expect(screen.getByText(/20\.00.bps each side/, { selector: "#config-spread_percentage-below" })).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Apply" }));
    expect(configure).toHaveBeenCalledWith({ spread_percentage: 0.002 });
    expect(stop).not.toHaveBeenCalled();
  });

  it("stops, applies and starts as one command while the bot runs", async () => {
    draw(<ConfigForm market="BTC-USD" />, { picture: running });
    await userEvent.clear(field("Order size"));
    await userEvent.type(field("Order size"), "0.02");
    await userEvent.click(screen.getByRole("button", { name: "Stop, apply, start" }));
    expect(await screen.findByText("Applied.")).toBeTruthy();
    const order = [stop, configure, start].map((call) => call.mock.invocationCallOrder[0] ?? 0);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(configure).toHaveBeenCalledWith({ order_size: "0.02" });
  });

  it("does not start again when the change was refused", async () => {
    configure.mockRejectedValue(new ApiError(422, { code: "out_of_range", message: "order_size must be at most 1", field: "order_size" }));
    draw(<ConfigForm market="BTC-USD" />, { picture: running });
    await userEvent.clear(field("Order size"));
    await userEvent.type(field("Order size"), "2");
    await userEvent.click(screen.getByRole("button", { name: "Stop, apply, start" }));
    expect((await screen.findAllByText(/order_size must be at most 1/)).length).toBe(2);
    expect(start).not.toHaveBeenCalled();
  });

  it("answers a slip of unit before anything is sent", async () => {
    draw(<ConfigForm market="BTC-USD" />);
    await userEvent.clear(field("Spread per side"));
    await userEvent.type(field("Spread per side"), "0.1");
    expect(screen.getByText("At most 0.05 (0.1 means 10%)")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Apply" })).toHaveProperty("disabled", true);
  });
});
