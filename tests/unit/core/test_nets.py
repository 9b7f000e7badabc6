"""The dead-man's switch, the picture of the account, and orders that nobody quotes any more: when what is due."""

import pytest

from bot.core.actions import ArmDeadManSwitch, CancelOrder, RefreshAccount
from bot.core.events import AccountRead, DeadManSwitchArmed, DeadManSwitchFailed, FeedLost, FeedRestored
from bot.core.live_orders import LiveOrders
from bot.core.nets import MARGIN_MS, RETRY_MS, AccountSync, DeadManSwitch
from bot.core.orders import ExchangeStatus
from bot.core.orphans import RETRY_MS as CANCEL_AGAIN_MS
from bot.core.orphans import Orphans
from bot.core.settings import AccountSettings
from tests.unit.core.play import START_MS
from tests.unit.core.test_live_orders import MARKET, order, report

SETTINGS = AccountSettings()
COUNTDOWN_MS = SETTINGS.switch_countdown_s * 1000
RENEWAL_MS = SETTINGS.switch_renewal_ms


def armed(
    asked_ms: int = START_MS, received_ms: int = START_MS + 900, countdown_s: int = SETTINGS.switch_countdown_s
) -> DeadManSwitch:
    switch = DeadManSwitch(SETTINGS)
    switch.apply(DeadManSwitchArmed(countdown_s=countdown_s, asked_ms=asked_ms, received_ms=received_ms))
    return switch


def test_the_countdown_runs_from_when_it_was_asked_for_and_not_from_the_answer() -> None:
    switch = armed()

    assert switch.left_ms(START_MS) == COUNTDOWN_MS
    assert switch.left_ms(START_MS + COUNTDOWN_MS) == 0


@pytest.mark.parametrize(("left_ms", "may"), [(MARGIN_MS + 1, True), (MARGIN_MS, False), (1, False), (-5_000, False)])
def test_quotes_stand_only_while_the_countdown_protects_them_with_a_margin(left_ms: int, may: bool) -> None:
    reason = armed().blocks(START_MS + COUNTDOWN_MS - left_ms)

    assert (reason is None) is may
    assert may or (reason is not None and reason.code == "switch_not_armed")


def test_a_switch_that_was_disarmed_or_never_armed_protects_nothing() -> None:
    assert armed(countdown_s=0).blocks(START_MS) is not None
    assert DeadManSwitch(SETTINGS).blocks(START_MS) is not None


def test_it_is_renewed_in_time_and_sooner_after_a_failure() -> None:
    switch = armed()
    assert switch.decide(True, START_MS) == [ArmDeadManSwitch(countdown_s=SETTINGS.switch_countdown_s)]
    assert switch.decide(True, START_MS + RENEWAL_MS - 1) == []
    assert switch.decide(False, START_MS + RENEWAL_MS) == [], "with nothing on the book there is nothing to protect"
    assert len(switch.decide(True, START_MS + RENEWAL_MS)) == 1
    switch.apply(DeadManSwitchFailed(reason="no answer", received_ms=START_MS + RENEWAL_MS + 10))
    assert switch.decide(True, START_MS + RENEWAL_MS + RETRY_MS - 1) == []
    assert len(switch.decide(True, START_MS + RENEWAL_MS + RETRY_MS)) == 1


def test_a_market_that_no_longer_decides_lets_the_countdown_run_out_and_one_that_was_removed_does_not() -> None:
    switch = armed()
    switch.lease(["BTC-USD", "SOL-USD"], START_MS)
    later_ms = START_MS + RENEWAL_MS + 1
    switch.lease(["BTC-USD"], later_ms)
    assert switch.decide(True, later_ms) == [], "the task of SOL-USD hangs: its quotes must end"
    switch.end_lease("SOL-USD")
    assert len(switch.decide(True, later_ms)) == 1


def test_the_account_is_known_once_everything_was_read_after_its_stream_came_up() -> None:
    sync = AccountSync(SETTINGS)
    assert (sync.decide(START_MS), sync.blocks() is None) == ([], False)
    sync.apply(FeedRestored(feed="account", market=None, received_ms=START_MS))
    assert isinstance(sync.decide(START_MS)[0], RefreshAccount)
    assert not sync.read(AccountRead(asked_ms=START_MS - 1, received_ms=START_MS + 50)), "asked before the stream told anything"
    assert sync.blocks() is not None
    assert sync.read(AccountRead(asked_ms=START_MS, received_ms=START_MS + 100))
    assert sync.blocks() is None
    sync.apply(FeedLost(feed="account", market=None, reason="gap", received_ms=START_MS + 200))
    assert sync.blocks() is not None, "and a gap makes all of it old"


def test_an_order_that_nobody_quotes_is_cancelled_again_and_again_until_it_is_gone() -> None:
    orders, orphans = LiveOrders(), Orphans()
    orders.add(order())

    def cancels(now_ms: int) -> int:
        return sum(isinstance(each, CancelOrder) for each in orphans.decide(orders, (), now_ms))

    assert [cancels(START_MS + ms) for ms in (0, CANCEL_AGAIN_MS - 1, CANCEL_AGAIN_MS, CANCEL_AGAIN_MS + 1)] == [1, 0, 1, 0]
    orders.report(report(order(), ExchangeStatus.CANCELLED), MARKET, START_MS + 3_000)
    assert cancels(START_MS + 60_000) == 0
