"""Many levels on the grid, within what may be held; and when a quote is worth moving."""

import math
import random
from decimal import Decimal

import pytest

from bot.core.events import Level
from bot.core.notes import Reason
from bot.core.numbers import Lots, Ticks
from bot.core.orders import Order, Owner, Side, TimeInForce
from bot.core.quoting.base import WishedLevel, WishedPrices, withdrawn
from bot.core.quoting.grid import Grid
from bot.core.quoting.ladder import DesiredQuotes, Quote
from bot.core.quoting.level_sizes import lay_levels, notional_budget, split
from bot.core.quoting.refresh import (
    is_out_of_place,
    keep_places,
    seconds_between_refreshes,
    threshold_with_patience,
    ticks_of_share,
)
from bot.core.quoting.simple import Simple
from tests.unit.core.quoting.stage import maker, market, picture, quoting, view_of

HUNDRED = Decimal(100)
COARSE = market(tick_size=Decimal("0.01"), lot_size=Decimal("0.001"), min_size=Decimal("0.001"))


def ladder_of(capacity: str) -> DesiredQuotes:
    """Lay the known ladder: mid 100, half-spread 5 bps, step 3 bps, four levels, ratio 1.5."""
    shown = picture(
        rules=COARSE,
        mark_price=HUNDRED,
        index_price=HUNDRED,
        mid=HUNDRED,
        best_bid=Level(Ticks(9_999), Lots(5)),
        best_ask=Level(Ticks(10_001), Lots(5)),
    )
    settings = maker(spread=Decimal("0.0005"), order_size=Decimal(1), max_position=Decimal(10))
    levels = quoting("grid", levels=4, size_ratio=1.5, level_step_bps=3.0)
    wish = Grid(levels).wish(shown, settings, HUNDRED)
    return lay_levels(wish, view_of(shown), settings, dict.fromkeys(Side, Decimal(capacity)))


def of(desired: DesiredQuotes, side: Side) -> tuple[list[str], list[str]]:
    """Return prices and sizes of one side as text."""
    quotes = [quote for quote in desired.quotes if quote.side is side]
    return [str(COARSE.price(quote.price)) for quote in quotes], [str(COARSE.size(quote.size)) for quote in quotes]


def test_the_known_ladder() -> None:
    desired = ladder_of("1")

    assert of(desired, Side.BUY) == (["99.95", "99.92", "99.89", "99.86"], ["0.123", "0.184", "0.276", "0.415"])
    assert of(desired, Side.SELL) == (["100.05", "100.08", "100.11", "100.14"], ["0.123", "0.184", "0.276", "0.415"])
    assert [quote.level for quote in desired.quotes] == [0, 1, 2, 3, 0, 1, 2, 3]


def test_with_room_for_all_each_level_has_its_own_size() -> None:
    assert of(ladder_of("100"), Side.BUY)[1] == ["1.000", "1.500", "2.250", "3.375"]


def test_the_outermost_level_goes_first_when_the_smallest_would_be_too_small() -> None:
    assert of(ladder_of("0.004"), Side.BUY) == (["99.95", "99.92"], ["0.001", "0.002"])
    assert of(ladder_of("0.001"), Side.BUY) == (["99.95"], ["0.001"])


def test_without_room_for_the_smallest_order_a_side_is_withheld() -> None:
    desired = ladder_of("0.0009")

    assert desired.quotes == ()
    assert {reason.code for reason in desired.withheld.values()} == {"position_limit"}


def test_levels_stand_at_least_half_a_half_spread_and_a_tick_apart() -> None:
    close = of(ladder_of("1"), Side.BUY)
    assert close[0][1] == "99.92"
    shown = picture()
    tight = maker(spread=Decimal("0.000001"))
    wish = Grid(quoting("grid", levels=3, level_step_bps=0.0)).wish(shown, tight, Decimal(86_200))
    laid = lay_levels(wish, view_of(shown), tight, dict.fromkeys(Side, Decimal(1)))
    bids = [quote.price for quote in laid.quotes if quote.side is Side.BUY]

    assert bids == sorted(set(bids), reverse=True)
    assert len(bids) == 3


@pytest.mark.parametrize("seed", range(20))
def test_the_sum_of_a_side_never_exceeds_its_capacity(seed: int) -> None:
    random_ = random.Random(seed)
    for _ in range(50):
        wanted = [Decimal(random_.randint(1, 10**6)) / 10**4 for _ in range(random_.randint(1, 8))]
        capacity = Decimal(random_.randint(-10, 10**6)) / 10**5
        sizes = split(wanted, capacity, COARSE)

        assert COARSE.size(Lots(sum(sizes))) <= max(capacity, Decimal(0))
        assert all(COARSE.size(size) >= COARSE.min_size for size in sizes)


