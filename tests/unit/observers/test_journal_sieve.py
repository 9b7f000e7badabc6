"""A quiet day stays small, and nothing new is ever left out."""

from decimal import Decimal
from pathlib import Path

import msgspec

from bot.core.actions import AnyAction, ArmDeadManSwitch, LookUpOrder, RefreshAccount
from bot.core.events import (
    AccountRead,
    AccountReadFailed,
    BalanceReported,
    DeadManSwitchArmed,
    DeadManSwitchFailed,
    Event,
    FillsReported,
    MarketRulesLoaded,
    OrdersReported,
    PositionReport,
    PositionsReported,
    StreamAlive,
)
from bot.core.orders import ExchangeStatus, Fill, OrderReport, Side
from bot.observers.journal_records import Payload, Unchanged
from bot.observers.journal_sieve import COUNT_EVERY_MS, REVALUE_EVERY_MS, Sieve
from tests.unit.core.play import START_MS, btc
from tests.unit.observers.journal_play import Journalled, files, payloads


def fill(trade_id: int, **changes: object) -> Fill:
    given = {
        "trade_id": trade_id, "market": "BTC-USD", "exchange_order_id": 1, "client_order_id": "mmb-a-1", "side": Side.BUY,
        "price": Decimal(86_190), "size": Decimal("0.01"), "fee": Decimal(0), "is_maker": True, "kind": "TRADE",
        "exchange_ms": START_MS,
    }  # fmt: skip
    return Fill(**(given | changes))  # type: ignore[arg-type]  # a test names only what it changes


def fills(*found: Fill, source: str = "rest") -> FillsReported:
    return FillsReported(fills=found, source=source, received_ms=START_MS)


def report(number: int, status: ExchangeStatus = ExchangeStatus.NEW, **changes: object) -> OrderReport:
    given = {
        "exchange_order_id": number, "client_order_id": f"mmb-a-{number}", "market": "BTC-USD", "side": Side.BUY,
        "price": Decimal(86_190), "size": Decimal("0.01"), "filled": Decimal(0), "average_price": None, "status": status,
        "reason": "", "order_type": "LIMIT", "time_in_force": "GTT", "post_only": True, "reduce_only": False,
        "created_ms": START_MS, "updated_ms": START_MS, "expires_ms": START_MS + 90_000,
    }  # fmt: skip
    return OrderReport(**(given | changes))  # type: ignore[arg-type]  # a test names only what it changes


def orders(*found: OrderReport, source: str = "rest", market: str | None = None) -> OrdersReported:
    is_snapshot = source == "rest"
    return OrdersReported(
        orders=found, is_snapshot=is_snapshot, source=source, asked_ms=START_MS, received_ms=START_MS, market=market
    )


def positions(size: str, *, mark: int = 86_000) -> PositionsReported:
    position = PositionReport(
        market="BTC-USD", size=Decimal(size), entry_price=Decimal(86_000), mark_price=Decimal(mark), unrealised_pnl=Decimal(mark),
        realised_pnl=Decimal(0), liquidation_price=None, leverage=Decimal(10), updated_ms=mark,
        wire={"size": size, "markPrice": str(mark), "unrealisedPnl": "1.5", "liquidationPrice": "4000", "openedAt": START_MS},
    )  # fmt: skip
    return PositionsReported(positions=(position,), is_snapshot=True, source="rest", asked_ms=mark, received_ms=mark)


def balance(amount: str, *, equity: int = 10_000) -> BalanceReported:
    return BalanceReported(
        balance=Decimal(amount), equity=Decimal(equity), available_for_trade=Decimal(equity), unrealised_pnl=Decimal(0),
        initial_margin=Decimal(0), margin_ratio=Decimal(0), updated_ms=equity, received_ms=equity, source="stream",
        wire={"balance": amount, "equity": str(equity), "availableForTrade": str(equity), "marginRatio": "0", "leverage": "0"},
    )  # fmt: skip


def kept(*told: Payload, at_ms: int = 0) -> list[Payload]:
    sieve = Sieve()
    return [found for each in told if (found := sieve.keep(each, at_ms)) is not None]


def test_an_execution_is_written_once_however_often_it_is_read() -> None:
    first, again = fills(fill(1), fill(2)), fills(fill(1), fill(2), fill(3))

    assert kept(first, first, again, again) == [first, fills(fill(3))]


def test_an_execution_that_comes_back_different_is_written_again() -> None:
    first, other = fills(fill(1)), fills(fill(1, price=Decimal(86_191)))

    assert kept(first, other) == [first, other]


def test_a_list_of_orders_that_the_stream_has_told_says_nothing_new() -> None:
    empty, opened = orders(), orders(report(1), source="stream")
    listed = orders(report(1))
    ended = orders(report(1, ExchangeStatus.CANCELLED), source="stream")

    assert kept(empty, empty, opened, listed, ended, empty) == [empty, opened, ended]


def test_a_list_that_contradicts_the_stream_is_written() -> None:
    empty, listed = orders(), orders(report(1))
    ended = orders(report(1, ExchangeStatus.CANCELLED), source="stream")

    assert kept(empty, listed, ended, listed, listed) == [empty, listed, ended, listed]
    assert kept(listed, empty) == [listed, empty]
    assert kept(listed, orders(report(1, filled=Decimal("0.005")))) == [listed, orders(report(1, filled=Decimal("0.005")))]


