"""The door in front of every route: what it refuses, what it lets pass, and the headers on every answer."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient, WebSocketDenialResponse

import backend.auth
from backend.auth import LARGEST_BODY, SECURITY_HEADERS
from bot.environment import EnvironmentName
from tests.unit.backend.fakes import SOCKET, World

CONTROLS = [
    ("POST", "/api/bot/start"), ("POST", "/api/bot/stop"), ("GET", "/api/bot/status"), ("POST", "/api/bot/config"),
    ("GET", "/api/bot/logs"), ("POST", "/api/orders/create"), ("GET", "/api/orders"), ("GET", "/api/orders/check"),
    ("GET", "/api/markets/BTC-USD/series"), ("DELETE", "/api/orders/mmh-1-1"),
    ("GET", "/api/cached-account"), ("GET", "/api/broadcaster/stats"), ("GET", "/api/markets"), ("GET", "/metrics"),
    ("GET", "/api/pnl"), ("GET", "/api/fills"), ("GET", "/api/decisions"), ("GET", "/api/equity"), ("GET", "/api/risk"),
    ("GET", "/api/funding"), ("GET", "/api/orders/history"), ("GET", "/api/alerts"), ("GET", "/api/access"),
    ("POST", "/api/config/read"),
    ("GET", "/api/jobs"), ("GET", "/api/config/schema"), ("GET", "/api/bot/flatten"), ("POST", "/api/bot/flatten"),
    ("POST", "/api/markets/BTC-USD/stop"), ("POST", "/api/markets/BTC-USD/start"), ("GET", "/api/unknown"),
]  # fmt: skip
OPEN = [("GET", "/"), ("GET", "/plain/page.js"), ("GET", "/healthz"), ("GET", "/readyz")]
SHUT_WORLDS: list[dict[str, Any]] = [
    {"name": EnvironmentName.TESTNET, "host": "127.0.0.1"},
    {"name": EnvironmentName.PAPER, "host": "0.0.0.0"},
    {"name": EnvironmentName.PAPER, "host": "192.168.1.7"},
    {"name": EnvironmentName.PAPER, "host": None},
]


@pytest.fixture(params=SHUT_WORLDS, ids=["testnet", "wildcard", "another address", "nobody knows where"])
def shut(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    return World(tmp_path / "home", **request.param)


@pytest.mark.parametrize(("method", "path"), CONTROLS)
def test_every_control_wants_the_token_away_from_paper_on_loopback(tmp_path: Path, method: str, path: str) -> None:
    world = World(tmp_path / "home", name=EnvironmentName.TESTNET)
    with world.client() as client:
        without = client.request(method, path)
        wrong = client.request(method, path, headers={"Authorization": "Bearer " + "x" * 43})
        right = client.request(method, path, headers={"Authorization": f"Bearer {world.token}"})

    assert (without.status_code, without.json()["code"]) == (401, "token_missing")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "token_wrong")
    assert without.headers["WWW-Authenticate"] == "Bearer"
    assert "mmbot token show" in without.json()["hint"]
    assert right.status_code not in (401, 403)
    assert not [
        call for call in world.bot.calls if call[0] not in ("start", "stop", "cancel_order", "pause_market", "resume_market")
    ]


def test_without_the_token_nothing_happens_wherever_one_is_needed(shut: World) -> None:
    with shut.client() as client:
        assert client.post("/api/bot/start").status_code == 401
        assert client.get("/api/bot/status", headers={"Authorization": f"Bearer {shut.token}"}).status_code == 200

    assert shut.bot.calls == [("stop", "the program ends")]


@pytest.mark.parametrize(("method", "path"), OPEN)
def test_pages_and_health_need_no_token(shut: World, method: str, path: str) -> None:
    with shut.client() as client:
        assert client.request(method, path).status_code in (200, 503)


def test_on_loopback_in_paper_the_printed_lines_need_no_token(client: TestClient) -> None:
    assert client.post("/api/bot/start").status_code == 200


def test_behind_a_proxy_a_token_is_needed_even_on_loopback(client: TestClient) -> None:
    assert client.post("/api/bot/start", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 401


def test_many_wrong_tokens_are_answered_with_a_pause_and_logged_without_the_token(tmp_path: Path) -> None:
    world = World(tmp_path / "home", name=EnvironmentName.TESTNET)
    with world.client() as client:
        guesses = [client.get("/api/bot/status", headers={"Authorization": "Bearer guess-guess"}) for _ in range(12)]
        right = client.get("/api/bot/status", headers={"Authorization": f"Bearer {world.token}"})

    assert guesses[-1].status_code == 429
    assert guesses[-1].headers["Retry-After"] == "60"
    assert right.status_code == 200
    assert "access_refused" in world.events
    assert "guess-guess" not in world.written.getvalue()
    assert world.token not in world.written.getvalue()


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "attacker.example:8000"},
        {"Origin": "http://attacker.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Referer": "http://attacker.example/form"},
    ],
)
@pytest.mark.parametrize("path", ["/api/bot/start", "/api/bot/stop", "/api/orders/create"])
def test_another_site_cannot_press_a_button(world: World, headers: dict[str, str], path: str) -> None:
    with world.client() as client:
        answer = client.post(path, headers=headers)

    assert answer.status_code in (403, 421)
    assert set(answer.json()) == {"code", "message", "field", "hint"}
    assert world.bot.calls == [("stop", "the program ends")]


@pytest.mark.parametrize("headers", [{"Host": "attacker.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}])
@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/metrics", "/api/bot/status", "/api/unknown"])
def test_the_refusals_hold_everywhere(client: TestClient, headers: dict[str, str], path: str) -> None:
    assert client.get(path, headers=headers).status_code in (403, 421)


@pytest.mark.parametrize("headers", [{"Host": "attacker.example"}, {"Origin": "http://attacker.example"}, {"Origin": "null"}])
def test_a_socket_of_another_site_is_refused_before_it_opens(client: TestClient, headers: dict[str, str]) -> None:
    with pytest.raises(WebSocketDenialResponse) as refused, client.websocket_connect(SOCKET, headers=headers):
        pass

    assert refused.value.status_code in (403, 421)
    assert set(refused.value.json()) == {"code", "message", "field", "hint"}


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp", ""]
)
@pytest.mark.parametrize("path", ["/api/bot/config", "/api/orders/create", "/api/bot/start"])
def test_a_body_that_does_not_say_it_is_json_is_refused(world: World, kind: str, path: str) -> None:
    with world.client() as client:
        answer = client.post(path, content=b'{"order_size": "0.02"}', headers={"Content-Type": kind})

    assert (answer.status_code, answer.json()["code"]) == (415, "not_json")
    assert world.bot.calls == [("stop", "the program ends")]


HALVES = [rb'{"text": "\ud800"}', rb'{"\uDFFF": 1}', rb'{"comment": "\udc00\ud83d"}', rb'{"text": "\\\ud800"}']


@pytest.mark.parametrize("body", HALVES)
@pytest.mark.parametrize("path", ["/api/bot/config", "/api/bot/config/preview", "/api/config/read", "/api/orders/create"])
def test_half_a_character_is_refused_before_anything_would_have_to_store_it(world: World, path: str, body: bytes) -> None:
    with world.client() as client:
        answer = client.post(path, content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert "half of a character" in answer.json()["message"]


@pytest.mark.parametrize("body", [rb'{"text": "# \ud83d\ude00"}', rb'{"text": "# \\ud800"}', b'{"text": "# \xf0\x9f\x98\x80"}'])
def test_whole_characters_pass_however_they_are_written(client: TestClient, body: bytes) -> None:
    answer = client.post("/api/config/read", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 200


def test_json_with_a_charset_is_json(client: TestClient) -> None:
    kind = {"Content-Type": "Application/JSON; charset=utf-8"}

    assert client.post("/api/bot/config", content=b'{"order_size": "0.02"}', headers=kind).status_code == 200


def test_a_request_without_a_body_needs_no_content_type(client: TestClient) -> None:
    assert client.post("/api/bot/start", headers={"Content-Type": "application/x-www-form-urlencoded"}).status_code == 200


@pytest.mark.parametrize("size", [LARGEST_BODY + 1, 10 * LARGEST_BODY])
def test_a_large_body_is_refused(client: TestClient, size: int) -> None:
    answer = client.post("/api/bot/config", content=b" " * size, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_large_body_in_pieces_is_refused_too(client: TestClient) -> None:
    pieces = (b" " * 1000 for _ in range(200))

    answer = client.post("/api/bot/config", content=pieces, headers={"Content-Type": "application/json"})

    assert answer.status_code == 413


async def test_a_body_that_never_ends_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend.auth, "BODY_TIMEOUT_S", 0.05)
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Any) -> None:
        sent.append(message)

    async with world.app.router.lifespan_context(world.app):
        await world.app(http_scope("POST", "/api/bot/config", [(b"content-length", b"9")]), receive, send)

    assert sent[0]["status"] == 408


def http_scope(method: str, path: str, headers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    return {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "scheme": "http", "http_version": "1.1", "server": ("127.0.0.1", 8000), "client": ("127.0.0.1", 5),
        "headers": [(b"host", b"127.0.0.1:8000"), *headers],
    }  # fmt: skip


async def test_before_the_bot_is_there_the_answer_is_starting(world: World) -> None:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    await world.app(http_scope("GET", "/readyz", []), receive, send)

    assert sent[0]["status"] == 503
    assert b"starting" in sent[1]["body"]


@pytest.mark.parametrize("path", ["/", "/api/bot/status", "/api/unknown", "/healthz", "/metrics", "/plain/page.css"])
def test_every_answer_carries_the_security_headers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers

    assert {name: headers.get(name) for name in SECURITY_HEADERS} == SECURITY_HEADERS
    assert "script-src 'self';" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/api/bot/status", "/api/unknown", "/healthz", "/metrics"])
def test_answers_of_the_api_are_never_stored(client: TestClient, path: str) -> None:
    assert client.get(path).headers["Cache-Control"] == "no-store"


def test_refusals_carry_the_headers_too(client: TestClient) -> None:
    headers = client.get("/", headers={"Host": "attacker.example"}).headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


SCREEN = "https://screen.example.com"


def test_a_listed_screen_may_ask_first_and_then_ask(tmp_path: Path) -> None:
    world = World(tmp_path / "home", name=EnvironmentName.TESTNET, origins=(SCREEN,))
    wish = {"Origin": SCREEN, "Access-Control-Request-Method": "POST", "Sec-Fetch-Site": "cross-site"}
    with world.client() as client:
        preflight = client.options("/api/bot/start", headers=wish)
        answer = client.get("/api/bot/status", headers={"Origin": SCREEN, "Authorization": f"Bearer {world.token}"})
        refusal = client.get("/api/bot/status", headers={"Origin": SCREEN})

    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == SCREEN
    assert "authorization" in preflight.headers["Access-Control-Allow-Headers"]
    assert "Access-Control-Allow-Credentials" not in preflight.headers
    assert answer.headers["Access-Control-Allow-Origin"] == SCREEN
    assert "Origin" in answer.headers["Vary"]
    assert refusal.headers["Access-Control-Allow-Origin"] == SCREEN


def test_nobody_else_is_told_that_they_may_ask(tmp_path: Path) -> None:
    world = World(tmp_path / "home", origins=(SCREEN,))
    with world.client() as client:
        stranger = client.options("/api/bot/start", headers={"Origin": "https://other.example"})
        ours = client.options("/api/bot/start", headers={"Origin": "http://127.0.0.1:8000"})
        own = client.get("/api/bot/status", headers={"Origin": "http://127.0.0.1:8000"})

    assert stranger.status_code == 403
    assert ours.status_code == 405
    assert not [answer for answer in (stranger, ours, own) if "Access-Control-Allow-Origin" in answer.headers]


def test_an_error_nobody_foresaw_is_answered_in_one_shape_and_told_to_the_log(world: World) -> None:
    world.bot.fails["start"] = ZeroDivisionError("secret detail")
    with world.client() as client:
        answer = client.post("/api/bot/start")

    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert "secret detail" not in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "request_crashed" in world.events
