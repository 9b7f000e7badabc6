"""What the first fill of a market earned is measured against the price that held before it."""

from decimal import Decimal

from tests.unit.core.play import Play


def test_the_first_fill_of_a_market_earns_its_distance_from_the_mid_before_it_as_spread() -> None:
    play = Play().ready()
    bought = play.quoting()[0]
    play.fill(bought, "0.01")
    play.later(300)
    play.decide()

    (day,) = play.engine.risk.pnl.of("BTC-USD").days.values()
    edge = Decimal("0.01") * (Decimal(86_199) - play.market.price(bought.price))
    assert edge > 0
    assert (day.spread, day.inventory) == (edge, 0)
    play.engine.risk.pnl.check()


def test_a_market_that_was_only_watched_has_no_books() -> None:
    play = Play().ready()
    play.quoting()
    play.later(300)
    play.decide()

    assert play.engine.risk.pnl.markets == {}


def test_a_first_fill_before_any_price_was_looked_at_is_its_own_reference() -> None:
    play = Play().ready()
    bought = play.quoting()[0]
    play.engine.risk._before.clear()
    play.fill(bought, "0.01")

    (day,) = play.engine.risk.pnl.of("BTC-USD").days.values()
    assert (day.spread, day.fills) == (0, 1)
