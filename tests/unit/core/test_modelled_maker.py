"""A market quoted by models: several levels, thought over again and again, explained, and never past the limit."""

from decimal import Decimal

import pytest

from bot.core.events import FundingRateSeen
from bot.core.orders import ExchangeStatus, Order, Side
from bot.core.quoting.parameters import ALL_OFF, QuotingSettings
from tests.unit.core.play import Play


def modelled(quoting: QuotingSettings, **changes: object) -> Play:
    play = Play(edit_in_place=True, max_position=Decimal("0.2"), **changes).ready()
    settings = play.engine.settings["BTC-USD"]
    play.engine.configure([settings], {"BTC-USD": quoting})
    return play


def live_for(play: Play, seconds: int) -> list[Order]:
    """Let the price breathe for a while, answer everything, and return what was placed."""
    placed: list[Order] = []
    for step in range(seconds * 5):
        play.later(200)
        price = 86_200 + (step * 7) % 40
        play.see(str(price), bid=price - 5, ask=price + 5)
        for order in play.placed():
            placed.append(order)
            play.acknowledge(order)
            play.report(order, ExchangeStatus.NEW)
            if order.replaces is not None and (old := play.engine.orders.get(order.replaces)) is not None:
                play.report(old, ExchangeStatus.CANCELLED, reason="ORDER_REPLACED")
    return placed


@pytest.mark.parametrize("strategy", ["composite", "glft", "avellaneda_stoikov", "grid"])
def test_every_strategy_shows_its_levels_on_both_sides_once_it_knows_enough(strategy: str) -> None:
    play = modelled(QuotingSettings(strategy=strategy, levels=3))
    live_for(play, 60)

    shown = play.engine.orders.of("BTC-USD")
    assert {side: sum(order.side is side for order in shown) for side in Side} == {Side.BUY: 3, Side.SELL: 3}
    bids = [order.price for order in shown if order.side is Side.BUY]
    asks = [order.price for order in shown if order.side is Side.SELL]
    assert max(bids) < min(asks)
    assert play.engine.makers["BTC-USD"].breakdown is not None


def test_with_every_part_off_the_composite_quotes_what_the_documents_rule_quotes() -> None:
    plain = Play(edit_in_place=True, max_position=Decimal("0.2")).ready().placed()
    off = modelled(ALL_OFF).placed()

    assert [(each.side, each.price, each.size) for each in off] == [(each.side, each.price, each.size) for each in plain]


def test_a_long_position_lowers_both_quotes() -> None:
    flat, long = modelled(QuotingSettings(strategy="composite")), modelled(QuotingSettings(strategy="composite"))
    long.engine.account.ledger("BTC-USD").adopt(Decimal("0.1"), Decimal(86_200))
    for play in (flat, long):
        live_for(play, 60)

    touch = {
        name: (
            max(order.price for order in play.engine.orders.of("BTC-USD", side=Side.BUY)),
            min(order.price for order in play.engine.orders.of("BTC-USD", side=Side.SELL)),
        )
        for name, play in (("flat", flat), ("long", long))
    }
    assert touch["long"][0] < touch["flat"][0]
    assert touch["long"][1] < touch["flat"][1]


def test_a_model_that_thinks_again_and_wishes_the_same_sends_nothing() -> None:
    play = modelled(QuotingSettings(strategy="composite"))
    live_for(play, 60)
    still = [play.placed() for _ in range(5)]

    assert still == [[], [], [], [], []]


def test_a_funding_rate_is_taken_in_without_harm() -> None:
    play = modelled(QuotingSettings(strategy="composite"))
    now_ms = play.now_ms
    play.engine.apply(FundingRateSeen(market="BTC-USD", rate=Decimal("0.0001"), exchange_ms=now_ms, received_ms=now_ms))

    assert live_for(play, 30)
