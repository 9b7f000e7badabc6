"""The records: what the journal told, in SQLite and in a real PostgreSQL, exact, once, and as often anew as one likes."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, text

from bot.clock import TurnableClock
from bot.core.day import DAY_MS, day_of
from bot.core.errors import ConfigurationError
from bot.core.events import (
    BalanceReported,
    DayMoney,
    DayRead,
    FillsReported,
    FundingPayment,
    FundingReported,
    MarketRulesLoaded,
    OrdersReported,
)
from bot.core.notes import Note
from bot.core.orders import ExchangeStatus, Fill, Side
from bot.history import past_of
from bot.observers import records_tables as tables
from bot.observers.journal_files import segments
from bot.observers.journal_recovery import Recovered
from bot.observers.records import RecordLimits, Records, database_url
from bot.observers.records_queries import Wanted, days
from tests.conftest import left_out
from tests.support.postgres import postgres, server_programs
from tests.unit.core.play import START_MS
from tests.unit.observers.journal_play import PATIENCE_S, Journalled, manifest, recovered


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    if server_programs() is None:
        left_out("no PostgreSQL: apt-get install postgresql")
    with postgres() as address:
        yield address


class Told:
    """A journal in a folder, a database, and what was logged."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder / "journal" / "paper"
        self.url = url
        self.logged: list[tuple[str, str]] = []
        self.clock = TurnableClock()

    def records(self, **options: Any) -> Records:
        def log(level: str, event: str, market: str | None, **fields: Any) -> None:
            self.logged.append((level, event))

        return Records(self.url, self.folder, clock=self.clock, log=log, **options)


@pytest.fixture(params=["sqlite", "postgresql"])
async def told(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Told]:
    if request.param == "sqlite":
        yield Told(tmp_path, database_url(None, tmp_path))
        return
    told = Told(tmp_path, database_url(request.getfixturevalue("server"), tmp_path))
    records = told.records()
    async with records.engine.begin() as connection:
        for name in [*tables.metadata.tables, "alembic_version"]:
            await connection.execute(text(f"DROP TABLE IF EXISTS {name}"))
    await records.engine.dispose()
    yield told


async def rows_of(records: Records, table: Any) -> list[dict[str, Any]]:
    async with records.engine.connect() as connection:
        found = await connection.execute(select(table).order_by(*table.primary_key))
        return [dict(row._mapping) for row in found]


async def read_all(records: Records) -> Records:
    if not records.is_open:
        await records.open()
    while await records.catch_up_once():
        pass
    return records


def a_fill(trade_id: int, **changes: Any) -> Fill:
    given: dict[str, Any] = {
        "trade_id": trade_id, "market": "BTC-USD", "exchange_order_id": 2**63 + 1, "client_order_id": "mmb-1-1",
        "side": Side.BUY, "price": Decimal("86112.1"), "size": Decimal("0.01"), "fee": Decimal("-0.0000001"), "is_maker": True,
        "kind": "TRADE", "exchange_ms": START_MS + trade_id,
    }  # fmt: skip
    return Fill(**(given | changes))


