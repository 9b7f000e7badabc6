"""The order book: price first, then time; and nothing is ever lost."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.numbers import Lots, Ticks
from simulator.matching import OrderBook, RestingOrder, SelfTradeRule, Side, TakerShield


def resting(order_id: int, side: Side, price: int, lots: int, owner: int = 1, **more: Any) -> RestingOrder:
    return RestingOrder(order_id, owner, side, Ticks(price), Lots(lots), **more)


def filled_book(*orders: RestingOrder) -> OrderBook:
    book = OrderBook()
    for order in orders:
        book.rest(order)
    return book


def test_the_best_price_trades_first_and_at_one_price_the_oldest() -> None:
    book = filled_book(
        resting(1, Side.SELL, 102, 5), resting(2, Side.SELL, 101, 5), resting(3, Side.SELL, 101, 5), resting(4, Side.SELL, 103, 5)
    )

    taken = book.take(Side.BUY, Ticks(102), Lots(12))

    assert [(match.maker_id, match.price, match.lots) for match in taken.matches] == [(2, 101, 5), (3, 101, 5), (1, 102, 2)]
    assert taken.left == 0
    assert list(book.levels(Side.SELL)) == [(102, 3), (103, 5)]


def test_a_taker_never_pays_more_than_its_limit() -> None:
    book = filled_book(resting(1, Side.SELL, 101, 5), resting(2, Side.SELL, 103, 5))

    taken = book.take(Side.BUY, Ticks(102), Lots(9))

    assert taken.left == 4
    assert book.size_at(Side.SELL, Ticks(103)) == 5


def test_a_seller_meets_the_highest_bid_first() -> None:
    book = filled_book(resting(1, Side.BUY, 99, 5), resting(2, Side.BUY, 100, 5))

    taken = book.take(Side.SELL, Ticks(99), Lots(6))

    assert [(match.maker_id, match.price) for match in taken.matches] == [(2, 100), (1, 99)]


def test_an_order_cancelled_in_the_middle_leaves_the_others_in_their_order() -> None:
    book = filled_book(*(resting(number, Side.BUY, 100, number) for number in (1, 2, 3)))

    removed = book.remove(2)

    assert removed is not None
    assert book.remove(2) is None
    assert [order.order_id for order in book.orders_at(Side.BUY, Ticks(100))] == [1, 3]
    assert book.size_at(Side.BUY, Ticks(100)) == 4


def test_a_shrunk_order_keeps_its_place() -> None:
    book = filled_book(resting(1, Side.BUY, 100, 10), resting(2, Side.BUY, 100, 10))

    book.shrink(1, Lots(3))

    taken = book.take(Side.SELL, Ticks(100), Lots(4))
    assert [(match.maker_id, match.lots) for match in taken.matches] == [(1, 3), (2, 1)]


def test_crossing_is_seen_at_the_very_price_of_the_other_side() -> None:
    book = filled_book(resting(1, Side.SELL, 101, 1), resting(2, Side.BUY, 99, 1))

    assert book.would_cross(Side.BUY, Ticks(101))
    assert not book.would_cross(Side.BUY, Ticks(100))
    assert book.would_cross(Side.SELL, Ticks(99))
    assert not book.would_cross(Side.SELL, Ticks(100))


@pytest.mark.parametrize(
    ("rule", "traded", "left", "still_there"),
    [
        (SelfTradeRule.STOP_TAKER, [], 8, True),
        (SelfTradeRule.CANCEL_MAKER, [2], 3, False),
        (SelfTradeRule.CANCEL_BOTH, [], 8, False),
    ],
)
def test_self_trade_rules_name_the_order_that_dies(rule: SelfTradeRule, traded: list[int], left: int, still_there: bool) -> None:
    book = filled_book(resting(1, Side.SELL, 101, 5, owner=7), resting(2, Side.SELL, 102, 5, owner=8))

    taken = book.take(Side.BUY, Ticks(102), Lots(8), TakerShield(7, None, rule))

    assert [match.maker_id for match in taken.matches] == traded
    assert taken.left == left
    assert (book.find(1) is not None) is still_there
    assert taken.stopped is (rule is not SelfTradeRule.CANCEL_MAKER)


def test_a_client_wide_shield_knows_other_accounts_of_the_client() -> None:
    book = filled_book(resting(1, Side.SELL, 101, 5, owner=7, client=70))

    assert book.take(Side.BUY, Ticks(101), Lots(1), TakerShield(9, 70)).stopped
    assert book.take(Side.BUY, Ticks(101), Lots(1), TakerShield(9, None)).matches


def test_a_guarded_maker_stops_the_pass_until_it_is_cleared() -> None:
    book = filled_book(resting(1, Side.SELL, 101, 5), resting(2, Side.SELL, 101, 5, guarded=True), resting(3, Side.SELL, 102, 5))

    first = book.take(Side.BUY, Ticks(102), Lots(12))
    second = book.take(Side.BUY, Ticks(102), first.left, cleared=2)

    assert (first.waiting_for, first.left) == (2, 7)
    assert [match.maker_id for match in second.matches] == [2, 3]


def test_the_size_in_front_is_remembered_when_an_order_comes_to_rest() -> None:
    book = filled_book(resting(1, Side.BUY, 100, 10), resting(2, Side.BUY, 100, 4))

    late = resting(3, Side.BUY, 100, 1)
    book.rest(late)

    assert late.ahead == 14


class NaiveBook:
    """The same rules in the slowest way: one sorted list per side."""

    def __init__(self) -> None:
        self.orders: list[RestingOrder] = []

    def take(self, side: Side, limit: int, lots: int) -> list[tuple[int, int, int]]:
        makers = [order for order in self.orders if order.side is side.opposite and (limit - order.price) * side.sign >= 0]
        matches = []
        for maker in sorted(makers, key=lambda order: order.price * side.sign):  # stable: age decides ties
            traded = min(lots, maker.lots)
            if not traded:
                break
            lots -= traded
            maker.lots = Lots(maker.lots - traded)
            matches.append((maker.order_id, maker.price, traded))
        self.orders = [order for order in self.orders if order.lots]
        return matches

    def levels(self, side: Side) -> dict[int, int]:
        found: dict[int, int] = {}
        for order in self.orders:
            if order.side is side:
                found[order.price] = found.get(order.price, 0) + order.lots
        return found


VERBS = st.sampled_from(["order", "order", "order", "cancel"])
COMMANDS = st.lists(st.tuples(VERBS, st.sampled_from(list(Side)), st.integers(90, 110), st.integers(1, 9)), max_size=80)


@given(COMMANDS)
def test_the_book_agrees_with_the_naive_book_on_everything(commands: list[tuple[str, Side, int, int]]) -> None:
    book, naive = OrderBook(), NaiveBook()
    for number, (verb, side, price, lots) in enumerate(commands, 1):
        if verb == "cancel":
            victim = price * 100 // (number + 1)
            removed = book.remove(victim)
            before = len(naive.orders)
            naive.orders = [order for order in naive.orders if order.order_id != victim]
            assert (removed is not None) == (len(naive.orders) < before)
            continue
        expected = naive.take(side, price, lots)
        taken = book.take(side, Ticks(price), Lots(lots))
        assert [(match.maker_id, match.price, match.lots) for match in taken.matches] == expected
        assert taken.left == lots - sum(traded for _, _, traded in expected)
        if taken.left:
            book.rest(resting(number, side, price, taken.left))
            naive.orders.append(resting(number, side, price, taken.left))
        for each in Side:
            assert dict(book.levels(each)) == naive.levels(each)
        bid, ask = book.best(Side.BUY), book.best(Side.SELL)
        assert bid is None or ask is None or bid < ask


def test_nothing_to_take_takes_nothing() -> None:
    book = OrderBook()
    book.rest(resting(1, Side.SELL, 100, 5))

    taken = book.take(Side.BUY, Ticks(100), Lots(0))

    assert (taken.left, list(taken.matches), book.size_at(Side.SELL, Ticks(100))) == (0, [], 5)
