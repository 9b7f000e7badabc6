"""Recordings: our orders are filled when the tape says so, and stand in a queue until then."""

import gzip
import json
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bot.core.numbers import Ticks
from simulator.accounts import derive_accounts
from simulator.events import Event, FillBooked, FlowEnded, MarkMoved, TradePrinted
from simulator.exchange import Exchange, replay_exchange
from simulator.matching import Side
from simulator.options import VenueOptions
from simulator.orders import Order, OrderRequest, Status, TimeInForce
from simulator.queue_models import QUEUE_MODELS, RISK_AVERSE, QueuePlace
from simulator.tape import TapeError, load_tape
from tests.support.mutations import mutated

D = Decimal
START_MS = 1_790_000_000_000
ME = 3001
RequestFor = Callable[..., OrderRequest]
Line = tuple[int, dict[str, Any]]

SNAPSHOT: Line = (
    0,
    {
        "lastUpdateId": 100,
        "bids": [["60000.00", "2.000"], ["59999.90", "5.000"]],
        "asks": [["60000.10", "3.000"], ["60000.20", "4.000"]],
    },
)


def trade(ms: int, price: str, size: str, *, seller_took: bool) -> Line:
    return ms, {"stream": "btcusdt@trade", "data": {"e": "trade", "p": price, "q": size, "m": seller_took}}


def best(ms: int, bid: tuple[str, str], ask: tuple[str, str], *, update: int = 200) -> Line:
    quotes = {"u": update, "b": bid[0], "B": bid[1], "a": ask[0], "A": ask[1]}
    return ms, {"stream": "btcusdt@bookTicker", "data": quotes}


def depth(ms: int, update: int, bids: list[list[str]], asks: list[list[str]]) -> Line:
    return ms, {"stream": "btcusdt@depth@0ms", "data": {"e": "depthUpdate", "u": update, "b": bids, "a": asks}}


class Session:
    """An exchange that plays a few lines, and our orders on it."""

    def __init__(self, exchange: Exchange, request_for: RequestFor) -> None:
        self.exchange = exchange
        self.venue = exchange.venue
        self._request_for = request_for
        self.events: list[Event] = []

    def place(self, side: Side, price: str, size: str = "1", **changes: Any) -> Order:
        order = self.venue.submit(ME, self._request_for(side, price, size, **({"post_only": True} | changes)))
        self.play_to(self.venue.now_ms - START_MS)
        return order

    def play_to(self, ms: int) -> None:
        self.events += self.exchange.advance(START_MS + ms)

    def size_at(self, side: Side, price: int) -> int:
        return self.venue.markets["BTC-USD"].book.size_at(side, Ticks(price))


Play = Callable[..., Session]


@pytest.fixture
def play(tmp_path: Path, request_for: RequestFor) -> Play:
    def start(*lines: Line, speed: float = 1.0, model: str = "risk-averse") -> Session:
        file = write_tape(tmp_path / "tape.gz", [SNAPSHOT, *lines])
        accounts = derive_accounts(1, 1, None)
        exchange = replay_exchange(
            seed=1,
            accounts=accounts,
            start_ms=START_MS,
            tape=load_tape(file),
            speed=speed,
            options=VenueOptions(accept_delay_ms=(0, 0), mark_balance_interval_ms=0),
            queue_model=QUEUE_MODELS[model],
        )
        exchange.venue.standings.set_leverage(ME, "BTC-USD", D(50))
        return Session(exchange, request_for)

    return start


def write_tape(file: Path, lines: list[Line]) -> Path:
    with gzip.open(file, "wt") as out:
        for ms, message in lines:
            out.write(f"{1_723_161_255_000_000_000 + ms * 1_000_000} {json.dumps(message, separators=(',', ':'))}\n")
    return file


LATER = trade(60_000, "60000.00", "0.001", seller_took=True)


