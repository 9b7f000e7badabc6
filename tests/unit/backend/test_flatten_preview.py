"""What a flatten would cost, told before anything is sent."""

from decimal import Decimal
from typing import Any

import pytest
from starlette.testclient import TestClient

from bot.core.events import BookSnapshot, Level, PositionsReported
from bot.core.numbers import Lots, Ticks
from tests.unit.backend.fakes import World
from tests.unit.core.play import START_MS
from tests.unit.observers.test_feed import position


def book(bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> BookSnapshot:
    def levels(side: list[tuple[int, int]]) -> tuple[Level, ...]:
        return tuple(Level(Ticks(price), Lots(size)) for price, size in side)

    return BookSnapshot(market="BTC-USD", bids=levels(bids), asks=levels(asks), exchange_ms=START_MS, received_ms=START_MS)


def holding(world: World, size: str, *events: Any) -> None:
    world.bot.play.ready()
    held = PositionsReported(
        positions=(position(size),), is_snapshot=True, source="rest", asked_ms=START_MS, received_ms=START_MS
    )
    world.bot.engine.account.ledger("BTC-USD").adopt(Decimal(size), Decimal(86_000))
    world.bot.happens(held, *events)


def test_a_long_position_walks_down_the_bids(world: World, client: TestClient) -> None:
    holding(world, "0.03", book([(86_190, 1_000), (86_180, 1_000), (86_100, 5_000)], [(86_210, 1_000)]))

    shown = client.get("/api/bot/flatten").json()

    assert (shown["side"], shown["size"], shown["fillable"]) == ("SELL", "0.03", "0.03")
    assert shown["worst_price"] == "86100"
    assert shown["average_price"] == "86156"
    assert (shown["slippage_bps"], shown["slippage"]) == ("4.91", "1.27")
    assert shown["reason"] is None
    assert world.bot.calls == []


def test_a_short_position_walks_up_the_asks_and_costs_money_too(world: World, client: TestClient) -> None:
    holding(world, "-0.01", book([(86_190, 1_000)], [(86_210, 500), (86_230, 500)]))

    shown = client.get("/api/bot/flatten?market=BTC-PERP").json()

    assert (shown["side"], shown["worst_price"], shown["slippage"]) == ("BUY", "86230", "0.21")


def test_what_the_book_cannot_take_within_the_last_cap_is_said(world: World, client: TestClient) -> None:
    holding(world, "1", book([(86_190, 1_000), (80_000, 900_000)], [(86_210, 1_000)]))

    shown = client.get("/api/bot/flatten").json()

    assert shown["fillable"] == "0.01"
    assert "less than the position" in shown["reason"]


@pytest.mark.parametrize("size", ["0", "0.00001"])
def test_without_a_position_there_is_nothing_to_close(world: World, client: TestClient, size: str) -> None:
    holding(world, size)

    shown = client.get("/api/bot/flatten").json()

    assert (shown["side"], shown["size"]) == (None, "0")


def test_without_a_book_nothing_is_promised(world: World, client: TestClient) -> None:
    holding(world, "1")

    shown = client.get("/api/bot/flatten").json()

    assert shown["reason"] == "no snapshot yet"
    assert "average_price" not in shown


def test_an_unknown_market_is_refused(client: TestClient) -> None:
    assert client.get("/api/bot/flatten?market=NO-SUCH").status_code == 422
