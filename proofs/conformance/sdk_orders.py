"""The SDK's trading clients: every kind of order, edits, cancels; and the client that waits for the stream's word."""

from decimal import ROUND_CEILING
from functools import partial
from typing import Any

from x10.clients.rest.rest_api_client import RestApiClient
from x10.core.stark_account import StarkPerpetualAccount
from x10.models.order import (
    OrderPriceType,
    OrderSide,
    OrderTpslType,
    OrderTriggerDirection,
    OrderTriggerPriceType,
    OrderType,
    SelfTradeProtectionLevel,
    TimeInForce,
)
from x10.signing.order_object import OrderConditionalTriggerParam, OrderTpslTriggerParam

from proofs.conformance.cases import Cases, expect, until
from proofs.conformance.sdk_stage import BTC, FEE, D, Stage

CASES = Cases()
PLACE = "OrderManagementModule.place_order"


@CASES.case("client's own methods", "RestApiClient.config", "RestApiClient.stark_account", "RestApiClient.close")
async def client_itself(stage: Stage) -> str:
    expect(stage.client.config.endpoints.api_base_url == stage.first_line["rest"])
    expect(stage.client.stark_account.vault == stage.keys(0).vault)
    await stage.client.close()  # its modules open new sessions when they are used again
    modules = [getattr(stage.client, name) for name in ("info", "account", "orders", "testnet", "vault", "builder")]
    for module in modules:
        await stage.watched(module).close_session()
    return f"{len(modules)} modules"


@CASES.case(
    "a resting order is in the lists, by either id",
    "RestApiClient.place_order",
    "AccountModule.get_open_orders",
    "AccountModule.get_order_by_id",
    "AccountModule.get_order_by_external_id",
)
async def resting(stage: Stage) -> str:
    placed = await stage.rest(client=stage.client, external_id="conformance-resting", below=400)
    await stage.rest(below=450)
    listed = (await stage.account.get_open_orders(market_names=[BTC, "ETH-USD"], order_type=OrderType.LIMIT)).data
    sells = (await stage.account.get_open_orders(order_side=OrderSide.SELL)).data
    by_id = (await stage.account.get_order_by_id(placed.id)).data
    by_name = (await stage.account.get_order_by_external_id("conformance-resting")).data
    expect(placed.id in [each.id for each in listed] and len(listed) == 2 and sells == [])
    expect([each.id for each in by_name] == [by_id.id] == [placed.id])
    expect((by_id.status, by_id.post_only, by_id.time_in_force) == ("NEW", True, "GTT"))
    return f"order {placed.id}"


@CASES.case("an edit takes the place of its order", "RestApiClient.place_order")
async def edit(stage: Stage) -> str:
    names = {"previous_order_id": "conformance-resting", "external_id": "conformance-edited"}
    placed = await stage.rest(client=stage.client, below=420, **names)
    old = (await stage.plain.account.get_order_by_external_id("conformance-resting")).data[0]
    expect((old.status, old.status_reason) == ("CANCELLED", "ORDER_REPLACED"))
    return f"order {placed.id}"


@CASES.refused("the same id again", '"code":1134', "RestApiClient.place_order")
async def duplicate(stage: Stage) -> None:
    await stage.rest(client=stage.client, external_id="conformance-edited")


@CASES.refused("an edit of an unknown order", '"code":1142', "RestApiClient.place_order")
async def edit_unknown(stage: Stage) -> None:
    await stage.rest(client=stage.client, previous_order_id="nobody", external_id="conformance-orphan")


@CASES.refused("a price off the tick", '"code":1124', PLACE)
async def off_tick(stage: Stage) -> None:
    await stage.orders.place_order(await stage.order(amount_of_synthetic=D("0.001"), price=D("86000.5"), side=OrderSide.BUY))


@CASES.refused("a signature for other amounts", '"code":1101', PLACE)
async def forged(stage: Stage) -> None:
    order = await stage.order(amount_of_synthetic=D("0.001"), price=await stage.price(), side=OrderSide.BUY)
    await stage.orders.place_order(order.model_copy(update={"qty": D("0.002")}))


@CASES.case("cancel by either id", "OrderManagementModule.cancel_order", "OrderManagementModule.cancel_order_by_external_id")
async def cancel(stage: Stage) -> str:
    first = await stage.rest()
    second = await stage.rest(external_id="conformance-cancel")
    expect((await stage.orders.cancel_order(first.id)).status == "OK")
    expect((await stage.orders.cancel_order_by_external_id("conformance-cancel")).status == "OK")
    for each in (first, second):
        await stage.sees(each.id, "CANCELLED")
    return "both CANCELLED"


