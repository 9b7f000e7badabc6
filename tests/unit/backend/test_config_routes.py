"""The configuration over HTTP: one schema, whole changes or none, every version kept, and the way back."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from bot.config import BotConfig, changed_config
from bot.config_schema import config_hash
from bot.core.errors import NotWhileRunning
from bot.state_folder import StateFolder
from tests.unit.backend.fakes import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    with world.client() as client:
        yield client


def changed(client: TestClient, changes: dict[str, Any], **query: str) -> dict[str, Any]:
    answer = client.post("/api/bot/config", json=changes, params=query)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_the_schema_has_a_row_for_every_setting_of_the_configuration(client: TestClient) -> None:
    rows = {row["path"]: row for row in client.get("/api/config/schema").json()["settings"]}

    tables = {"quoting", "limits", "account_limits"}
    assert set(BotConfig.model_fields) - tables <= set(rows)
    assert tables <= {path.partition(".")[0] for path in rows if "." in path}
    assert rows["limits.breakers.move_bps"]["group"] == rows["account_limits.max_drawdown"]["group"] == "limits"
    assert all(row["meaning"] and row["kind"] for row in rows.values())
    spread, rho, size = rows["spread_percentage"], rows["quoting.rho"], rows["order_size"]
    assert (spread["minimum"], spread["minimum_excluded"], spread["maximum"], spread["unit"]) == (0, True, 0.05, "fraction")
    assert (spread["is_document"], spread["is_hot"], rho["is_document"], rho["is_hot"]) == (True, False, False, True)
    assert (rho["minimum"], rho["maximum"], rho["off"], rho["default"]) == (0, 1.5, 0, 1.0)
    assert (size["kind"], size["raises_limits"], size["default"]) == ("size", True, "0.01")
    assert "composite" in rows["strategy"]["choices"]


def test_what_is_in_force_says_its_version_and_hash(client: TestClient, world: World) -> None:
    told = client.get("/api/config").json()

    assert (told["version"], told["hash"], told["is_running"]) == (1, config_hash(world.bot.config), False)
    assert told["config"]["market"] == "BTC-USD"


def test_a_change_is_a_new_version_and_names_what_differs(client: TestClient) -> None:
    told = changed(client, {"spread_percentage": 0.002, "quoting": {"rho": 0.5}}, comment="wider")

    assert told["version"] == 2
    found = {each["path"]: (each["before"], each["after"]) for each in told["changes"]}
    assert found == {"spread_percentage": (0.001, 0.002), "quoting.rho": (1.0, 0.5)}
    newest, oldest = client.get("/api/config/history").json()["versions"]
    assert (newest["version"], newest["verb"], newest["who"], newest["comment"]) == (2, "change", "local", "wider")
    assert (newest["is_running"], oldest["is_running"], oldest["verb"]) == (True, False, "start")


def test_a_version_that_the_bot_then_refuses_is_forgotten_again(
    client: TestClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_changes: dict[str, object]) -> BotConfig:
        raise NotWhileRunning("it was started meanwhile")

    monkeypatch.setattr(world.bot, "configure", refuse)  # between the check and the change somebody was quicker

    answer = client.post("/api/bot/config", json={"spread_percentage": 0.002})

    assert answer.status_code == 409
    assert [each["version"] for each in client.get("/api/config/history").json()["versions"]] == [1]
    assert client.get("/api/config").json()["version"] == 1


def test_the_same_values_again_make_no_version(client: TestClient) -> None:
    changed(client, {"spread_percentage": 0.002})

    told = changed(client, {"spread_percentage": 0.002})

    assert (told["version"], told["changes"]) == (2, [])
    assert len(client.get("/api/config/history").json()["versions"]) == 2


def test_a_change_over_another_that_the_caller_has_not_seen_is_refused(client: TestClient, world: World) -> None:
    seen = client.get("/api/config").json()["hash"]
    changed(client, {"spread_percentage": 0.002})

    answer = client.post("/api/bot/config", json={"spread_percentage": 0.003}, params={"expected": seen})

    assert (answer.status_code, answer.json()["code"]) == (409, "config_changed")
    assert world.bot.config.spread_percentage == 0.002


def test_what_is_refused_changes_nothing_and_leaves_no_version(client: TestClient, world: World) -> None:
    world.bot.fails["configure"] = NotWhileRunning("stop it first")

    answer = client.post("/api/bot/config", json={"order_size": "0.02"})

    assert (answer.status_code, answer.json()["code"]) == (409, NotWhileRunning.code)
    assert world.bot.config.order_size == "0.01"
    assert [each["version"] for each in client.get("/api/config/history").json()["versions"]] == [1]


def test_one_wrong_value_of_many_refuses_them_all(client: TestClient, world: World) -> None:
    answer = client.post("/api/bot/config", json={"order_size": "0.02", "refresh_interval": 0, "sprad_percentage": 1})

    assert answer.status_code == 422
    told = {each["field"]: each["message"] for each in answer.json()["errors"]}
    assert set(told) == {"refresh_interval", "sprad_percentage"}
    assert "spread_percentage is meant" in told["sprad_percentage"]
    assert world.bot.config == BotConfig()


def test_an_earlier_version_comes_back_as_a_new_one(client: TestClient, world: World) -> None:
    changed(client, {"spread_percentage": 0.002, "max_position": "0.5"})

    told = client.post("/api/bot/config/rollback", json={"version": 1}).json()

    assert (told["version"], world.bot.config.spread_percentage, world.bot.config.max_position) == (3, 0.001, None)
    newest = client.get("/api/config/history").json()["versions"][0]
    assert (newest["verb"], newest["comment"]) == ("rollback", "back to version 1")


def test_two_versions_are_compared_and_one_is_shown_whole(client: TestClient) -> None:
    changed(client, {"spread_percentage": 0.002})
    changed(client, {"order_size": "0.02"})

    whole = client.get("/api/config/diff", params={"from": 1}).json()
    part = client.get("/api/config/diff", params={"from": 1, "to": 2}).json()

    assert [each["path"] for each in whole["changes"]] == ["spread_percentage", "order_size"]
    assert ([each["path"] for each in part["changes"]], part["from"], part["to"]) == (["spread_percentage"], 1, 2)
    assert client.get("/api/config/history/2").json()["config"]["spread_percentage"] == 0.002
    assert client.get("/api/config/history/9").status_code == 404


def test_a_lesser_token_does_not_bring_back_a_larger_position(tmp_path: Path) -> None:
    world = World(tmp_path, host="0.0.0.0", hosts=("127.0.0.1",))
    lesser = StateFolder(tmp_path).rotate_token("control")
    with world.client() as client:
        owner, control = ({"Authorization": f"Bearer {token}"} for token in (world.token, lesser))
        client.post("/api/bot/config", json={"max_position": "0.02"}, headers=owner)

        answer = client.post("/api/bot/config/rollback", json={"version": 1}, headers=control)

    assert (answer.status_code, answer.json()["code"]) == (403, "role_too_small")
    assert world.bot.config.max_position == "0.02"


def test_a_dry_run_shows_quotes_and_changes_nothing(client: TestClient, world: World) -> None:
    world.bot.play.ready()

    told = client.post("/api/bot/config/preview", json={"spread_percentage": 0.002, "max_position": "1"}).json()

    (market,) = told["markets"]
    bid, ask = market["quotes"]
    assert (bid["side"], ask["side"], market["reason"]) == ("BUY", "SELL", None)
    assert Decimal(bid["price"]) < Decimal(market["mid"]) < Decimal(ask["price"])
    assert market["spread_bps"] == pytest.approx(40, abs=0.3)  # whole ticks, away from the price
    assert (told["needs_stop"], told["raises_limits"]) == (["spread_percentage"], ["max_position"])
    assert world.bot.config == BotConfig()
    assert world.bot.calls == []


def test_a_dry_run_of_a_model_says_why_each_price(client: TestClient, world: World) -> None:
    world.bot.play.ready()

    (market,) = client.post("/api/bot/config/preview", json={"strategy": "composite"}).json()["markets"]

    assert market["breakdown"]["strategy"] == "composite"
    assert "no_volatility" in [note["code"] for note in market["breakdown"]["notes"]]


def test_a_dry_run_without_a_market_says_why(client: TestClient) -> None:
    (market,) = client.post("/api/bot/config/preview", json={}).json()["markets"]

    assert market["reason"]["code"] in ("no_mark_price", "unknown_market")
    assert market["quotes"] == []


def test_presets_are_ready_to_be_applied(client: TestClient, world: World) -> None:
    world.bot.play.ready()

    presets = client.get("/api/config/presets").json()["presets"]

    assert {each["name"] for each in presets} >= {"documents", "careful", "balanced"}
    for preset in presets:
        config = changed_config(BotConfig(), preset["changes"])
        assert config.warnings() == []
        assert Decimal(config.order_size) * 86_199 <= 1_000
        assert client.post("/api/bot/config/preview", json=preset["changes"]).status_code == 200


def test_the_next_start_continues_what_was_in_force(tmp_path: Path) -> None:
    first = World(tmp_path)
    with first.client() as client:
        changed(client, {"spread_percentage": 0.002, "enabled": True})

    second = World(tmp_path)
    with second.client() as client:
        told = client.get("/api/config").json()

    assert (told["config"]["spread_percentage"], told["config"]["enabled"]) == (0.002, False)


def test_a_file_says_what_it_would_change_and_changes_nothing(client: TestClient, world: World) -> None:
    told = client.post("/api/config/read", json={"text": "spread_percentage: 0.002\nmore_markets:\n  - market: ETH-USD\n"})

    assert told.status_code == 200
    changes = told.json()["changes"]
    assert (changes["spread_percentage"], [each["market"] for each in changes["more_markets"]]) == (0.002, ["ETH-USD"])
    assert set(changes) == {"spread_percentage", "more_markets"}
    assert world.bot.config.spread_percentage == 0.001


def test_what_a_file_does_not_name_goes_back_to_its_default(client: TestClient) -> None:
    changed(client, {"spread_percentage": 0.002, "limits": {"stop_loss": "50"}})

    changes = client.post("/api/config/read", json={"text": ""}).json()["changes"]
    told = changed(client, changes)

    assert (changes["spread_percentage"], changes["limits"]["stop_loss"]) == (0.001, None)
    assert (told["config"]["spread_percentage"], told["config"]["limits"]["stop_loss"]) == (0.001, None)


def test_the_configuration_in_force_written_down_and_read_again_differs_in_nothing(client: TestClient) -> None:
    changed(client, {"strategy": "composite", "quoting": {"rho": 0.5, "fair_price": {"mark": 0.5, "microprice": 0.5}}})
    written = client.get("/api/config").text

    read = client.post("/api/config/read", json={"text": json.dumps(json.loads(written)["config"])})

    assert read.json() == {"changes": {}}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("spread_percentige: 0.002", "spread_percentage"),
        ("spread_percentage: 9", "spread_percentage"),
        ("- 1\n- 2", "list of settings"),
        ("a: [", "not readable"),
        ("!!python/object:os.system {}", "not readable"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(client: TestClient, text: str, word: str) -> None:
    refused = client.post("/api/config/read", json={"text": text})

    assert refused.status_code == 422
    assert word in refused.text


def test_a_file_of_more_than_a_configuration_is_refused_before_it_is_read(client: TestClient) -> None:
    assert client.post("/api/config/read", json={"text": "#" * (64 * 1024)}).status_code == 413
