"""Whether the bot quotes, and if not, who decided so.

    STOPPED ──start──▶ RUNNING ──pause, or quotes cancelled by somebody else──▶ PAUSED ──start──▶ RUNNING
       ▲                  │ ◀──settled── REDUCING ◀──position not confirmed──
       │                  │ fault that a person must look at
       └──────stop────────┴──▶ HALTED ──start, by a person──▶ RUNNING

Only a person leaves PAUSED or HALTED. A stop leads to STOPPED from everywhere. REDUCING ends by itself with its cause.
"""

from collections import deque
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from bot.core.events import QuotingHalted, QuotingPaused, QuotingStarted, QuotingStopped
from bot.core.notes import Reason
from bot.core.order_ids import epoch_of, owner_of
from bot.core.orders import OrderReport, Owner

VANISHED_MOST: Final = 2
VANISHED_WITHIN_MS: Final = 2_000
LATE_MS: Final = 5_000
"""An order that was made this long after our start was not left behind by a run that ended before it."""
STRANGERS_LATE_MS: Final = 500
"""The same for orders of a bot that our state folder does not know: nothing of ours can still be on its way."""


class BotState(StrEnum):
    STOPPED = "STOPPED"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    REDUCING = "REDUCING"
    HALTED = "HALTED"


class Mode:
    """The state, its reason, and the two discoveries that change it without a person."""

    def __init__(self, epoch: str) -> None:
        self.state = BotState.STOPPED
        self.reason = Reason(code="stopped", text="the bot is stopped")
        self.epochs: frozenset[str] | None = None
        """Of the runs with our state folder; None while nobody has told, and then every order with an id of ours is ours."""
        self._epoch = epoch
        self._stopped_after = ""
        """Code of the halt that a person answered with a stop; "" when there was none."""
        self._vanished: deque[int] = deque(maxlen=VANISHED_MOST)

    def apply(self, event: QuotingStarted | QuotingPaused | QuotingHalted | QuotingStopped) -> None:
        """Follow a command."""
        match event:
            case QuotingStarted():
                self._vanished.clear()
                self._stopped_after = ""
                self._enter(BotState.RUNNING, "running", "quoting was started")
            case QuotingPaused():
                self._enter(BotState.PAUSED, "paused", event.reason)
            case QuotingHalted():
                self._enter(BotState.HALTED, event.code, event.reason)
            case QuotingStopped():
                if self.state is BotState.HALTED:
                    self._stopped_after = self.reason.code
                self._enter(BotState.STOPPED, "stopped", event.reason)

    def halt(self, reason: Reason) -> bool:
        """Stop quoting until a person has looked; False when it is so already, or a person has looked at this and stopped."""
        if self.state is BotState.HALTED or (self.state is BotState.STOPPED and reason.code == self._stopped_after):
            return False
        self._enter(BotState.HALTED, reason.code, reason.text)
        return True

    @property
    def is_quoting(self) -> bool:
        """True while quotes may stand, be it only those that reduce."""
        return self.state in (BotState.RUNNING, BotState.REDUCING)

    def reduce(self, reason: Reason) -> bool:
        """Only let the position shrink until `settled`; False when it is so already, or nothing is quoted."""
        if self.state is not BotState.RUNNING:
            return False
        self._enter(BotState.REDUCING, reason.code, reason.text)
        return True

    def settled(self, code: str) -> bool:
        """What only let the position shrink is over; False when something else holds."""
        if self.state is not BotState.REDUCING or self.reason.code != code:
            return False
        self._enter(BotState.RUNNING, "running", "quoting goes on")
        return True

    def vanished(self, now_ms: int) -> bool:
        """A resting quote was cancelled and not by us; True when it is the second at once: pause, never re-place blindly."""
        self._vanished.append(now_ms)
        together = len(self._vanished) == VANISHED_MOST and now_ms - self._vanished[0] <= VANISHED_WITHIN_MS
        if not together or not self.is_quoting:
            return False
        text = (
            "our quotes were cancelled and not by us: the dead-man's switch, cancel-all or a person; "
            "start again when the cause is known"
        )
        self._enter(BotState.PAUSED, "quotes_cancelled_elsewhere", text)
        return True

    def is_ours(self, client_order_id: str) -> bool:
        """Return whether an order with an id of ours was made by this run or an earlier one with the same state folder."""
        theirs = epoch_of(client_order_id)
        return self.epochs is None or not theirs or theirs == self._epoch or theirs in self.epochs

    def met(self, report: OrderReport) -> Reason | None:
        """An order appeared that this run did not send. A reason to halt, or None.

        Two bots on one account: the one that started later gives way, before it touches anything. Ids are made of the start
        time, so they tell. What is older than this run may be all that a dead one left, in our state folder or in one that is
        lost: the first is taken over, the second is waited for (`waits_for`). A younger order is somebody's who lives.
        """
        order_id, theirs = report.client_order_id, epoch_of(report.client_order_id)
        if owner_of(order_id) is not Owner.BOT or not theirs or not report.status.is_open:
            return None
        if theirs == self._epoch or _started(theirs) > _started(self._epoch):
            return None
        late_ms = LATE_MS if self.is_ours(order_id) else STRANGERS_LATE_MS
        if report.created_ms <= _started(self._epoch) + late_ms:
            return None
        text = f"another bot that started earlier quotes on this account: it has placed {order_id}. Stop it; then start"
        return Reason(code="second_instance", text=text)

    def waits_for(self, strangers: Iterable[OrderReport]) -> Reason | None:
        """Return why nothing may be quoted while orders of a bot stand that this state folder does not know.

        It has died and they expire, or it lives and will place another one: then this run gives way. For one that started later
        nobody waits: it gives way itself.
        """
        for report in strangers:
            order_id = report.client_order_id
            is_bots = owner_of(order_id) is Owner.BOT and not self.is_ours(order_id)
            if is_bots and report.status.is_open and _started(epoch_of(order_id)) < _started(self._epoch):
                text = (
                    f"order {order_id} is of a bot that this state folder does not know: waiting until such orders have expired, "
                    "or that bot shows that it lives; `mmbot cancel-all` removes them at once"
                )
                return Reason(code="other_bot_orders", text=text)
        return None

    def _enter(self, state: BotState, code: str, text: str) -> None:
        self.state, self.reason = state, Reason(code=code, text=text)


def _started(epoch: str) -> int:
    try:
        return int(epoch, 36)
    except ValueError:
        return 0
