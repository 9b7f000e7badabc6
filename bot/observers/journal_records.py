"""What a journal is made of: the happenings of the core, and the journal's own records about orders, money and itself.

Everything in a journal is one tagged union, so that a record read back has the very type that was written. The journal's own tags
begin with `journal:`; the others are the class names of events and actions.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Final

import msgspec

from bot.core.actions import AnyAction
from bot.core.errors import ConfigurationError
from bot.core.events import Event
from bot.core.notes import Note
from bot.core.orders import Fill, Order, Owner, Status

FORMAT: Final = 1
"""Raised whenever a record changes so that an older file cannot be read any more."""


class JournalRefused(ConfigurationError):
    """A journal cannot be read or written as it is; says which file and what to do."""

    code = "journal_refused"


class RunManifest(msgspec.Struct, frozen=True, kw_only=True):
    """Who writes a journal: which program, with which settings, for which account of which exchange."""

    program_version: str
    config_hash: str
    epoch: str
    """As it is written in the order ids of this run."""
    epoch_ms: int
    """The same in milliseconds; names and sorts the files."""
    environment: str
    account_id: int
    venue: str = ""
    """Tells one simulated exchange from the next, whose ids begin anew; empty for the real one."""
    seed: int | None = None

    def is_same_account(self, other: "RunManifest") -> bool:
        """Report whether ids, fills and positions of the two mean the same things."""
        return (self.environment, self.account_id, self.venue) == (other.environment, other.account_id, other.venue)


class OwnRecord(msgspec.Struct, frozen=True, kw_only=True, tag=lambda name: f"journal:{name}"):
    """Base of the journal's own records."""


class LedgerBooked(OwnRecord, frozen=True, kw_only=True):
    """One market's ledger after a change. Position signed; money in collateral, summed over this run; fee + is paid."""

    market: str
    size: Decimal
    entry_price: Decimal
    realised_pnl: Decimal
    fees: Decimal
    volume: Decimal


class DayFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One market's money of one UTC day, in collateral; realised PnL before fees, fee + is paid."""

    realised_pnl: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    volume: Decimal = Decimal(0)

    def corrected(self, by: "DayFigures") -> "DayFigures":
        """Return the figures with a correction added."""
        return DayFigures(
            realised_pnl=self.realised_pnl + by.realised_pnl, fees=self.fees + by.fees, volume=self.volume + by.volume
        )

    def plus(self, after: LedgerBooked, before: LedgerBooked | None) -> "DayFigures":
        """Return the figures with what was booked between two looks at the ledger; `before` None: the run had booked nothing."""
        return DayFigures(
            realised_pnl=self.realised_pnl + after.realised_pnl - (before.realised_pnl if before else 0),
            fees=self.fees + after.fees - (before.fees if before else 0),
            volume=self.volume + after.volume - (before.volume if before else 0),
        )


class DayCorrected(OwnRecord, frozen=True, kw_only=True):
    """What is to be added to the figures of a day: the exchange's trades told more than the ledgers, or another day."""

    day: int
    figures: dict[str, DayFigures]
    is_whole: bool


class Header(OwnRecord, frozen=True, kw_only=True):
    """The first record of every file. `previous` names the file that this one continues, "" for the very first."""

    run: RunManifest
    segment: int
    previous_file: str
    previous_digest: str


class RestorePoint(OwnRecord, frozen=True, kw_only=True):
    """Everything that a restart needs from the past; the second record of every file, so that no older file is needed."""

    day: int
    """Days since 1970 in UTC, to which the figures below belong."""
    open_orders: dict[str, Order]
    """Orders that were to be sent and whose end is not known, by our id; as they were intended."""
    trade_ids: tuple[int, ...]
    """The newest executions that were seen, oldest first; bounded."""
    fills: tuple[Fill, ...]
    """Executions of the day by the exchange's time, the newest of them; the figures count all."""
    figures: dict[str, DayFigures]
    orders_placed: int
    orders_ended: int
    orders_filled: int
    booked: dict[str, LedgerBooked]
    """The newest word about each ledger of the last run: its position, and the sums that the next one is compared with."""
    lost: int
    """Records of the day that could not be written."""
    whole_from_day: int = 0
    """The first day whose figures lack nothing: a journal that begins within a day knows only the days after it."""


class OrderHeld(OwnRecord, frozen=True, kw_only=True):
    """An order that counts as live and whose action was not seen here: found on the exchange, or revived by its word."""

    order: Order


class OrderEnded(OwnRecord, frozen=True, kw_only=True):
    """An order stopped counting as live, and why; `filled_lots` is what is known at that moment."""

    client_order_id: str
    owner: Owner
    status: Status
    reason: str
    filled_lots: int
    is_reported: bool
    """True when the exchange itself said so; otherwise we concluded it."""


class StateChanged(OwnRecord, frozen=True, kw_only=True):
    """The bot's state or its reason changed."""

    state: str
    code: str
    text: str


class Noted(OwnRecord, frozen=True, kw_only=True):
    """Something that people were told."""

    note: Note


class Unchanged(OwnRecord, frozen=True, kw_only=True):
    """How many happenings of each kind since the last such record said nothing new and were left out."""

    counts: dict[str, int]


class Gap(OwnRecord, frozen=True, kw_only=True):
    """Here `lost` records are missing, from `since_ms` (local wall time) until this record."""

    lost: int
    since_ms: int
    reason: str


class Unwritable(OwnRecord, frozen=True, kw_only=True):
    """One record could not be put into words; stands in its place."""

    kind: str
    reason: str


class RunEnded(OwnRecord, frozen=True, kw_only=True):
    """The last record of a run that was closed in order."""


AnyOwnRecord = (
    Header
    | RestorePoint
    | LedgerBooked
    | DayCorrected
    | OrderHeld
    | OrderEnded
    | StateChanged
    | Noted
    | Unchanged
    | Gap
    | Unwritable
    | RunEnded
)
Payload = Event | AnyAction | AnyOwnRecord


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One record read back. Wall time is the local clock, monotonic time only runs forward within one run; milliseconds."""

    seq: int
    wall_ms: int
    monotonic_ms: int
    payload: Payload


class FileStatus(StrEnum):
    """What was found in one file."""

    ENDED = "ended"
    """Closed in order."""
    RECOVERED = "recovered"
    """The program stopped without closing it; a torn last record was cut off."""
    QUARANTINED = "quarantined"
    """Damaged before its end: set aside, and only what precedes the damage was used."""
    OTHER_ACCOUNT = "other account"
    """Of another account or environment; left alone."""
