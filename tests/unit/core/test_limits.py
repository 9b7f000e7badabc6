"""The risk gate, one rule at a time, on the real tables."""

import msgspec
import pytest

from bot.core.errors import RiskRefused
from bot.core.live_orders import LiveOrders
from bot.core.numbers import Ticks
from bot.core.orders import Order, Saw, Side
from bot.core.risk.limits import approve
from tests.unit.core.play import Play

DISTANCE = 400
"""Ticks; more than both half-spreads: the old sell would meet the new buy."""


def pair() -> tuple[Play, Order, Order]:
    """Return a play, a sell of the bot, and a buy of the bot that would meet it."""
    play = Play().ready()
    buy, sell = sorted(play.placed(), key=lambda order: order.side)
    return play, sell, msgspec.structs.replace(buy, client_order_id="mmb-x-9", price=Ticks(sell.price + DISTANCE))


def admitted(play: Play, order: Order, orders: LiveOrders) -> Order:
    view = play.engine.views["BTC-USD"]
    assert view.mark is not None
    approved = approve(
        order,
        market=play.market,
        orders=orders,
        position=play.engine.account.position("BTC-USD"),
        mark_price=view.mark.value,
        max_position=None,
        max_order_notional=None,
    )
    return approved.order


def test_an_order_that_would_meet_our_own_resting_order_is_refused() -> None:
    play, _, buy = pair()

    with pytest.raises(RiskRefused, match="would meet our own SELL"):
        admitted(play, buy, play.engine.orders)


def test_an_order_in_doubt_does_not_empty_the_other_side() -> None:
    """A post-only order cannot take: should the one in doubt still rest, the exchange refuses ours."""
    play, sell, buy = pair()
    play.engine.orders.saw(sell.client_order_id, Saw.SILENCE, play.now_ms)

    assert buy.side is Side.BUY
    assert buy.post_only
    assert admitted(play, buy, play.engine.orders) == buy