def test_the_tape_brings_its_own_tick_step_and_mark(play: Play) -> None:
    market = play(LATER).venue.markets["BTC-USD"]

    assert (market.spec.tick_size, market.spec.lot_size) == (D("0.1"), D("0.001"))
    assert market.mark == market.index == D("60000.05")
    assert [(price, lots) for price, lots in market.book.levels(Side.BUY)] == [(600_000, 2000), (599_999, 5000)]


def test_a_trade_through_our_price_fills_us_in_full(play: Play) -> None:
    session = play(trade(1_000, "59999.80", "0.001", seller_took=True), LATER)
    order = session.place(Side.BUY, "59999.9")

    session.play_to(999)
    assert order.filled == 0
    session.play_to(1_000)

    assert order.status is Status.FILLED
    assert [event.trade.price for event in session.events if isinstance(event, FillBooked)] == ["59999.9"]


def test_at_our_price_the_size_ahead_trades_first(play: Play) -> None:
    session = play(
        trade(1_000, "60000.00", "1.500", seller_took=True),
        trade(2_000, "60000.00", "0.700", seller_took=True),
        trade(3_000, "60000.00", "5.000", seller_took=True),
        LATER,
    )
    order = session.place(Side.BUY, "60000")  # 2.000 stand in front

    session.play_to(1_000)
    assert order.filled == 0
    session.play_to(2_000)
    assert order.filled == 200  # 1.5 + 0.7 - 2.0
    session.play_to(3_000)
    assert order.status is Status.FILLED


def test_trades_of_the_other_side_do_not_reach_us(play: Play) -> None:
    session = play(trade(1_000, "60000.00", "9.000", seller_took=False), LATER)
    order = session.place(Side.BUY, "60000")

    session.play_to(1_000)

    assert order.filled == 0


def test_a_shrinking_level_moves_us_forward_and_a_growing_one_does_not(play: Play) -> None:
    session = play(
        depth(500, 101, [["60000.00", "9.000"]], []),
        depth(1_000, 102, [["60000.00", "0.500"]], []),
        trade(2_000, "60000.00", "0.600", seller_took=True),
        LATER,
    )
    order = session.place(Side.BUY, "60000")

    session.play_to(2_000)

    assert order.filled == 100


def test_the_opposite_best_reaching_our_price_fills_us(play: Play) -> None:
    session = play(best(1_000, ("59999.80", "1.000"), ("59999.90", "1.000")), LATER)
    order = session.place(Side.BUY, "60000")

    session.play_to(1_000)

    assert order.status is Status.FILLED
    assert session.size_at(Side.SELL, 599_999) == 1000
    assert session.venue.markets["BTC-USD"].mark == D("59999.85")


def test_an_order_of_ours_inside_the_spread_is_part_of_the_shown_book(play: Play) -> None:
    session = play(depth(1_000, 101, [], [["60000.10", "0.000"]]), LATER)
    session.play_to(1_000)
    session.place(Side.BUY, "60000.1", "0.5")

    assert session.size_at(Side.BUY, 600_001) == 500


def test_our_taker_meets_the_recorded_levels_and_their_size_returns_with_the_next_record(play: Play) -> None:
    session = play(best(5_000, ("60000.00", "2.000"), ("60000.10", "2.500")), LATER)

    order = session.place(Side.BUY, "60000.1", "2", post_only=False, time_in_force=TimeInForce.IOC)

    assert order.status is Status.FILLED
    assert session.size_at(Side.SELL, 600_001) == 1000
    session.play_to(5_000)
    assert session.size_at(Side.SELL, 600_001) == 2500


def test_post_only_is_judged_against_the_recorded_book(play: Play) -> None:
    session = play(LATER)

    assert session.place(Side.BUY, "60000.1").status is Status.REJECTED
    assert session.place(Side.BUY, "60000").status is Status.NEW


