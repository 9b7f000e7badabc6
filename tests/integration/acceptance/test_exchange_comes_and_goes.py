"""The exchange is down at the start, or is restarted under a running bot: the bot waits, resynchronises, and quotes again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from proofs.stage.asking import eventually
from proofs.stage.programs import Bot, SimulatedExchange

STALE_LIMIT_S = 5.0
"""A mark price older than this is not quoted on."""


@pytest.fixture
def first_exchange(tmp_path: Path) -> Iterator[SimulatedExchange]:
    with SimulatedExchange(tmp_path, seed=7) as exchange:
        yield exchange


def again(exchange: SimulatedExchange, folder: Path) -> SimulatedExchange:
    """Start the exchange anew on the same port with the same accounts; it remembers nothing else."""
    return SimulatedExchange(folder, seed=7, port=exchange.port, name="exchange-again")


def market(bot: Bot) -> dict[str, Any]:
    state: dict[str, Any] = bot.status()["markets"]["BTC-USD"]
    return state


def bot_agrees_with(exchange: SimulatedExchange, bot: Bot) -> bool:
    """Report whether the orders that the bot knows to rest are exactly the two on the exchange.

    Orders that died with the exchange stay in the bot's list, as unknown and counted as live, until their own expiry has passed:
    a "not found" alone never ends an order.
    """
    on_exchange = {order["externalId"] for order in exchange.open_orders()}
    known = {order["externalId"] for order in bot.get("/api/orders")["orders"] if order["status"] == "NEW"}
    return len(on_exchange) == 2 and on_exchange == known <= set(bot.status()["order_ids"])


def test_an_exchange_that_is_down_at_the_start_is_asked_again_until_the_bot_quotes_by_itself(
    first_exchange: SimulatedExchange, tmp_path: Path
) -> None:
    first_exchange.stop()

    with Bot(tmp_path, "demo", variables=first_exchange.variables()) as bot:
        bot.line_with("Exchange unreachable, retrying")
        assert bot.exit_code is None
        assert bot.status()["current_quotes"] == {"bid": None, "ask": None}

        with again(first_exchange, tmp_path) as exchange:
            bot.wait_for_quotes()

            eventually(lambda: bot_agrees_with(exchange, bot), 5, "the same two orders in both pictures")
            assert not bot.errors()


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_an_exchange_restarted_under_a_running_bot_is_known_dead_resynchronised_and_quoted_again(
    how: str, first_exchange: SimulatedExchange, tmp_path: Path
) -> None:
    with Bot(tmp_path, "demo", variables=first_exchange.variables()) as bot:
        lost = set(bot.wait_for_quotes()["order_ids"])

        first_exchange.kill() if how == "killed" else first_exchange.stop()
        eventually(lambda: market(bot)["state"] == "NOT_QUOTING", STALE_LIMIT_S, "the bot knowing that nothing is shown")
        assert market(bot)["reason"] is not None
        assert bot.ask("GET", "/readyz").status == 503

        with again(first_exchange, tmp_path) as exchange:
            eventually(lambda: bot_agrees_with(exchange, bot), 40, "two new orders of the bot on the new exchange")

            assert not lost & {order["externalId"] for order in exchange.open_orders()}
            bot.line_with("Account known", 1)
            eventually(lambda: bot.ask("GET", "/readyz").status == 200, 10, "every feed being back")
            assert not bot.errors()


def test_a_position_that_the_restarted_exchange_has_forgotten_is_forgotten_by_the_bot_too(
    first_exchange: SimulatedExchange, tmp_path: Path
) -> None:
    with Bot(tmp_path, "demo", variables=first_exchange.variables()) as bot:
        bot.wait_for_quotes()
        order = {"market": "BTC-USD", "side": "BUY", "price": "87000", "size": "0.02", "timeInForce": "IOC"}
        assert bot.post("/api/orders/create", order)["filled"] == "0.02"
        eventually(lambda: float(bot.status()["metrics"]["position_size"]) >= 0.01, 5, "the position in the status")
        first_exchange.kill()

        with again(first_exchange, tmp_path) as exchange:
            eventually(lambda: bot_agrees_with(exchange, bot), 40, "new quotes")

            eventually(
                lambda: float(bot.status()["metrics"]["position_size"]) == float(exchange.position()), 15, "the exchange's truth"
            )
