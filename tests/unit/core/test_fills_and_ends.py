"""Which fills count and in which order, what their kind means, and whose ends make the bot pause."""

from decimal import Decimal
from typing import Any

import pytest

from bot.core.doubts import ASK_AGAIN_MS, ASK_SLOWLY_MS, GRACE_MS, Doubts
from bot.core.events import FillsReported, OrderLookedUp, PastRecovered
from bot.core.mode import LATE_MS, VANISHED_WITHIN_MS, BotState
from bot.core.order_ids import base36
from bot.core.orders import ExchangeStatus, Fill, Order, Side, Status
from tests.unit.core.play import START_MS, Play
from tests.unit.core.test_live_orders import ENDS_MS, held, listed, order, report, table


def a_fill(trade_id: int, side: Side, price: int, size: str = "0.01", **changes: Any) -> Fill:
    given: dict[str, Any] = {
        "trade_id": trade_id, "market": "BTC-USD", "exchange_order_id": 1, "client_order_id": None, "side": side,
        "price": Decimal(price), "size": Decimal(size), "fee": Decimal(0), "is_maker": True, "kind": "TRADE",
        "exchange_ms": START_MS,
    }  # fmt: skip
    return Fill(**(given | changes))


def told(play: Play, *fills: Fill, source: str = "stream") -> None:
    play.engine.apply(FillsReported(fills=fills, source=source, received_ms=play.now_ms))


def said(play: Play, event: str) -> list[dict[str, object]]:
    return [note.fields for note in play.engine.take_notes() if note.event == event]


# --- fills --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["LIQUIDATION", "DELEVERAGE"])
def test_f057_a_trade_that_the_exchange_forced_is_booked_and_halts(kind: str) -> None:
    play = Play().ready()
    told(play, a_fill(1, Side.SELL, 86_000, kind=kind))

    assert play.engine.account.position("BTC-USD") == Decimal("-0.01")
    assert (play.engine.state, play.engine.state_reason.code) == (BotState.HALTED, kind.lower())


def test_f058_fills_that_are_told_together_are_booked_in_the_order_of_their_numbers() -> None:
    play = Play().ready()
    told(play, a_fill(3, Side.BUY, 105), a_fill(1, Side.BUY, 100), a_fill(2, Side.SELL, 110))
    ledger = play.engine.account.ledger("BTC-USD")

    assert (ledger.size, ledger.entry_price, ledger.realised_pnl) == (Decimal("0.01"), 105, Decimal("0.1"))


def test_what_the_stream_tells_before_the_first_reading_happened_in_this_run() -> None:
    play = Play()
    told(play, a_fill(7, Side.BUY, 86_000))
    assert play.engine.account.position("BTC-USD") == Decimal("0.01")
    told(play, a_fill(6, Side.BUY, 86_000), a_fill(7, Side.BUY, 86_000), source="rest")
    assert play.engine.account.position("BTC-USD") == Decimal("0.01"), "and what the first reading lists besides happened before"


def test_after_a_restart_only_what_nobody_had_booked_is_missed() -> None:
    play = Play()
    past = PastRecovered(open_orders=(), trade_ids=(5, 6), positions={}, day=0, figures={}, received_ms=play.now_ms)
    play.engine.apply(past)
    told(play, a_fill(5, Side.BUY, 86_000), a_fill(6, Side.BUY, 86_000), a_fill(7, Side.SELL, 86_000), source="rest")

    assert said(play, "missed_fills_booked") == [{"fills": 1}]
    assert play.engine.account.position("BTC-USD") == Decimal("-0.01")


@pytest.mark.parametrize(("size", "is_too_much"), [("0.01", False), ("0.01001", True)])
def test_f045_one_lot_more_than_was_ordered_is_an_alarm(size: str, is_too_much: bool) -> None:
    play = Play().ready()
    bid, _ = sorted(play.quoting(), key=lambda each: each.side)
    play.engine.take_notes()
    play.fill(bid, size)

    assert bool(said(play, "overfilled")) is is_too_much
    assert play.engine.account.position("BTC-USD") == Decimal(size), "and it is exposure all the same"


