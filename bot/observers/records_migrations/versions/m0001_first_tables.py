"""The first tables: runs, markets, orders, fills, funding, decisions, equity, ledgers, configurations, commands, alerts."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0001"
down_revision: Final = None
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Create them."""
    for create in TABLES.values():
        create()


def downgrade() -> None:
    """Remove them: everything in them can be read from the journal again."""
    for name in TABLES:
        op.drop_table(name)


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("account", sa.String(length=300), nullable=False),
        sa.Column("epoch", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("event", sa.String(length=60), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", "epoch", "seq"),
    )
    op.create_index("alerts_by_time", "alerts", ["at_ms"], unique=False)


def _commands() -> None:
    op.create_table(
        "commands",
        sa.Column("account", sa.String(length=300), nullable=False),
        sa.Column("command_id", sa.String(length=80), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("verb", sa.String(length=40), nullable=False),
        sa.Column("who", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("code", sa.String(length=80), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("before_hash", sa.String(length=64), nullable=True),
        sa.Column("after_hash", sa.String(length=64), nullable=True),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("account", "command_id"),
    )
    op.create_index("commands_by_time", "commands", ["at_ms"], unique=False)


def _configurations() -> None:
    op.create_table(
        "configurations",
        sa.Column("account", sa.String(length=300), nullable=False),
        sa.Column("config_hash", sa.String(length=64), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("account", "config_hash"),
    )
    op.create_index("configurations_by_time", "configurations", ["at_ms"], unique=False)


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("account", sa.String(length=300), nullable=False),
        sa.Column("epoch", sa.String(length=40), nullable=False),
        sa.Column("event", sa.String(length=60), nullable=False),
        sa.Column("market", sa.String(length=40), nullable=False),
        sa.Column("second", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("account", "epoch", "event", "market", "second"),
    )
    op.create_index("decisions_by_time", "decisions", ["at_ms"], unique=False)


def _equity() -> None:
    op.create_table(
        "equity",
        sa.Column("account", sa.String(length=300), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("slot", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("balance", sa.Text(), nullable=False),
        sa.Column("equity", sa.Text(), nullable=False),
        sa.Column("unrealised_pnl", sa.Text(), nullable=False),
        sa.Column("available_for_trade", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", "slot"),
    )
    op.create_index("equity_by_time", "equity", ["at_ms"], unique=False)


def _fills() -> None:
    op.create_table(
        "fills",
        sa.Column("account", sa.String(length=300), nullable=False),
        sa.Column("trade_id", sa.String(length=20), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("market", sa.String(length=40), nullable=False),
        sa.Column("client_order_id", sa.String(length=80), nullable=True),
        sa.Column("exchange_order_id", sa.String(length=20), nullable=False),
        sa.Column("side", sa.String(length=4), nullable=False),
        sa.Column("price", sa.Text(), nullable=False),
        sa.Column("size", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("fee", sa.Text(), nullable=False),
        sa.Column("is_maker", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("account", "trade_id"),
    )
    op.create_index("fills_by_time", "fills", ["at_ms"], unique=False)


def _funding() -> None:
    op.create_table(
        "funding",
        sa.Column("account", sa.String(length=300), nullable=False),
        sa.Column("payment_id", sa.String(length=20), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("market", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("mark_price", sa.Text(), nullable=False),
        sa.Column("rate", sa.Text(), nullable=False),
        sa.Column("amount", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", "payment_id"),
    )
    op.create_index("funding_by_time", "funding", ["at_ms"], unique=False)


def _ledgers() -> None:
    op.create_table(
        "ledgers",
        sa.Column("account", sa.String(length=300), nullable=False),
        sa.Column("epoch", sa.String(length=40), nullable=False),
        sa.Column("market", sa.String(length=40), nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.Text(), nullable=False),
        sa.Column("entry_price", sa.Text(), nullable=False),
        sa.Column("realised_pnl", sa.Text(), nullable=False),
        sa.Column("fees", sa.Text(), nullable=False),
        sa.Column("volume", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", "epoch", "market", "day"),
    )


def _markets() -> None:
    op.create_table(
        "markets",
        sa.Column("account", sa.String(length=300), nullable=False),
        sa.Column("market", sa.String(length=40), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("tick_size", sa.Text(), nullable=False),
        sa.Column("lot_size", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", "market"),
    )


def _orders() -> None:
    op.create_table(
        "orders",
        sa.Column("account", sa.String(length=300), nullable=False),
        sa.Column("client_order_id", sa.String(length=80), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("exchange_order_id", sa.String(length=20), nullable=True),
        sa.Column("market", sa.String(length=40), nullable=False),
        sa.Column("side", sa.String(length=4), nullable=False),
        sa.Column("price", sa.Text(), nullable=True),
        sa.Column("size", sa.Text(), nullable=False),
        sa.Column("filled", sa.Text(), nullable=True),
        sa.Column("average_price", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("owner", sa.String(length=10), nullable=False),
        sa.Column("time_in_force", sa.String(length=10), nullable=False),
        sa.Column("post_only", sa.Boolean(), nullable=False),
        sa.Column("reduce_only", sa.Boolean(), nullable=False),
        sa.Column("replaces", sa.String(length=80), nullable=True),
        sa.Column("updated_ms", sa.BigInteger(), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("account", "client_order_id"),
    )
    op.create_index("orders_by_time", "orders", ["at_ms"], unique=False)


def _progress() -> None:
    op.create_table(
        "progress",
        sa.Column("journal", sa.String(length=300), nullable=False),
        sa.Column("file", sa.String(length=120), nullable=False),
        sa.Column("read_bytes", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("journal"),
    )


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("account", sa.String(length=300), nullable=False),
        sa.Column("epoch", sa.String(length=40), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("environment", sa.String(length=20), nullable=False),
        sa.Column("program_version", sa.String(length=40), nullable=False),
        sa.Column("config_hash", sa.String(length=64), nullable=False),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("account", "epoch"),
    )


TABLES: Final = {
    "alerts": _alerts,
    "commands": _commands,
    "configurations": _configurations,
    "decisions": _decisions,
    "equity": _equity,
    "fills": _fills,
    "funding": _funding,
    "ledgers": _ledgers,
    "markets": _markets,
    "orders": _orders,
    "progress": _progress,
    "runs": _runs,
}
