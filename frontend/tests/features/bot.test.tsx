import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { BotSwitch } from "../../src/features/bot/BotSwitch";
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

  it("says what to do when a start was pressed while a kill still cancels", async () => {
    start.mockRejectedValue(new ApiError(409, { code: "kill_under_way", message: "in the bot's own words", hint: null }));
    draw(<BotSwitch market="BTC-USD" />);
    await userEvent.click(screen.getByRole("button", { name: "Start" }));
    expect(await screen.findByText(/kill is still cancelling .* then start again/)).toBeTruthy();
  });
});
