"""Closing a position by taking: only at prices that agree, stepwise, and never past zero."""

from decimal import Decimal

import pytest

from bot.core.live_orders import LiveOrders
from bot.core.notes import Reason
from bot.core.orders import Side
from bot.core.risk.flatten import PAUSE_MS, Exit, Flattener, exit_size
from bot.core.risk.references import References
from tests.unit.core.play import btc
from tests.unit.core.risk.scene import START_MS, order, sight


def decide(
    flattener: Flattener, position: str, *, now_ms: int = START_MS, orders: LiveOrders | None = None, **changes: object
) -> Exit | Reason | None:
    believed = References().judge(sight(100_000, now_ms, **changes))
    return flattener.decide(btc(), position=Decimal(position), orders=orders or LiveOrders(), believed=believed, now_ms=now_ms)


@pytest.mark.parametrize(("position", "side", "price"), [("0.5", Side.SELL, 99_900), ("-0.5", Side.BUY, 100_100)])
def test_the_first_try_takes_within_ten_basis_points(position: str, side: Side, price: int) -> None:
    found = decide(Flattener(), position)

    assert isinstance(found, Exit)
    assert (found.side, found.price, found.size, found.attempt) == (side, price, 50_000, 1)


def test_a_flat_position_needs_no_order() -> None:
    assert decide(Flattener(), "0") is None


def test_f139_each_try_steps_outwards_and_the_tries_end() -> None:
    flattener, prices = Flattener(), []
    for each in range(7):
        found = decide(flattener, "0.5", now_ms=START_MS + each * PAUSE_MS)
        prices.append(found.price if isinstance(found, Exit) else found.code if found else "")

    assert prices == [99_900, 99_800, 99_500, 99_000, 99_000, "flatten_given_up", "flatten_given_up"]


def test_f139_what_is_left_is_closed_and_never_more() -> None:
    flattener = Flattener()
    decide(flattener, "0.5")

    found = decide(flattener, "0.123456", now_ms=START_MS + PAUSE_MS)

    assert isinstance(found, Exit)
    assert found.size == 12_345


def test_tries_keep_their_distance_in_time() -> None:
    flattener = Flattener()
    decide(flattener, "0.5")

    found = decide(flattener, "0.5", now_ms=START_MS + PAUSE_MS - 1)

    assert isinstance(found, Reason)
    assert found.code == "flatten_waits"


@pytest.mark.parametrize(
    "changes",
    [
        {"index": Decimal(100_501)},
        {"index": Decimal(99_499)},
        {"index": None},
        {"mid": None},
        {"mark": Decimal(101_000)},
        {"index_age_ms": 30_001},
    ],
)
def test_nothing_is_closed_while_mark_index_and_mid_disagree(changes: dict[str, object]) -> None:
    found = decide(Flattener(), "0.5", **changes)

    assert isinstance(found, Reason)
    assert found.code == "flatten_withheld"


def test_prices_exactly_50_bps_apart_still_agree() -> None:
    assert isinstance(decide(Flattener(), "0.5", index=Decimal(100_500)), Exit)


def test_our_own_quotes_must_be_gone_first() -> None:
    orders = LiveOrders()
    orders.add(order(Side.BUY, "0.01", price=99_000))

    found = decide(Flattener(), "0.5", orders=orders)

    assert isinstance(found, Reason)
    assert found.code == "flatten_waits"


def test_a_person_may_begin_over() -> None:
    flattener = Flattener()
    for each in range(6):
        decide(flattener, "0.5", now_ms=START_MS + each * PAUSE_MS)
    flattener.begin()

    assert isinstance(decide(flattener, "0.5", now_ms=START_MS + 60_000), Exit)


def test_a_position_larger_than_one_order_is_closed_in_several() -> None:
    flattener, believed, left, prices = Flattener(), References().judge(sight(100_000)), Decimal("1.05"), []
    for each in range(20):
        now_ms = START_MS + each * PAUSE_MS
        found = flattener.decide(
            btc(), position=left, orders=LiveOrders(), believed=believed, now_ms=now_ms, largest=Decimal("0.1")
        )
        if not isinstance(found, Exit):
            break
        left -= btc().size(found.size)
        prices.append(found.price)

    assert left == 0
    assert prices == [99_900] * 11


@pytest.mark.parametrize(
    ("left", "largest", "lots"),
    [
        ("1.05", None, 105_000),
        ("1.05", "2", 105_000),
        ("1.05", "0.1", 10_000),
        ("0.10005", "0.1", 9_995),  # what is left, 0.0001, is the least the exchange takes
        ("0.1001", "0.1", 10_000),
        ("0.00015", "0.0001", 10),  # neither part could be larger
    ],
)
def test_a_part_leaves_nothing_or_what_can_still_be_sent(left: str, largest: str | None, lots: int) -> None:
    assert exit_size(btc(), Decimal(left), None if largest is None else Decimal(largest)) == lots
