"""What the first document says the bot does: its loop, its refresh rule, its log, its Python snippets."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.config import BotConfig
from bot.simple_mm_bot import calculate_quotes
from proofs.stage.asking import eventually
from proofs.stage.programs import Bot, SimulatedExchange
from tests.documents.conftest import PRINTED_PRICE

pytestmark = pytest.mark.xdist_group("documents")

TEST_PRICE_FETCHING = """\
from bot.simple_mm_bot import get_current_price
price = get_current_price("BTC-USD")
print(f"Current price: ${price:.2f}")
"""
TEST_QUOTE_CALCULATION = """\
from bot.simple_mm_bot import calculate_quotes
bid, ask = calculate_quotes(86198.85, 0.001)
print(f"Bid: ${bid:.2f}, Ask: ${ask:.2f}")
"""


def python(snippet: str, repository: Path, home: Path) -> str:
    """Run a printed snippet in a process of its own, as its reader would, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", snippet],
        cwd=repository,
        env={"MMBOT_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_test_price_fetching_prints_the_live_price_of_the_running_demo(demo: Bot, repository: Path) -> None:
    assert python(TEST_PRICE_FETCHING, repository, demo.home) == "Current price: $86198.85\n"


def test_test_price_fetching_without_a_bot_says_could_not_find_price(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="Could not find price for market"):
        python(TEST_PRICE_FETCHING, repository, tmp_path / "home")


def test_test_quote_calculation_prints_the_printed_quotes(repository: Path, tmp_path: Path) -> None:
    assert python(TEST_QUOTE_CALCULATION, repository, tmp_path) == "Bid: $86112.65, Ask: $86285.05\n"


def test_quote_calculation_is_the_fraction_on_each_side_of_the_price() -> None:
    bid, ask = calculate_quotes(86198.85, 0.001)

    assert (round(bid, 2), round(ask, 2)) == (86112.65, 86285.05)


def test_the_config_parameters_have_the_printed_defaults() -> None:
    config = BotConfig()

    assert config.market == "BTC-USD"
    assert config.spread_percentage == 0.001
    assert config.order_size == "0.01"
    assert config.refresh_interval == 5
    assert config.price_move_threshold == 0.002
    assert config.enabled is False


# ── the log ──


@pytest.mark.parametrize(
    "shape",
    [
        r"\[BOT INFO\] Market Making Bot started",
        r"\[BOT INFO\] ✅ Found LIVE price 86198\.85 in balance mark_prices for BTC-USD",
        r"\[BOT INFO\] Quotes updated: 86112 / 86286 \(price: 86198\.85\b.*\)",
        r"\[BOT INFO\] Orders placed: BUY @ 86112, SELL @ 86286",
        r"\[BOT DEBUG\] No refresh needed \(price: 86198\.85, last: 86198\.85\)",
    ],
    ids=["started", "found live price", "quotes updated", "orders placed", "no refresh needed"],
)
def test_the_bot_log_has_the_printed_line(shape: str, demo: Bot) -> None:
    demo.line_with("No refresh needed", 15)

    assert any(re.fullmatch(shape, line) for line in demo.lines()), demo.lines()[:40]


def test_the_log_tells_of_order_attempts_signatures_and_the_exchanges_answers(demo: Bot) -> None:
    order_id = demo.status()["order_ids"][0]

    events = {line["event"]: line for line in reversed(demo.get("/api/bot/logs?limit=2000")["logs"]) if order_id in str(line)}

    assert {"order_attempt", "order_signed", "exchange_answered"} <= set(events)
    assert set(events["order_signed"]["fields"]) == {"order", "us"}, "the id and the time it took, never what was signed"
    assert events["exchange_answered"]["fields"]["status"] == 200
    assert events["exchange_answered"]["fields"]["ms"] >= 0


def test_no_key_of_the_account_appears_in_the_log_or_in_an_answer(demo: Bot, exchange: SimulatedExchange) -> None:
    answers = [demo.get(path) for path in ("/api/bot/status", "/api/bot/logs?limit=2000", "/api/cached-account", "/api/orders")]
    said = demo.log.read_text(encoding="utf-8") + str(answers)

    account = exchange.account()
    assert account["api_key"] not in said
    assert account["private_key"].removeprefix("0x") not in said


# ── the loop ──


@pytest.fixture
def movable_price(exchange: SimulatedExchange) -> Iterator[SimulatedExchange]:
    """Let a test move the price, and put it back where the documents print it."""
    yield exchange
    exchange.tell("price", {"market": "BTC-USD", "price": str(PRINTED_PRICE)})


def quotes_placed(bot: Bot) -> int:
    return sum(line["event"] == "orders_placed" for line in bot.get("/api/bot/logs?limit=2000")["logs"])


def test_refresh_trigger_a_move_within_the_threshold_leaves_the_orders_alone(desk: Bot, movable_price: SimulatedExchange) -> None:
    desk.post("/api/bot/start")
    before = desk.wait_for_quotes()

    movable_price.tell("price", {"market": "BTC-USD", "price": "86371.24"})  # 0.199998 % above
    eventually(
        lambda: any("86371.24" in line["message"] for line in desk.get("/api/bot/logs?limit=20")["logs"]),
        10,
        "the bot's look at the moved price",
    )

    assert (
        "No refresh needed (price: 86371.24, last: 86198.85)"
        in desk.get("/api/bot/logs?limit=20&market=BTC-USD")["logs"][0]["message"]
    )
    assert desk.status()["order_ids"] == before["order_ids"]


def test_refresh_trigger_a_move_beyond_the_threshold_cancels_calculates_and_places(
    desk: Bot, movable_price: SimulatedExchange
) -> None:
    desk.post("/api/bot/start")
    before = desk.wait_for_quotes()

    movable_price.tell("price", {"market": "BTC-USD", "price": "86371.26"})  # 0.200021 % above
    eventually(lambda: desk.status()["last_quote_price"] == 86371.26, 5, "quotes around the new price")

    def replaced() -> dict[str, Any] | None:
        status = desk.status()
        is_new = len(status["order_ids"]) == 2 and not set(before["order_ids"]) & set(status["order_ids"])
        return status if is_new else None

    after = eventually(replaced, 5, "two new orders in the place of the old ones")
    assert after["current_quotes"]["ask"] == 86458.0
    assert 86264.0 <= after["current_quotes"]["bid"] <= 86284.0  # lower while the asks of the book have not followed yet
    ended = {order["externalId"]: order["status"] for order in movable_price.truth("orders")["orders"]}
    assert [ended[order_id] for order_id in before["order_ids"]] == ["CANCELLED", "CANCELLED"]


def test_a_price_that_stands_still_never_makes_the_bot_refresh(demo: Bot) -> None:
    before = quotes_placed(demo)
    looks = sum("No refresh needed" in line for line in demo.lines())

    eventually(lambda: sum("No refresh needed" in line for line in demo.lines()) > looks, 15, "another look at the price")

    assert quotes_placed(demo) == before