@pytest.mark.parametrize(
    ("bid", "ask", "laid_bid", "laid_ask"),
    [("86100.04", "86300.06", 861_000, 863_001), ("86250", "86150", None, None), ("0.01", "90000", 0, 900_000)],
)
@pytest.mark.parametrize("room", ["0.05", "0.003", "0.00001", "-1"])
def test_one_level_of_one_size_is_rounded_to_the_shy_side_and_cut_to_the_room(
    bid: str, ask: str, laid_bid: int | None, laid_ask: int | None, room: str
) -> None:
    shown, settings = picture(), maker()
    wish = WishedPrices(bid=Decimal(bid), ask=Decimal(ask), anchor=Decimal(86_200))
    meets = laid_bid is None or laid_ask is None
    if laid_bid is None or laid_ask is None:  # wished beyond the opposite touch: one tick before it, where the two would meet
        assert shown.best_bid is not None
        assert shown.best_ask is not None
        laid_bid, laid_ask = shown.best_ask.price - 1, shown.best_bid.price + 1

    found = lay_levels(wish, view_of(shown), settings, {Side.BUY: Decimal(room), Side.SELL: Decimal("0.05")})

    rules, left = shown.rules, min(settings.order_size, Decimal(room))
    expected = []
    if left >= rules.min_size and laid_bid > 0:
        expected.append(Quote(side=Side.BUY, price=Ticks(laid_bid), size=rules.floor_lots(left)))
    expected.append(Quote(side=Side.SELL, price=Ticks(laid_ask), size=rules.floor_lots(settings.order_size)))
    if meets and len(expected) == 2:
        expected = []
    assert list(found.quotes) == expected
    assert set(found.withheld) == {Side.BUY, Side.SELL} - {quote.side for quote in expected}


def test_quotes_stay_as_far_from_the_opposite_touch_as_safety_asks() -> None:
    shown = picture()
    wish = WishedPrices(bid=Decimal(86_250), ask=Decimal(86_150), anchor=Decimal(86_200))
    room = dict.fromkeys(Side, Decimal(1))
    desired = lay_levels(wish, view_of(shown), maker(), room, safety_ticks={Side.BUY: 1, Side.SELL: 7})

    assert [quote.price for quote in desired.quotes] == [862_000, 862_006]


def test_no_order_is_larger_than_the_largest() -> None:
    wish = Grid(quoting("grid", levels=3, size_ratio=2.0)).wish(picture(), maker(), Decimal(86_200))
    desired = lay_levels(wish, view_of(picture()), maker(), dict.fromkeys(Side, Decimal(1)), largest_order=Decimal("0.015"))

    assert [quote.size for quote in desired.quotes if quote.side is Side.BUY] == [1_000, 1_500, 1_500]


def test_a_withdrawn_side_keeps_its_reason() -> None:
    reason = Reason(code="no_fair_price", text="nothing")
    desired = lay_levels(withdrawn(HUNDRED, reason), view_of(picture()), maker(), dict.fromkeys(Side, Decimal(1)))

    assert desired.quotes == ()
    assert desired.withheld == {Side.BUY: reason, Side.SELL: reason}


def test_a_size_that_tapers_away_names_the_taper() -> None:
    shown = picture(position=Decimal("0.0999"))
    wish = Grid(quoting("grid", levels=1)).wish(shown, maker(), Decimal(86_200))
    desired = lay_levels(wish, view_of(shown), maker(), dict.fromkeys(Side, Decimal(1)))

    assert desired.withheld[Side.BUY].code == "position_taper"
    assert [quote.side for quote in desired.quotes] == [Side.SELL]


@pytest.mark.parametrize(
    ("size", "largest", "named"), [("0.00005", None, "0.00005"), ("0.01", "0.00003", "0.00003"), ("0.000009", None, "0.000009")]
)
def test_f114_a_size_that_floors_below_the_smallest_order_or_to_nothing_is_left_out_and_named(
    size: str, largest: str | None, named: str
) -> None:
    wish = Grid(quoting("grid", levels=1)).wish(picture(), maker(), Decimal(86_200))
    small = maker(order_size=Decimal(size))
    desired = lay_levels(
        wish,
        view_of(picture()),
        small,
        dict.fromkeys(Side, Decimal(1)),
        largest_order=None if largest is None else Decimal(largest),
    )

    assert desired.quotes == ()
    assert {reason.code for reason in desired.withheld.values()} == {"size_below_minimum"}
    assert f"an order of {named} is below 0.0001" in desired.withheld[Side.BUY].text


def test_f114_levels_whose_rounded_prices_meet_are_dropped_on_both_sides() -> None:
    """A model that sees no reason for any distance: bid and ask fall on the same tick."""
    price, behind = Decimal(86_200), Decimal("86199.9")
    levels = tuple(
        WishedLevel(side=side, price=each, orders=Decimal(1))
        for side, each in ((Side.BUY, price), (Side.BUY, behind), (Side.SELL, price))
    )
    shown = picture(best_bid=Level(Ticks(861_000), Lots(500)), best_ask=Level(Ticks(863_000), Lots(500)))
    wish = WishedPrices(bid=price, ask=price, anchor=price, levels=levels)
    desired = lay_levels(wish, view_of(shown), maker(), dict.fromkeys(Side, Decimal(1)))

    assert [(quote.side, quote.price) for quote in desired.quotes] == [(Side.BUY, 861_999)]
    assert {side: reason.code for side, reason in desired.withheld.items()} == {Side.SELL: "self_cross"}


