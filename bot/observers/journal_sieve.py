"""Keeps a quiet day small: what says nothing new is counted instead of written.

An account is read over REST every few seconds, and nearly always the answer is the one before. Left out are: executions that
were written already; lists of orders equal to what the stream has told; positions and balances in which only the mark price
moved (they are written once a minute); and the regular signs of life. Every minute one record counts what was left out, by kind.
"""

from collections import Counter
from decimal import Decimal
from typing import Final

import msgspec

from bot.core.actions import ArmDeadManSwitch, RefreshAccount
from bot.core.events import (
    AccountRead,
    AccountReadFailed,
    BalanceReported,
    DeadManSwitchArmed,
    DeadManSwitchFailed,
    FillsReported,
    MarketRulesLoaded,
    OrdersReported,
    PositionsReported,
    StreamAlive,
)
from bot.core.orders import Fill, OrderReport
from bot.observers.journal_records import Payload, Unchanged

COUNT_EVERY_MS: Final = 60_000
REVALUE_EVERY_MS: Final = 60_000
"""How often positions and balances are written when only their valuation moved."""
FILLS_REMEMBERED: Final = 20_000

# Two kinds in one group replace each other: armed, failed, armed are three changes.
_GROUPS: Final[dict[type, str]] = {
    AccountRead: "account read",
    AccountReadFailed: "account read",
    DeadManSwitchArmed: "switch",
    DeadManSwitchFailed: "switch",
    ArmDeadManSwitch: "arm",
    RefreshAccount: "refresh",
    MarketRulesLoaded: "rules",
}
_TIMES: Final = ("asked_ms", "received_ms")


class Sieve:
    """Decides for each happening whether it says something new."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._counted_ms: int | None = None
        self._last: dict[str, object] = {}
        self._open_orders: dict[int, OrderReport] | None = None
        self._held: dict[str, tuple[Decimal, Decimal, Decimal]] | None = None
        self._balance: Decimal | None = None
        self._valued_ms: dict[str, int] = {}
        self._fills: dict[int, Fill] = {}

    def keep(self, payload: Payload, monotonic_ms: int) -> Payload | None:
        """Return what should be written of this happening; None when nothing, and then it is counted."""
        kept = self._new_in(payload, monotonic_ms)
        if kept is None:
            self._counts[type(payload).__name__] += 1
        return kept

    def due(self, monotonic_ms: int) -> Unchanged | None:
        """Return the count of what was left out, once a minute and only if there is something to count."""
        if self._counted_ms is None:
            self._counted_ms = monotonic_ms
        if monotonic_ms - self._counted_ms < COUNT_EVERY_MS:
            return None
        self._counted_ms = monotonic_ms
        return self.rest()

    def rest(self) -> Unchanged | None:
        """Return the count so far and begin anew; None when nothing was left out."""
        counts, self._counts = dict(sorted(self._counts.items())), Counter()
        return Unchanged(counts=counts) if counts else None

    def _new_in(self, payload: Payload, monotonic_ms: int) -> Payload | None:
        match payload:
            case StreamAlive():
                return None
            case FillsReported():
                return self._new_fills(payload)
            case OrdersReported():
                return payload if self._orders_changed(payload) else None
            case PositionsReported():
                return payload if self._positions_changed(payload, monotonic_ms) else None
            case BalanceReported():
                changed = payload.balance != self._balance
                self._balance = payload.balance
                return payload if self._is_worth_it("balance", changed, monotonic_ms) else None
            case _:
                return payload if self._differs(payload) else None

    def _differs(self, payload: Payload) -> bool:
        """Compare a steady kind with the one before it, times aside; every other kind is always new."""
        group = _GROUPS.get(type(payload))
        if group is None:
            return True
        if isinstance(payload, MarketRulesLoaded):
            group += f" {payload.market.name}"
        times = dict.fromkeys((name for name in _TIMES if name in payload.__struct_fields__), 0)
        timeless = msgspec.structs.replace(payload, **times)
        changed = self._last.get(group) != timeless
        self._last[group] = timeless
        return changed

    def _new_fills(self, event: FillsReported) -> FillsReported | None:
        new = tuple(fill for fill in event.fills if self._fills.get(fill.trade_id) != fill)
        for fill in new:
            self._fills[fill.trade_id] = fill
        while len(self._fills) > FILLS_REMEMBERED:
            del self._fills[next(iter(self._fills))]
        if not new:
            return None
        return event if len(new) == len(event.fills) else msgspec.structs.replace(event, fills=new)

    def _orders_changed(self, event: OrdersReported) -> bool:
        known = self._open_orders
        told = {report.exchange_order_id: report for report in event.orders}
        if event.is_snapshot:
            covered = {key: each for key, each in (known or {}).items() if event.market in (None, each.market)}
            self._open_orders = {key: each for key, each in (known or {}).items() if key not in covered} | told
            return known is None or covered != told
        if known is not None:
            self._open_orders = {key: each for key, each in (known | told).items() if each.status.is_open}
        return True

    def _positions_changed(self, event: PositionsReported, monotonic_ms: int) -> bool:
        told = {each.market: (each.size, each.entry_price, each.realised_pnl) for each in event.positions}
        known = self._held
        self._held = told if event.is_snapshot else (known or {}) | told
        return self._is_worth_it("positions", known is None or self._held != known, monotonic_ms)

    def _is_worth_it(self, what: str, changed: bool, monotonic_ms: int) -> bool:
        last_ms = self._valued_ms.get(what)
        if changed or last_ms is None or monotonic_ms - last_ms >= REVALUE_EVERY_MS:
            self._valued_ms[what] = monotonic_ms
            return True
        return False
