"""What a journal's records mean as rows of tables: pure.

The same records give the same rows, whoever reads them and when: live, a minute later, or years later in a rebuild. Every row may
be written twice without harm.
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec
from sqlalchemy import Table

from bot.core.actions import ApprovedOrder
from bot.core.day import day_of
from bot.core.events import (
    BalanceReported,
    FillsReported,
    FundingPayment,
    FundingReported,
    MarketRulesLoaded,
    OrderLookedUp,
    OrdersReported,
    PlaceAcknowledged,
)
from bot.core.notes import Note
from bot.core.order_ids import owner_of
from bot.core.orders import ENDED, ExchangeStatus, Fill, Order, OrderReport
from bot.observers import records_tables as tables
from bot.observers.journal_records import (
    DayCorrected,
    DayFigures,
    Header,
    JournalEntry,
    LedgerBooked,
    Noted,
    OrderEnded,
    OrderHeld,
    RestorePoint,
    RunEnded,
    RunManifest,
)

EQUITY_SLOT_MS: Final = 10_000
"""One row of equity for each such time; the last word in it counts."""
LATEST_MS: Final = 2**53
LONGEST_TEXT: Final = 2_000
DECISIONS: Final = frozenset(
    {
        "bot_halted",
        "bot_paused",
        "breaker_resumed",
        "breaker_tripped",
        "fill_protection",
        "flatten_attempt",
        "only_reducing",
        "risk_acknowledged",
        "risk_tier",
        "bot_started",
        "bot_stopping",
        "creates_held",
        "creates_released",
        "leverage_changed",
        "order_outcome_unknown",
        "order_refused",
        "order_rejected",
        "order_withheld",
        "position_adopted",
        "position_stop_ended",
        "position_stop_refused",
        "quotes_pulled",
        "quotes_updated",
        "requests_limited",
        "spread_clamped",
    }
)
"""Notes that explain what the bot decided; one of a kind for each market and second."""
FIRST_SEGMENT: Final = 1
_ENDED: Final = frozenset(str(status) for status in ENDED)


class Row(msgspec.Struct, frozen=True):
    """One row to write. `only_newer` names a column: the row is left alone unless this value is at least as large.

    Without `insert` only a row that exists already changes; without `replace` one that exists stays as it is.
    """

    table: Table
    values: dict[str, Any]
    insert: bool = True
    replace: bool = True
    only_newer: str = ""


class Steps(msgspec.Struct, frozen=True):
    """The grid of one market."""

    tick_size: Decimal
    lot_size: Decimal


def account_of(run: RunManifest) -> str:
    """Return the name under which the rows of an account are kept."""
    return f"{run.environment}:{run.account_id}" + (f":{run.venue}" if run.venue else "")


class Translator:
    """Turns records of one journal into rows; knows whose they are from the header, and grids from the rules it saw."""

    def __init__(self, steps: Mapping[tuple[str, str], Steps] | None = None) -> None:
        self._steps = dict(steps or {})
        self._run: RunManifest | None = None
        self._is_first_file = False
        self._told: dict[type, Callable[[JournalEntry, Any], Iterator[Row]]] = {
            RunEnded: self._run_ended,
            MarketRulesLoaded: self._rules,
            OrderHeld: self._held,
            PlaceAcknowledged: self._acknowledged,
            OrdersReported: self._reported,
            OrderLookedUp: self._looked_up,
            OrderEnded: self._order_ended,
            FillsReported: self._filled,
            RestorePoint: self._restored,
            FundingReported: self._funded,
            BalanceReported: self._balance,
            LedgerBooked: self._booked,
            DayCorrected: self._corrected,
            Noted: self._noted,
        }
        self.account = ""
        """Whose records are being read; "" before the first header."""

    def rows(self, entry: JournalEntry) -> list[Row]:
        """Return the rows of one record; none before the first header."""
        payload = entry.payload
        if isinstance(payload, Header):
            self._run, self.account = payload.run, account_of(payload.run)
            self._is_first_file = payload.segment == FIRST_SEGMENT
            return [self._run_row(payload.run)]
        if self._run is None:
            return []
        approved = getattr(payload, "approved", None)
        if isinstance(approved, ApprovedOrder):
            return self._intent(approved.order)
        told = self._told.get(type(payload))
        return list(told(entry, payload)) if told is not None else []

    # --- runs and markets ----------------------------------------------------------------------------------------------

    def _run_row(self, run: RunManifest) -> Row:
        values = {
            "account": self.account,
            "epoch": run.epoch,
            "at_ms": run.epoch_ms,
            "environment": run.environment,
            "program_version": run.program_version,
            "config_hash": run.config_hash,
        }
        return Row(tables.runs, values, replace=False)

    def _run_ended(self, entry: JournalEntry, payload: RunEnded) -> Iterator[Row]:
        del payload
        assert self._run is not None
        values = {"account": self.account, "epoch": self._run.epoch, "ended_ms": entry.wall_ms}
        yield Row(tables.runs, values, insert=False)

    def _rules(self, entry: JournalEntry, event: MarketRulesLoaded) -> Iterator[Row]:
        rules = event.market
        self._steps[self.account, rules.name] = Steps(rules.tick_size, rules.lot_size)
        yield Row(
            tables.markets,
            {
                "account": self.account,
                "market": rules.name,
                "at_ms": entry.wall_ms,
                "tick_size": rules.tick_size,
                "lot_size": rules.lot_size,
            },
        )

    # --- orders ----------------------------------------------------------------------------------------------------------

    def _intent(self, order: Order) -> list[Row]:
        steps = self._steps.get((self.account, order.market))
        if steps is None:
            return []  # a journal without rules: the exchange's own reports carry prices and sizes
        values = self._order_key(order.client_order_id) | {
            "at_ms": _time(order.created_ms),
            "exchange_order_id": _id(order.exchange_order_id),
            "market": order.market,
            "side": order.side.value,
            "price": order.price * steps.tick_size,
            "size": order.size * steps.lot_size,
            "filled": order.filled * steps.lot_size,
            "status": "PLACING" if order.status.value == "RESERVED" else order.status.value,
            "owner": order.owner.value,
            "time_in_force": order.time_in_force.value,
            "post_only": order.post_only,
            "reduce_only": order.reduce_only,
            "replaces": order.replaces,
            "updated_ms": order.updated_ms,
        }
        return [Row(tables.orders, values, replace=False)]

    def _held(self, entry: JournalEntry, payload: OrderHeld) -> Iterator[Row]:
        del entry
        yield from self._intent(payload.order)

    def _acknowledged(self, entry: JournalEntry, event: PlaceAcknowledged) -> Iterator[Row]:
        del entry
        values = self._order_key(event.client_order_id) | {"exchange_order_id": _id(event.exchange_order_id)}
        yield Row(tables.orders, values, insert=False)

    def _reported(self, entry: JournalEntry, event: OrdersReported) -> Iterator[Row]:
        del entry
        for report in event.orders:
            yield self._report(report)

    def _looked_up(self, entry: JournalEntry, event: OrderLookedUp) -> Iterator[Row]:
        del entry
        if event.report is not None:
            yield self._report(event.report)

    def _report(self, report: OrderReport) -> Row:
        is_over = report.status.value in _ENDED
        values = self._order_key(report.client_order_id or f"exchange-{report.exchange_order_id}") | {
            "at_ms": _time(report.created_ms),
            "exchange_order_id": _id(report.exchange_order_id),
            "market": report.market,
            "side": report.side.value,
            "price": report.price,
            "size": report.size,
            "filled": report.filled,
            "average_price": report.average_price,
            "status": "RESTING" if report.status is ExchangeStatus.NEW else report.status.value,
            "reason": report.reason[:LONGEST_TEXT] or None,
            "owner": owner_of(report.client_order_id).value,
            "time_in_force": report.time_in_force[:10],
            "post_only": report.post_only,
            "reduce_only": report.reduce_only,
            "updated_ms": _time(report.updated_ms),
            "ended_ms": _time(report.updated_ms) if is_over else None,
        }
        return Row(tables.orders, values, only_newer="updated_ms")

    def _order_ended(self, entry: JournalEntry, payload: OrderEnded) -> Iterator[Row]:
        values = self._order_key(payload.client_order_id) | {
            "status": payload.status.value,
            "reason": payload.reason[:LONGEST_TEXT] or None,
            "ended_ms": entry.wall_ms,
        }
        yield Row(tables.orders, values, insert=False)

    def _order_key(self, client_order_id: str) -> dict[str, Any]:
        return {"account": self.account, "client_order_id": client_order_id[:80]}

    # --- money -----------------------------------------------------------------------------------------------------------

    def _filled(self, entry: JournalEntry, event: FillsReported) -> Iterator[Row]:
        del entry
        yield from map(self._fill, event.fills)

    def _restored(self, entry: JournalEntry, point: RestorePoint) -> Iterator[Row]:
        """Take the day's executions once more: a file before this one may be missing. Keep what was known as the run began."""
        yield from map(self._fill, point.fills)
        if self._is_first_file:
            for market, figures in point.figures.items():
                yield self._correction(entry, market, point.day, figures, is_base=True)

    def _fill(self, fill: Fill) -> Row:
        values = {
            "account": self.account,
            "trade_id": _id(fill.trade_id),
            "at_ms": _time(fill.exchange_ms),
            "market": fill.market,
            "client_order_id": fill.client_order_id,
            "exchange_order_id": _id(fill.exchange_order_id),
            "side": fill.side.value,
            "price": fill.price,
            "size": fill.size,
            "value": fill.price * fill.size,
            "fee": fill.fee,
            "is_maker": fill.is_maker,
            "kind": fill.kind[:20],
        }
        return Row(tables.fills, values, replace=False)

    def _funded(self, entry: JournalEntry, event: FundingReported) -> Iterator[Row]:
        del entry
        yield from map(self._payment, event.payments)

    def _payment(self, payment: FundingPayment) -> Row:
        values = {
            "account": self.account,
            "payment_id": _id(payment.payment_id),
            "at_ms": _time(payment.exchange_ms),
            "market": payment.market,
            "size": payment.size,
            "value": payment.value,
            "mark_price": payment.mark_price,
            "rate": payment.rate,
            "amount": payment.amount,
        }
        return Row(tables.funding, values, replace=False)

    def _balance(self, entry: JournalEntry, event: BalanceReported) -> Iterator[Row]:
        values = {
            "account": self.account,
            "at_ms": entry.wall_ms,
            "slot": entry.wall_ms // EQUITY_SLOT_MS,
            "balance": event.balance,
            "equity": event.equity,
            "unrealised_pnl": event.unrealised_pnl,
            "available_for_trade": event.available_for_trade,
        }
        yield Row(tables.equity, values)

    def _booked(self, entry: JournalEntry, payload: LedgerBooked) -> Iterator[Row]:
        assert self._run is not None
        values = {
            "account": self.account,
            "epoch": self._run.epoch,
            "market": payload.market,
            "day": day_of(entry.wall_ms),
            "at_ms": entry.wall_ms,
            "size": payload.size,
            "entry_price": payload.entry_price,
            "realised_pnl": payload.realised_pnl,
            "fees": payload.fees,
            "volume": payload.volume,
        }
        yield Row(tables.ledgers, values)

    def _corrected(self, entry: JournalEntry, payload: DayCorrected) -> Iterator[Row]:
        for market, figures in payload.figures.items():
            yield self._correction(entry, market, payload.day, figures, is_base=False)

    def _correction(self, entry: JournalEntry, market: str, day: int, figures: DayFigures, *, is_base: bool) -> Row:
        assert self._run is not None
        values = {
            "account": self.account,
            "epoch": self._run.epoch,
            "seq": entry.seq,
            "market": market,
            "at_ms": entry.wall_ms,
            "day": day,
            "is_base": is_base,
            "realised_pnl": figures.realised_pnl,
            "fees": figures.fees,
            "volume": figures.volume,
        }
        return Row(tables.corrections, values)

    # --- what people were told ---------------------------------------------------------------------------------------------

    def _noted(self, entry: JournalEntry, payload: Noted) -> Iterator[Row]:
        note = payload.note
        if note.event == "command":
            yield self._command(entry, note.fields)
        elif note.event == "configuration":
            values = {
                "account": self.account,
                "config_hash": str(note.fields["hash"]),
                "at_ms": entry.wall_ms,
                "content": note.fields["content"],
            }
            yield Row(tables.configurations, values, replace=False)
        elif note.event == "alert":
            yield self._alert(entry, note.fields)
        elif note.event in DECISIONS:
            yield self._decision(entry, note)

    def _command(self, entry: JournalEntry, fields: Mapping[str, Any]) -> Row:
        is_over = fields["state"] != "RUNNING"
        values = {
            "account": self.account,
            "command_id": str(fields["id"]),
            "at_ms": int(fields["began_ms"]),
            "verb": str(fields["verb"])[:40],
            "who": str(fields["who"])[:80],
            "state": str(fields["state"])[:20],
            "code": fields.get("code"),
            "reason": fields.get("reason"),
            "arguments": fields.get("arguments") or {},
            "before_hash": fields.get("before"),
            "after_hash": fields.get("after"),
            "ended_ms": entry.wall_ms if is_over else None,
        }
        return Row(tables.commands, values)

    def _alert(self, entry: JournalEntry, fields: Mapping[str, Any]) -> Row:
        assert self._run is not None
        values = {
            "account": self.account,
            "epoch": self._run.epoch,
            "seq": entry.seq,
            "at_ms": entry.wall_ms,
            "level": str(fields["severity"])[:10],
            "event": str(fields["name"])[:60],
            "text": str(fields["text"])[:LONGEST_TEXT],
        }
        return Row(tables.alerts, values, replace=False)

    def _decision(self, entry: JournalEntry, note: Note) -> Row:
        assert self._run is not None
        values = {
            "account": self.account,
            "epoch": self._run.epoch,
            "event": note.event,
            "market": note.market or "",
            "second": entry.wall_ms // 1000,
            "at_ms": entry.wall_ms,
            "level": note.level,
            "fields": note.fields,
        }
        return Row(tables.decisions, values, replace=False)


def _time(milliseconds: int) -> int:
    """Return a time of the exchange that every database can hold; a later one than the year 200,000 means nothing anyway."""
    return min(milliseconds, LATEST_MS)


def _id(number: int | None) -> str | None:
    return None if number is None else str(number)
