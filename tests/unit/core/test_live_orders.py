"""The order table by itself: what each word of the exchange changes, what it must not change, and what counts as exposure."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from bot.core.doubts import GRACE_MS, Doubts
from bot.core.events import OrderLookedUp, OrdersReported
from bot.core.live_orders import BELIEVED_END_MS, ENDED_KEPT, READ_LAG_MS, LiveOrders
from bot.core.numbers import Lots, Ticks
from bot.core.orders import ExchangeStatus, Order, OrderReport, Owner, Saw, Side, Status, TimeInForce
from bot.core.risk.exposure import Stake, Stakes, possibly_live, shrinks, surplus
from tests.unit.core.play import START_MS, btc

MARKET = btc()
ENDS_MS = START_MS + 90_000


def order(number: int = 1, **changes: Any) -> Order:
    given: dict[str, Any] = {
        "client_order_id": f"mmb-live-{number}", "nonce": number, "market": "BTC-USD", "side": Side.BUY, "price": Ticks(86_112),
        "size": Lots(1_000), "time_in_force": TimeInForce.GTT, "post_only": True, "reduce_only": False, "owner": Owner.BOT,
        "created_ms": START_MS, "expires_ms": ENDS_MS, "since_ms": START_MS, "status": Status.RESTING,
        "exchange_order_id": 100 + number, "updated_ms": START_MS,
    }  # fmt: skip
    return Order(**(given | changes))


def report(of: Order, status: ExchangeStatus = ExchangeStatus.NEW, **changes: Any) -> OrderReport:
    given: dict[str, Any] = {
        "exchange_order_id": of.exchange_order_id or 100, "client_order_id": of.client_order_id, "market": of.market,
        "side": of.side, "price": MARKET.price(of.price), "size": MARKET.size(of.size), "filled": Decimal(0),
        "average_price": None, "status": status, "reason": "", "order_type": "LIMIT", "time_in_force": "GTT",
        "post_only": True, "reduce_only": of.reduce_only, "created_ms": START_MS, "updated_ms": START_MS + 1_000,
        "expires_ms": of.expires_ms,
    }  # fmt: skip
    return OrderReport(**(given | changes))


def listed(*reports: OrderReport, asked_ms: int, market: str | None = None, source: str = "rest") -> OrdersReported:
    return OrdersReported(orders=reports, is_snapshot=True, source=source, asked_ms=asked_ms, received_ms=asked_ms, market=market)


def table(*held: Order) -> LiveOrders:
    orders = LiveOrders()
    for each in held:
        orders.add(each)
    return orders


def held(orders: LiveOrders, number: int = 1) -> Order:
    found = orders.get(f"mmb-live-{number}")
    assert found is not None
    return found


# --- reports ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("later_ms", [0, 1_000])
def test_a_filled_size_never_goes_backwards_whichever_report_is_newer(later_ms: int) -> None:
    orders = table(order())
    orders.report(report(order(), ExchangeStatus.PARTIALLY_FILLED, filled=Decimal("0.006")), MARKET, START_MS)
    after = orders.report(
        report(order(), ExchangeStatus.PARTIALLY_FILLED, filled=Decimal("0.002"), updated_ms=START_MS + 1_000 + later_ms),
        MARKET,
        START_MS,
    )

    assert after is not None
    assert (after.filled, after.remaining) == (600, 400)


def test_an_older_report_still_raises_the_filled_size_and_changes_nothing_else() -> None:
    orders = table(order(updated_ms=START_MS + 5_000))
    late = report(order(), ExchangeStatus.CANCELLED, filled=Decimal("0.004"), updated_ms=START_MS + 1_000)
    after = orders.report(late, MARKET, START_MS)

    assert after is not None
    assert (after.status, after.filled, after.updated_ms) == (Status.RESTING, 400, START_MS + 5_000)


def test_an_end_that_the_exchange_reported_is_not_taken_back_by_a_report_and_one_that_we_concluded_is() -> None:
    told, concluded = table(order()), table(order(status=Status.UNKNOWN))
    told.report(report(order(), ExchangeStatus.CANCELLED), MARKET, START_MS)
    concluded.saw("mmb-live-1", Saw.INFERRED_GONE, START_MS)
    for orders in (told, concluded):
        orders.report(report(order(), updated_ms=START_MS + 9_000), MARKET, START_MS + 9_000)

    assert (held(told).status, told.is_live("mmb-live-1")) == (Status.CANCELLED, False)
    assert (held(concluded).status, held(concluded).adopted) == (Status.RESTING, True), "live, and to be cancelled"


@pytest.mark.parametrize(("age_ms", "comes_back"), [(BELIEVED_END_MS, False), (BELIEVED_END_MS + 1, True)])
def test_a_list_denies_an_end_only_when_it_was_asked_for_long_after(age_ms: int, comes_back: bool) -> None:
    orders = table(order())
    orders.report(report(order(), ExchangeStatus.CANCELLED), MARKET, START_MS)
    late = listed(report(order(), updated_ms=START_MS + 2_000), asked_ms=START_MS + age_ms)

    assert [each.client_order_id for each in orders.revive(late)] == (["mmb-live-1"] if comes_back else [])
    assert orders.is_live("mmb-live-1") is comes_back
    assert orders.revive(msgspec.structs.replace(late, source="stream")) == []


@pytest.mark.parametrize(("age_ms", "status"), [(READ_LAG_MS - 1, Status.UNKNOWN), (READ_LAG_MS, Status.RESTING)])
def test_a_look_that_may_be_older_than_a_doubt_does_not_end_it(age_ms: int, status: Status) -> None:
    orders = table(order(status=Status.UNKNOWN, since_ms=START_MS))
    orders.report(report(order()), MARKET, START_MS + age_ms, asked_ms=START_MS + age_ms)

    assert held(orders).status is status


# --- orders of earlier runs ---------------------------------------------------------------------------------------------


def test_what_was_filled_before_an_order_was_found_or_restored_is_no_hole() -> None:
    """Those fills are in the position that was found with it; counting them once more would shut the side out."""
    found, restored = LiveOrders(), LiveOrders()
    found.report(report(order(), ExchangeStatus.PARTIALLY_FILLED, filled=Decimal("0.004")), MARKET, START_MS)
    restored.restore(order(filled=Lots(400), booked=Lots(100)), START_MS)

    for orders in (found, restored):
        again = report(order(), ExchangeStatus.PARTIALLY_FILLED, filled=Decimal("0.004"), updated_ms=START_MS + 2_000)
        orders.report(again, MARKET, START_MS)
        assert orders.unbooked("BTC-USD", Side.BUY) == 0
        assert possibly_live(orders, MARKET, Side.BUY) == Decimal("0.006")
    assert (held(found).adopted, held(restored).adopted) == (True, True)


def test_a_replacement_that_failed_leaves_an_old_order_whose_end_nobody_asked_for() -> None:
    orders = table(order(), order(2, status=Status.PLACING, replaces="mmb-live-1", exchange_order_id=None))
    orders.replaced("mmb-live-1", "mmb-live-2", START_MS)
    assert (held(orders).cancel_asked, held(orders).replaced_by) == (True, "mmb-live-2")
    orders.replacement_failed(held(orders, 2), Saw.REPLACE_REFUSED, START_MS)

    assert (held(orders).cancel_asked, held(orders).replaced_by, held(orders).status) == (False, None, Status.RESTING)


def test_only_the_replacement_that_an_order_waits_for_can_fail_for_it() -> None:
    orders = table(order(), order(2, replaces="mmb-live-1"), order(3, replaces="mmb-live-1"))
    orders.replaced("mmb-live-1", "mmb-live-3", START_MS)
    orders.replacement_failed(held(orders, 2), Saw.REPLACE_REFUSED, START_MS)

    assert held(orders).replaced_by == "mmb-live-3"


def test_ended_orders_are_remembered_long_enough_for_late_fills() -> None:
    orders = LiveOrders()
    for number in range(ENDED_KEPT + 1):
        orders.add(order(number))
        orders.report(report(order(number), ExchangeStatus.CANCELLED), MARKET, START_MS)

    assert (orders.get("mmb-live-0"), len(orders)) == (None, 0)
    assert held(orders, 1).status is Status.CANCELLED


# --- fills and strangers ------------------------------------------------------------------------------------------------


def test_known_fills_raise_the_filled_size_and_reported_ones_without_fills_are_a_hole() -> None:
    orders = table(order())
    orders.filled_at_least("mmb-live-1", Lots(300))
    assert (held(orders).filled, held(orders).booked, held(orders).hole) == (300, 300, 0)
    orders.report(report(order(), ExchangeStatus.PARTIALLY_FILLED, filled=Decimal("0.007")), MARKET, START_MS)
    assert (held(orders).filled, held(orders).hole) == (700, 400)
    assert orders.filled_at_least("mmb-live-1", Lots(200)) == held(orders), "an older sum takes nothing back"
    assert possibly_live(orders, MARKET, Side.BUY) == Decimal("0.007"), "300 may still fill, 400 have and nobody booked them"
    orders.settle("BTC-USD")
    assert possibly_live(orders, MARKET, Side.BUY) == Decimal("0.003")


def test_a_list_of_one_market_forgets_no_stranger_of_another() -> None:
    orders = LiveOrders()
    for market, number in (("BTC-USD", 1), ("ETH-USD", 2)):
        stranger = report(order(number), client_order_id=f"by-hand-{number}", market=market)
        orders.report(stranger, MARKET, START_MS)
    orders.forget_strangers(listed(asked_ms=START_MS, market="BTC-USD"))
    assert [each.market for each in orders.foreign.values()] == ["ETH-USD"]
    orders.forget_strangers(listed(asked_ms=START_MS))
    assert orders.foreign == {}


def test_a_strangers_order_counts_with_what_is_left_of_it_unless_it_only_reduces() -> None:
    orders = LiveOrders()
    stranger = report(order(1), client_order_id="by-hand", filled=Decimal("0.004"))
    orders.report(stranger, MARKET, START_MS)
    assert possibly_live(orders, MARKET, Side.BUY) == Decimal("0.006")
    assert possibly_live(orders, MARKET, Side.SELL) == 0
    orders.report(msgspec.structs.replace(stranger, reduce_only=True), MARKET, START_MS)
    assert possibly_live(orders, MARKET, Side.BUY) == 0


# --- exposure -----------------------------------------------------------------------------------------------------------


def test_an_order_of_ours_that_only_reduces_is_no_exposure_and_is_never_taken_back() -> None:
    orders = table(order(1, reduce_only=True), order(2, price=Ticks(86_000)), order(3, price=Ticks(86_100)))

    assert possibly_live(orders, MARKET, Side.BUY) == Decimal("0.02")
    chosen = surplus(orders, MARKET, Side.BUY, Decimal("0.01"))
    assert [each.client_order_id for each in chosen] == ["mmb-live-2"], "the one farthest from the touch, and no more"
    sells = table(order(1, side=Side.SELL, price=Ticks(86_300)), order(2, side=Side.SELL, price=Ticks(86_400)))
    assert [each.client_order_id for each in surplus(sells, MARKET, Side.SELL, Decimal("0.01"))] == ["mmb-live-2"]


@pytest.mark.parametrize(
    ("position", "live", "side", "size", "expected"),
    [
        ("0.01", "0", Side.SELL, "0.01", True),
        ("0.01", "0", Side.SELL, "0.011", False),
        ("0.01", "0.001", Side.SELL, "0.01", False),
        ("0.01", "0", Side.BUY, "0.001", False),
        ("-0.01", "0", Side.BUY, "0.01", True),
        ("0", "0", Side.BUY, "0.001", False),
    ],
)
def test_an_order_shrinks_a_position_only_with_everything_that_lives_on_its_side(
    position: str, live: str, side: Side, size: str, expected: bool
) -> None:
    assert shrinks(Decimal(position), Decimal(live), side, Decimal(size)) is expected


@pytest.mark.parametrize(
    ("position", "buys", "sells", "worst"),
    [
        ("0.5", "0", "0.5", 50),
        ("0.5", "0.5", "0", 100),
        ("0", "0.1", "0.7", 70),
        ("-0.5", "0.2", "0.1", 60),
        ("0.4", "0", "2", 160),
    ],
)
def test_the_worst_case_of_a_market_is_its_dearest_outcome(position: str, buys: str, sells: str, worst: int) -> None:
    stake = Stake(position=Decimal(position), buys=Decimal(buys), sells=Decimal(sells), price=Decimal(100))
    stakes = Stakes()
    stakes.put("BTC-USD", stake)
    stakes.put("ETH-USD", Stake(position=Decimal(1), buys=Decimal(0), sells=Decimal(0), price=Decimal(7)))

    assert stake.worst() == stakes.worst_gross(without="ETH-USD") == worst
    assert stakes.worst_gross() == worst + 7


# --- doubts -------------------------------------------------------------------------------------------------------------


def asked(orders: LiveOrders, doubts: Doubts, now_ms: int) -> int:
    return len(doubts.questions(orders, now_ms))


def not_found(doubts: Doubts, now_ms: int) -> None:
    doubts.looked_up(OrderLookedUp(client_order_id="mmb-live-1", report=None, asked_ms=now_ms, received_ms=now_ms))


def test_an_order_in_doubt_is_gone_after_two_answers_and_its_own_end_with_a_grace() -> None:
    orders, doubts = table(order(status=Status.UNKNOWN)), Doubts()
    assert asked(orders, doubts, START_MS) == 1
    not_found(doubts, START_MS)
    late_ms = ENDS_MS + GRACE_MS
    assert doubts.conclude(orders, late_ms) == [], "one answer is no answer: reads lag"
    not_found(doubts, START_MS + 2_000)
    assert doubts.conclude(orders, late_ms - 1) == []
    ((before, after),) = doubts.conclude(orders, late_ms)
    assert (before.status, after.status, after.reason) == (Status.UNKNOWN, Status.EXPIRED, "EXPIRED (inferred)")


def test_two_answers_within_a_second_are_one() -> None:
    orders, doubts = table(order(status=Status.UNKNOWN)), Doubts()
    asked(orders, doubts, START_MS)
    not_found(doubts, START_MS)
    not_found(doubts, START_MS + 400)

    assert doubts.conclude(orders, ENDS_MS + GRACE_MS) == []


def test_ten_questions_at_once_are_enough() -> None:
    orders = table(*(order(number, status=Status.UNKNOWN) for number in range(25)))
    doubts = Doubts()

    assert [asked(orders, doubts, START_MS + turn) for turn in range(4)] == [10, 10, 5, 0], "no storm of questions"
