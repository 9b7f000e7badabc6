"""Writes rows, each at most once: the same statements for SQLite and PostgreSQL."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Table, bindparam, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.observers.records_rows import Row


async def write_rows(connection: AsyncConnection, rows: Iterable[Row]) -> None:
    """Write rows in their order, those of one shape together.

    Raises: SQLAlchemyError when the database refuses.
    """
    for _, alike in groupby(rows, key=_shape):
        await _write_alike(connection, list(alike))


def _shape(row: Row) -> tuple[str, bool, bool, str, tuple[str, ...]]:
    return (row.table.name, row.insert, row.replace, row.only_newer, tuple(row.values))


async def _write_alike(connection: AsyncConnection, rows: Sequence[Row]) -> None:
    first = rows[0]
    if not first.insert:
        await connection.execute(_change(first), [{f"to_{name}": value for name, value in row.values.items()} for row in rows])
        return
    await connection.execute(_insertion(connection.dialect.name, first), [row.values for row in rows])


def _keys(table: Table) -> list[str]:
    return [column.name for column in table.primary_key]


def _change(row: Row) -> Any:
    """Return an update of a row that exists; one that does not is left alone."""
    keys = _keys(row.table)
    statement = update(row.table).values({name: bindparam(f"to_{name}") for name in row.values if name not in keys})
    for name in keys:
        statement = statement.where(row.table.c[name] == bindparam(f"to_{name}"))
    return statement


def _insertion(dialect: str, row: Row) -> Any:
    insert: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = insert(row.table)
    keys = _keys(row.table)
    changes = {name: statement.excluded[name] for name in row.values if name not in keys}
    if not row.replace or not changes:
        return statement.on_conflict_do_nothing(index_elements=keys)
    newer = row.only_newer
    where = row.table.c[newer] <= statement.excluded[newer] if newer else None
    return statement.on_conflict_do_update(index_elements=keys, set_=changes, where=where)
