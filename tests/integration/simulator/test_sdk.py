"""The exchange's own client library, unmodified, takes the simulator for the real exchange.

Its stream clients need an older sockets library than ours; here its REST part speaks.
"""

import asyncio
import warnings
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what the library's own imports warn of is not ours to mend
    pytest.importorskip("x10", reason="the exchange's SDK is not installed")
    from x10.clients.rest import RestApiClient
    from x10.config import TESTNET_CONFIG
    from x10.core.stark_account import StarkPerpetualAccount
    from x10.errors import ApiError
    from x10.models.order import (
        OrderPriceType,
        OrderSide,
        OrderStatus,
        OrderTpslType,
        OrderTriggerDirection,
        OrderTriggerPriceType,
        OrderType,
        TimeInForce,
    )
    from x10.signing.order_object import OrderConditionalTriggerParam, OrderTpslTriggerParam, create_order_object

D = Decimal


def sdk_client(stand: Any, number: int = 0) -> Any:
    customer = stand.customers[number]
    account = customer.account
    endpoints = replace(TESTNET_CONFIG.endpoints, api_base_url=customer.base, api_base_order_management_url=customer.base)
    return RestApiClient(
        replace(TESTNET_CONFIG, endpoints=endpoints),
        StarkPerpetualAccount(account.vault, hex(account.private_key), hex(account.public_key), account.api_key),
    )


@pytest_asyncio.fixture
async def sdk(stand: Any) -> AsyncIterator[Any]:
    async with sdk_client(stand) as client:
        yield client


async def test_it_places_lists_and_cancels_an_order(sdk: Any) -> None:
    placed = await sdk.place_order("BTC-USD", D("0.01"), D(86_000), OrderSide.BUY, D("0.00025"), post_only=True)
    await asyncio.sleep(0.05)
    open_orders = await sdk.account.get_open_orders(market_names=["BTC-USD"])
    cancelled = await sdk.orders.cancel_order(placed.data.id)
    await asyncio.sleep(0.05)
    after = await sdk.account.get_open_orders()
    history = await sdk.account.get_orders_history()

    assert [(order.id, order.status, order.price) for order in open_orders.data] == [(placed.data.id, OrderStatus.NEW, D(86_000))]
    assert cancelled.status == "OK"
    assert after.data == []
    assert history.data[0].status == OrderStatus.CANCELLED


async def test_it_finds_and_cancels_by_external_id_and_in_mass(sdk: Any) -> None:
    placed = await sdk.place_order("ETH-USD", D("0.333"), D("3000.7"), OrderSide.SELL, D("0.00025"), external_id="mine-1")
    await asyncio.sleep(0.05)
    by_name = await sdk.account.get_order_by_external_id("mine-1")
    by_id = await sdk.account.get_order_by_id(placed.data.id)
    await sdk.orders.cancel_order_by_external_id("mine-1")
    await sdk.place_order("SOL-USD", D("1.11"), D("130.01"), OrderSide.BUY, D("0.00025"))
    await sdk.orders.mass_cancel(cancel_all=True)
    await asyncio.sleep(0.05)

    assert [order.id for order in by_name.data] == [by_id.data.id] == [placed.data.id]
    assert (await sdk.account.get_open_orders()).data == []


async def test_it_edits_an_order(sdk: Any) -> None:
    first = await sdk.place_order("BTC-USD", D("0.01"), D(86_000), OrderSide.BUY, D("0.00025"), external_id="first")
    await asyncio.sleep(0.05)
    second = await sdk.place_order(
        "BTC-USD", D("0.02"), D(86_001), OrderSide.BUY, D("0.00025"), external_id="second", previous_order_id="first"
    )
    await asyncio.sleep(0.05)

    open_orders = await sdk.account.get_open_orders()

    assert [(order.id, order.qty) for order in open_orders.data] == [(second.data.id, D("0.02"))]
    assert first.data.id != second.data.id


async def test_its_take_profit_and_stop_loss_are_accepted_with_their_own_signatures(stand: Any, sdk: Any) -> None:
    await stand.bob.place("SELL", 86_100, "0.02")
    for kind in (OrderTpslType.ORDER, OrderTpslType.POSITION):
        placed = await sdk.place_order(
            "BTC-USD",
            D("0.01"),
            D(86_200),
            OrderSide.BUY,
            D("0.00025"),
            time_in_force=TimeInForce.IOC,
            tp_sl_type=kind,
            take_profit=_leg(87_000, 86_900),
            stop_loss=_leg(85_000, 84_900),
        )
        assert placed.status == "OK"
    await asyncio.sleep(0.05)

    waiting = await sdk.account.get_open_orders()

    assert [(order.type, order.status, order.side) for order in waiting.data] == [
        (OrderType.TPSL, OrderStatus.UNTRIGGERED, OrderSide.SELL)
    ] * 2
    assert {order.tp_sl_type for order in waiting.data} == set(OrderTpslType)
    assert waiting.data[0].stop_loss.trigger_price == D(85_000)


