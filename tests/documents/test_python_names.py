"""The Python names of both documents, used inside the bot's own process while it runs against the exchange."""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.assembly import open_market_maker
from bot.bot_logger import BotLogger
from bot.clock import SystemClock
from bot.config import BotConfig
from bot.core.errors import PriceUnavailable
from bot.environment import load_environment
from bot.order_manager import cancel_order, create_order, get_open_orders
from bot.simple_mm_bot import ACTIVE_BOT_ORDERS, MarketMaker, get_current_price, get_market_price
from proofs.stage.programs import SimulatedExchange
from proofs.stage.stranger import Stranger
from tests.documents.conftest import OWN_PROCESS_ACCOUNT, PRINTED_PRICE

pytestmark = pytest.mark.xdist_group("documents")


@pytest.fixture
async def maker(exchange: SimulatedExchange, stranger: Stranger, tmp_path: Path) -> AsyncIterator[MarketMaker]:
    """Run a bot inside this process, quoting."""
    assert stranger.account
    environment = load_environment({"MMBOT_HOME": str(tmp_path / "home"), **exchange.variables(OWN_PROCESS_ACCOUNT)})
    clock = SystemClock()
    logger = BotLogger(clock.now_ms, stream=io.StringIO())
    async with open_market_maker(environment, BotConfig(enabled=True), clock=clock, logger=logger) as bot:
        running = asyncio.create_task(bot.run())
        try:
            async with asyncio.timeout(20):
                while None in bot.status()["current_quotes"].values():  # noqa: ASYNC110 - the bot rings no bell for it
                    await asyncio.sleep(0.05)
            yield bot
            await bot.stop()
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running


async def test_active_bot_orders_has_the_printed_shape_and_exactly_the_orders_on_the_exchange(
    maker: MarketMaker, exchange: SimulatedExchange
) -> None:
    account = exchange.account(OWN_PROCESS_ACCOUNT)["account_id"]

    assert list(ACTIVE_BOT_ORDERS.values()) == [
        {"side": "BUY", "price": 86112.0, "size": "0.01"},
        {"side": "SELL", "price": 86286.0, "size": "0.01"},
    ]
    on_exchange = {order["externalId"] for order in exchange.open_orders() if order["accountId"] == account}
    assert set(ACTIVE_BOT_ORDERS) == on_exchange

    await maker.stop()
    assert ACTIVE_BOT_ORDERS == {}


async def test_get_current_price_and_get_market_price_read_the_bot_of_this_process(maker: MarketMaker) -> None:
    assert maker.config.market == "BTC-USD"

    assert get_current_price("BTC-USD") == PRINTED_PRICE
    assert await get_market_price("BTC-PERP") == PRINTED_PRICE


async def test_get_current_price_of_an_unknown_market_names_the_ones_that_exist(maker: MarketMaker) -> None:
    with pytest.raises(PriceUnavailable, match=r"Could not find price for market DOGE-USD.*BTC-USD"):
        get_current_price("DOGE-USD")


async def test_create_get_and_cancel_order_work_with_the_printed_arguments(
    maker: MarketMaker, exchange: SimulatedExchange
) -> None:
    made = await create_order(market="BTC-PERP", side="BUY", price="60000.75", size="0.001", timeInForce="POST_ONLY")

    assert (made["status"], made["market"], made["price"]) == ("RESTING", "BTC-USD", "60000"), "rounded to the shy side"
    mine = {order["externalId"]: order["owner"] for order in await get_open_orders("BTC-PERP")}
    assert mine[made["externalId"]] == "hand"
    assert set(mine) > set(maker.status()["order_ids"])

    answer = await cancel_order(made["id"])

    assert answer["status"] == "CANCELLED"
    assert made["externalId"] not in {order["externalId"] for order in exchange.open_orders("mmh-")}