@CASES.refused("cancel of an unknown order", '"code":1142', "OrderManagementModule.cancel_order")
async def cancel_unknown(stage: Stage) -> None:
    await stage.orders.cancel_order(1)


@CASES.case("mass cancel by ids, names, markets, everything", "OrderManagementModule.mass_cancel")
async def mass_cancel(stage: Stage) -> str:
    a, b, c, d = [await stage.rest(below=500 + each, external_id=f"conformance-mass-{each}") for each in range(4)]
    await stage.orders.mass_cancel(order_ids=[a.id], external_order_ids=[b.external_id])
    await stage.sees(b.id, "CANCELLED")
    await stage.sees(a.id, "CANCELLED")
    left = {each.id for each in (await stage.plain.account.get_open_orders()).data}
    expect({c.id, d.id} <= left and not {a.id, b.id} & left)
    await stage.orders.mass_cancel(markets=["ETH-USD"])
    await stage.orders.mass_cancel(markets=[BTC])
    await stage.sees(d.id, "CANCELLED")
    last = await stage.rest()
    await stage.orders.mass_cancel(cancel_all=True)
    await stage.sees(last.id, "CANCELLED")
    expect((await stage.plain.account.get_open_orders()).data == [])
    return "the union of the selectors"


@CASES.refused("mass cancel of nothing", '"code":400', "OrderManagementModule.mass_cancel")
async def mass_cancel_nothing(stage: Stage) -> None:
    await stage.orders.mass_cancel()


@CASES.case("post only that would cross: accepted, then rejected", PLACE)
async def post_only(stage: Stage) -> str:
    price = await stage.price() + 300
    placed = await stage.orders.place_order(
        await stage.order(amount_of_synthetic=D("0.001"), price=price, side=OrderSide.BUY, post_only=True)
    )
    found = await stage.sees(placed.data.id, "REJECTED")
    expect(found.status_reason == "POST_ONLY_FAILED", found.status_reason)
    return "REJECTED, POST_ONLY_FAILED"


@CASES.case("market order; reduce-only market order back", PLACE)
async def market_order(stage: Stage) -> str:
    price = await stage.price()
    common: dict[str, Any] = {"amount_of_synthetic": D("0.002"), "order_type": OrderType.MARKET, "time_in_force": TimeInForce.IOC}
    bought = await stage.orders.place_order(await stage.order(price=price + 400, side=OrderSide.BUY, **common))
    filled = await stage.sees(bought.data.id, "FILLED")
    expect(filled.type == "MARKET" and filled.average_price < price + 400 and filled.filled_qty == D("0.002"))
    fills = [each for each in (await stage.plain.account.get_trades()).data if each.order_id == filled.id]
    expect(sum(each.qty for each in fills) == filled.filled_qty and sum(each.fee for each in fills) == filled.payed_fee)
    sold = await stage.orders.place_order(await stage.order(price=price - 400, side=OrderSide.SELL, reduce_only=True, **common))
    await stage.sees(sold.data.id, "FILLED")
    return f"{len(fills)} fills at {filled.average_price}"


@CASES.case("a maker's fill: another account takes", "RestApiClient.place_order", "AccountModule.get_trades")
async def maker(stage: Stage) -> str:
    price = await best_bid_to_be(stage)
    placed = await stage.client.place_order(BTC, D("0.003"), price, OrderSide.BUY, FEE)
    await stage.other.place_order(BTC, D("0.5"), price - 100, OrderSide.SELL, FEE, time_in_force=TimeInForce.IOC)
    await stage.sees(placed.data.id, "FILLED")
    fills = [each for each in (await stage.account.get_trades(market_names=[BTC])).data if each.order_id == placed.data.id]
    expect(sum(each.qty for each in fills) == D("0.003"))
    expect(all(each.fee == 0 for each in fills if not each.is_taker) and any(not each.is_taker for each in fills), fills)
    return f"{len(fills)} fills, no fee"


@CASES.refused("a wrong API key", "ApiNotAuthorizedError", "AccountModule.get_balance")
async def wrong_key(stage: Stage) -> None:
    async with RestApiClient(stage.config, StarkPerpetualAccount(1, "0x1", "0x2", "wrong")) as client:
        await stage.watched(client.account).get_balance()


