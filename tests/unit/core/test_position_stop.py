"""The position stop: where it stands, when it moves, what waits for it, and what it leaves alone."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.core.actions import CancelOrder, PlaceStop
from bot.core.events import OrdersReported, PlaceRefused, PositionReport, PositionsReported, QuotingHalted, QuotingStopped
from bot.core.mode import BotState
from bot.core.notes import Note
from bot.core.orders import ExchangeStatus, OrderReport, Side, StopOrder
from bot.core.risk.exposure import possibly_live
from bot.core.risk.settings import RiskSettings, position_only
from bot.state_folder import StateFolder
from tests.unit.core.play import Play

STOPPED_BY = RiskSettings(
    markets={"BTC-USD": msgspec.structs.replace(position_only(Decimal("0.05")), exchange_stop=Decimal("0.05"))}
)


def stops_of(play: Play) -> list[StopOrder]:
    """Decide, and return the stops that were placed."""
    return [action.stop for action in play.decide() if isinstance(action, PlaceStop)]


def hold(play: Play, size: str, entry: str = "80000") -> None:
    """Let the exchange say what is held, and our own count agree."""
    report = PositionReport(
        market="BTC-USD", size=Decimal(size), entry_price=Decimal(entry), mark_price=Decimal("86198.85"),
        unrealised_pnl=Decimal(0), realised_pnl=Decimal(0), liquidation_price=None, leverage=Decimal(1),
        updated_ms=play.now_ms, wire={},
    )  # fmt: skip
    now_ms = play.now_ms
    told = PositionsReported(positions=(report,), is_snapshot=True, source="rest", asked_ms=now_ms, received_ms=now_ms)
    play.engine.apply(told)
    play.engine.account.ledger("BTC-USD").adopt(Decimal(size), Decimal(entry))


def tell(play: Play, stop: StopOrder, status: ExchangeStatus = ExchangeStatus.UNTRIGGERED, **changes: Any) -> None:
    """Let the stream speak about a stop."""
    given: dict[str, Any] = {
        "exchange_order_id": stop.nonce, "client_order_id": stop.client_order_id, "market": stop.market, "side": stop.side,
        "price": None, "size": Decimal(0), "filled": Decimal(0), "average_price": None, "status": status, "reason": "",
        "order_type": "TPSL", "time_in_force": "GTT", "post_only": False, "reduce_only": True, "created_ms": play.now_ms,
        "updated_ms": play.now_ms, "expires_ms": stop.expires_ms, "trigger_price": play.market.price(stop.trigger),
    }  # fmt: skip
    now_ms = play.now_ms
    orders = (OrderReport(**(given | changes)),)
    play.engine.apply(OrdersReported(orders=orders, is_snapshot=False, source="stream", asked_ms=now_ms, received_ms=now_ms))


def guarded(size: str = "0.01", entry: str = "80000") -> tuple[Play, StopOrder]:
    """Return a play in which a position is held and its stop stands."""
    play = Play(limits=STOPPED_BY).ready()
    hold(play, size, entry)
    (stop,) = stops_of(play)
    tell(play, stop)
    return play, stop


@pytest.mark.parametrize(
    ("size", "entry", "side", "trigger"), [("0.01", "80000.5", Side.SELL, 76_001), ("-0.01", "90000.5", Side.BUY, 94_500)]
)
def test_it_stands_beyond_the_entry_on_the_losing_side(size: str, entry: str, side: Side, trigger: int) -> None:
    play = Play(limits=STOPPED_BY).ready()
    hold(play, size, entry)
    (stop,) = stops_of(play)

    assert (stop.side, stop.trigger, stop.replaces) == (side, trigger, None)
    assert (stop.worst - stop.trigger) * side.sign > 0, "it may take beyond its trigger"


def test_without_the_setting_there_is_none() -> None:
    play = Play().ready()
    hold(play, "0.01")

    assert stops_of(play) == []


def test_nothing_is_quoted_before_the_stop_stands_and_then_quotes_come() -> None:
    play = Play(limits=STOPPED_BY).ready()
    hold(play, "0.01")
    (stop,) = stops_of(play)
    held_back = play.engine.makers["BTC-USD"].reason
    assert held_back is not None
    assert held_back.code == "position_stop_first"
    assert play.placed() == []
    tell(play, stop)

    assert len(play.placed()) == 2


def test_it_is_not_asked_for_again_while_it_stands_nor_moved_for_little() -> None:
    play, _ = guarded()
    for entry in ("80000", "80300", "79700"):
        play.later(6_000)
        hold(play, "0.01", entry)
        assert stops_of(play) == []


def test_it_is_moved_in_one_request_when_the_entry_moves() -> None:
    play, first = guarded()
    play.later(6_000)
    hold(play, "0.02", "82000")
    (second,) = stops_of(play)

    assert (second.replaces, second.trigger) == (first.client_order_id, 77_900)


def test_a_position_that_turned_around_gets_a_new_stop_once_the_old_one_is_gone() -> None:
    play, first = guarded()
    play.later(6_000)
    hold(play, "-0.01", "86000")
    cancels = [each.client_order_id for each in play.decide() if isinstance(each, CancelOrder)]
    assert first.client_order_id in cancels
    tell(play, first, ExchangeStatus.CANCELLED)
    (second,) = stops_of(play)

    assert (second.side, second.replaces) == (Side.BUY, None)


def ended(play: Play) -> list[str]:
    return [note.level for note in notes(play) if note.event == "position_stop_ended"]


def test_a_stop_that_goes_by_itself_is_a_warning_and_one_that_we_ended_is_not() -> None:
    play, stop = guarded()
    tell(play, stop, ExchangeStatus.CANCELLED)
    assert ended(play) == ["WARNING"], "somebody took it away, and the position is unguarded"

    play, stop = guarded()
    play.later(6_000)
    hold(play, "0")
    play.decide()
    tell(play, stop, ExchangeStatus.CANCELLED)
    assert ended(play) == ["INFO"], "we had asked for it"

    play, first = guarded()
    play.later(6_000)
    hold(play, "0.02", "82000")
    (second,) = stops_of(play)
    tell(play, first, ExchangeStatus.CANCELLED, reason="ORDER_REPLACED")
    assert ended(play) == ["INFO"], "it was moved"
    tell(play, second, ExchangeStatus.EXPIRED)
    assert ended(play) == ["WARNING"]


def test_it_is_taken_away_when_nothing_is_held() -> None:
    play, stop = guarded()
    play.later(6_000)
    hold(play, "0")

    assert stop.client_order_id in [each.client_order_id for each in play.decide() if isinstance(each, CancelOrder)]


def test_it_is_not_taken_away_on_our_own_count_alone() -> None:
    play, stop = guarded()
    play.engine.account.ledger("BTC-USD").adopt(Decimal(0), Decimal(0))

    assert stop.client_order_id not in [each.client_order_id for each in play.decide() if isinstance(each, CancelOrder)]


def test_a_refused_stop_leaves_only_the_reducing_side_and_is_tried_again_later() -> None:
    play = Play(limits=STOPPED_BY).ready()
    hold(play, "0.01")
    (stop,) = stops_of(play)
    refusal = PlaceRefused(client_order_id=stop.client_order_id, exchange_code=1148, message="open loss", received_ms=play.now_ms)
    play.engine.apply(refusal)

    assert {order.side for order in play.placed()} == {Side.SELL}
    assert "position_stop_refused" in [note.event for note in notes(play)]
    play.later(29_000)
    assert stops_of(play) == []
    play.later(2_000)
    assert len(stops_of(play)) == 1


def test_a_trigger_that_mark_has_passed_is_not_placed_and_only_the_reducing_side_is_quoted() -> None:
    play = Play(limits=STOPPED_BY).ready()
    hold(play, "0.01", "95000")

    assert stops_of(play) == [], "it would take at once, without anybody having looked at the price"
    assert {order.side for order in play.placed()} <= {Side.SELL}
    reason = play.engine.stops.only_reduces("BTC-USD", play.now_ms)
    assert reason is not None
    assert "has passed" in reason.text


@pytest.mark.parametrize("event", ["halt", "stop"])
def test_it_stays_and_none_is_placed_while_nothing_is_quoted(event: str) -> None:
    play, stop = guarded()
    play.engine.apply(
        QuotingHalted(code="test", reason="test", received_ms=play.now_ms)
        if event == "halt"
        else QuotingStopped(reason="test", received_ms=play.now_ms)
    )
    play.later(6_000)
    actions = play.decide()

    assert stop.client_order_id not in [each.client_order_id for each in actions if isinstance(each, CancelOrder)]
    assert not [each for each in actions if isinstance(each, PlaceStop)]
    assert play.engine.objection_to(stop) != "", "one that was decided before does not leave"
    assert ("stays on the exchange: BTC-USD" in play.engine.state_reason.text) is (play.engine.state is BotState.STOPPED)


def test_it_counts_in_no_exposure_and_is_no_order_of_the_table() -> None:
    play, _ = guarded()

    assert possibly_live(play.engine.orders, play.market, Side.SELL) == 0
    assert play.engine.bot_orders() == ()


def test_what_it_becomes_when_it_triggers_is_not_adopted_as_a_quote() -> None:
    play, stop = guarded()
    tell(play, stop, ExchangeStatus.PARTIALLY_FILLED, price=Decimal(72_200), size=Decimal("0.01"), filled=Decimal("0.004"))

    assert play.engine.bot_orders() == ()
    assert stop.client_order_id not in play.cancelled()


def test_the_stop_of_another_bot_is_left_alone() -> None:
    play, stop = guarded()
    play.engine.mode.epochs = frozenset()
    other = msgspec.structs.replace(stop, client_order_id="mmb-zzzzzzzz-1", nonce=77)
    tell(play, other)
    play.later(6_000)
    hold(play, "0")

    assert "mmb-zzzzzzzz-1" not in [each.client_order_id for each in play.decide() if isinstance(each, CancelOrder)]
    assert [each.client_order_id for each in play.engine.position_stops()] == [stop.client_order_id]


def notes(play: Play) -> list[Note]:
    return play.engine.take_notes()


def test_the_marker_of_a_kill_forbids_a_stop_too(tmp_path: Path) -> None:
    _, stop = guarded()
    home = StateFolder(tmp_path)
    assert not home.forbids(stop)
    home.note_kill()

    assert home.forbids(stop)
