import { act, fireEvent, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { Ladder } from "../../src/features/book/Ladder";
import { MarketBar } from "../../src/features/market/MarketBar";
import { OpenOrders } from "../../src/features/orders/OpenOrders";
import { Positions } from "../../src/features/position/Positions";
import { api } from "../../src/lib/api";
import type { OrderRecord } from "../../src/stream/messages";
import { PICTURE, draw, showPicture } from "../render";

const order = (part: Partial<OrderRecord>): OrderRecord => ({ id: "1", market: "BTC-USD", side: "BUY", price: "86112", qty: "0.01", status: "NEW", timeInForce: "GTT", createdTime: Date.now(), ...part });
const orders = {
  "mmb-a-1": order({ externalId: "mmb-a-1", owner: "bot" }),
  "mmh-a-2": order({ externalId: "mmh-a-2", owner: "hand", side: "SELL", price: "86300" }),
  other: order({ externalId: "other", owner: "foreign", price: "85900" }),
};

describe("open orders", () => {
  it("tell bot, hand and foreign apart and cancel only our own", async () => {
    const cancel = vi.spyOn(api, "cancelOrder").mockResolvedValue({ status: "CANCELLED" });
    draw(<OpenOrders />, { picture: { ...PICTURE, orders } });
    expect(["bot", "hand", "foreign"].map((word) => screen.getByText(word).textContent)).toEqual(["bot", "hand", "foreign"]);
    expect(screen.getAllByRole("button", { name: /Cancel order/ })).toHaveLength(2);
    await userEvent.click(screen.getByRole("button", { name: "Cancel order SELL 0.0100 at 86,300" }));
    expect(cancel).toHaveBeenCalledWith("mmh-a-2");
  });

  it("say what will appear when there is none", () => {
    draw(<OpenOrders />);
    expect(screen.getByText(/No open orders/)).toBeTruthy();
  });
});

describe("positions", () => {
  it("show the exchange's figures with words for the side", () => {
    draw(<Positions />, { picture: { ...PICTURE, positions: { "BTC-USD": { market: "BTC-USD", side: "SHORT", size: "0.048", openPrice: "86420", unrealisedPnl: "-28.44" } } } });
    const row = within(screen.getAllByRole("row")[1]!);
    expect(row.getByText("short")).toBeTruthy();
    expect(row.getByText("\u221228.44")).toBeTruthy();
  });
});

describe("the market bar", () => {
  it("shows the documents' four figures, and a dash for what is not known", () => {
    draw(<MarketBar market="BTC-USD" markets={["BTC-USD"]} onMarket={() => undefined} />, { picture: { ...PICTURE, positions: { "BTC-USD": { market: "BTC-USD", side: "LONG", size: "0.136" } }, metrics: { orders_placed: 1358, fill_rate: "0.028", position_size: "0.136", total_pnl: "114.52" } } });
    expect(["orders-placed", "fill-rate", "position", "pnl"].map((id) => screen.getByTestId(id).textContent?.replaceAll("\u00a0", " "))).toEqual(["1,358", "2.8%", "+0.1360 BTC", "+114.52 USD"]);
  });

  it("shows the position of the market that is looked at, not of the first one", () => {
    const picture = { ...PICTURE, positions: { "BTC-USD": { market: "BTC-USD", side: "LONG" as const, size: "0.136" }, "ETH-USD": { market: "ETH-USD", side: "SHORT" as const, size: "2" } }, metrics: { position_size: "0.136" } };
    draw(<MarketBar market="ETH-USD" markets={["BTC-USD", "ETH-USD"]} onMarket={() => undefined} />, { picture });
    expect(screen.getByTestId("position").textContent?.replaceAll("\u00a0", " ")).toBe("\u22122.0000 ETH");
  });

  it("never shows zero for a figure that is missing", () => {
    draw(<MarketBar market="BTC-USD" markets={["BTC-USD"]} onMarket={() => undefined} />, { picture: {} });
    expect(["orders-placed", "fill-rate", "position", "pnl", "mark", "last-price"].map((id) => screen.getByTestId(id).textContent?.replace("Last price", ""))).toEqual(["\u2013", "\u2013", "\u2013", "\u2013", "\u2013", "\u2013"]);
  });
});

describe("a press in the ladder", () => {
  it("means the price that was seen when the pointer went down, even if the row has moved on", () => {
    const bids = (price: string) => ({ "BTC-USD": { ...PICTURE.markets?.["BTC-USD"], book: { bids: [[price, "1"]] as const, asks: [["86201", "2"]] as const } } });
    const picked = vi.fn();
    draw(<Ladder market="BTC-USD" onPick={picked} />, { picture: { ...PICTURE, markets: bids("86150") } });
    fireEvent.pointerDown(screen.getByText("86,150"), { button: 0 });
    act(() => showPicture({ ...PICTURE, markets: bids("86140") }));
    fireEvent.pointerUp(screen.getByText("86,140"), { button: 0 });
    fireEvent.click(screen.getByRole("grid", { name: /^Order book/ }));
    expect(picked.mock.calls).toEqual([[{ price: "86150", side: "BUY" }]]);
  });
});

describe("the ladder", () => {
  const picture = { ...PICTURE, orders, markets: { "BTC-USD": { ...PICTURE.markets?.["BTC-USD"], book: { bids: [["86199", "1"]] as const, asks: [["86201", "2"]] as const } } } };

  it("shows our orders as chips and hands a clicked price over with the side that would rest", async () => {
    const picked = vi.fn();
    draw(<Ladder market="BTC-USD" onPick={picked} />, { picture });
    await userEvent.click(screen.getByLabelText("1"));
    expect(screen.getAllByText("86,112").length).toBeGreaterThan(0);
    expect(screen.queryByText("85,900")).toBeNull();
    await userEvent.click(screen.getByText("86,201"));
    expect(picked).toHaveBeenLastCalledWith({ price: "86201", side: "SELL" });
  });

  it("says that the book is empty, and that there is none yet, in different words", () => {
    const empty = draw(<Ladder market="BTC-USD" onPick={() => undefined} />, { picture: { markets: { "BTC-USD": { book: { bids: [], asks: [] } } } } });
    expect(screen.getByText("No orders on either side")).toBeTruthy();
    empty.unmount();
    draw(<Ladder market="BTC-USD" onPick={() => undefined} />, { picture: {} });
    expect(screen.getByText("No data yet.")).toBeTruthy();
  });
});
