"""The records: what the journal tells, in a database that people and programs can ask.

The journal is the truth and this is a reading of it: one task follows the files, translates what was added and writes it in one
transaction together with the place where it stopped. So nothing is lost or counted twice by a crash, the loop that trades never
waits for a database (the backlog lies in the journal's files), and everything can be read anew.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from sqlalchemy import Table, delete, event, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.core.errors import ConfigurationError, MakerError
from bot.observers import records_tables as tables
from bot.observers.records_rows import Row, Steps, Translator
from bot.observers.records_tail import JournalTail, Place, Read
from bot.observers.records_write import write_rows
from bot.ports import Clock

LOOK_S: Final = 0.25
FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 30.0
KEEP_EVERY_MS: Final = 600_000
ROWS_AT_ONCE: Final = 200
"""Written in one transaction; between two of them the loop that trades has its turn."""
FILE_NAME: Final = "records.sqlite"
DEADLINE_S: Final = 30.0
VALUE_STATES: Final = frozenset({"22", "23"})
"""The classes of SQL's own codes that mean "this value": out of range, not text, twice where once is allowed."""

QUESTION_S: Final = 5.0
"""Longest time a question of a person may take."""

Log = Callable[..., None]
T = TypeVar("T")


class RecordsUnavailable(MakerError):
    """The database of the records cannot be used; says why."""

    code = "records_unavailable"


class RecordLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How many of the newest rows of each table are kept; executions and funding are the fewest and are kept longest."""

    orders: int = 1_000_000
    fills: int = 5_000_000
    funding: int = 1_000_000
    decisions: int = 200_000
    equity: int = 1_000_000
    configurations: int = 10_000
    commands: int = 100_000
    alerts: int = 100_000


def database_url(given: str | None, home: Path) -> str:
    """Return the address of the database with its driver: PostgreSQL where one is named, else a file in the state folder.

    Raises: ConfigurationError for an address that is none, without repeating it: it may hold a password.
    """
    if given is None:
        return f"sqlite+aiosqlite:///{home / FILE_NAME}"
    try:
        url = make_url(given)
    except ArgumentError:
        raise ConfigurationError(
            "MMBOT_DATABASE_URL is not an address of a database, such as postgresql://user@host/name"
        ) from None
    drivers = {"postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}
    driver = drivers.get(url.drivername.partition("+")[0])
    if driver is None:
        raise ConfigurationError(f"MMBOT_DATABASE_URL names {url.drivername}; records are kept in postgresql or sqlite")
    return url.set(drivername=driver).render_as_string(hide_password=False)


def open_database(url: str) -> AsyncEngine:
    """Return the engine of a database; nothing is connected yet.

    Raises: ConfigurationError when its driver is not installed.
    """
    try:
        engine = create_async_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"{error.name} is not installed; install the extra: pip install 'extended-mm-bot[cluster]'"
        ) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


class Records:
    """One database, fed from one journal folder."""

    def __init__(
        self,
        url: str,
        folder: Path,
        *,
        clock: Clock,
        log: Log,
        limits: RecordLimits | None = None,
    ) -> None:
        self.engine = open_database(url)
        self.problem = "not read yet"
        """Why the records do not follow the journal; "" while they do."""
        self.is_open = False
        """True once the tables exist and may be asked."""
        self.written = 0
        """Rows written in this process."""
        self.refused = 0
        """Rows that the database would not take; each was logged."""
        self._url = url
        self._folder = folder
        self._tail = JournalTail(folder)
        self._clock = clock
        self._log = log
        self._limits = limits or RecordLimits()
        self._translator = Translator()
        self._place = Place()
        self._kept_ms = 0

    @property
    def account(self) -> str:
        """Return whose records were read last; "" before the first."""
        return self._translator.account

    async def run(self) -> None:
        """Follow the journal until cancelled; a database that is away is waited for, and nothing is lost meanwhile."""
        pause_s = FIRST_PAUSE_S
        while True:
            if not self.is_open and not await asyncio.to_thread(self._folder.is_dir):
                await self._clock.sleep(LOOK_S)
                continue  # nothing was journalled yet
            try:
                if not self.is_open:
                    await self.open()
                has_more = await self.catch_up_once()
                await self._keep_bounds()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                self._stalled(error)
                await self._clock.sleep(pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
                continue
            self._follows()
            pause_s = FIRST_PAUSE_S
            if not has_more:
                await self._clock.sleep(LOOK_S)

    def _stalled(self, error: Exception) -> None:
        text = _sentence(error)
        if text != self.problem:
            self._log("ERROR", "records_stalled", None, reason=text)
        self.problem = text

    def _follows(self) -> None:
        if self.problem and self.problem != "not read yet":
            self._log("INFO", "records_follow", None)
        self.problem = ""

    async def open(self) -> None:
        """Bring the tables up to date and find the place where reading stopped.

        Raises: SQLAlchemyError or OSError when the database cannot be reached.
        """
        # In a thread with a loop of its own: making tables takes longer than the loop that trades may wait.
        async with asyncio.timeout(DEADLINE_S):
            await asyncio.to_thread(self._prepare)
        async with self.engine.connect() as connection:
            self._translator = Translator(await _known_steps(connection))
            found = (await connection.execute(select(tables.progress).where(tables.progress.c.journal == self._name))).first()
        self._place = Place(file=found.file, read_bytes=found.read_bytes, digest=found.digest) if found else Place()
        header = await asyncio.to_thread(self._tail.header, self._place)
        if header is not None:
            self._translator.rows(header)
        self.is_open = True

    @property
    def _name(self) -> str:
        """Return under which name the place in this journal is kept: its folder's, which is the environment's."""
        return self._folder.name

    def _prepare(self) -> None:
        self._protect_file()

        async def work() -> None:
            engine = open_database(self._url)
            try:
                async with engine.begin() as connection:
                    await connection.run_sync(_migrate)
            finally:
                await engine.dispose()

        asyncio.run(work())

    def _protect_file(self) -> None:
        """Make a new file of SQLite readable by its owner only."""
        file = self.engine.url.database
        if self.engine.dialect.name == "sqlite" and file and file != ":memory:" and not Path(file).exists():
            os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))

    async def catch_up_once(self) -> bool:
        """Read and write what was added, up to one transaction's worth; True when there is more.

        Raises: SQLAlchemyError or OSError; the same may be tried again.
        """
        read, rows = await asyncio.to_thread(self._read)
        if read.gap:
            self._log("WARNING", "records_gap", None, reason=read.gap)
        if read.place == self._place:
            return not read.is_all
        for start in range(0, max(1, len(rows)), ROWS_AT_ONCE):
            is_last = start + ROWS_AT_ONCE >= len(rows)
            await self._write(rows[start : start + ROWS_AT_ONCE], read.place if is_last else None)
        self._place = read.place
        return not read.is_all

    def _read(self) -> tuple[Read, list[Row]]:
        read = self._tail.read(self._place)
        return read, [row for entry in read.entries for row in self._translator.rows(entry)]

    async def _write(self, rows: Sequence[Row], place: Place | None) -> None:
        try:
            async with asyncio.timeout(DEADLINE_S), self.engine.begin() as connection:
                await write_rows(connection, rows)
                await self._move(connection, place)
        except DBAPIError as error:
            if error.connection_invalidated or not _is_about_values(error):
                raise
            await self._write_singly(rows, place)
        self.written += len(rows)

    async def _write_singly(self, rows: Sequence[Row], place: Place | None) -> None:
        """Write row by row, leaving out the one that the database does not take: one absurd value must not hold up the rest."""
        for row in rows:
            try:
                async with self.engine.begin() as connection:
                    await write_rows(connection, [row])
            except DBAPIError as error:
                if error.connection_invalidated or not _is_about_values(error):
                    raise
                self.refused += 1
                self._log("ERROR", "record_refused", None, table=row.table.name, reason=_sentence(error))
        async with self.engine.begin() as connection:
            await self._move(connection, place)

    async def _move(self, connection: AsyncConnection, place: Place | None) -> None:
        if place is not None:
            values = {"journal": self._name, "file": place.file, "read_bytes": place.read_bytes, "digest": place.digest}
            await write_rows(connection, [Row(tables.progress, values)])

    async def rebuild(self) -> int:
        """Empty every derived table and read the whole journal anew; returns how many rows were written.

        Raises: SQLAlchemyError or OSError when the database cannot be used.
        """
        if not self.is_open:
            await self.open()
        async with self.engine.begin() as connection:
            for table in tables.DERIVED:
                await connection.execute(delete(table).where(table.c.account.startswith(f"{self._name}:", autoescape=True)))
            await connection.execute(delete(tables.progress).where(tables.progress.c.journal == self._name))
        self._place, self.written = Place(), 0
        while await self.catch_up_once():
            pass  # each turn writes one transaction's worth
        return self.written

    async def _keep_bounds(self) -> None:
        now_ms = self._clock.monotonic_ms()
        if self._kept_ms and now_ms - self._kept_ms < KEEP_EVERY_MS:
            return
        self._kept_ms = now_ms
        await self.retain()

    async def retain(self) -> None:
        """Delete the oldest rows beyond the limit of each table."""
        for name, most in msgspec.structs.asdict(self._limits).items():
            table = tables.metadata.tables[name]
            async with self.engine.begin() as connection:
                newest = select(table.c.at_ms).order_by(table.c.at_ms.desc()).offset(most).limit(1)
                oldest_ms = (await connection.execute(newest)).scalar()
                if oldest_ms is not None:
                    await connection.execute(delete(table).where(table.c.at_ms <= oldest_ms))

    async def count(self, table: Table) -> int:
        """Return how many rows a table holds."""
        async with self.engine.connect() as connection:
            return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())

    async def ask(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Let a question work with a connection, within a deadline.

        Raises: RecordsUnavailable when the database does not answer.
        """
        try:
            async with asyncio.timeout(QUESTION_S), self.engine.connect() as connection:
                return await work(connection)
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            raise RecordsUnavailable(f"the database of the records does not answer: {_sentence(error)}") from None

    async def close(self) -> None:
        """Read what is left of the journal, as far as it goes within a moment, and let go of the database."""
        try:
            async with asyncio.timeout(5):
                while self.is_open and await self.catch_up_once():
                    pass
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            self._stalled(error)
        await self.engine.dispose()


def _is_about_values(error: DBAPIError) -> bool:
    """Report whether the database refuses what it was given, rather than being away, full or locked."""
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return str(state)[:2] in VALUE_STATES
    return isinstance(error, DataError | IntegrityError)


async def _known_steps(connection: AsyncConnection) -> dict[tuple[str, str], Steps]:
    rows: Iterable[Any] = await connection.execute(select(tables.markets))
    return {(row.account, row.market): Steps(row.tick_size, row.lot_size) for row in rows}


def _migrate(connection: Any) -> None:
    from alembic import command  # noqa: PLC0415 - heavy, and needed once
    from alembic.config import Config  # noqa: PLC0415 - the same

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).resolve().parent / "records_migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _sentence(error: BaseException) -> str:
    """Return what happened without the statement and its values, which may hold what nobody should read in a log."""
    cause: BaseException = getattr(error, "orig", None) or error
    return f"{type(cause).__name__}: {str(cause).splitlines()[0] if str(cause) else 'no answer in time'}"[:300]