def test_a_list_of_one_market_speaks_only_about_that_market() -> None:
    other = report(2, market="ETH-USD")
    everything, one = orders(report(1), other), orders(other, market="ETH-USD")

    assert kept(everything, one, orders(market="ETH-USD"), everything) == [everything, orders(market="ETH-USD"), everything]


def test_what_we_hold_is_written_when_it_changes_and_its_value_once_a_minute() -> None:
    for first, revalued, changed in (
        (positions("0.01"), positions("0.01", mark=86_100), positions("0.02", mark=86_100)),
        (balance("10000"), balance("10000", equity=10_001), balance("10001", equity=10_001)),
    ):
        sieve = Sieve()

        assert sieve.keep(first, 0) == first
        assert sieve.keep(revalued, REVALUE_EVERY_MS - 1) is None
        assert sieve.keep(revalued, REVALUE_EVERY_MS) == revalued
        assert sieve.keep(changed, REVALUE_EVERY_MS + 1) == changed


def test_a_position_that_is_closed_is_written_at_once() -> None:
    nothing = PositionsReported(positions=(), is_snapshot=True, source="rest", asked_ms=1, received_ms=1)

    assert kept(nothing, nothing, positions("0.01"), nothing) == [nothing, positions("0.01"), nothing]


def test_a_failure_between_two_successes_makes_three_changes() -> None:
    armed = [DeadManSwitchArmed(countdown_s=30, asked_ms=n, received_ms=n) for n in range(4)]
    failed = DeadManSwitchFailed(reason="no route", received_ms=9)
    read = [AccountRead(asked_ms=n, received_ms=n) for n in range(3)]
    unread = AccountReadFailed(reason="no route", received_ms=9)

    assert kept(armed[0], armed[1], failed, failed, armed[2], armed[3]) == [armed[0], failed, armed[2]]
    assert kept(read[0], read[1], unread, unread, read[2]) == [read[0], unread, read[2]]


def test_steady_signs_of_life_are_written_once_and_questions_about_an_order_always() -> None:
    arm, refresh, ask = ArmDeadManSwitch(countdown_s=30), RefreshAccount(reason="regular look"), LookUpOrder(client_order_id="a")
    rules = MarketRulesLoaded(market=btc(), received_ms=1)
    newer = MarketRulesLoaded(market=btc(status="REDUCE_ONLY"), received_ms=2)
    alive = StreamAlive(feed="book", market=None, received_ms=1)

    assert kept(arm, arm, refresh, refresh, ask, ask, alive) == [arm, refresh, ask, ask]
    assert kept(rules, msgspec.structs.replace(rules, received_ms=9), newer) == [rules, newer]


def test_what_was_left_out_is_counted_by_kind_every_minute() -> None:
    sieve = Sieve()
    assert sieve.due(0) is None
    for _ in range(3):
        sieve.keep(StreamAlive(feed="book", market=None, received_ms=1), 0)
    sieve.keep(fills(), 0)

    assert sieve.due(COUNT_EVERY_MS - 1) is None
    assert sieve.due(COUNT_EVERY_MS) == Unchanged(counts={"FillsReported": 1, "StreamAlive": 3})
    assert sieve.due(2 * COUNT_EVERY_MS) is None
    assert sieve.rest() is None


def quiet_hour(folder: Path, *, everything: bool) -> int:
    """Journal an hour with an open position, two resting orders and the usual readings; returns its size in bytes."""
    play = Journalled()
    play.ready()
    journal = play.open(folder, everything=everything, limits={"sync_ms": 10_000})
    history = tuple(fill(n) for n in range(100))
    regular: list[AnyAction] = [ArmDeadManSwitch(countdown_s=30), RefreshAccount(reason="regular look")]
    for second in range(3_600):
        play.now_ms = now_ms = START_MS + 1_000 * second
        events: list[Event] = [balance("10000", equity=10_000 + second % 7)]
        if second % 10 == 0:
            read = AccountRead(asked_ms=now_ms, received_ms=now_ms)
            armed = DeadManSwitchArmed(countdown_s=30, asked_ms=now_ms, received_ms=now_ms)
            events += [fills(*history), orders(report(1), report(2)), positions("0.01", mark=86_000 + second), read, armed]
        if second % 15 == 0:
            events += [StreamAlive(feed=feed, market=None, received_ms=now_ms) for feed in ("book", "mark", "account", "trades")]
        journal.record(play.engine, events, regular if second % 10 == 0 else [])
    assert journal.close(30)
    return sum(path.stat().st_size for path in files(folder))


def test_a_quiet_hour_with_an_open_position_stays_small_and_complete(tmp_path: Path) -> None:
    usual = quiet_hour(tmp_path / "usual", everything=False)
    everything = quiet_hour(tmp_path / "everything", everything=True)

    assert usual < 160_000
    assert usual * 50 < everything
    counted = sum(sum(each.counts.values()) for each in payloads(tmp_path / "usual", Unchanged) if isinstance(each, Unchanged))
    written = len(payloads(tmp_path / "usual", BalanceReported, FillsReported, OrdersReported, PositionsReported, AccountRead))
    steady = len(payloads(tmp_path / "usual", DeadManSwitchArmed, ArmDeadManSwitch, RefreshAccount))
    assert counted + written + steady == 3_600 + 7 * 360 + 4 * 240