def test_a_fill_shrinks_what_is_left_of_its_order_before_the_exchange_reports_it() -> None:
    play = Play().ready()
    bid, _ = sorted(play.quoting(), key=lambda each: each.side)
    play.fill(bid, "0.004")
    after = play.engine.orders.get(bid.client_order_id)

    assert after is not None
    assert (after.filled, after.booked, after.remaining) == (400, 400, 600)


# --- ends that nobody here asked for ------------------------------------------------------------------------------------


def gone(play: Play, pair: list[Order], status: ExchangeStatus, apart_ms: int) -> BotState:
    for each in pair:
        play.report(each, status)
        play.now_ms += apart_ms
    return play.engine.state


@pytest.mark.parametrize(
    ("status", "apart_ms", "state"),
    [
        (ExchangeStatus.CANCELLED, VANISHED_WITHIN_MS, BotState.PAUSED),
        (ExchangeStatus.CANCELLED, VANISHED_WITHIN_MS + 1, BotState.RUNNING),
        (ExchangeStatus.EXPIRED, 10, BotState.RUNNING),
        (ExchangeStatus.REJECTED, 10, BotState.RUNNING),
    ],
)
def test_f106_two_quotes_that_somebody_cancelled_at_once_pause_and_nothing_else_does(
    status: ExchangeStatus, apart_ms: int, state: BotState
) -> None:
    play = Play().ready()

    assert gone(play, play.quoting(), status, apart_ms) is state


@pytest.mark.parametrize(("created_ms", "halts"), [(START_MS + LATE_MS, False), (START_MS + LATE_MS + 1, True)])
def test_f151_an_older_bots_order_is_a_leftover_unless_it_was_made_after_our_start(created_ms: int, halts: bool) -> None:
    play = Play().ready()
    older = order(1, client_order_id=f"mmb-{base36(START_MS - 60_000)}-1")
    play.report(older, ExchangeStatus.NEW, created_ms=created_ms)

    assert (play.engine.state is BotState.HALTED) is halts
    assert play.engine.state_reason.code == ("second_instance" if halts else "running")


# --- doubts -------------------------------------------------------------------------------------------------------------


def looked_up(doubts: Doubts, now_ms: int, *, is_found: bool = False) -> None:
    found = report(order()) if is_found else None
    doubts.looked_up(OrderLookedUp(client_order_id="mmb-live-1", report=found, asked_ms=now_ms, received_ms=now_ms))


def test_an_answer_that_knows_the_order_takes_the_earlier_ones_back() -> None:
    orders, doubts = table(order(status=Status.UNKNOWN)), Doubts()
    doubts.questions(orders, START_MS)
    looked_up(doubts, START_MS)
    looked_up(doubts, START_MS + 2_000, is_found=True)
    looked_up(doubts, START_MS + 4_000)

    assert doubts.conclude(orders, ENDS_MS + GRACE_MS) == [], "not found, found, not found: that is one"


def test_after_two_answers_it_is_asked_about_slowly() -> None:
    orders, doubts = table(order(status=Status.UNKNOWN)), Doubts()

    def asked(now_ms: int) -> bool:
        return bool(doubts.questions(orders, now_ms))

    assert (asked(START_MS), asked(START_MS + ASK_AGAIN_MS - 1), asked(START_MS + ASK_AGAIN_MS)) == (True, False, True)
    looked_up(doubts, START_MS + 1_000)
    looked_up(doubts, START_MS + 3_000)
    assert (asked(START_MS + 5_000), asked(START_MS + 1_000 + ASK_SLOWLY_MS)) == (False, True)


@pytest.mark.parametrize("status", [Status.RESERVED, Status.PLACING])
def test_a_list_says_nothing_about_an_order_that_nobody_has_answered_yet(status: Status) -> None:
    orders = table(order(status=status, exchange_order_id=None))
    Doubts().absent(orders, listed(asked_ms=START_MS + 60_000))

    assert held(orders).status is status


def test_a_list_of_one_market_says_nothing_about_another() -> None:
    orders = table(order())
    Doubts().absent(orders, listed(asked_ms=START_MS + 60_000, market="ETH-USD"))
    assert held(orders).status is Status.RESTING
    Doubts().absent(orders, listed(asked_ms=START_MS + 60_000, market="BTC-USD"))
    assert held(orders).status is Status.UNKNOWN