def a_run(folder: Path, *, epoch_ms: int = START_MS, close: bool = True) -> Journalled:
    """Write a short life: two orders, one filled, one cancelled, money booked, funding paid, notes told."""
    play = Journalled()
    journal = play.open(folder, run=manifest(epoch_ms=epoch_ms, epoch=f"e{epoch_ms}"))
    play.ready()
    first, second = play.placed_in(journal)
    for order in (first, second):
        play.acknowledge(order)
        play.report(order, ExchangeStatus.NEW)
    play.turn(journal)
    play.now_ms += 1_000
    play.fill(first, "0.01")
    play.report(first, ExchangeStatus.FILLED, filled=Decimal("0.01"), updated_ms=play.now_ms)
    play.report(second, ExchangeStatus.CANCELLED, updated_ms=play.now_ms)
    paid = FundingPayment(
        payment_id=8341, market="BTC-USD", size=Decimal("0.01"), value=Decimal("861.12"), mark_price=Decimal(86112),
        rate=Decimal("0.000013"), amount=Decimal("-0.01119456"), exchange_ms=play.now_ms,
    )  # fmt: skip
    play.engine.apply(FundingReported(payments=(paid,), received_ms=play.now_ms))
    money = {
        "balance": Decimal("9999.99"), "equity": Decimal("10000.01"), "available_for_trade": Decimal(9_000),
        "unrealised_pnl": Decimal("0.02"), "initial_margin": Decimal(0), "margin_ratio": Decimal(0),
    }  # fmt: skip
    play.engine.apply(BalanceReported(**money, updated_ms=1, received_ms=play.now_ms, source="stream", wire={}))
    command = {
        "id": "cmd-1", "verb": "start", "who": "local", "state": "DONE", "began_ms": play.now_ms, "arguments": {},
        "code": None, "reason": None, "before": "a", "after": "a",
    }  # fmt: skip
    journal.tell(
        [
            Note(level="INFO", event="command", market=None, fields=command),
            Note(level="INFO", event="configuration", market=None, fields={"hash": "h", "content": {"market": "BTC-USD"}}),
            Note(level="WARNING", event="alert", market=None, fields={"severity": "warning", "name": "x", "text": "<b>x</b>"}),
        ]
    )
    play.turn(journal)
    assert journal.flush(PATIENCE_S)
    if close:
        assert journal.close(PATIENCE_S)
    return play


async def test_what_the_journal_told_stands_in_the_tables_exactly(told: Told) -> None:
    a_run(told.folder)

    records = await read_all(told.records())

    first, second = await rows_of(records, tables.orders)
    assert (first["status"], first["price"], first["size"], first["filled"]) == (
        "FILLED", Decimal(86_112), Decimal("0.01"), Decimal("0.01"),
    )  # fmt: skip
    assert (second["status"], second["side"], second["owner"]) == ("CANCELLED", "SELL", "bot")
    assert first["exchange_order_id"] == "101"
    (fill,) = await rows_of(records, tables.fills)
    assert (fill["price"], fill["value"], fill["fee"]) == (Decimal(86_112), Decimal("861.12"), Decimal(0))
    (funding,) = await rows_of(records, tables.funding)
    assert funding["amount"] == Decimal("-0.01119456")
    (equity,) = await rows_of(records, tables.equity)
    assert equity["equity"] == Decimal("10000.01")
    (ledger,) = await rows_of(records, tables.ledgers)
    assert (ledger["size"], ledger["volume"]) == (Decimal("0.01"), Decimal("861.12"))
    (command,) = await rows_of(records, tables.commands)
    assert (command["verb"], command["who"], command["state"]) == ("start", "local", "DONE")
    assert [row["content"] for row in await rows_of(records, tables.configurations)] == [{"market": "BTC-USD"}]
    assert [row["text"] for row in await rows_of(records, tables.alerts)] == ["<b>x</b>"]
    assert "quotes_updated" in {row["event"] for row in await rows_of(records, tables.decisions)}
    (run,) = await rows_of(records, tables.runs)
    assert run["ended_ms"] is not None
    await records.close()


async def test_money_of_any_precision_comes_back_as_it_was_told(told: Told) -> None:
    play = Journalled()
    journal = play.open(told.folder)
    play.ready()
    odd = a_fill(7, price=Decimal("0.000000123456789012345678"), size=Decimal("123456789012345678.1"), fee=Decimal("-1E-20"))
    play.engine.apply(FillsReported(fills=(odd,), source="stream", received_ms=play.now_ms))
    play.turn(journal)
    assert journal.close(PATIENCE_S)

    records = await read_all(told.records())

    (row,) = await rows_of(records, tables.fills)
    assert (row["price"], row["size"], row["fee"]) == (odd.price, odd.size, odd.fee)
    assert row["exchange_order_id"] == str(2**63 + 1)
    await records.close()


async def test_reading_again_from_the_start_changes_nothing(told: Told) -> None:
    a_run(told.folder)
    records = await read_all(told.records())
    before = {table.name: await rows_of(records, table) for table in tables.DERIVED}

    await records.rebuild()

    assert {table.name: await rows_of(records, table) for table in tables.DERIVED} == before
    await records.close()


