"""The published book: snapshot plus deltas is the book, whatever happened in between."""

import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from bot.core.numbers import Lots, Ticks
from simulator.feeds import BookFeed
from simulator.frames import Frame
from simulator.market_state import MarketState
from simulator.markets import BTC_USD
from simulator.matching import RestingOrder, Side

D = Decimal


def market() -> MarketState:
    return MarketState(spec=BTC_USD, mark=D(86_000), index=D(86_000), last=D(86_000))


def rest(state: MarketState, order_id: int, side: Side, price: int, lots: int) -> None:
    state.book.rest(RestingOrder(order_id, 1, side, Ticks(price), Lots(lots)))


def test_a_snapshot_lists_bids_falling_and_asks_rising() -> None:
    state = market()
    for number, (side, price) in enumerate([(Side.BUY, 99), (Side.BUY, 100), (Side.SELL, 103), (Side.SELL, 102)], 1):
        rest(state, number, side, price, 52_000)

    data = json.loads(BookFeed(state).snapshot())

    assert data["b"] == [{"p": "100", "q": "0.52000"}, {"p": "99", "q": "0.52000"}]
    assert [level["p"] for level in data["a"]] == ["102", "103"]
    assert (data["t"], data["m"], data["d"]) == ("SNAPSHOT", "BTC-USD", "f")


def test_a_delta_carries_the_change_and_the_absolute_size() -> None:
    state = market()
    rest(state, 1, Side.BUY, 100, 52_000)
    feed = BookFeed(state)

    state.book.take(Side.SELL, Ticks(100), Lots(4_619))

    assert json.loads(feed.delta() or b"")["b"] == [{"p": "100", "q": "-0.04619", "c": "0.47381"}]
    assert feed.delta() is None


def test_a_level_that_went_and_came_back_the_same_is_not_told() -> None:
    state = market()
    rest(state, 1, Side.BUY, 100, 5)
    feed = BookFeed(state)

    state.book.remove(1)
    rest(state, 2, Side.BUY, 100, 5)

    assert feed.delta() is None


def test_the_snapshot_is_the_book_as_published_not_as_it_is() -> None:
    state = market()
    feed = BookFeed(state)
    rest(state, 1, Side.BUY, 100, 5)

    before = json.loads(feed.snapshot())["b"]
    feed.delta()

    assert before == []
    assert json.loads(feed.snapshot())["b"] == [{"p": "100", "q": "0.00005"}]


def test_best_prices_are_told_when_they_change_and_a_side_may_be_empty() -> None:
    state = market()
    rest(state, 1, Side.BUY, 100, 5)
    feed = BookFeed(state)

    first = json.loads(feed.best() or b"")
    rest(state, 2, Side.BUY, 99, 5)

    assert (first["b"], first["a"], first["d"]) == ([{"p": "100", "q": "0.00005"}], [], "1")
    assert feed.best() is None


def test_a_frame_is_wrapped_for_either_protocol_and_leaves_room_for_its_number() -> None:
    delta = Frame("orderbooks", 1790424000100, b'{"m":1}', "DELTA")
    mark = Frame("mark", 1790424000100, b'{"m":1}', "MP")

    assert json.loads(delta.v1() + b',"seq":7}') == {"ts": 1790424000100, "type": "DELTA", "data": {"m": 1}, "seq": 7}
    assert json.loads(delta.v2("orderbooks.BTC-USD") + b',"seq":0}') == {
        "type": "ORDERBOOKS.DELTA",
        "data": {"m": 1},
        "ts": 1790424000100,
        "subscription": "orderbooks.BTC-USD",
        "seq": 0,
    }
    assert json.loads(mark.v1() + b',"seq":7}')["sourceEventId"] is None
    assert json.loads(mark.v2("prices.mark.all") + b',"seq":7}')["type"] == "PRICES.MP"


MOVES = st.lists(st.tuples(st.sampled_from(list(Side)), st.integers(95, 105), st.integers(0, 6), st.booleans()), max_size=60)


@given(MOVES)
def test_snapshot_plus_deltas_is_the_book(moves: list[tuple[Side, int, int, bool]]) -> None:
    state = market()
    feed = BookFeed(state)
    seen: dict[str, dict[str, Decimal]] = {"b": {}, "a": {}}
    for number, (side, price, lots, publish) in enumerate(moves, 1):
        if lots == 0:
            state.book.remove(price * 7 % (number + 1))
        else:
            left = state.book.take(side, Ticks(price), Lots(lots)).left
            if left:
                rest(state, number, side, price, left)
        data = json.loads(feed.delta() or b"null") if publish or number == len(moves) else None
        for half in ("b", "a") if data else ():
            for level in data[half]:
                size = seen[half].get(level["p"], D(0)) + D(level["q"])
                assert size == D(level["c"])
                seen[half][level["p"]] = size
    for half, side in (("b", Side.BUY), ("a", Side.SELL)):
        book = {str(price): BTC_USD.size(lots) for price, lots in state.book.levels(side)}
        assert {price: size for price, size in seen[half].items() if size} == book