@CASES.refused("too many requests", "ApiRateLimitError", "InfoModule.get_settings")
async def rate_limited(stage: Stage) -> None:
    await stage.control("POST", "/faults", {"kind": "rate_limited", "times": 1})
    await stage.info.get_settings()


@CASES.case("own orders do not trade with each other", PLACE)
async def self_trade(stage: Stage) -> str:
    for _ in range(5):  # somebody else may improve the price in between, and trade with us
        price = await best_bid_to_be(stage)
        order = await stage.order(
            amount_of_synthetic=D("0.001"),
            price=price,
            side=OrderSide.SELL,
            self_trade_protection_level=SelfTradeProtectionLevel.CLIENT,
            time_in_force=TimeInForce.IOC,
        )
        await stage.plain.place_order(BTC, D("0.001"), price, OrderSide.BUY, FEE)
        placed = await stage.orders.place_order(order)  # at once: requests never overtake each other
        ended = await until(partial(finished, stage, placed.data.id), "the order ended")
        await stage.plain.orders.mass_cancel(cancel_all=True)
        if ended.status_reason == "SELF_TRADE_PROTECTION":
            return f"{ended.status}, {ended.status_reason}"
    raise AssertionError("the book never held still")


async def finished(stage: Stage, number: int) -> Any:
    every = (await stage.plain.account.get_orders_history(limit=20)).data
    return next((each for each in every if each.id == number and each.status in ("FILLED", "CANCELLED")), None)


async def best_bid_to_be(stage: Stage) -> Any:
    """Return a price that is the best bid, or improves it."""
    await stage.price()
    stats = (await stage.plain.info.get_market_statistics(market_name=BTC)).data
    return stage.markets[BTC].trading_config.round_price(min(stats.bid_price + 1, stats.ask_price - 1))


@CASES.refused("an order on a quote-request market's path", '"code":1009', "OrderManagementModule.place_rfq_order")
async def rfq(stage: Stage) -> None:
    order = await stage.order(
        amount_of_synthetic=D("0.001"),
        price=await stage.price(),
        side=OrderSide.BUY,
        order_type=OrderType.MARKET,
        time_in_force=TimeInForce.IOC,
    )
    await stage.orders.place_rfq_order(order)


# ── orders that wait for a price ──


def trigger(price: Any, direction: OrderTriggerDirection, kind: OrderPriceType = OrderPriceType.MARKET) -> Any:
    return OrderConditionalTriggerParam(
        trigger_price=price, trigger_price_type=OrderTriggerPriceType.MARK, direction=direction, execution_price_type=kind
    )


def leg(stage: Stage, price: Any, *, above: bool, kind: OrderPriceType = OrderPriceType.MARKET) -> Any:
    """Return a sell leg that triggers a little above or below `price`."""
    at = stage.markets[BTC].trading_config.round_price(price * (D("1.01") if above else D("0.99")), ROUND_CEILING)
    return OrderTpslTriggerParam(trigger_price=at, trigger_price_type=OrderTriggerPriceType.MARK, price=at - 100, price_type=kind)


@CASES.case("a conditional order waits, fires, and fills", PLACE)
async def conditional(stage: Stage) -> str:
    price = await stage.price()
    waiting = await stage.orders.place_order(
        await stage.order(
            amount_of_synthetic=D("0.001"),
            price=price + 900,
            side=OrderSide.BUY,
            order_type=OrderType.CONDITIONAL,
            trigger=trigger(price + 800, OrderTriggerDirection.UP),
        )
    )
    found = await stage.sees(waiting.data.id, "UNTRIGGERED")
    expect(found.type == "CONDITIONAL")
    listed = (await stage.plain.account.get_open_orders(order_type=OrderType.CONDITIONAL)).data
    expect([each.id for each in listed] == [waiting.data.id])
    await stage.plain.orders.cancel_order(waiting.data.id)
    await stage.sees(waiting.data.id, "CANCELLED")
    fired = await stage.orders.place_order(
        await stage.order(
            amount_of_synthetic=D("0.001"),
            price=price + 600,
            side=OrderSide.BUY,
            order_type=OrderType.CONDITIONAL,
            trigger=trigger(price - 500, OrderTriggerDirection.UP),
        )
    )
    await stage.sees(fired.data.id, "FILLED")
    return "UNTRIGGERED, CANCELLED; UNTRIGGERED, FILLED"