async def test_a_rebuild_leaves_rows_of_another_environment_alone(told: Told) -> None:
    a_run(told.folder)
    records = await read_all(told.records())
    async with records.engine.begin() as connection:
        other = {"account": "testnet:7", "config_hash": "x", "at_ms": 1, "content": {}}
        await connection.execute(tables.configurations.insert(), [other])

    await records.rebuild()

    assert {row["account"] for row in await rows_of(records, tables.configurations)} == {"testnet:7", "paper:7"}
    await records.close()


async def test_what_is_added_while_it_follows_is_read_once_also_after_a_restart(told: Told) -> None:
    play = Journalled()
    journal = play.open(told.folder)
    play.ready()
    play.placed_in(journal)
    assert journal.flush(PATIENCE_S)
    records = await read_all(told.records())
    assert await records.count(tables.fills) == 0
    await records.engine.dispose()

    for number in (1, 2):
        play.engine.apply(FillsReported(fills=(a_fill(number),), source="stream", received_ms=play.now_ms))
        play.turn(journal)
    assert journal.flush(PATIENCE_S)
    again = await read_all(told.records())

    assert [row["trade_id"] for row in await rows_of(again, tables.fills)] == ["1", "2"]
    assert {row["account"] for row in await rows_of(again, tables.fills)} == {"paper:7"}
    assert again.written < 10, "the second reader began at the place where the first one stopped"
    journal.close(PATIENCE_S)
    await again.close()


async def test_several_files_of_several_runs_are_read_in_order(told: Told) -> None:
    a_run(told.folder)
    a_run(told.folder, epoch_ms=START_MS + 86_400_000)

    records = await read_all(told.records())

    assert len(await rows_of(records, tables.runs)) == 2
    assert [row["epoch"] for row in await rows_of(records, tables.ledgers)] == [f"e{START_MS}", f"e{START_MS + 86_400_000}"]
    await records.close()


async def test_a_file_that_is_gone_is_passed_over_and_said(told: Told) -> None:
    a_run(told.folder, close=False)
    records = await read_all(told.records())
    (path,) = segments(told.folder)
    path.unlink()
    a_run(told.folder, epoch_ms=START_MS + 1)

    await read_all(records)

    assert ("WARNING", "records_gap") in told.logged
    assert len(await rows_of(records, tables.runs)) == 2
    await records.close()


async def test_a_line_that_is_not_whole_waits_and_a_damaged_one_ends_its_file(told: Told) -> None:
    a_run(told.folder)
    (path,) = segments(told.folder)
    content = path.read_bytes()
    half = content[: content.index(b"FundingReported") + 5]
    path.write_bytes(half)
    records = await read_all(told.records())
    assert await records.count(tables.funding) == 0

    path.write_bytes(content)
    await read_all(records)
    assert await records.count(tables.funding) == 1

    path.write_bytes(content + b"damage\n")
    a_run(told.folder, epoch_ms=START_MS + 1)
    await read_all(records)
    assert ("WARNING", "records_gap") in told.logged
    assert await records.count(tables.runs) == 2
    await records.close()


async def test_an_older_report_does_not_bring_an_order_back(told: Told) -> None:
    play = Journalled()
    journal = play.open(told.folder)
    play.engine.apply(MarketRulesLoaded(market=play.market, received_ms=play.now_ms))
    play.ready()
    order = play.placed_in(journal)[0]
    play.acknowledge(order)
    reports = [
        play.report_of(order, ExchangeStatus.CANCELLED, updated_ms=START_MS + 10),
        play.report_of(order, ExchangeStatus.NEW, updated_ms=START_MS + 5),
    ]
    for report in reports:
        times = {"asked_ms": START_MS, "received_ms": START_MS}
        play.engine.apply(OrdersReported(orders=(report,), is_snapshot=False, source="stream", **times))
        play.turn(journal)
    assert journal.close(PATIENCE_S)

    records = await read_all(told.records())

    held = {row["client_order_id"]: row["status"] for row in await rows_of(records, tables.orders)}
    assert held[order.client_order_id] == "CANCELLED"
    await records.close()


