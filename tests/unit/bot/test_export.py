"""Records as files: executions and funding in one table, exact numbers, no formula for a spreadsheet."""

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.core.errors import ConfigurationError, InvalidInput
from bot.environment import Environment
from bot.export import columns_of, export, rebuild
from bot.state_folder import StateFolder
from tests.unit.observers.journal_play import PATIENCE_S, Journalled
from tests.unit.observers.test_records import a_fill, a_run


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    a_run(tmp_path / "journal" / "paper")
    return Environment(home=tmp_path)


def written(environment: Environment, what: str, **options: Any) -> list[dict[str, str]]:
    output = environment.home / f"{what}.csv"
    given: dict[str, Any] = {"market": "", "since_ms": 0, "kind": "csv"} | options
    export(environment, what=what, output=output, **given)
    with output.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_fills_and_funding_stand_in_one_table_with_their_amounts(environment: Environment) -> None:
    rows = written(environment, "fills")

    assert [row["kind"] for row in rows] == ["FUNDING", "TRADE"] or [row["kind"] for row in rows] == ["TRADE", "FUNDING"]
    by_kind = {row["kind"]: row for row in rows}
    assert (by_kind["TRADE"]["fee"], by_kind["TRADE"]["funding"], by_kind["TRADE"]["value"]) == ("0", "", "861.12")
    assert (by_kind["FUNDING"]["fee"], by_kind["FUNDING"]["funding"]) == ("", "-0.01119456")
    assert by_kind["TRADE"]["time"].endswith("+00:00")


@pytest.mark.parametrize("what", ["orders", "funding", "decisions", "equity", "configurations", "commands", "alerts", "runs"])
def test_every_kind_of_record_can_be_written(environment: Environment, what: str) -> None:
    rows = written(environment, what)

    assert rows
    assert set(rows[0]) == set(columns_of(what))


def test_text_that_looks_like_a_formula_is_not_one_and_a_negative_number_stays_a_number(tmp_path: Path) -> None:
    play = Journalled()
    journal = play.open(tmp_path / "journal" / "paper")
    play.ready()
    from bot.core.events import FillsReported

    odd = a_fill(1, kind='=HYPERLINK("x")', fee=Decimal("-0.5"))
    play.engine.apply(FillsReported(fills=(odd,), source="stream", received_ms=play.now_ms))
    play.turn(journal)
    journal.close(PATIENCE_S)

    (row,) = written(Environment(home=tmp_path), "fills")

    assert row["kind"].startswith("'=")
    assert row["fee"] == "-0.5"


def test_a_market_and_a_time_choose_rows(environment: Environment) -> None:
    assert written(environment, "orders", market="ETH-USD") == []
    assert written(environment, "orders", since_ms=2**52) == []


def test_parquet_holds_the_same_rows(environment: Environment) -> None:
    import polars as pl

    output = environment.home / "fills.parquet"

    export(environment, what="fills", kind="parquet", output=output, market="", since_ms=0)

    frame = pl.read_parquet(output)
    assert frame.columns == list(columns_of("fills"))
    assert sorted(frame["kind"].to_list()) == ["FUNDING", "TRADE"]
    assert frame["at_ms"].dtype == pl.Int64


@pytest.mark.parametrize("given", [{"what": "keys"}, {"kind": "xls"}, {"kind": "parquet", "output": None}])
def test_what_cannot_be_written_is_refused(environment: Environment, given: dict[str, Any]) -> None:
    arguments: dict[str, Any] = {"what": "fills", "kind": "csv", "output": None, "market": "", "since_ms": 0}

    with pytest.raises(InvalidInput):
        export(environment, **(arguments | given))


def test_a_rebuild_is_refused_while_a_bot_runs(environment: Environment) -> None:
    with StateFolder(environment.home).lock(), pytest.raises(ConfigurationError, match="another bot"):
        rebuild(environment)

    assert rebuild(environment)["rows"] > 5


def test_the_command_line_writes_and_rebuilds(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMBOT_HOME", str(environment.home))
    output = environment.home / "o.csv"

    rebuilt = CliRunner().invoke(app, ["records", "rebuild", "--json"])
    wrote = CliRunner().invoke(app, ["export", "--what", "orders", "--output", str(output), "--json"])
    shown = CliRunner().invoke(app, ["export", "--what", "fills"])
    refused = CliRunner().invoke(app, ["export", "--what", "nonsense"])

    assert json.loads(rebuilt.stdout)["rows"] > 5
    assert json.loads(wrote.stdout) == {"rows": 2, "file": str(output), "what": "orders"}
    assert shown.stdout.startswith("time,at_ms,kind")
    assert refused.exit_code == 2
