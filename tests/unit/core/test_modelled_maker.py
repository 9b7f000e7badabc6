"""A market quoted by models: several levels, thought over again and again, explained, and never past the limit."""

from decimal import Decimal

import pytest

from bot.core.events import FundingRateSeen
from bot.core.notes import Note, Reason
from bot.core.orders import ExchangeStatus, Order, Side
from bot.core.quoting.assembly import Distances, distances_of_bps
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


def clamped(play: Play) -> list[Note]:
    return [note for note in play.engine.take_notes() if note.event == "spread_clamped"]


def test_f117_a_spread_that_stands_at_its_largest_for_long_is_told_once() -> None:
    play = modelled(QuotingSettings(strategy="composite", max_half_spread_bps=1.0, levels=1))
    live_for(play, 55)
    assert clamped(play) == [], "a moment at the bound is what the bound is for"
    live_for(play, 120)

    (note,) = clamped(play)
    assert note.level == "WARNING"
    assert "1 bps" in str(note.fields["text"])
    breakdown = play.engine.makers["BTC-USD"].breakdown
    assert breakdown is not None
    assert (breakdown.half_spread_bps, breakdown.half_spread_decided_by) == (1.0, "largest half-spread")


def test_f117_a_spread_within_its_bounds_is_nothing_to_tell() -> None:
    play = modelled(QuotingSettings(strategy="composite", levels=1))
    live_for(play, 150)

    assert clamped(play) == []


@pytest.mark.parametrize("asked", [float("nan"), float("inf"), -float("inf")])
def test_f117_a_spread_that_is_no_number_is_a_reason_and_no_quote(asked: float) -> None:
    assert isinstance(distances_of_bps(asked, 5.0, 500.0), Reason)
    assert isinstance(distances_of_bps(5.0, asked, 500.0), Reason)


def test_f117_an_absurd_spread_is_cut_and_a_negative_one_never_turns_the_quotes_around() -> None:
    wide = distances_of_bps(1e9, 1e9, 500.0)
    assert isinstance(wide, Distances)
    assert (wide.bid, wide.ask) == (Decimal("0.05"), Decimal("0.05"))

    inverted = distances_of_bps(-8.0, -8.0, 500.0)
    assert isinstance(inverted, Distances)
    assert inverted.bid + inverted.ask >= 0, "a bid above the ask is no quote"