async def test_one_absurd_value_does_not_hold_up_the_rest(told: Told) -> None:
    play = Journalled()
    journal = play.open(told.folder)
    play.ready()
    fills = (a_fill(1), a_fill(2, market="M" * 41 + "\0"), a_fill(3, exchange_ms=2**64 - 1))
    play.engine.apply(FillsReported(fills=fills, source="stream", received_ms=play.now_ms))
    play.turn(journal)
    assert journal.close(PATIENCE_S)

    records = await read_all(told.records())

    assert {"1", "3"} <= {row["trade_id"] for row in await rows_of(records, tables.fills)}
    if "postgresql" in told.url:
        assert records.refused == 2, "the execution, and what the ledger of such a market says"
        assert ("ERROR", "record_refused") in told.logged
    await records.close()


async def test_the_oldest_rows_beyond_the_limit_go(told: Told) -> None:
    play = Journalled()
    journal = play.open(told.folder)
    play.ready()
    fills = tuple(a_fill(number) for number in range(1, 31))
    play.engine.apply(FillsReported(fills=fills, source="stream", received_ms=play.now_ms))
    play.turn(journal)
    assert journal.close(PATIENCE_S)
    records = await read_all(told.records(limits=RecordLimits(fills=10)))

    await records.retain()

    kept = {int(row["trade_id"]) for row in await rows_of(records, tables.fills)}
    assert kept == set(range(21, 31))
    await records.close()


