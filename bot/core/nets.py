"""What must hold before anything is quoted: an armed dead-man's switch, a known account, and connections that last.

The switch is the exchange's: when its countdown ends unrenewed, every open order of the account is cancelled. The countdown is
taken to begin when our request left, the earliest moment possible.
"""

from collections import deque
from collections.abc import Iterable
from typing import Final

from bot.core.actions import AnyAction, ArmDeadManSwitch, RefreshAccount
from bot.core.events import AccountRead, DeadManSwitchArmed, DeadManSwitchFailed, FeedLost, FeedRestored
from bot.core.notes import Reason
from bot.core.settings import AccountSettings

RETRY_MS: Final = 2_000
MARGIN_MS: Final = 2_000
"""Quotes are pulled this long before an unconfirmed countdown would end."""
NEEDED_FEEDS: Final = ("account", "book", "best_quote", "mark")
STORM_LOSSES: Final = 3
STORM_MS: Final = 30_000
ONE_LOSS_MS: Final = 1_000
STEADY_MS: Final = 5_000


class DeadManSwitch:
    """When to renew the countdown, and whether it can be relied on."""

    def __init__(self, settings: AccountSettings) -> None:
        self._settings = settings
        self.armed_ms: int | None = None
        """Local time from which the confirmed countdown runs; None: not armed."""
        self.problem = ""
        self._asked_ms = 0
        self._leases: dict[str, int] = {}

    def apply(self, event: DeadManSwitchArmed | DeadManSwitchFailed) -> None:
        if isinstance(event, DeadManSwitchFailed):
            self.problem = event.reason
            return
        self.problem = ""
        self.armed_ms = event.asked_ms if event.countdown_s else None
        if not event.countdown_s:
            self._asked_ms = 0

    def left_ms(self, now_ms: int) -> int:
        """Return how long the confirmed countdown still protects us; 0 when it does not."""
        if self.armed_ms is None:
            return 0
        return max(0, self.armed_ms + self._settings.switch_countdown_s * 1000 - now_ms)

    def lease(self, markets: Iterable[str], now_ms: int) -> None:
        """Markets that are quoted say that they still decide; one that falls silent lets the countdown run out for all."""
        self._leases.update(dict.fromkeys(markets, now_ms))

    def end_lease(self, market: str) -> None:
        """A market is not quoted any more."""
        self._leases.pop(market, None)

    def decide(self, wanted: bool, now_ms: int) -> list[AnyAction]:
        """Return the renewal, when it is due."""
        pace = RETRY_MS if self.problem else self._settings.switch_renewal_ms
        if not wanted or not self._settings.use_switch or now_ms - self._asked_ms < pace:
            return []
        if now_ms - min(self._leases.values(), default=now_ms) > self._settings.switch_renewal_ms:
            return []
        self._asked_ms = now_ms
        return [ArmDeadManSwitch(countdown_s=self._settings.switch_countdown_s)]

    def blocks(self, now_ms: int) -> Reason | None:
        if self.left_ms(now_ms) > MARGIN_MS or not self._settings.use_switch:
            return None
        detail = f": {self.problem}" if self.problem else ""
        return Reason(code="switch_not_armed", text=f"the dead-man's switch is not armed{detail}")


class AccountSync:
    """Whether orders, positions and fills are known to be complete, and when to read them again."""

    def __init__(self, settings: AccountSettings) -> None:
        self._settings = settings
        self.is_synced = False
        """True while the account stream is whole and everything was read after it connected."""
        self._up_ms: int | None = None
        self._asked_ms: int | None = None

    def apply(self, event: FeedLost | FeedRestored) -> None:
        """The account stream broke or came back: what is known must be read again."""
        self.is_synced = False
        self._asked_ms = None
        self._up_ms = event.received_ms if isinstance(event, FeedRestored) else None

    def read(self, event: AccountRead) -> bool:
        """Everything was read; True when this completes the picture."""
        if self.is_synced or self._up_ms is None or event.asked_ms < self._up_ms:
            return False
        self.is_synced = True
        return True

    def decide(self, now_ms: int) -> list[AnyAction]:
        """Return the next reading, when it is due."""
        if self._up_ms is None:
            return []  # an answer now could not know what the stream has yet to tell
        pace = self._settings.refresh_account_ms if self.is_synced else RETRY_MS
        if self._asked_ms is not None and now_ms - self._asked_ms < pace:
            return []
        self._asked_ms = now_ms
        return [RefreshAccount(reason="regular look" if self.is_synced else "first look")]

    def hurry(self) -> None:
        """Read again at once: something does not fit."""
        self._asked_ms = None

    def blocks(self) -> Reason | None:
        if self.is_synced:
            return None
        why = "the account stream is not connected" if self._up_ms is None else "orders, positions and fills are being read"
        return Reason(code="account_not_synced", text=why)


class Steadiness:
    """Whether connections hold: after a storm of losses quotes stay away until nothing was lost for a while.

    A single loss delays nothing. What is lost within one moment is one loss, however many feeds it took along.
    """

    def __init__(self) -> None:
        self._lost_ms: dict[str | None, deque[int]] = {}

    def lost(self, event: FeedLost) -> None:
        """A feed of one market, or of all of them, was lost."""
        if event.feed not in NEEDED_FEEDS:
            return
        losses = self._lost_ms.setdefault(event.market, deque(maxlen=STORM_LOSSES))
        if not losses or event.received_ms - losses[-1] >= ONE_LOSS_MS:
            losses.append(event.received_ms)
        else:
            losses[-1] = event.received_ms

    def blocks(self, market: str, now_ms: int) -> Reason | None:
        """Return why nothing is shown although everything is there again."""
        for losses in (self._lost_ms.get(None), self._lost_ms.get(market)):
            is_storm = losses and len(losses) == STORM_LOSSES and losses[-1] - losses[0] <= STORM_MS
            if losses and is_storm and now_ms - losses[-1] < STEADY_MS:
                text = f"{len(losses)} losses of connections within {(losses[-1] - losses[0]) / 1000:.0f} s"
                return Reason(code="connection_unsteady", text=f"{text}: waiting for {STEADY_MS // 1000} s without one")
        return None
