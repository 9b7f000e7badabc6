"""The tables of the records: the same for SQLite and PostgreSQL.

Money, prices and sizes are text, exactly as they were told. `account` says whose row it is: environment, account and, on a
simulated exchange, which one; ids of two accounts may be equal. Ids of the exchange are text: they may pass 63 bits. Times are
milliseconds since 1970, UTC.
"""

from decimal import Decimal
from typing import Any, Final

from sqlalchemy import BigInteger, Boolean, Column, Dialect, Index, Integer, MetaData, String, Table, Text, TypeDecorator
from sqlalchemy.types import JSON

from bot.core.numbers import plain

metadata: Final = MetaData()


class Exact(TypeDecorator[Decimal]):
    """A decimal kept as plain text: no database rounds it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | str | None, dialect: Dialect) -> str | None:
        del dialect
        return plain(value) if isinstance(value, Decimal) else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        del dialect
        return None if value is None else Decimal(value)


def _account() -> Column[str]:
    return Column("account", String(300), primary_key=True)


def _time(name: str = "at_ms") -> Column[int]:
    return Column(name, BigInteger, nullable=False)


runs: Final = Table(
    "runs",
    metadata,
    _account(),
    Column("epoch", String(40), primary_key=True),
    _time(),
    Column("environment", String(20), nullable=False),
    Column("program_version", String(40), nullable=False),
    Column("config_hash", String(64), nullable=False),
    Column("ended_ms", BigInteger),
)

markets: Final = Table(
    "markets",
    metadata,
    _account(),
    Column("market", String(40), primary_key=True),
    _time(),
    Column("tick_size", Exact, nullable=False),
    Column("lot_size", Exact, nullable=False),
)

orders: Final = Table(
    "orders",
    metadata,
    _account(),
    Column("client_order_id", String(80), primary_key=True),
    _time(),
    Column("exchange_order_id", String(20)),
    Column("market", String(40), nullable=False),
    Column("side", String(4), nullable=False),
    Column("price", Exact),
    Column("size", Exact, nullable=False),
    Column("filled", Exact),
    Column("average_price", Exact),
    Column("status", String(20), nullable=False),
    Column("reason", Text),
    Column("owner", String(10), nullable=False),
    Column("time_in_force", String(10), nullable=False),
    Column("post_only", Boolean, nullable=False),
    Column("reduce_only", Boolean, nullable=False),
    Column("replaces", String(80)),
    Column("updated_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger),
    Index("orders_by_time", "at_ms"),
)

fills: Final = Table(
    "fills",
    metadata,
    _account(),
    Column("trade_id", String(20), primary_key=True),
    _time(),
    Column("market", String(40), nullable=False),
    Column("client_order_id", String(80)),
    Column("exchange_order_id", String(20), nullable=False),
    Column("side", String(4), nullable=False),
    Column("price", Exact, nullable=False),
    Column("size", Exact, nullable=False),
    Column("value", Exact, nullable=False),
    Column("fee", Exact, nullable=False),
    Column("is_maker", Boolean, nullable=False),
    Column("kind", String(20), nullable=False),
    Index("fills_by_time", "at_ms"),
)

funding: Final = Table(
    "funding",
    metadata,
    _account(),
    Column("payment_id", String(20), primary_key=True),
    _time(),
    Column("market", String(40), nullable=False),
    Column("size", Exact, nullable=False),
    Column("value", Exact, nullable=False),
    Column("mark_price", Exact, nullable=False),
    Column("rate", Exact, nullable=False),
    Column("amount", Exact, nullable=False),
    Index("funding_by_time", "at_ms"),
)

decisions: Final = Table(
    "decisions",
    metadata,
    _account(),
    Column("epoch", String(40), primary_key=True),
    Column("event", String(60), primary_key=True),
    Column("market", String(40), primary_key=True),
    Column("second", BigInteger, primary_key=True, autoincrement=False),
    _time(),
    Column("level", String(10), nullable=False),
    Column("fields", JSON, nullable=False),
    Index("decisions_by_time", "at_ms"),
)

equity: Final = Table(
    "equity",
    metadata,
    _account(),
    _time(),
    Column("slot", BigInteger, primary_key=True, autoincrement=False),
    Column("balance", Exact, nullable=False),
    Column("equity", Exact, nullable=False),
    Column("unrealised_pnl", Exact, nullable=False),
    Column("available_for_trade", Exact, nullable=False),
    Index("equity_by_time", "at_ms"),
)

ledgers: Final = Table(
    "ledgers",
    metadata,
    _account(),
    Column("epoch", String(40), primary_key=True),
    Column("market", String(40), primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    _time(),
    Column("size", Exact, nullable=False),
    Column("entry_price", Exact, nullable=False),
    Column("realised_pnl", Exact, nullable=False),
    Column("fees", Exact, nullable=False),
    Column("volume", Exact, nullable=False),
)
"""What a run had booked on a market by the end of each day: sums over the run, so a day is the difference of two rows."""

corrections: Final = Table(
    "corrections",
    metadata,
    _account(),
    Column("epoch", String(40), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("market", String(40), primary_key=True),
    _time(),
    Column("day", Integer, nullable=False),
    Column("is_base", Boolean, nullable=False),
    Column("realised_pnl", Exact, nullable=False),
    Column("fees", Exact, nullable=False),
    Column("volume", Exact, nullable=False),
)
"""What the exchange's trades told about a day beyond its ledgers: to be added to what the journal knew of the day when the run
began, which is the row with `is_base`, and to what this run and later ones booked. What an earlier run booked stands in it."""

configurations: Final = Table(
    "configurations",
    metadata,
    _account(),
    Column("config_hash", String(64), primary_key=True),
    _time(),
    Column("content", JSON, nullable=False),
    Index("configurations_by_time", "at_ms"),
)

commands: Final = Table(
    "commands",
    metadata,
    _account(),
    Column("command_id", String(80), primary_key=True),
    _time(),
    Column("verb", String(40), nullable=False),
    Column("who", String(80), nullable=False),
    Column("state", String(20), nullable=False),
    Column("code", String(80)),
    Column("reason", Text),
    Column("arguments", JSON, nullable=False),
    Column("before_hash", String(64)),
    Column("after_hash", String(64)),
    Column("ended_ms", BigInteger),
    Index("commands_by_time", "at_ms"),
)

alerts: Final = Table(
    "alerts",
    metadata,
    _account(),
    Column("epoch", String(40), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    _time(),
    Column("level", String(10), nullable=False),
    Column("event", String(60), nullable=False),
    Column("text", Text, nullable=False),
    Index("alerts_by_time", "at_ms"),
)

progress: Final = Table(
    "progress",
    metadata,
    Column("journal", String(300), primary_key=True),
    Column("file", String(120), nullable=False),
    Column("read_bytes", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
)
"""How far each journal has been read; moves in the same transaction as the rows."""

DERIVED: Final = (runs, orders, fills, funding, decisions, equity, ledgers, corrections, configurations, commands, alerts)
"""What a rebuild empties and reads anew. Rules of markets stay: an old journal may have lost the file that named them."""
