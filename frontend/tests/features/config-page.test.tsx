import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ConfigPage } from "../../src/features/bot/ConfigPage";
import { ApiError, api } from "../../src/lib/api";
import { draw } from "../render";

const setting = { group: "market", kind: "number", unit: "", minimum: null, maximum: null, minimum_excluded: false, choices: null, default: null, off: null, is_hot: true, is_document: false, per_market: true, raises_limits: false, meaning: "Words." };
const SETTINGS = [
  { ...setting, path: "spread_percentage", unit: "fraction", minimum: 0, maximum: 0.05, minimum_excluded: true, default: 0.001, is_hot: false },
  { ...setting, path: "max_position", kind: "size", unit: "base asset", raises_limits: true },
];
const start = vi.spyOn(api, "startBot");
const stop = vi.spyOn(api, "stopBot");
const apply = vi.spyOn(api, "configApply");

beforeEach(() => {
  vi.spyOn(api, "configSchema").mockResolvedValue({ settings: SETTINGS });
  vi.spyOn(api, "configNow").mockResolvedValue({ version: 3, hash: "abcdef0123456789", config: { market: "BTC-USD", spread_percentage: 0.001, max_position: "0.05", more_markets: [] }, warnings: [], is_running: true });
  vi.spyOn(api, "configHistory").mockResolvedValue({ versions: [] });
  vi.spyOn(api, "configPresets").mockResolvedValue({ presets: [] });
  vi.spyOn(api, "configPreview").mockResolvedValue({ hash: "x", changes: [], needs_stop: [], raises_limits: [], warnings: [], markets: [] });
  start.mockReset().mockResolvedValue({ status: "started" } as never);
  stop.mockReset().mockResolvedValue({ status: "stopped", remaining: [] } as never);
  apply.mockReset().mockResolvedValue({ status: "updated" });
});

const type = async (name: string, text: string) => {
  const field = await screen.findByLabelText(name);
  await userEvent.clear(field);
  await userEvent.type(field, text);
};

describe("the configuration page", () => {
  it("sends only the changed setting, and the version it was changed from; a hot one needs no stop", async () => {
    draw(<ConfigPage market="BTC-USD" />);
    await type("Largest position", "0,08");
    expect(screen.getByText(/This allows more than before: Largest position/)).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Apply 1 change" }));
    expect(await screen.findByText("Applied.")).toBeTruthy();
    expect(apply).toHaveBeenCalledWith({ max_position: "0.08" }, "abcdef0123456789");
    expect(stop).not.toHaveBeenCalled();
  });

  it("stops, applies and starts as one command for a setting that needs it, in this order", async () => {
    draw(<ConfigPage market="BTC-USD" />);
    await type("Base half-spread", "0,002");
    expect(screen.getByText(/= 20\.00.bps/)).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Stop, apply, start" }));
    expect(await screen.findByText("Applied.")).toBeTruthy();
    const order = [stop, apply, start].map((call) => call.mock.invocationCallOrder[0] ?? 0);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(apply).toHaveBeenCalledWith({ spread_percentage: 0.002 }, "abcdef0123456789");
  });

  it("does not start again when the change was refused, and says so at the field", async () => {
    apply.mockRejectedValue(new ApiError(422, { code: "invalid_config", message: "spread_percentage is too wide", field: "spread_percentage" }));
    draw(<ConfigPage market="BTC-USD" />);
    await type("Base half-spread", "0.004");
    await userEvent.click(screen.getByRole("button", { name: "Stop, apply, start" }));
    expect((await screen.findAllByText(/spread_percentage is too wide/)).length).toBeGreaterThan(1);
    expect(start).not.toHaveBeenCalled();
  });

  it("answers a slip of unit before anything can be sent", async () => {
    draw(<ConfigPage market="BTC-USD" />);
    await type("Base half-spread", "0.1");
    expect(screen.getByText(/did you mean 0\.001\?/)).toBeTruthy();
    expect(screen.getByRole("button", { name: "Apply" })).toHaveProperty("disabled", true);
  });

  it("locks Apply while what it shows is old, and keeps what was typed", async () => {
    draw(<ConfigPage market="BTC-USD" />, { stale: "stale 12 s" });
    await type("Largest position", "0.08");
    expect(screen.getByRole("button", { name: "Apply 1 change" })).toHaveProperty("disabled", true);
    expect(screen.getByLabelText("Largest position")).toHaveProperty("value", "0.08");
  });
});