def test_level_changes_older_than_the_best_quotes_do_not_bring_back_a_gone_best(play: Play) -> None:
    session = play(
        best(1_000, ("59999.90", "5.000"), ("60000.10", "3.000"), update=300),
        depth(1_100, 250, [["60000.00", "2.000"], ["59999.50", "1.000"]], []),
        LATER,
    )

    session.play_to(1_100)

    assert session.size_at(Side.BUY, 600_000) == 0
    assert session.size_at(Side.BUY, 599_995) == 1000


def test_recorded_trades_are_printed_with_their_time_and_side(play: Play) -> None:
    session = play(trade(1_000, "60000.10", "0.250", seller_took=False), LATER)

    session.play_to(1_000)

    printed = [event for event in session.events if isinstance(event, TradePrinted)]
    assert [(event.trade.S, event.trade.p, event.trade.q, event.trade.T) for event in printed] == [
        ("BUY", "60000.1", "0.250", START_MS + 1_000)
    ]


def test_speed_plays_the_tape_faster(play: Play) -> None:
    session = play(trade(10_000, "60000.10", "0.250", seller_took=False), LATER, speed=7.0)

    session.play_to(1_428)
    assert not [event for event in session.events if isinstance(event, TradePrinted)]
    session.play_to(1_429)
    assert [event for event in session.events if isinstance(event, TradePrinted)]


def test_at_the_end_the_exchange_says_so_and_goes_quiet(play: Play) -> None:
    session = play(trade(1_000, "60000.10", "0.251", seller_took=False))
    order = session.place(Side.BUY, "59999.9")
    session.play_to(1_000)
    assert any(isinstance(event, FlowEnded) for event in session.events)
    session.events.clear()

    session.play_to(600_000)

    assert not [event for event in session.events if isinstance(event, MarkMoved) and event.market == "BTC-USD"]
    assert session.size_at(Side.SELL, 600_001) == 3000
    assert order.status is Status.NEW
    assert session.exchange.flows["BTC-USD"].state()["ended"] is True


@pytest.mark.parametrize("content", [b"", b"hello", gzip.compress(b"no stamp\n", mtime=0), gzip.compress(b"1 {}\n", mtime=0)])
def test_what_is_not_a_recording_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other.gz").write_bytes(content)

    with pytest.raises(TapeError, match=r"other\.gz"):
        load_tape(tmp_path / "other.gz")


TAPE = [
    SNAPSHOT,
    depth(100, 300, [["60000.00", "1.000"]], [["60000.10", "0.000"], ["60000.30", "2.000"]]),
    best(200, ("60000.00", "1.500"), ("60000.20", "4.000"), update=400),
    trade(300, "60000.00", "0.500", seller_took=True),
    trade(400, "60000.20", "0.250", seller_took=False),
    depth(500, 500, [["59999.80", "7.000"], ["59999.70", "7.000"]], [["60000.20", "1.000"]]),
]


def test_a_broken_line_is_left_out_and_the_rest_played(play: Play) -> None:
    ms, broken = depth(100, 300, [["60000.00", "nothing"]], [])

    session = play((ms, broken), depth(200, 301, [["0", "1.000"]], []), trade(300, "60000.10", "1.000", seller_took=False))
    session.play_to(1_000)

    state = session.exchange.flows["BTC-USD"].state()
    assert (state["unreadable"], state["ended"]) == (2, True)
    assert [event.trade.p for event in session.events if isinstance(event, TradePrinted)] == ["60000.1"]


def test_mutated_recordings_are_refused_or_played_to_their_end(tmp_path: Path) -> None:
    file, random = tmp_path / "btc.gz", Random("tape")
    plain = gzip.decompress(write_tape(file, TAPE).read_bytes())
    packed, outcomes = file.read_bytes(), {"refused": 0, "played": 0}
    for number in range(400):
        if number % 4:  # a line that is read when it is played, or any part of any line
            head, levels = plain.rstrip().rsplit(b"{", 1) if number % 2 else (b"", plain)
            file.write_bytes(gzip.compress(head + mutated(b"{" * bool(head) + levels, random), 1))
        else:
            file.write_bytes(mutated(packed, random))
        try:
            tape = load_tape(file)
            exchange = replay_exchange(seed=1, accounts=derive_accounts(1, 1, None), start_ms=START_MS, tape=tape)
        except TapeError:
            outcomes["refused"] += 1
            continue
        exchange.venue.advance(START_MS + 1_000)
        exchange.venue.ledger.check()
        assert exchange.flows[tape.market].state()["progress"] == 1.0 or tape.length_ms > 1_000
        outcomes["played"] += 1

    assert min(outcomes.values()) > 20


