"""What changed inside the engine that no event says by itself: orders that began or ended, ledgers, the bot's state.

Runs on the event loop after each decision, so it looks at a handful of objects and makes something only when something changed.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from bot.core.account import PositionLedger
from bot.core.actions import AnyAction, ApprovedOrder
from bot.core.day import DayCorrection
from bot.core.engine import Engine
from bot.core.events import FillsReported, PositionsReported
from bot.core.mode import BotState
from bot.core.notes import Reason
from bot.core.orders import Order
from bot.observers.journal_records import (
    DayCorrected,
    DayFigures,
    LedgerBooked,
    OrderEnded,
    OrderHeld,
    Payload,
    StateChanged,
)

_MOVE_MONEY: Final = (FillsReported, PositionsReported)
_NOTHING: Final = (Decimal(0), Decimal(0), Decimal(0))


class EngineWatch:
    """Compares the engine with how it was at the last look."""

    def __init__(self) -> None:
        self._live: set[str] = set()
        self._ledgers: dict[str, LedgerBooked] = {}
        self._baseline: dict[str, tuple[Decimal, Decimal, Decimal]] = {}
        self._adjustments = 0
        self._corrections = 0
        self._state: BotState | None = None
        self._reason: Reason | None = None

    def begin(self, engine: Engine) -> None:
        """Count the money of this run from what the ledgers hold now."""
        self._baseline = {market: _sums(ledger) for market, ledger in engine.account.ledgers.items()}

    def intents(self, engine: Engine, actions: Iterable[AnyAction]) -> list[Payload]:
        """Return the orders of ours that came to life without an action being shown here, before their outcome is told."""
        for action in actions:
            approved = getattr(action, "approved", None)
            if isinstance(approved, ApprovedOrder):
                self._live.add(approved.order.client_order_id)
        return [self._meet(order) for order in engine.orders if order.client_order_id not in self._live]

    def _meet(self, order: Order) -> OrderHeld:
        self._live.add(order.client_order_id)
        return OrderHeld(order=order)

    def outcomes(self, engine: Engine, events: Iterable[object]) -> list[Payload]:
        """Return what the events led to: orders that ended, money that was booked, a new state."""
        found: list[Payload] = []
        live = {order.client_order_id for order in engine.orders}
        if self._live - live:
            found += self._ended(engine, self._live - live)
            self._live &= live
        if engine.account.adjustments != self._adjustments or any(isinstance(event, _MOVE_MONEY) for event in events):
            self._adjustments = engine.account.adjustments
            found += self._booked(engine)
        corrections = engine.day.corrections[self._corrections :]
        self._corrections += len(corrections)
        found += map(_corrected, corrections)
        state, reason = engine.state, engine.state_reason
        if state is not self._state or reason != self._reason:
            self._state, self._reason = state, reason
            found.append(StateChanged(state=state, code=reason.code, text=reason.text))
        return found

    def _ended(self, engine: Engine, gone: Iterable[str]) -> Iterable[Payload]:
        for order_id in sorted(gone):
            order = engine.orders.get(order_id)
            if order is None:
                continue  # forgotten by the engine after its end; the exchange's report of that end is in the journal
            yield OrderEnded(
                client_order_id=order_id,
                owner=order.owner,
                status=order.status,
                reason=order.reason,
                filled_lots=order.filled,
                is_reported=order.end_is_reported,
            )

    def _booked(self, engine: Engine) -> Iterable[Payload]:
        for market, ledger in engine.account.ledgers.items():
            realised_pnl, fees, volume = self._baseline.get(market, _NOTHING)
            booked = LedgerBooked(
                market=market,
                size=ledger.size,
                entry_price=ledger.entry_price,
                realised_pnl=ledger.realised_pnl - realised_pnl,
                fees=ledger.fees - fees,
                volume=ledger.volume - volume,
            )
            if self._ledgers.get(market) != booked:
                self._ledgers[market] = booked
                yield booked


def _corrected(correction: DayCorrection) -> DayCorrected:
    figures = {
        market: DayFigures(realised_pnl=money.realised_pnl, fees=money.fees, volume=money.volume)
        for market, money in correction.money.items()
    }
    return DayCorrected(day=correction.day, figures=figures, is_whole=correction.is_whole)


def _sums(ledger: PositionLedger) -> tuple[Decimal, Decimal, Decimal]:
    return ledger.realised_pnl, ledger.fees, ledger.volume
