"""The bot's buttons over HTTP."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from bot.core.errors import AlreadyRunning, ExchangeUnreachable, KillUnderWay, NotWhileRunning, RateLimited
from bot.core.events import QuotingStarted
from tests.unit.backend.fakes import World

ERROR = {"code", "message", "field", "hint"}


def test_start_answers_with_the_documents_fields(client: TestClient) -> None:
    answer = client.post("/api/bot/start")

    assert answer.status_code == 200
    assert answer.json()["status"] == "started"
    printed = {
        "market": "BTC-USD", "spread_percentage": 0.001, "order_size": "0.01", "refresh_interval": 5,
        "price_move_threshold": 0.002,
    }  # fmt: skip
    assert printed.items() <= answer.json()["config"].items()


def test_starting_twice_is_a_conflict_that_names_the_state(world: World, client: TestClient) -> None:
    world.bot.engine.apply(QuotingStarted(received_ms=world.bot.play.now_ms))
    world.bot.fails["start"] = AlreadyRunning("the bot is already running")

    answer = client.post("/api/bot/start")

    assert answer.status_code == 409
    assert (answer.json()["code"], answer.json()["state"]) == ("already_running", "RUNNING")


def test_stop_names_what_is_left(world: World, client: TestClient) -> None:
    world.bot.answers["stop"] = {"status": "stopping", "remaining": ["mmb-1-7"]}

    assert client.post("/api/bot/stop").json() == {"status": "stopping", "remaining": ["mmb-1-7"]}


def test_a_kill_says_how_many_orders_it_found_and_what_is_left(world: World, client: TestClient) -> None:
    world.bot.answers["kill"] = {"status": "killing", "found": 3, "remaining": ["mmb-1-7"], "unmarked": ""}

    answer = client.post("/api/bot/kill")

    assert answer.json() == {"status": "killing", "found": 3, "remaining": ["mmb-1-7"], "unmarked": ""}
    assert world.bot.calls[-1] == ("kill", "killed by a person")


def test_a_start_while_a_kill_cancels_is_a_conflict_that_says_what_to_do(world: World, client: TestClient) -> None:
    world.bot.fails["start"] = KillUnderWay("a kill is still cancelling every order; wait until it has ended, then start again")

    answer = client.post("/api/bot/start")

    assert (answer.status_code, answer.json()["code"]) == (409, "kill_under_way")
    assert "wait until it has ended, then start again" in answer.json()["message"]
    job = client.get(f"/api/jobs/{answer.headers['X-Command-Id']}").json()
    assert (job["state"], job["code"]) == ("REFUSED", "kill_under_way")


def test_the_status_has_the_documents_fields_and_types(world: World, client: TestClient) -> None:
    world.bot.play.ready()

    status = client.get("/api/bot/status").json()

    assert status["running"] is True
    assert status["active_orders"] == 0
    assert status["current_quotes"] == {"bid": None, "ask": None}
    assert status["order_ids"] == []
    assert status["last_quote_price"] is None
    assert set(status["markets"]) == {"BTC-USD"}


@pytest.mark.parametrize(
    "changes", [{"spread_percentage": 0.002, "order_size": "0.02"}, {"market": "BTC-PERP"}, {"max_position": None}]
)
def test_a_good_change_is_applied_and_answered_with_the_whole_configuration(
    world: World, client: TestClient, changes: dict[str, Any]
) -> None:
    answer = client.post("/api/bot/config", json=changes)

    assert answer.status_code == 200
    told = answer.json()
    assert (told["status"], told["config"]) == ("updated", world.bot.config.model_dump(mode="json"))
    assert world.bot.calls[0] == ("configure", changes)


BAD_CHANGES = [
    (b'{"spread_percentage": 0.1}', "spread_percentage", "at most 0.05"),
    (b'{"spread_percentage": 0}', "spread_percentage", "above 0"),
    (b'{"spread_percentage": -0.001}', "spread_percentage", "above 0"),
    (b'{"spread_percentage": NaN}', "spread_percentage", "above 0"),
    (b'{"spread_percentage": Infinity}', "spread_percentage", "above 0"),
    (b'{"spread_percentage": 1e999}', "spread_percentage", "above 0"),
    (b'{"spread_percentage": "0.001"}', "spread_percentage", "above 0"),
    (b'{"spread_percentage": true}', "spread_percentage", "above 0"),
    (b'{"spread_percentage": null}', "spread_percentage", "above 0"),
    (b'{"order_size": "1e-2"}', "order_size", "0.01"),
    (b'{"order_size": "0"}', "order_size", "0.01"),
    (b'{"order_size": "-1"}', "order_size", "0.01"),
    (b'{"order_size": "NaN"}', "order_size", "0.01"),
    (b'{"order_size": ""}', "order_size", "0.01"),
    (b'{"order_size": [1]}', "order_size", "0.01"),
    (b'{"order_size": true}', "order_size", "0.01"),
    (b'{"order_size": "' + b"9" * 60 + b'"}', "order_size", "0.01"),
    (b'{"refresh_interval": 0}', "refresh_interval", "at least 1"),
    (b'{"refresh_interval": 2.5}', "refresh_interval", "at least 1"),
    (b'{"refresh_interval": true}', "refresh_interval", "at least 1"),
    (b'{"refresh_interval": "5"}', "refresh_interval", "at least 1"),
    (b'{"price_move_threshold": 0.2}', "price_move_threshold", "at most 0.1"),
    (b'{"enabled": "yes"}', "enabled", ""),
    (b'{"market": "btc"}', "market", ""),
    (b'{"market": 7}', "market", ""),
    (b'{"account_limits": {"max_leverage": true}}', "account_limits.max_leverage", ""),
    (b'{"account_limits": {"flatten_on_red": 0}}', "account_limits.flatten_on_red", ""),
    (b'{"limits": {"orders_per_minute": "5"}}', "limits.orders_per_minute", ""),
    (b'{"limits": {"breakers": {"cool_down_ms": 100.5}}}', "limits.breakers.cool_down_ms", ""),
    (b'{"nope": 1}', "nope", "spread_percentage"),
]


@pytest.mark.parametrize(("body", "field", "allowed"), BAD_CHANGES)
def test_a_value_that_cannot_be_used_is_named_with_what_is_allowed(
    world: World, client: TestClient, body: bytes, field: str, allowed: str
) -> None:
    answer = client.post("/api/bot/config", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 422
    assert answer.json()["field"] == field
    assert field in answer.json()["message"]
    assert allowed in answer.json()["hint"]
    assert not world.bot.calls


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"1", b'"x"', b"{", b'{"a":}', b"\xff\xfe", b'{"a": 1} x'])
def test_a_body_that_is_no_object_of_settings_is_refused(world: World, client: TestClient, body: bytes) -> None:
    answer = client.post("/api/bot/config", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 422
    assert set(answer.json()) >= ERROR
    assert not world.bot.calls


def test_every_wrong_field_is_told_at_once(client: TestClient) -> None:
    answer = client.post("/api/bot/config", json={"spread_percentage": 1, "refresh_interval": 0})

    assert [each["field"] for each in answer.json()["errors"]] == ["spread_percentage", "refresh_interval"]


def test_a_setting_that_needs_a_stop_is_a_conflict(world: World, client: TestClient) -> None:
    world.bot.fails["configure"] = NotWhileRunning("spread_percentage can change only while the bot is stopped")

    answer = client.post("/api/bot/config", json={"spread_percentage": 0.002})

    assert (answer.status_code, answer.json()["code"]) == (409, "not_while_running")


def test_logs_come_newest_first_and_are_limited(world: World, client: TestClient) -> None:
    for number in range(5):
        world.logger.log("INFO", "counted", "BTC-USD", number=number)

    logs = client.get("/api/bot/logs?limit=3").json()["logs"]

    assert [line["fields"]["number"] for line in logs] == [4, 3, 2]
    assert set(logs[0]) == {"id", "ts", "level", "event", "market", "message", "fields"}


def test_logs_are_filtered_by_level_market_and_time(world: World, client: TestClient) -> None:
    now_ms = world.clock.now_ms()
    world.logger.log("DEBUG", "quiet", "BTC-USD")
    world.logger.log("WARNING", "loud", "ETH-USD")

    def events(query: str) -> list[str]:
        return [line["event"] for line in client.get(f"/api/bot/logs?{query}").json()["logs"]]

    assert events("level=WARNING") == ["loud"]
    assert events("market=BTC-PERP") == ["quiet"]
    assert events(f"since={now_ms + 1}") == []
    assert set(events(f"since={now_ms}")) == {"quiet", "loud"}


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=x", "limit=99999", "level=LOUD", "since=-1", "since=x", "limit=1e2"]
)
def test_a_filter_that_cannot_be_used_is_refused(client: TestClient, query: str) -> None:
    answer = client.get(f"/api/bot/logs?{query}")

    assert answer.status_code == 422
    assert answer.json()["field"] == query.partition("=")[0]


def test_markup_in_a_log_line_stays_text(world: World, client: TestClient) -> None:
    world.logger.log("WARNING", "order_rejected", "BTC-USD", order="<script>alert(1)</script>", side="BUY", reason="<b>")

    answer = client.get("/api/bot/logs?limit=1")

    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ExchangeUnreachable("no answer within 5 s"), 503, "exchange_unreachable"),
        (RateLimited(429, "too many", http_status=429), 429, "rate_limited"),
    ],
)
def test_what_the_exchange_does_becomes_a_status(
    world: World, client: TestClient, error: Exception, status: int, code: str
) -> None:
    world.bot.fails["stop"] = error

    answer = client.post("/api/bot/stop")
    world.bot.fails.clear()

    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/bot/start"), ("PUT", "/api/bot/config"), ("DELETE", "/api/bot/status"), ("POST", "/healthz"), ("PATCH", "/")],
)
def test_a_wrong_method_is_a_405_in_json_that_names_the_right_one(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, path)

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"]
    assert set(answer.json()) == ERROR


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/unknown", "/api/bot", "/api/bot/start/", "/ws", "/ws/other", "/metrics/x", "/healthz/x"]
)
def test_an_unknown_path_of_the_api_is_a_404_in_json(client: TestClient, path: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert set(answer.json()) == ERROR


def test_the_status_names_the_environment(client: TestClient) -> None:
    assert client.get("/api/bot/status").json()["env"] == "paper"