# Worked by hand: a level of 15 with us last, then its sizes (L) and trades at our price (T).
STEPS = ["L20", "L18", "T3", "L15", "L12", "L16", "L10", "T4", "L6"]
EXPECTED = {
    "risk-averse": [15, 15, 12, 12, 12, 12, 10, 6, 6],
    "power1": [15, 13.5, 10.5, 10.5, 8.4, 8.4, 5.25, 1.25, 1.25],
    "power2": [15, 13.2, 10.2, 10.2, 7.743909, 7.743909, 4.935781, 0.935781, 0.935781],
    "power3": [15, 14.15625, 11.15625, 11.15625, 9.922003, 9.922003, 8.491168, 4.491168, 4.491168],
    "log": [15, 13.785111, 10.785111, 10.785111, 8.988153, 8.988153, 5.83722, 1.83722, 1.83722],
}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_queue_models_move_us_as_their_formulas_say(name: str) -> None:
    place = QueuePlace(15.0, 15)
    ahead = []
    for step in STEPS:
        if step[0] == "L":
            place.on_level(QUEUE_MODELS[name], int(step[1:]))
        else:
            place.on_trade(int(step[1:]))
        ahead.append(place.ahead)

    assert ahead == pytest.approx(EXPECTED[name], abs=1e-6)


@pytest.mark.parametrize("name", sorted(QUEUE_MODELS))
def test_no_model_leaves_us_further_back_than_the_risk_averse_one(name: str) -> None:
    careful, other = QueuePlace(15.0, 15), QueuePlace(15.0, 15)
    for size in (20, 18, 15, 12, 16, 10, 6, 9, 2):
        careful.on_level(RISK_AVERSE, size)
        other.on_level(QUEUE_MODELS[name], size)
        assert other.ahead <= careful.ahead + 1e-9


@pytest.mark.slow
def test_a_real_recording_fills_both_sides_and_the_books_add_up(request_for: RequestFor) -> None:
    folder = os.environ.get("MMBOT_RECORDINGS")
    file = Path(folder) / "btcusdt_20240808.gz" if folder else None
    if file is None or not file.exists():
        pytest.skip("MMBOT_RECORDINGS does not name a folder with btcusdt_20240808.gz")
    exchange = replay_exchange(seed=1, accounts=derive_accounts(1, 1, None), start_ms=START_MS, tape=load_tape(file))
    venue = exchange.venue
    fills: list[FillBooked] = []
    for elapsed_ms in range(0, 346_000, 1_000):
        if elapsed_ms % 5_000 == 0:
            venue.mass_cancel(ME, everything=True)
            for side in Side:
                price = (venue.markets["BTC-USD"].mark * (1 - side.sign * D("0.0002"))).quantize(D("0.1"))
                venue.submit(ME, request_for(side, price, "0.01", post_only=True, expiry_ms=START_MS + 10**7))
        fills += [event for event in exchange.advance(START_MS + elapsed_ms) if isinstance(event, FillBooked)]

    sides = [event.trade.side for event in fills]
    assert sides.count("BUY") > 5
    assert sides.count("SELL") > 5
    held = sum(D(event.trade.qty) * (1 if event.trade.side == "BUY" else -1) for event in fills)
    assert D("0.001") * venue.ledger.position_lots(ME, "BTC-USD") == held
    venue.ledger.check()
    assert exchange.flows["BTC-USD"].state()["ended"] is True
