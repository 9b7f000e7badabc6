"""What people ask of the records: the newest rows of a kind, and the money of each day."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any, Final

import msgspec
from sqlalchemy import Row as Found
from sqlalchemy import Select, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.core.day import DAY_MS
from bot.observers import records_tables as tables

ZERO: Final = Decimal(0)
PAGE_ROWS: Final = 2_000
TABLES: Final[dict[str, Table]] = {
    "orders": tables.orders,
    "fills": tables.fills,
    "funding": tables.funding,
    "decisions": tables.decisions,
    "equity": tables.equity,
    "configurations": tables.configurations,
    "commands": tables.commands,
    "alerts": tables.alerts,
    "runs": tables.runs,
}


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows: of one account and market ("": all), from `since_ms` on and before `before_ms` (0: no end)."""

    account: str = ""
    market: str = ""
    since_ms: int = 0
    before_ms: int = 0


class DayRow(msgspec.Struct, frozen=True, kw_only=True):
    """The money of one market on one UTC day, in collateral. Fee positive: paid; funding positive: received."""

    day: int
    market: str
    realised_pnl: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    volume: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """Return what the day booked: realised - fees + funding."""
        return self.realised_pnl - self.fees + self.funding


def _chosen(table: Table, wanted: Wanted) -> Select[Any]:
    statement = select(table).where(table.c.at_ms >= wanted.since_ms)
    if wanted.before_ms:
        statement = statement.where(table.c.at_ms < wanted.before_ms)
    if wanted.account:
        statement = statement.where(table.c.account == wanted.account)
    if wanted.market and "market" in table.c:
        statement = statement.where(table.c.market == wanted.market)
    return statement


async def newest(connection: AsyncConnection, table: Table, wanted: Wanted, limit: int) -> list[dict[str, Any]]:
    """Return the newest rows first."""
    order = [table.c.at_ms.desc(), *(column.desc() for column in table.primary_key)]
    found = await connection.execute(_chosen(table, wanted).order_by(*order).limit(limit))
    return [dict(row._mapping) for row in found]  # noqa: SLF001 - the library's public name for a row as a mapping


async def oldest_first(connection: AsyncConnection, table: Table, wanted: Wanted) -> AsyncIterator[dict[str, Any]]:
    """Yield all chosen rows, oldest first, without holding more than a page of them."""
    keys = [table.c.at_ms, *table.primary_key]
    async with connection.stream(_chosen(table, wanted).order_by(*keys), execution_options={"yield_per": PAGE_ROWS}) as found:
        async for row in found:
            yield dict(row._mapping)  # noqa: SLF001 - as above


async def days(connection: AsyncConnection, wanted: Wanted, most_days: int) -> list[DayRow]:
    """Return the money of the newest days by market, newest day first.

    A ledger's row holds what its run had booked by the end of that day, so a day is the difference to the run's day before.
    Where a run found out by the exchange's trades what the day was (a correction), that stands in the place of what earlier runs
    booked: their journal may be gone while their rows are still here.
    """
    first_ms = wanted.since_ms or 0
    booked = (await connection.execute(_chosen(tables.ledgers, _whole(wanted)).order_by(*tables.ledgers.primary_key))).all()
    paid = (await connection.execute(_chosen(tables.funding, wanted))).all()
    corrected, since = await _corrections(connection, wanted)
    began = {(row.account, row.epoch): row.at_ms for row in await connection.execute(select(tables.runs))}
    found: dict[tuple[int, str], DayRow] = {}
    before: dict[tuple[str, str, str], Found[Any]] = {}
    for row in booked:
        run = (row.account, row.epoch, row.market)
        known_from_ms = since.get((row.account, row.day, row.market), 0)
        if row.day * DAY_MS >= first_ms - DAY_MS and began.get((row.account, row.epoch), row.at_ms) >= known_from_ms:
            _add(found, row.day, row.market, _difference(row, before.get(run)))
        before[run] = row
    for row in corrected:
        if row.day * DAY_MS >= first_ms - DAY_MS:
            _add(found, row.day, row.market, _difference(row, None))
    for row in paid:
        _add(found, row.at_ms // DAY_MS, row.market, DayRow(day=0, market="", funding=row.amount))
    shown = sorted({day for day, _ in found}, reverse=True)[:most_days]
    return [found[key] for key in sorted(found, key=lambda key: (-key[0], key[1])) if key[0] in shown]


async def _corrections(connection: AsyncConnection, wanted: Wanted) -> tuple[list[Found[Any]], dict[tuple[str, int, str], int]]:
    """Return the corrections that hold, with what they rest on, and from which run on a day's ledgers count beside them.

    Of each account, day and market those of the newest run that corrected it; what runs before it corrected it has taken over.
    """
    runs = tables.runs
    statement = _chosen(tables.corrections, _whole(wanted)).add_columns(runs.c.at_ms.label("began_ms"))
    statement = statement.join(
        runs, (runs.c.account == tables.corrections.c.account) & (runs.c.epoch == tables.corrections.c.epoch)
    )
    rows = (await connection.execute(statement)).all()
    since: dict[tuple[str, int, str], int] = {}
    for row in rows:
        if not row.is_base:
            key = (row.account, row.day, row.market)
            since[key] = max(since.get(key, 0), row.began_ms)
    return [row for row in rows if since.get((row.account, row.day, row.market)) == row.began_ms], since


def _whole(wanted: Wanted) -> Wanted:
    return msgspec.structs.replace(wanted, since_ms=0)


def _difference(row: Found[Any], before: Found[Any] | None) -> DayRow:
    return DayRow(
        day=row.day,
        market=row.market,
        realised_pnl=row.realised_pnl - (before.realised_pnl if before else ZERO),
        fees=row.fees - (before.fees if before else ZERO),
        volume=row.volume - (before.volume if before else ZERO),
    )


def _add(found: dict[tuple[int, str], DayRow], day: int, market: str, more: DayRow) -> None:
    held = found.get((day, market), DayRow(day=day, market=market))
    found[day, market] = DayRow(
        day=day,
        market=market,
        realised_pnl=held.realised_pnl + more.realised_pnl,
        fees=held.fees + more.fees,
        funding=held.funding + more.funding,
        volume=held.volume + more.volume,
    )