async def test_a_database_that_is_away_is_waited_for_and_nothing_is_lost(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    a_run(told.folder)
    records = told.records()
    whole = Records.open
    tries = 0

    async def opens_at_the_third_try(self: Records) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise OSError("no such host")
        await whole(self)

    monkeypatch.setattr(Records, "open", opens_at_the_third_try)
    running = asyncio.create_task(records.run())
    async with asyncio.timeout(30):
        while not records.is_open or records.problem or await records.count(tables.runs) == 0:  # noqa: ASYNC110 - nobody rings
            await asyncio.sleep(0.01)
    running.cancel()

    assert told.logged.count(("ERROR", "records_stalled")) == 1
    assert ("INFO", "records_follow") in told.logged
    await records.close()


# --- the money of a day -------------------------------------------------------------------------------------------------


def a_run_that_reads_the_day(folder: Path, *, epoch_ms: int, figures: DayMoney, recovered: Recovered | None = None) -> None:
    """Write a run that learns from the exchange's trades what the day was, and then books a fill of its own."""
    play = Journalled()
    play.now_ms = epoch_ms
    journal = play.open(folder, run=manifest(epoch_ms=epoch_ms, epoch=f"e{epoch_ms}"), recovered=recovered)
    play.ready()
    day = day_of(play.now_ms)
    if recovered is not None:
        past = past_of(recovered, play.now_ms)
        play.engine.day.recover(past.day, past.figures, play.now_ms, is_whole=False)
    play.engine.apply(DayRead(day=day, figures={"BTC-USD": figures}, booked={}, carried={}, received_ms=play.now_ms))
    first, _ = play.placed_in(journal)
    play.acknowledge(first)
    play.now_ms += 1_000
    play.fill(first, "0.01")
    play.turn(journal)
    assert journal.close(PATIENCE_S)


async def money_of(records: Records) -> dict[tuple[int, str], tuple[Decimal, Decimal, Decimal]]:
    found = await records.ask(lambda connection: days(connection, Wanted(), 10))
    return {(row.day, row.market): (row.realised_pnl, row.fees, row.volume) for row in found}


TRUTH = DayMoney(realised_pnl=Decimal("5.25"), fees=Decimal("0.75"), volume=Decimal(3_000))
OWN = Decimal("861.12")
"""What the fill of such a run is worth."""
LATER_MS = START_MS + 60_000
TODAY = (day_of(START_MS), "BTC-USD")


async def test_the_money_of_a_day_takes_in_what_a_rebuilt_day_found_out(told: Told) -> None:
    a_run(told.folder)
    a_run_that_reads_the_day(told.folder, epoch_ms=LATER_MS, figures=TRUTH, recovered=recovered(told.folder, LATER_MS))

    records = await read_all(told.records())
    assert await money_of(records) == {TODAY: (Decimal("5.25"), Decimal("0.75"), 3_000 + OWN)}
    assert await records.rebuild() > 0
    assert await money_of(records) == {TODAY: (Decimal("5.25"), Decimal("0.75"), 3_000 + OWN)}, "as often as one likes"
    await records.close()


async def test_what_an_earlier_run_booked_counts_once_also_where_its_journal_is_gone(told: Told) -> None:
    """Its rows are still in the database: the day that the exchange told contains them."""
    a_run(told.folder)
    records = await read_all(told.records())
    assert (await money_of(records))[TODAY][2] == OWN
    await records.close()
    for file in segments(told.folder):
        file.unlink()
    a_run_that_reads_the_day(told.folder, epoch_ms=LATER_MS, figures=TRUTH)

    again = await read_all(told.records())
    assert await money_of(again) == {TODAY: (Decimal("5.25"), Decimal("0.75"), 3_000 + OWN)}
    await again.close()


async def test_a_run_after_the_rebuilt_one_adds_to_its_day_and_other_days_stay_as_they_are(told: Told) -> None:
    yesterday_ms = START_MS - DAY_MS
    a_run(told.folder, epoch_ms=yesterday_ms)
    a_run_that_reads_the_day(told.folder, epoch_ms=LATER_MS, figures=TRUTH)
    last_ms = LATER_MS + 60_000
    a_run_that_reads_the_day(
        told.folder,
        epoch_ms=last_ms,
        figures=DayMoney(realised_pnl=Decimal("5.25"), fees=Decimal("0.75"), volume=3_000 + OWN),
        recovered=recovered(told.folder, last_ms),
    )
    records = await read_all(told.records())

    assert (await money_of(records))[TODAY] == (Decimal("5.25"), Decimal("0.75"), 3_000 + 2 * OWN)
    await records.close()


async def test_a_database_of_before_reads_its_journal_anew_for_the_corrections(told: Told) -> None:
    a_run_that_reads_the_day(told.folder, epoch_ms=LATER_MS, figures=TRUTH)
    records = await read_all(told.records())
    async with records.engine.begin() as connection:
        await connection.execute(text("DROP TABLE corrections"))
        await connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    await records.close()

    again = await read_all(told.records())

    assert (await money_of(again))[TODAY] == (Decimal("5.25"), Decimal("0.75"), 3_000 + OWN)
    assert await again.count(tables.fills) == 1, "and nothing else twice"
    await again.close()


async def test_a_newer_database_is_used_as_it_is_and_an_empty_one_is_filled(told: Told) -> None:
    a_run(told.folder)
    records = await read_all(told.records())
    async with records.engine.begin() as connection:
        await connection.execute(delete(tables.progress))
    await records.engine.dispose()

    again = await read_all(told.records())

    assert await again.count(tables.fills) == 1
    await again.close()


def test_the_file_of_the_default_database_is_its_owners_only(tmp_path: Path) -> None:
    told = Told(tmp_path, database_url(None, tmp_path))

    async def use() -> None:
        records = told.records()
        await records.open()
        await records.close()

    asyncio.run(use())

    assert (tmp_path / "records.sqlite").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("given", ["mysql://u:5ecret@h/d", "not an address", "://", "http://5ecret"])
def test_an_address_that_cannot_be_used_is_refused_without_being_repeated(given: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        database_url(given, tmp_path)

    assert "5ecret" not in str(refused.value)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("postgresql://u:p@h:5/d", "postgresql+asyncpg://u:p@h:5/d"),
        ("postgres://u@h/d", "postgresql+asyncpg://u@h/d"),
        ("sqlite:////tmp/x.db", "sqlite+aiosqlite:////tmp/x.db"),
    ],
)
def test_usual_addresses_get_the_driver_that_does_not_block(given: str, expected: str, tmp_path: Path) -> None:
    assert database_url(given, tmp_path) == expected
