"""`mmbot export` and `mmbot records rebuild`: the records as files, and the records anew from the journal."""

import asyncio
import contextlib
import csv
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TextIO

from sqlalchemy.exc import SQLAlchemyError

from bot.clock import SystemClock
from bot.core.errors import ConfigurationError, InvalidInput
from bot.core.numbers import plain
from bot.environment import Environment
from bot.observers import records_tables as tables
from bot.observers.records import Records, RecordsUnavailable, database_url
from bot.observers.records_queries import TABLES, Wanted, oldest_first
from bot.state_folder import StateFolder

FORMATS: Final = ("csv", "parquet")
FILL_COLUMNS: Final = (
    "time",
    "at_ms",
    "kind",
    "market",
    "side",
    "price",
    "size",
    "value",
    "fee",
    "funding",
    "is_maker",
    "trade_id",
    "client_order_id",
    "exchange_order_id",
    "account",
)
"""Executions and funding in one table: a payment is a row of kind FUNDING, whose `funding` is positive when we received it."""
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def rebuild(environment: Environment) -> dict[str, Any]:
    """Empty the records of this environment and read its journal anew. Blocks.

    Raises: ConfigurationError while a bot runs with the state folder; RecordsUnavailable.
    """

    async def work() -> dict[str, Any]:
        async with _records(environment) as records:
            return {"rows": await records.rebuild(), "refused": records.refused}

    with StateFolder(environment.home).lock():
        return _run(work())


def export(environment: Environment, *, what: str, kind: str, output: Path | None, market: str, since_ms: int) -> dict[str, Any]:
    """Write one kind of record as a file, oldest first; to standard output where none is named. Blocks.

    Raises: InvalidInput, ConfigurationError, RecordsUnavailable.
    """
    if what not in TABLES:
        raise InvalidInput("what", what, ", ".join(TABLES))
    if kind not in FORMATS:
        raise InvalidInput("format", kind, " or ".join(FORMATS))
    if kind == "parquet" and output is None:
        raise InvalidInput("output", None, "a file: Parquet cannot go to a terminal")
    return _run(_export(environment, what, kind, output, Wanted(market=market, since_ms=since_ms)))


async def _export(environment: Environment, what: str, kind: str, output: Path | None, wanted: Wanted) -> dict[str, Any]:
    async with _records(environment) as records:
        await _catch_up(records, environment)
        rows = _rows(records, what, wanted)
        try:
            count = await (_parquet(rows, what, output) if kind == "parquet" and output else _csv(rows, what, output))
        except OSError as error:
            raise ConfigurationError(f"{output} cannot be written: {error.strerror}") from None
    return {"rows": count, "file": str(output) if output else "-", "what": what}


async def _catch_up(records: Records, environment: Environment) -> None:
    """Read what the journal has beyond the records, unless a running bot does that by itself."""
    await records.open()
    try:
        with StateFolder(environment.home).lock():
            while await records.catch_up_once():
                pass
    except ConfigurationError:
        return  # the bot runs: its own records are at most a moment behind


@contextlib.asynccontextmanager
async def _records(environment: Environment) -> AsyncIterator[Records]:
    def tell(level: str, event: str, market: str | None, **fields: object) -> None:
        del market
        sys.stderr.write(f"mmbot: {level} {event} {fields}\n")

    folder = environment.home / "journal" / environment.records_name
    records = Records(database_url(environment.database_url, environment.home), folder, clock=SystemClock(), log=tell)
    try:
        yield records
    except (SQLAlchemyError, OSError, TimeoutError) as error:
        raise RecordsUnavailable(f"the database of the records cannot be used ({type(error).__name__})") from None
    finally:
        await records.engine.dispose()


def _run(work: Any) -> dict[str, Any]:
    result: dict[str, Any] = asyncio.run(work)
    return result


async def _rows(records: Records, what: str, wanted: Wanted) -> AsyncIterator[dict[str, Any]]:
    async with records.engine.connect() as connection:
        if what != "fills":
            async for row in oldest_first(connection, TABLES[what], wanted):
                yield {"time": _iso(row["at_ms"]), **row}
            return
        payments = oldest_first(connection, tables.funding, wanted)
        waiting = [_payment(row) async for row in payments]  # one an hour: few
        waiting.reverse()
        async for fill in oldest_first(connection, tables.fills, wanted):
            while waiting and waiting[-1]["at_ms"] <= fill["at_ms"]:
                yield waiting.pop()
            yield {**fill, "time": _iso(fill["at_ms"]), "funding": None}
        while waiting:
            yield waiting.pop()


def _payment(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "time": _iso(row["at_ms"]),
        "at_ms": row["at_ms"],
        "kind": "FUNDING",
        "market": row["market"],
        "price": row["mark_price"],
        "size": row["size"],
        "value": row["value"],
        "funding": row["amount"],
        "trade_id": row["payment_id"],
        "account": row["account"],
    }


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")


def columns_of(what: str) -> tuple[str, ...]:
    """Return the columns of an export, in order."""
    return FILL_COLUMNS if what == "fills" else ("time", *(column.name for column in TABLES[what].c))


def _cell(value: object) -> object:
    """Return a value for a spreadsheet: numbers in plain notation, and text that it does not take for a formula."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value


async def _csv(rows: AsyncIterator[dict[str, Any]], what: str, output: Path | None) -> int:
    names, count = columns_of(what), 0
    with _opened(output) as file:
        writer = csv.writer(file)
        writer.writerow(names)
        async for row in rows:
            writer.writerow([_cell(row.get(name)) for name in names])
            count += 1
    return count


@contextlib.contextmanager
def _opened(output: Path | None) -> Iterator[TextIO]:
    if output is None:
        yield sys.stdout
        return
    with output.open("w", newline="", encoding="utf-8") as file:
        yield file


async def _parquet(rows: AsyncIterator[dict[str, Any]], what: str, output: Path) -> int:
    try:
        import polars as pl  # noqa: PLC0415 - large, and an extra
    except ModuleNotFoundError:
        raise ConfigurationError("Parquet needs polars; install the extra: pip install 'extended-mm-bot[research]'") from None
    names = columns_of(what)
    found = [{name: _text(row.get(name)) for name in names} async for row in rows]
    frame = pl.DataFrame(found, schema=dict.fromkeys(names, pl.String), orient="row")
    whole = [name for name in names if name in {"at_ms", "updated_ms", "ended_ms", "day", "slot", "second"}]
    frame.with_columns(pl.col(whole).cast(pl.Int64)).write_parquet(output)
    return len(found)


def _text(value: object) -> str | None:
    """Return a value as text: money in a Parquet file is text, because a decimal there has fewer digits than ours may have."""
    if value is None or isinstance(value, str):
        return value
    return plain(value) if isinstance(value, Decimal) else str(value)
