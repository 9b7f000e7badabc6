"""Corrections of a day by the exchange's own trades. The journal is read anew, so that those of earlier runs come in, too."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0002"
down_revision: Final = "0001"
branch_labels: Final = None
depends_on: Final = None


def upgrade() -> None:
    """Make the table, and forget how far the journals were read: every row is written at most once."""
    op.create_table(
        "corrections",
        sa.Column("account", sa.String(length=300), nullable=False),
        sa.Column("epoch", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("market", sa.String(length=40), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("is_base", sa.Boolean(), nullable=False),
        sa.Column("realised_pnl", sa.Text(), nullable=False),
        sa.Column("fees", sa.Text(), nullable=False),
        sa.Column("volume", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account", "epoch", "seq", "market"),
    )
    op.execute("DELETE FROM progress")


def downgrade() -> None:
    """Remove it: everything in it can be read from the journal again."""
    op.drop_table("corrections")