def _leg(trigger_price: int, price: int) -> Any:
    return OrderTpslTriggerParam(
        trigger_price=D(trigger_price),
        trigger_price_type=OrderTriggerPriceType.MARK,
        price=D(price),
        price_type=OrderPriceType.MARKET,
    )


async def test_its_conditional_order_waits(stand: Any, sdk: Any) -> None:
    markets = await sdk.info.get_markets_dict()
    order = create_order_object(
        account=sdk.stark_account,
        market=markets["BTC-USD"],
        amount_of_synthetic=D("0.01"),
        price=D(87_000),
        side=OrderSide.BUY,
        starknet_domain=TESTNET_CONFIG.signing.starknet_domain,
        order_type=OrderType.CONDITIONAL,
        taker_fee=D("0.00025"),
        trigger=OrderConditionalTriggerParam(
            trigger_price=D(86_900),
            trigger_price_type=OrderTriggerPriceType.LAST,
            direction=OrderTriggerDirection.UP,
            execution_price_type=OrderPriceType.LIMIT,
        ),
    )

    placed = await sdk.orders.place_order(order)
    await asyncio.sleep(0.05)

    assert (await sdk.account.get_order_by_id(placed.data.id)).data.status == OrderStatus.UNTRIGGERED


async def test_it_trades_and_reads_every_private_list(stand: Any, sdk: Any) -> None:
    await stand.bob.place("SELL", 86_100, "0.02")
    await sdk.place_order("BTC-USD", D("0.01"), D(86_200), OrderSide.BUY, D("0.00025"), time_in_force=TimeInForce.IOC)
    await asyncio.sleep(0.05)

    trades = await sdk.account.get_trades(market_names=["BTC-USD"])
    positions = await sdk.account.get_positions()
    history = await sdk.account.get_positions_history()
    balance = await sdk.account.get_balance()
    fees = await sdk.account.get_fees(market_names=["BTC-USD"])
    await sdk.account.update_leverage("BTC-USD", D(20))
    leverage = await sdk.account.get_leverage(market_names=["BTC-USD"])

    assert [(trade.price, trade.qty, trade.is_taker) for trade in trades.data] == [(D(86_100), D("0.01"), True)]
    assert [(position.size, position.open_price) for position in positions.data] == [(D("0.01"), D(86_100))]
    assert history.data[0].id == positions.data[0].id
    assert balance.data.balance == D("9999.784750")
    assert (fees.data[0].maker_fee_rate, fees.data[0].taker_fee_rate) == (D(0), D("0.00025"))
    assert leverage.data[0].leverage == D(20)
    assert (await sdk.account.get_account()).data.l2_vault == stand.alice.account.vault
    assert len((await sdk.account.get_accounts()).data) == 2
    assert (await sdk.account.get_spot_balances()).data == []


async def test_it_reads_the_public_side(sdk: Any) -> None:
    markets = await sdk.info.get_markets_dict()
    stats = await sdk.info.get_market_statistics(market_name="BTC-USD")
    book = await sdk.info.get_orderbook_snapshot(market_name="BTC-USD")
    settings = await sdk.info.get_settings()

    assert set(markets) == {"BTC-USD", "ETH-USD", "SOL-USD"}
    assert stats.data.mark_price == D("86198.85")
    assert book.data.market == "BTC-USD"
    assert settings.status == "OK"


async def test_its_refusals_arrive_as_its_own_errors(sdk: Any) -> None:
    with pytest.raises(ApiError, match="1141"):
        await sdk.place_order("BTC-USD", D("0.01"), D(99_000), OrderSide.BUY, D("0.00025"))
    with pytest.raises(ApiError, match="1140"):
        await sdk.place_order("BTC-USD", D(2), D(86_000), OrderSide.BUY, D("0.00025"))
    with pytest.raises(ApiError, match="1135"):
        await sdk.place_order(
            "BTC-USD", D("0.01"), D(86_000), OrderSide.BUY, D("0.00025"), expire_time=datetime.now(UTC) + timedelta(days=29)
        )
