"""`mmbot config …` against a running service."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from bot.cli import app
from bot.core.errors import KillUnderWay, RiskRefused
from tests.unit.backend.fakes import World


class Reached:
    """The running bot as the verbs reach it, without a socket."""

    def __init__(self, client: TestClient) -> None:
        self._client = client

    def get(self, path: str, **query: object) -> Any:
        return self._told(self._client.get(path, params={name: str(value) for name, value in query.items() if value is not None}))

    def post(self, path: str, body: dict[str, object] | None = None, **query: object) -> Any:
        return self._told(self._client.post(path, json=body, params={name: str(value) for name, value in query.items()}))

    def _told(self, answer: Any) -> Any:
        told = answer.json()
        if answer.status_code != 200:
            raise RiskRefused(told["code"], told["message"])
        return told


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def run(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with world.client() as client:
        monkeypatch.setattr("bot.remote.find_running", lambda: Reached(client))

        def invoke(*words: str) -> Any:
            return CliRunner().invoke(app, ["config", *words])

        yield invoke


def test_settings_are_set_by_name_and_brought_back_by_version(world: World, run: Any) -> None:
    told = run("set", "spread_percentage=0.002", "quoting.rho=0.5", "--comment", "wider")
    assert (told.exit_code, world.bot.config.spread_percentage) == (0, 0.002)
    assert "version 2 is in force" in told.output
    assert "quoting.rho: 1.0 -> 0.5" in told.output

    assert run("rollback", "1").exit_code == 0

    assert world.bot.config.spread_percentage == 0.001
    shown = run("history").output.splitlines()
    assert [line.partition(" ")[0] for line in shown] == ["3", "2", "1"]
    assert "(in force)" in shown[0]
    assert "spread_percentage" in run("diff", "1", "2").output


def test_an_unknown_name_is_refused_with_the_nearest_before_anything_is_sent(world: World, run: Any) -> None:
    told = run("set", "quoting.roh=0.5")

    assert told.exit_code == 3
    assert "quoting.rho is meant" in told.output
    assert world.bot.calls == []


def test_a_preview_prints_quotes_and_changes_nothing(world: World, run: Any) -> None:
    world.bot.play.ready()

    told = run("preview", "spread_percentage=0.003")

    assert told.exit_code == 0, told.output
    assert "BUY 0.01 @" in told.output
    assert "only while stopped: spread_percentage" in told.output
    assert world.bot.config.spread_percentage == 0.001


def test_presets_and_schema_are_readable_by_programs(world: World, run: Any) -> None:
    world.bot.play.ready()

    presets = json.loads(run("presets", "--json").output)
    schema = json.loads(run("schema").output)

    assert {"name", "changes"} <= set(presets[0])
    assert "spread_percentage" in schema["properties"]
    assert {"path", "unit", "meaning"} <= set(schema["settings"][0])


def test_a_start_while_a_kill_cancels_is_refused_on_the_command_line_in_one_sentence(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.bot.fails["start"] = KillUnderWay("a kill is still cancelling every order; wait until it has ended, then start again")
    with world.client() as client:
        monkeypatch.setattr("bot.remote.find_running", lambda: Reached(client))
        said, told = CliRunner().invoke(app, ["start"]), CliRunner().invoke(app, ["start", "--json"])

    assert (said.exit_code, told.exit_code) == (4, 4)
    assert said.output.strip() == ("mmbot: a kill is still cancelling every order; wait until it has ended, then start again")
    assert json.loads(told.output)["code"] == "kill_under_way"
