"""What the loop needs from the world: an exchange, a clock, and somebody to tell."""

from collections.abc import Callable, Collection, Iterable
from decimal import Decimal
from typing import Protocol

import msgspec

from bot.core.actions import AnyAction
from bot.core.events import BalanceReported, DayStatsSeen, Event, PositionReport
from bot.core.market import Market
from bot.core.orders import Fill, Order, OrderReport, StopOrder

Emit = Callable[[Event], None]
"""Takes an event at once and never blocks."""

Objection = Callable[[], str]
"""Says why something must not happen any more; "" when it may."""


def nobody_objects() -> str:
    """Let everything pass."""
    return ""


class Clock(Protocol):
    """Time as an argument."""

    def now_ms(self) -> int:
        """Return wall time in milliseconds since the epoch; never steps back within a process."""
        ...

    def monotonic_ms(self) -> int:
        """Return milliseconds of a clock that only runs forward; its zero means nothing."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for `seconds` of this clock."""
        ...


class AccountIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """Who the exchange says we are; public values only."""

    account_id: int
    vault: int
    public_key: str
    description: str


class FeeRates(msgspec.Struct, frozen=True, kw_only=True):
    """What we pay, as fractions of notional."""

    market: str
    maker: Decimal
    taker: Decimal


class Exchange(Protocol):
    """The exchange as the loop sees it.

    Writes raise `Refused` (it did not happen), `RateLimited`, `Unauthorised`, `VenueMode`, `NotSent` (it did not leave) or
    `OutcomeUnknown` (ask before trying again). Reads raise `ExchangeUnreachable`, `Refused` and its kinds, or `ProtocolError`.
    Every call has a deadline of its own.
    """

    async def load_markets(self, names: Collection[str] = ()) -> dict[str, Market]:
        """Return the rules of the named markets, or of all; an unknown name is simply absent."""
        ...

    async def identity(self) -> AccountIdentity: ...
    async def fees(self, markets: Collection[str]) -> dict[str, FeeRates]: ...
    async def mark_price(self, market: str) -> Decimal: ...
    async def day_stats(self, market: str) -> DayStatsSeen: ...

    async def place(self, order: Order, *, objection: Objection = nobody_objects) -> int:
        """Sign and send; return the exchange's id. Accepted is not resting: the book speaks on the account stream.

        `objection` is asked at the last moment, after every wait of ours; the order then does not leave (`NotSent`).
        """
        ...

    async def place_stop(self, stop: StopOrder, *, objection: Objection = nobody_objects) -> int:
        """Sign and send a position stop; as `place`."""
        ...

    async def cancel(self, *, client_order_id: str, exchange_order_id: int | None) -> None:
        """Ask for a cancel; raises `NotFound` when the exchange does not know the order (any more)."""
        ...

    async def mass_cancel(
        self, *, markets: Collection[str] = (), client_order_ids: Collection[str] = (), everything: bool = False
    ) -> None: ...

    async def arm_dead_man_switch(self, countdown_s: int) -> None: ...

    async def open_orders(self, market: str | None = None) -> tuple[OrderReport, ...]: ...
    async def order_by_client_id(self, client_order_id: str) -> OrderReport | None:
        """Return the newest record under our id, or None when the exchange says, with its envelope, that it has none."""
        ...

    async def fills(self, markets: Collection[str] = (), *, limit: int = 100, before_id: int | None = None) -> tuple[Fill, ...]:
        """Return our executions, newest first; `before_id` continues below that trade id."""
        ...

    async def positions(self) -> tuple[PositionReport, ...]: ...
    async def balance(self) -> BalanceReported | None:
        """Return the money on the account, or None where the exchange answers that there is none."""
        ...

    async def leverage(self, markets: Collection[str] = ()) -> dict[str, Decimal]: ...
    async def set_leverage(self, market: str, leverage: Decimal) -> None: ...

    async def stream(self, markets: Collection[str], emit: Emit, *, with_account: bool = True) -> None:
        """Follow all feeds of `markets`, and the account, until cancelled, reconnecting by itself; tells `emit` everything."""
        ...

    async def close(self) -> None: ...


class Observer(Protocol):
    """Somebody who watches; may read everything and change nothing."""

    def record(self, events: Iterable[Event], actions: Iterable[AnyAction]) -> None: ...
