"""A position's own mark price stands in for a silent mark feed, and never for a dead market."""

from decimal import Decimal

from bot.core.market_view import MarketView
from tests.unit.core.play import START_MS, btc


def test_a_positions_mark_stands_in_where_the_feed_is_silent() -> None:
    view = MarketView(btc())
    view.fall_back_to(Decimal(86_000), START_MS)
    view.fall_back_to(Decimal(86_010), START_MS + 3_000)

    assert view.mark is not None
    assert (view.mark.value, view.mark.received_ms) == (Decimal(86_010), START_MS + 3_000)


def test_a_mark_that_a_position_only_repeats_grows_old() -> None:
    view = MarketView(btc())
    for second in range(10):
        view.fall_back_to(Decimal(86_000), START_MS + 1_000 * second)

    assert view.mark is not None
    assert view.mark.age_ms(START_MS + 10_000) == 10_000
