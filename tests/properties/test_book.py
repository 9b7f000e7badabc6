"""The book from deltas is the book: always what the exchange has, or known to be wrong."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from bot.core.book import Book
from bot.core.events import BookDelta, BookSnapshot, Level, LevelChange
from bot.core.numbers import Lots, Ticks

BIDS = st.dictionaries(st.integers(1, 50), st.integers(1, 9), max_size=20)
ASKS = st.dictionaries(st.integers(51, 100), st.integers(1, 9), max_size=20)


def snapshot(bids: dict[int, int], asks: dict[int, int]) -> BookSnapshot:
    return BookSnapshot(
        market="M",
        bids=tuple(Level(Ticks(price), Lots(bids[price])) for price in sorted(bids, reverse=True)),
        asks=tuple(Level(Ticks(price), Lots(asks[price])) for price in sorted(asks)),
        exchange_ms=0,
        received_ms=0,
    )


def changes(old: dict[int, int], new: dict[int, int], *, absolute: bool) -> tuple[LevelChange, ...]:
    return tuple(
        LevelChange(Ticks(price), Lots(new.get(price, 0) - old.get(price, 0)), Lots(new.get(price, 0)) if absolute else None)
        for price in old.keys() | new.keys()
        if new.get(price, 0) != old.get(price, 0)
    )


@given(states=st.lists(st.tuples(BIDS, ASKS), min_size=2, max_size=6), absolute=st.booleans())
def test_deltas_lead_to_the_same_book_as_a_snapshot(states: list[tuple[dict[int, int], dict[int, int]]], absolute: bool) -> None:
    book, fresh = Book("M"), Book("M")
    book.apply(snapshot(*states[0]))
    for (old_bids, old_asks), (bids, asks) in pairwise(states):
        book.apply(
            BookDelta(
                market="M",
                bids=changes(old_bids, bids, absolute=absolute),
                asks=changes(old_asks, asks, absolute=absolute),
                exchange_ms=0,
                received_ms=0,
            )
        )
    fresh.apply(snapshot(*states[-1]))

    assert book.problem == ""
    assert (book.bids(99), book.asks(99)) == (fresh.bids(99), fresh.asks(99))


@given(bids=BIDS, asks=ASKS, price=st.integers(1, 50))
def test_a_change_below_zero_invalidates_the_book_until_the_next_snapshot(
    bids: dict[int, int], asks: dict[int, int], price: int
) -> None:
    book = Book("M")
    book.apply(snapshot(bids, asks))
    wrong = LevelChange(Ticks(price), Lots(-bids.get(price, 0) - 1), None)
    book.apply(BookDelta(market="M", bids=(wrong,), asks=(), exchange_ms=0, received_ms=0))

    assert book.problem == "a change contradicts the book"
    assert book.best_bid is None
    book.apply(snapshot(bids, asks))
    assert book.problem == ""


def test_a_crossed_frame_invalidates_the_book() -> None:
    book = Book("M")
    book.apply(snapshot({10: 1}, {60: 1}))
    book.apply(BookDelta(market="M", bids=(LevelChange(Ticks(60), Lots(1), None),), asks=(), exchange_ms=0, received_ms=0))

    assert book.problem == "crossed book"


def test_an_absolute_size_that_disagrees_with_the_change_invalidates_the_book() -> None:
    book = Book("M")
    book.apply(snapshot({10: 5}, {60: 1}))
    book.apply(BookDelta(market="M", bids=(LevelChange(Ticks(10), Lots(1), Lots(7)),), asks=(), exchange_ms=0, received_ms=0))

    assert book.problem


def test_the_minutes_snapshot_audits_the_book_built_from_deltas() -> None:
    book = Book("M")
    book.apply(snapshot({10: 5}, {60: 1}))
    book.apply(snapshot({10: 5}, {60: 1}))
    assert book.audit_mismatches == 0
    book.apply(snapshot({10: 4}, {60: 1}))
    assert book.audit_mismatches == 1
