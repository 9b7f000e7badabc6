"""Where the money came from and how fills aged, as the picture tells it for each market."""

from decimal import Decimal
from typing import Any

import pytest

from bot.core.events import BestQuoteSeen, Event, FillsReported, Level
from bot.core.numbers import Lots, Ticks
from bot.core.orders import Fill
from bot.observers.earned_part import JUDGED_EVERY_MS, TOLD_EVERY_MS
from tests.unit.core.play import START_MS
from tests.unit.observers.test_feed import Watched, fill


@pytest.fixture
def watched() -> Watched:
    return Watched().ready()


def touch(bid: int, ask: int, at_ms: int) -> BestQuoteSeen:
    return BestQuoteSeen(
        market="BTC-USD", bid=Level(Ticks(bid), Lots(1)), ask=Level(Ticks(ask), Lots(1)), exchange_ms=at_ms, received_ms=at_ms
    )


def reported(*fills: Fill) -> Event:
    return FillsReported(fills=fills, source="stream", received_ms=START_MS)


def part(watched: Watched, name: str) -> dict[str, Any]:
    found: dict[str, Any] = watched.look()["markets"]["BTC-USD"].get(name, {})
    return found


def later(watched: Watched, event: Event, ms: int) -> None:
    watched.play.now_ms = START_MS + ms
    watched.happens(event)


def test_a_fill_below_the_mid_earns_spread_and_the_move_afterwards_is_inventory(watched: Watched) -> None:
    watched.happens(touch(86_190, 86_210, START_MS))
    watched.play.engine.risk.pnl.of("BTC-USD").mark(Decimal(86_200), START_MS)
    watched.happens(reported(fill(1, price=Decimal(86_112), size=Decimal("0.01"), fee=Decimal("0.2"))))
    later(watched, touch(86_090, 86_110, START_MS + 300), 300)
    watched.play.decide()

    pnl = part(watched, "pnl")

    parts = {name: Decimal(pnl[name]) for name in ("spread", "inventory", "fees", "funding", "total")}
    assert parts["spread"] == Decimal("0.88")
    assert parts["fees"] == Decimal("0.2")
    assert parts["total"] == parts["spread"] + parts["inventory"] - parts["fees"] + parts["funding"]


def test_a_fill_is_judged_after_each_horizon_that_has_passed(watched: Watched) -> None:
    watched.happens(touch(86_190, 86_210, START_MS))
    watched.happens(reported(fill(1, price=Decimal(86_112))))
    assert part(watched, "markouts") == {}

    later(watched, touch(86_190, 86_210, START_MS + 5_000), 5_000)

    markouts = part(watched, "markouts")
    assert {horizon: each["fills"] for horizon, each in markouts.items()} == {"1000": 1, "5000": 1}
    assert markouts["1000"]["markout_bps"] > 0


def test_they_are_told_no_faster_than_they_are_read(watched: Watched) -> None:
    watched.happens(touch(86_190, 86_210, START_MS))
    before = part(watched, "pnl")

    watched.happens(reported(fill(1, fee=Decimal("0.2"))))
    assert part(watched, "pnl") == before

    watched.play.now_ms += TOLD_EVERY_MS
    assert part(watched, "pnl")["fees"] == "0.2"


def test_nothing_new_is_the_same_object(watched: Watched) -> None:
    watched.happens(touch(86_190, 86_210, START_MS))
    watched.happens(reported(fill(1)))
    watched.play.now_ms += JUDGED_EVERY_MS
    before = part(watched, "pnl")

    watched.play.now_ms += JUDGED_EVERY_MS

    assert part(watched, "pnl") is before
