import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { NotAllowed } from "../../src/app/NotAllowed";
import { BotSwitch } from "../../src/features/bot/BotSwitch";
import { OpenOrders } from "../../src/features/orders/OpenOrders";
import { OrderPanel } from "../../src/features/orders/OrderPanel";
import { KillButton } from "../../src/features/risk/KillButton";
import { type Role, allows } from "../../src/lib/access";
import { NoAnswer, api } from "../../src/lib/api";
import { closeDialog, openDialog } from "../../src/lib/dialogs";
import { PICTURE, draw } from "../render";

const access = vi.spyOn(api, "access");
const held = { ...PICTURE, bot: { state: "RUNNING" as const, running: true, reason: null }, positions: { "BTC-USD": { market: "BTC-USD", side: "LONG" as const, size: "0.1" } } };
const order = { market: "BTC-USD", side: "BUY" as const, price: "86000", qty: "0.01", status: "NEW", owner: "hand" as const, externalId: "mmh-1" };

function bearerOf(may: Role[]) {
  access.mockReset().mockResolvedValue({ who: may.at(-1) ?? "read", may });
}

beforeEach(() => closeDialog());

describe("what a token may do", () => {
  it("is everything while nobody has said: a way out is never locked by a guess", () => {
    expect(allows(undefined, "danger")).toBe(true);
    expect([allows({ may: ["read"] }, "read"), allows({ may: ["read"] }, "control"), allows({ may: ["read", "control"] }, "danger")]).toEqual([true, false, false]);
  });

  it("leaves a viewer no button of the bot, and says why", async () => {
    bearerOf(["read"]);
    draw(<><BotSwitch market="BTC-USD" /><KillButton /></>, { picture: held });
    expect(await screen.findByText("Read only")).toBeTruthy();
    await waitFor(() => expect(screen.queryAllByRole("button")).toEqual([]));
  });

  it("leaves a viewer no cross at an order, and no order to send", async () => {
    bearerOf(["read"]);
    draw(<><OpenOrders /><OrderPanel market="BTC-USD" markets={["BTC-USD"]} onMarket={() => undefined} pick={null} /></>, { picture: { ...held, orders: { "mmh-1": order } } });
    expect(await screen.findByText("Read only")).toBeTruthy();
    expect(screen.queryByRole("button", { name: /^Cancel/ })).toBeNull();
    await userEvent.type(screen.getByLabelText("Price"), "86000");
    expect(screen.getByRole("button", { name: /^BUY/ })).toHaveProperty("disabled", true);
  });

  it("lets control start and stop, but not flatten", async () => {
    bearerOf(["read", "control"]);
    draw(<BotSwitch market="BTC-USD" />, { picture: held });
    const flatten = await screen.findByTitle("This needs the owner's token.");
    expect([flatten.textContent, flatten.getAttribute("disabled")]).toEqual(["Flatten…", ""]);
    expect(screen.getByRole("button", { name: "Stop" })).toHaveProperty("disabled", false);
  });

  it("answers a key or the palette with the reason instead of a button that would be refused", async () => {
    bearerOf(["read", "control"]);
    draw(<NotAllowed />, { picture: held });
    await waitFor(() => expect(access).toHaveBeenCalled());
    openDialog({ kind: "flatten", market: "BTC-USD" });
    expect(await screen.findByText("This needs the owner's token.")).toBeTruthy();
    await userEvent.click(screen.getAllByRole("button", { name: "Back" })[0] as HTMLElement);
    openDialog({ kind: "cancelAll" });
    await waitFor(() => expect(screen.queryByText("This needs the owner's token.")).toBeNull());
  });

  it("keeps every button when the backend does not say", async () => {
    access.mockReset().mockRejectedValue(new NoAnswer("an older backend"));
    draw(<><BotSwitch market="BTC-USD" /><KillButton /></>, { picture: held });
    await waitFor(() => expect(access).toHaveBeenCalled());
    expect(screen.getAllByRole("button").map((button) => button.hasAttribute("disabled"))).toEqual([true, false, false, false, false]);
  });
});
