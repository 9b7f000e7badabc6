"""Every command has an id, a state that can be seen, a name to it, and a reason when it was refused."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from backend.commands import MOST_KEPT, MOST_RUNNING, Commands, TooManyCommands
from bot.clock import TurnableClock
from bot.core.errors import NotWhileRunning
from bot.core.notes import Note
from bot.environment import EnvironmentName
from tests.unit.backend.fakes import World


def told(world: World) -> list[tuple[Any, Any, Any]]:
    return [(note.fields["verb"], note.fields["state"], note.fields["who"]) for note in world.bot.told]


def test_a_command_has_an_id_that_leads_to_its_state(world: World, client: TestClient) -> None:
    answer = client.post("/api/bot/start")

    job = client.get(f"/api/jobs/{answer.headers['X-Command-Id']}").json()
    assert (job["verb"], job["state"], job["who"], job["reason"]) == ("start", "DONE", "local", None)
    assert job["began_ms"] == job["ended_ms"] == world.clock.now_ms()
    assert told(world) == [("start", "RUNNING", "local"), ("start", "DONE", "local")]


def test_a_refused_command_says_why_in_its_state_and_in_the_journal(world: World, client: TestClient) -> None:
    world.bot.fails["pause"] = NotWhileRunning("the bot is stopped; there is nothing to pause")

    answer = client.post("/api/bot/pause")

    job = client.get(f"/api/jobs/{answer.headers['X-Command-Id']}").json()
    assert (answer.status_code, job["state"], job["code"]) == (409, "REFUSED", "not_while_running")
    assert job["reason"] == "the bot is stopped; there is nothing to pause"
    assert world.bot.told[-1].level == "WARNING"


def test_a_change_of_settings_is_told_with_the_hashes_before_and_after(world: World, client: TestClient) -> None:
    client.post("/api/bot/config", json={"order_size": "0.02"})

    ended = world.bot.told[-1].fields
    assert ended["before"] != ended["after"]
    assert ended["arguments"] == {"order_size": "0.02"}
    (job,) = client.get("/api/jobs").json()["jobs"]
    assert job["result"]["config"]["order_size"] == "0.02"


def test_a_bug_in_a_command_leaves_it_failed(world: World) -> None:
    world.bot.fails["start"] = ZeroDivisionError("nobody thought of this")
    with world.client() as client:
        answer = client.post("/api/bot/start")
        job = client.get("/api/jobs").json()["jobs"][0]

    assert answer.status_code == 500
    assert (job["state"], job["reason"]) == ("FAILED", "ZeroDivisionError")


def test_long_work_can_be_looked_at_while_it_goes_on(world: World) -> None:
    with world.client() as client:
        answer = client.post("/api/bot/flatten?wait=false", json={"market": "BTC-PERP"})
        job = client.get(f"/api/jobs/{answer.json()['id']}").json()

    assert answer.status_code == 202
    assert job["state"] in ("RUNNING", "DONE")
    assert job["arguments"] == {"market": "BTC-USD"}
    assert ("flatten", "BTC-USD") in world.bot.calls


def test_an_unknown_job_is_not_found(client: TestClient) -> None:
    assert client.get("/api/jobs/cmd-0-0").status_code == 404


def test_the_newest_commands_come_first_and_old_ones_are_forgotten() -> None:
    commands = Commands(TurnableClock(), [].append, lambda: "hash")  # type: ignore[arg-type]  # nobody reads what is told

    async def nothing() -> None:
        return None

    async def many() -> None:
        for number in range(MOST_KEPT + 5):
            await commands.carry_out(commands.begin("v", "local", {"n": number}), nothing)

    asyncio.run(many())

    assert [command.arguments["n"] for command in commands.newest(2)] == [MOST_KEPT + 4, MOST_KEPT + 3]
    assert len(commands.newest(10_000)) == MOST_KEPT


def test_too_many_commands_at_once_are_refused() -> None:
    notes: list[Note] = []
    commands = Commands(TurnableClock(), notes.append, lambda: "hash")
    for _ in range(MOST_RUNNING):
        commands.begin("v", "local", {})

    with pytest.raises(TooManyCommands):
        commands.begin("v", "local", {})
    for verb in ("kill", "stop", "pause", "stop_market", "cancel_order"):
        assert commands.begin(verb, "local", {}).state == "RUNNING", "what takes orders off the book never waits for others"


def test_one_market_is_taken_out_and_back_by_its_own_routes(world: World, client: TestClient) -> None:
    stopped = client.post("/api/markets/BTC-PERP/stop").json()
    started = client.post("/api/markets/BTC-USD/start").json()

    assert (stopped["status"], started["status"]) == ("paused", "resumed")
    assert ("pause_market", ("BTC-USD", "paused by a person")) in world.bot.calls
    assert ("resume_market", "BTC-USD") in world.bot.calls


@pytest.mark.parametrize("body", [None, {}, {"market": "BTC-USD"}, {"confirm": "flatten ETH-USD"}, {"confirm": "yes"}])
def test_where_a_token_is_needed_a_flatten_wants_its_phrase(tmp_path: Path, body: dict[str, str] | None) -> None:
    world = World(tmp_path / "home", name=EnvironmentName.TESTNET)
    with world.client() as client:
        headers = {"Authorization": f"Bearer {world.token}"}
        refused = client.post("/api/bot/flatten", json=body, headers=headers)
        done = client.post("/api/bot/flatten", json={"confirm": "flatten BTC-USD"}, headers=headers)

    assert (refused.status_code, refused.json()["field"]) == (422, "confirm")
    assert done.status_code == 200
    assert [call for call in world.bot.calls if call[0] == "flatten"] == [("flatten", "BTC-USD")]