@pytest.mark.parametrize("tick", ["0.1", "1", "5", "100", "1000"])
@pytest.mark.parametrize("price", ["86000", "86000.05", "86199.9", "86500", "86999.99"])
def test_f114_rounding_never_lets_bid_and_ask_meet_on_any_tick(tick: str, price: str) -> None:
    rules = market(tick_size=Decimal(tick))
    shown = picture(rules=rules, best_bid=None, best_ask=None, mark_price=Decimal(price), mid=None)
    narrow = maker(spread=Decimal("0.000001"))
    desired = lay_levels(Simple().wish(shown, narrow, Decimal(price)), view_of(shown), narrow, dict.fromkeys(Side, Decimal(1)))

    bid, ask = (next(quote.price for quote in desired.quotes if quote.side is side) for side in Side)
    assert bid < ask
    assert rules.price(bid) <= Decimal(price) <= rules.price(ask), "each is rounded to its shy side"


def test_the_notional_that_a_risk_budget_carries() -> None:
    assert notional_budget(Decimal(10_000), 0.01, 3, 1.2, 60) == pytest.approx(35_861, abs=1)
    assert 3 * 1.2 * math.sqrt(60) == pytest.approx(27.885, abs=5e-4)
    assert notional_budget(Decimal(10_000), 0.01, 3, 0.0, 60) == math.inf


def test_a_quote_that_became_too_keen_moves_sooner() -> None:
    bid, ask = Side.BUY, Side.SELL

    assert not is_out_of_place(bid, Ticks(100), Ticks(104), 4)
    assert is_out_of_place(bid, Ticks(100), Ticks(105), 4)
    assert not is_out_of_place(bid, Ticks(100), Ticks(98), 4)
    assert is_out_of_place(bid, Ticks(100), Ticks(97), 4)
    assert is_out_of_place(ask, Ticks(100), Ticks(103), 4)
    assert not is_out_of_place(ask, Ticks(100), Ticks(96), 4)


def test_a_place_at_the_front_is_worth_waiting_for() -> None:
    assert threshold_with_patience(4, 0.0, 0.5) == 6
    assert threshold_with_patience(4, 1.0, 0.5) == 4
    assert threshold_with_patience(4, None, 0.5) == 4
    assert threshold_with_patience(4, 0.0, 0.0) == 4


def standing(side: Side, price: int, order_id: str) -> Order:
    return Order(
        client_order_id=order_id,
        nonce=1,
        market="BTC-USD",
        side=side,
        price=Ticks(price),
        size=Lots(1_000),
        time_in_force=TimeInForce.GTT,
        post_only=True,
        reduce_only=False,
        owner=Owner.BOT,
        created_ms=0,
        expires_ms=90_000,
    )


def bids(*prices: int) -> list[Quote]:
    return [Quote(side=Side.BUY, price=Ticks(price), size=Lots(1_000), level=level) for level, price in enumerate(prices)]


def kept(wished: list[Quote], live: list[Order], *, patience: float = 0.0, ahead: float | None = 1.0) -> list[int]:
    quotes = keep_places(wished, live, threshold_ticks=4, patience=patience, share_ahead=lambda _order_id: ahead)
    return [quote.price for quote in quotes]


def test_orders_near_enough_keep_their_places_and_the_others_move() -> None:
    live = [standing(Side.BUY, 90, "b"), standing(Side.BUY, 100, "a"), standing(Side.SELL, 200, "c")]

    assert kept(bids(103, 96), live) == [100, 96]
    assert kept(bids(97, 87), live) == [97, 87]  # both had become too keen
    assert kept(bids(103, 93, 80), live) == [100, 90, 80]
    assert kept(bids(105), live) == [105]
    assert kept(bids(105), live, patience=1.0, ahead=0.0) == [100]
    assert kept(bids(105), []) == [105]


def test_places_are_given_up_when_levels_would_change_their_order() -> None:
    live = [standing(Side.BUY, 100, "a"), standing(Side.BUY, 99, "b")]

    assert kept(bids(96, 95), live) == [96, 95]
    assert kept(bids(98, 94), live) == [100, 94]
    assert kept(bids(104, 101), live) == [100, 99]
    assert kept(bids(104, 105), live) == [104, 105]


def test_the_threshold_is_a_share_of_the_half_spread() -> None:
    assert ticks_of_share(5.0, 0.4, Decimal(86_200), Decimal("0.1")) == pytest.approx(172.4)


def test_the_time_between_refreshes_of_a_brownian_price() -> None:
    assert seconds_between_refreshes(2, 1.2) == pytest.approx(2.78, abs=5e-3)
    assert 60 / seconds_between_refreshes(2, 1.2) == pytest.approx(21.6, abs=0.05)
    assert seconds_between_refreshes(2, 1.2, 0.1) == pytest.approx(3.43, abs=0.01)
    assert seconds_between_refreshes(2, 0.0) == math.inf