@CASES.refused("a conditional order without its trigger", '"code":1143', PLACE)
async def conditional_without(stage: Stage) -> None:
    price = await stage.price()
    order = await stage.order(amount_of_synthetic=D("0.001"), price=price, side=OrderSide.BUY)
    await stage.orders.place_order(order.model_copy(update={"type": OrderType.CONDITIONAL}))


@CASES.case("take-profit and stop-loss attached to an order", "RestApiClient.place_order")
async def attached(stage: Stage) -> str:
    price = await stage.price()
    placed = await stage.client.place_order(
        BTC,
        D("0.001"),
        price - 800,
        OrderSide.BUY,
        FEE,
        tp_sl_type=OrderTpslType.ORDER,
        take_profit=leg(stage, price, above=True, kind=OrderPriceType.LIMIT),
        stop_loss=leg(stage, price - 800, above=False),
    )
    found = await stage.sees(placed.data.id, "NEW")
    expect(found.tp_sl_type == "ORDER" and found.take_profit.price_type == "LIMIT" and found.stop_loss.trigger_price < price)
    await stage.plain.orders.cancel_order(placed.data.id)
    await stage.sees(placed.data.id, "CANCELLED")
    return "both legs are shown"


@CASES.case("take-profit and stop-loss of a size of their own", PLACE)
async def standalone(stage: Stage) -> str:
    price = await stage.price()
    await stage.take(size="0.002")
    order = await stage.order(
        amount_of_synthetic=D("0.002"),
        price=D(0),
        side=OrderSide.SELL,
        order_type=OrderType.TPSL,
        reduce_only=True,
        tp_sl_type=OrderTpslType.ORDER,
        take_profit=leg(stage, price, above=True),
        stop_loss=leg(stage, price, above=False),
    )
    placed = await stage.orders.place_order(order)
    found = await stage.sees(placed.data.id, "UNTRIGGERED")
    expect((found.type, found.tp_sl_type, found.reduce_only) == ("TPSL", "ORDER", True))
    await stage.plain.orders.mass_cancel(cancel_all=True)
    await stage.sees(placed.data.id, "CANCELLED")
    return "UNTRIGGERED, CANCELLED"


@CASES.case("a stop for the whole position; there can be one", PLACE)
async def whole_position(stage: Stage) -> str:
    price = await stage.price()

    async def stop() -> Any:
        return await stage.order(
            amount_of_synthetic=D(0),
            price=D(0),
            side=OrderSide.SELL,
            order_type=OrderType.TPSL,
            reduce_only=True,
            tp_sl_type=OrderTpslType.POSITION,
            stop_loss=leg(stage, price, above=False),
        )

    first = await stage.orders.place_order(await stop())
    await stage.sees(first.data.id, "UNTRIGGERED")
    second = await stage.orders.place_order(await stop())
    refused = await stage.sees(second.data.id, "REJECTED")
    expect(refused.status_reason == "POSITION_TPSL_CONFLICT", refused.status_reason)
    await stage.plain.orders.cancel_order(first.data.id)
    await stage.sees(first.data.id, "CANCELLED")
    return "the second: REJECTED, POSITION_TPSL_CONFLICT"


# ── the client that waits ──


@CASES.case(
    "place, see, cancel, and wait for the stream's word",
    "BlockingTradingClient.create",
    "BlockingTradingClient.get_markets",
    "BlockingTradingClient.create_and_place_order",
    "BlockingTradingClient.cancel_order",
    "BlockingTradingClient.mass_cancel",
    "BlockingTradingClient.config",
    "BlockingTradingClient.close",
)
async def blocking(stage: Stage) -> str:
    client = await stage.blocking()
    stage.used.add("BlockingTradingClient.create")  # it is what made the client
    watched = stage.watched(client)
    try:
        expect(BTC in await watched.get_markets() and watched.config.endpoints.stream_url == stage.first_line["stream"])
        price = await stage.price() - 300
        placed = await watched.create_and_place_order(BTC, D("0.001"), price, OrderSide.BUY, FEE, post_only=True)
        cancelled = await watched.cancel_order(placed.external_id)
        expect(placed.status == "NEW" and placed.price == price)
        await watched.mass_cancel(cancel_all=True)
    finally:
        await watched.close()
    return f"placed in {placed.operation_ms:.0f} ms, cancelled in {cancelled.operation_ms:.0f} ms"
