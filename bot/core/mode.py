"""Whether the bot quotes, and if not, who decided so.

    STOPPED ──start──▶ RUNNING ──pause, or quotes cancelled by somebody else──▶ PAUSED ──start──▶ RUNNING
       ▲                  │ ◀──settled── REDUCING ◀──position not confirmed──
       │                  │ fault that a person must look at
       └──────stop────────┴──▶ HALTED ──start, by a person──▶ RUNNING

Only a person leaves PAUSED or HALTED. A stop leads to STOPPED from everywhere. REDUCING ends by itself with its cause.
"""

from collections import deque
from enum import StrEnum
from typing import Final

from bot.core.events import QuotingHalted, QuotingPaused, QuotingStarted, QuotingStopped
from bot.core.notes import Reason
from bot.core.order_ids import epoch_of
from bot.core.orders import Order, Owner

VANISHED_MOST: Final = 2
VANISHED_WITHIN_MS: Final = 2_000


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
        self._epoch = epoch
        self._vanished: deque[int] = deque(maxlen=VANISHED_MOST)

    def apply(self, event: QuotingStarted | QuotingPaused | QuotingHalted | QuotingStopped) -> None:
        """Follow a command."""
        match event:
            case QuotingStarted():
                self._vanished.clear()
                self._enter(BotState.RUNNING, "running", "quoting was started")
            case QuotingPaused():
                self._enter(BotState.PAUSED, "paused", event.reason)
            case QuotingHalted():
                self._enter(BotState.HALTED, event.code, event.reason)
            case QuotingStopped():
                self._enter(BotState.STOPPED, "stopped", event.reason)

    def halt(self, reason: Reason) -> bool:
        """Stop quoting until a person has looked; False when it is so already."""
        if self.state is BotState.HALTED:
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

    def met(self, order: Order) -> Reason | None:
        """An order of the bot appeared that this run did not send, while it was running. A reason to halt, or None.

        Two bots on one account: the one that started later gives way. Ids are made of the start time, so they tell.
        """
        theirs = epoch_of(order.client_order_id)
        if order.owner is not Owner.BOT or not theirs or theirs == self._epoch or _started(theirs) > _started(self._epoch):
            return None
        text = f"another bot that started earlier quotes on this account: its order {order.client_order_id} appeared"
        return Reason(code="second_instance", text=text)

    def _enter(self, state: BotState, code: str, text: str) -> None:
        self.state, self.reason = state, Reason(code=code, text=text)


def _started(epoch: str) -> int:
    try:
        return int(epoch, 36)
    except ValueError:
        return 0
