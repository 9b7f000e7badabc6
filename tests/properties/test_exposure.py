"""Whatever happens to orders, the worst case never passes the limit."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.events import CancelNotFound, PlaceNotSent, PlaceOutcomeUnknown
from bot.core.orders import ExchangeStatus, Order, Side
from tests.unit.core.play import Play

LIMIT = Decimal("0.03")


def worst_case(play: Play) -> tuple[Decimal, Decimal]:
    """Return the largest long and the largest short position that could still come about."""
    position = play.engine.account.position("BTC-USD")
    live = {
        side: sum(
            (play.market.size(order.size) - play.engine.account.filled_of(order.client_order_id))
            for order in play.engine.bot_orders()
            if order.side is side
        )
        for side in Side
    }
    return position + live[Side.BUY], live[Side.SELL] - position


def something_happens(play: Play, order: Order, what: str, share: int) -> None:
    """Let one thing happen to an order, as the exchange or the network might."""
    held = play.engine.orders.get(order.client_order_id)
    if held is None or held.status.is_ended:
        return
    known = play.engine.account.filled_of(order.client_order_id)
    size = play.market.size(order.size)
    match what:
        case "acknowledge":
            play.acknowledge(order)
        case "rest":
            play.report(order, ExchangeStatus.NEW, filled=known)
        case "lose":
            play.engine.apply(
                PlaceOutcomeUnknown(client_order_id=order.client_order_id, reason="timeout", received_ms=play.now_ms)
            )
        case "cancel" if held.status.value != "PLACING":
            play.report(order, ExchangeStatus.CANCELLED, filled=known)
        case "not found" if held.status.value == "CANCELLING":
            play.engine.apply(CancelNotFound(client_order_id=order.client_order_id, received_ms=play.now_ms))
        case "not sent" if held.status.value == "PLACING":
            play.engine.apply(PlaceNotSent(client_order_id=order.client_order_id, reason="no route", received_ms=play.now_ms))
        case "fill":
            part = (size - known) if share > 7 else play.market.size(play.market.floor_lots((size - known) * share / 10))
            if part > 0:
                play.fill(order, str(part))
                if share > 7:
                    play.report(order, ExchangeStatus.FILLED, filled=size)


HAPPENINGS = st.lists(
    st.tuples(
        st.sampled_from(["acknowledge", "rest", "lose", "cancel", "not found", "not sent", "fill", "fill", "price", "time"]),
        st.integers(0, 7),
        st.integers(1, 10),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None)
@given(happenings=HAPPENINGS)
def test_the_worst_case_never_passes_the_limit(happenings: list[tuple[str, int, int]]) -> None:
    play = Play(max_position=LIMIT).ready()
    sent: list[Order] = []
    for what, which, share in happenings:
        if what == "price":
            price = 86_000 + 100 * share
            play.see(str(price), bid=price - 5, ask=price + 5)
        elif what == "time":
            play.later(700 * share)
        elif sent:
            something_happens(play, sent[-1 - which % len(sent)], what, share)
        sent += play.placed()
        longest, shortest = worst_case(play)
        assert longest <= LIMIT
        assert shortest <= LIMIT


@settings(max_examples=50, deadline=None)
@given(happenings=HAPPENINGS)
def test_the_side_that_reduces_is_never_withheld_for_the_limit(happenings: list[tuple[str, int, int]]) -> None:
    play = Play(max_position=LIMIT).ready()
    sent: list[Order] = []
    for what, which, share in happenings:
        if what == "price":
            price = 86_000 + 100 * share
            play.see(str(price), bid=price - 5, ask=price + 5)
        elif what == "time":
            play.later(700 * share)
        elif sent:
            something_happens(play, sent[-1 - which % len(sent)], what, share)
        sent += play.placed()
        position = play.engine.account.position("BTC-USD")
        live_sells = sum(1 for order in play.engine.bot_orders() if order.side is Side.SELL)
        withheld = play.engine.makers["BTC-USD"].withheld
        if position > 0 and live_sells == 0 and Side.SELL in withheld:
            assert withheld[Side.SELL].code != "position_limit"
