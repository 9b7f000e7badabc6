import { act, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { OrderPanel } from "../../src/features/orders/OrderPanel";
import { ApiError, NoAnswer, api } from "../../src/lib/api";
import { PICTURE, draw, showPicture } from "../render";

const create = vi.spyOn(api, "createOrder");
const check = vi.spyOn(api, "checkOrder");
const panel = <OrderPanel market="BTC-USD" markets={["BTC-USD", "ETH-USD"]} onMarket={() => undefined} pick={null} />;
const price = () => screen.getByLabelText("Price");
const sendButton = () => screen.getByRole("button", { name: /^(BUY|SELL|May take)/ });

beforeEach(() => {
  check.mockReset().mockRejectedValue(new NoAnswer("no backend here"));
  create.mockReset().mockResolvedValue({ status: "RESTING", externalId: "mmh-1-1", expires: 1_802_995_200_000 });
});

describe("the order panel", () => {
  it("starts with the bot's order size, no price, and nothing to send", () => {
    draw(panel);
    expect(screen.getByLabelText("Size")).toHaveProperty("value", "0.01");
    expect(sendButton()).toHaveProperty("disabled", true);
  });

  it("sends what is chosen as strings and shows the exchange's words", async () => {
    draw(panel);
    await userEvent.click(screen.getByLabelText("SELL"));
    await userEvent.type(price(), "86,300");
    await userEvent.click(screen.getByLabelText("Reduce only"));
    await userEvent.click(screen.getByRole("button", { name: "SELL 0.0100 at 86,300" }));
    expect(create).toHaveBeenCalledWith({ market: "BTC-USD", side: "SELL", price: "86300", size: "0.01", timeInForce: "POST_ONLY", reduceOnly: true });
    expect(await screen.findByText(/Exchange said: RESTING/)).toBeTruthy();
    expect(screen.getByText(/Valid until 19 Feb 2027|Valid until 18 Feb 2027/)).toBeTruthy();
  });

  it("keeps an off-tick price, sends nothing, and corrects it with one press", async () => {
    draw(panel);
    await userEvent.type(price(), "86150.4");
    expect(price()).toHaveProperty("value", "86150.4");
    expect(sendButton()).toHaveProperty("disabled", true);
    await userEvent.click(screen.getByRole("button", { name: "use 86,150" }));
    await userEvent.click(screen.getByRole("button", { name: "BUY 0.0100 at 86,150" }));
    expect(create).toHaveBeenCalledTimes(1);
    expect(create.mock.calls[0]?.[0].price).toBe("86150");
  });

  it("asks once before an order that can take, and forgets the question when something changes", async () => {
    draw(panel);
    await userEvent.click(screen.getByLabelText("IOC"));
    await userEvent.type(price(), "86201");
    await userEvent.click(screen.getByRole("button", { name: "BUY 0.0100 at 86,201" }));
    expect(create).not.toHaveBeenCalled();
    await userEvent.type(price(), "{ArrowUp}");
    expect(screen.queryByRole("button", { name: /May take/ })).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "BUY 0.0100 at 86,202" }));
    await userEvent.click(screen.getByRole("button", { name: /May take 0.0100 at 86,202/ }));
    expect(create).toHaveBeenCalledTimes(1);
  });

  it("shows a refusal with its remedy, and lets it be tried again", async () => {
    create.mockRejectedValue(new ApiError(422, { code: "outside_band", message: "price 1 is outside the band", field: "price", hint: "Choose a price nearer." }));
    draw(panel);
    await userEvent.type(price(), "1");
    await userEvent.click(sendButton());
    expect(await screen.findByText(/price 1 is outside the band Choose a price nearer\./)).toBeTruthy();
    expect(sendButton()).toHaveProperty("disabled", false);
  });

  it.each([["a lost answer", () => Promise.reject(new NoAnswer("timeout"))], ["status UNKNOWN", () => Promise.resolve({ status: "UNKNOWN" as const })]])("never calls %s a failure", async (_, answer) => {
    create.mockImplementation(answer);
    draw(panel);
    await userEvent.type(price(), "86150");
    await userEvent.click(sendButton());
    expect(await screen.findByText(/Look at the orders before sending again/)).toBeTruthy();
    expect(screen.queryByText(/Refused/)).toBeNull();
  });

  it("names a partial fill and what the exchange refused in its own word", async () => {
    create.mockResolvedValue({ status: "PARTIALLY_FILLED", filled: "0.004" });
    draw(panel);
    await userEvent.type(price(), "86150");
    await userEvent.click(sendButton());
    expect(await screen.findByText("partly filled")).toBeTruthy();
    expect(screen.getByText(/0\.0040/)).toBeTruthy();
    create.mockResolvedValue({ status: "REJECTED", reason: "POST_ONLY_FAILED" });
    await userEvent.click(sendButton());
    expect(await screen.findByText(/REJECTED \u00b7 POST_ONLY_FAILED/)).toBeTruthy();
  });

  it("follows a resting order to its fill", async () => {
    draw(panel);
    await userEvent.type(price(), "86150");
    await userEvent.click(sendButton());
    expect(await screen.findByText("resting")).toBeTruthy();
    act(() => showPicture({ ...PICTURE, trades: { "7": { market: "BTC-USD", side: "BUY", price: "86150", qty: "0.01", externalOrderId: "mmh-1-1" } } }));
    expect(screen.getByText("filled")).toBeTruthy();
    expect(screen.queryByText(/Valid until/)).toBeNull();
  });

  it("locks sending on old data and keeps what is typed", async () => {
    const view = draw(panel, { stale: "stale 12 s" });
    await userEvent.type(price(), "86150");
    expect(sendButton()).toHaveProperty("disabled", true);
    expect(screen.getByText("On hold:")).toBeTruthy();
    expect(price()).toHaveProperty("value", "86150");
    view.unmount();
  });

  it("fills price and side from a pick in the book", async () => {
    const { rerender } = draw(panel);
    rerender(<></>);
    draw(<OrderPanel market="BTC-USD" markets={["BTC-USD"]} onMarket={() => undefined} pick={{ price: "86286", side: "SELL", at: 1 }} />);
    await waitFor(() => expect(price()).toHaveProperty("value", "86286"));
    expect(screen.getByRole("button", { name: "SELL 0.0100 at 86,286" })).toBeTruthy();
  });

  it("speaks Polish with a comma", async () => {
    draw(panel, { language: "pl" });
    expect(screen.getByLabelText("Wielkość")).toHaveProperty("value", "0,01");
    await userEvent.type(screen.getByLabelText("Cena"), "86150,4");
    expect(screen.getByText(/Nie jest wielokrotnością 1/)).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: /użyj 86.150/ }));
    await userEvent.click(screen.getByRole("button", { name: /KUP 0,0100 po 86.150/ }));
    expect(create.mock.calls[0]?.[0]).toMatchObject({ price: "86150", size: "0.01" });
  });

  it("shows what the gate says, with the worst case and the margin that follow", async () => {
    check.mockResolvedValue({ market: "BTC-USD", verdict: "PASS", notional: "861.5", pulls: 0, leverage: "10", worst_now: "0.01", worst_then: "0.02", max_position: "0.05" });
    draw(panel);
    await userEvent.type(price(), "86150");
    expect(await screen.findByText("Risk gate: would pass.")).toBeTruthy();
    expect(screen.getByText(/Worst case long 0\.0100, then 0\.0200 of 0\.0500/)).toBeTruthy();
    expect(screen.getByText("86.15")).toBeTruthy();
  });

  it("says why the gate refuses, in words and in the bot's own", async () => {
    check.mockResolvedValue({ market: "BTC-USD", verdict: "REFUSED", notional: "861.5", pulls: 0, code: "position_limit", reason: "BUY 0.01 could take the position past 0.05" });
    draw(panel);
    await userEvent.type(price(), "86150");
    expect(await screen.findByText("Risk gate: refused.")).toBeTruthy();
    expect(screen.getByText(/could take the position past 0\.05/)).toBeTruthy();
  });

  it("takes a size from a button and from Alt with its number", async () => {
    draw(panel);
    await userEvent.click(screen.getByRole("button", { name: "0.05" }));
    expect(screen.getByLabelText("Size")).toHaveProperty("value", "0.05");
    await userEvent.click(price());
    await userEvent.keyboard("{Alt>}2{/Alt}");
    expect(screen.getByLabelText("Size")).toHaveProperty("value", "0.02");
  });
});
