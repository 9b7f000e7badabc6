"""Whatever happens to orders, the worst case never passes the limit.

The test plays the exchange and keeps its own truth: an order that left may fill until the exchange has ended it, whatever the bot
believes about it.
"""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.events import CancelNotFound, PlaceNotSent, PlaceOutcomeUnknown
from bot.core.orders import ExchangeStatus, Order, Side, Status
from bot.core.risk.settings import RiskSettings
from tests.unit.core.play import Play

TIGHT = Decimal("0.01")
"""One order size: a single order that is forgotten passes it, and there is never room for both legs of an edit."""
ROOMY = Decimal("0.03")
MODES = [(TIGHT, False), (TIGHT, True), (ROOMY, True)]


class Truth:
    """The exchange's own view of our orders."""

    def __init__(self, *, limit: Decimal, edit_in_place: bool, limits: RiskSettings | None = None) -> None:
        self.play = Play(limits=limits, max_position=limit, edit_in_place=edit_in_place).ready()
        self.left: dict[str, Decimal] = {}
        """Size of each order that may still fill."""
        self.orders: dict[str, Order] = {}
        self.position = Decimal(0)

    def decide(self) -> None:
        for order in self.play.placed():
            self.orders[order.client_order_id] = order
            self.left[order.client_order_id] = self.play.market.size(order.size)

    def happen(self, what: str, which: int, share: int) -> None:
        play = self.play
        if what == "price":
            price = 86_000 + 200 * share
            play.see(str(price), bid=price - 5, ask=price + 5)
        elif what == "time":
            play.later(700 * share)
        elif self.left:
            order = self.orders[list(self.left)[which % len(self.left)]]
            self.befall(order, what, share)
        for order_id in [each for each in self.left if self.orders[each].expires_ms < play.now_ms]:
            del self.left[order_id]

    def befall(self, order: Order, what: str, share: int) -> None:
        """Let one thing happen to an order that truly lives."""
        play, order_id = self.play, order.client_order_id
        held = play.engine.orders.get(order_id)
        assert held is not None
        filled = play.market.size(order.size) - self.left[order_id]
        match what:
            case "acknowledge":
                play.acknowledge(order)
            case "rest":
                play.report(order, ExchangeStatus.NEW, filled=filled)
                self.replaced(order)
            case "lose" if held.status is Status.PLACING:
                play.engine.apply(PlaceOutcomeUnknown(client_order_id=order_id, reason="timeout", received_ms=play.now_ms))
            case "not sent" if held.status is Status.PLACING:
                del self.left[order_id]  # it never left; an order that it was to replace rests on
                play.engine.apply(PlaceNotSent(client_order_id=order_id, reason="no route", received_ms=play.now_ms))
            case "cancel" if held.status is not Status.PLACING:
                del self.left[order_id]
                play.report(order, ExchangeStatus.CANCELLED, filled=filled)
            case "not found" if held.status is Status.CANCELLING:
                play.engine.apply(CancelNotFound(client_order_id=order_id, received_ms=play.now_ms))
            case "fill":
                self.fill(order, share)

    def replaced(self, order: Order) -> None:
        """The book took a replacement: the order it replaces ends, unless it was filled before."""
        if order.replaces in self.left:
            old = self.orders[order.replaces]
            filled = self.play.market.size(old.size) - self.left.pop(order.replaces)
            self.play.report(old, ExchangeStatus.CANCELLED, filled=filled, reason="ORDER_REPLACED")

    def fill(self, order: Order, share: int) -> None:
        order_id = order.client_order_id
        part = self.left[order_id] if share > 5 else self.left[order_id] * share / 10
        self.left[order_id] -= part
        self.position += order.side.sign * part
        self.play.fill(order, str(part))
        if not self.left[order_id]:
            del self.left[order_id]
            self.play.report(order, ExchangeStatus.FILLED, filled=self.play.market.size(order.size))

    def worst(self, side: Side) -> Decimal:
        """Return the largest position on one side that could still come about."""
        possible = sum((left for order_id, left in self.left.items() if self.orders[order_id].side is side), start=Decimal(0))
        return side.sign * self.position + possible


HAPPENINGS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "acknowledge",
                "rest",
                "rest",
                "lose",
                "lose",
                "cancel",
                "cancel",
                "not found",
                "not sent",
                "fill",
                "price",
                "price",
                "time",
            ]
        ),
        st.integers(0, 7),
        st.integers(1, 10),
    ),
    min_size=5,
    max_size=60,
)


@pytest.mark.parametrize(("limit", "edit_in_place"), MODES)
@settings(max_examples=200, deadline=None)
@given(happenings=HAPPENINGS)
def test_the_worst_case_never_passes_the_limit(
    limit: Decimal, edit_in_place: bool, happenings: list[tuple[str, int, int]]
) -> None:
    truth = Truth(limit=limit, edit_in_place=edit_in_place)
    truth.decide()
    for what, which, share in happenings:
        truth.happen(what, which, share)
        truth.decide()
        for side in Side:
            assert truth.worst(side) <= limit
        assert truth.play.engine.account.position("BTC-USD") == truth.position


@pytest.mark.parametrize(("limit", "edit_in_place"), MODES)
@settings(max_examples=100, deadline=None)
@given(happenings=HAPPENINGS)
def test_the_side_that_reduces_is_never_withheld_for_the_limit(
    limit: Decimal, edit_in_place: bool, happenings: list[tuple[str, int, int]]
) -> None:
    truth = Truth(limit=limit, edit_in_place=edit_in_place)
    truth.decide()
    for what, which, share in happenings:
        truth.happen(what, which, share)
        truth.decide()
        reducing = Side.SELL if truth.position > 0 else Side.BUY
        if not truth.position or any(truth.orders[order_id].side is reducing for order_id in truth.left):
            continue
        truth.play.later(1_100)  # the pause after which a side that was refused for an order in doubt is decided anew
        truth.decide()
        withheld = truth.play.engine.makers["BTC-USD"].withheld.get(reducing)
        assert withheld is None or withheld.code != "position_limit"
