"""What a hostile page or neighbour can try, against the real program while it quotes: refused, not repeated, undisturbed."""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from backend.patient_http import HEAD_TIMEOUT_S, MOST_FROM_ONE_ADDRESS
from bot.state_folder import StateFolder
from proofs.stage.programs import Bot, SimulatedExchange
from tests.security.raw import Answer, ask, request, upgrade

PAYLOAD = "payload-of-the-page"
"""Stands in everything that is sent and is looked for in everything that is logged."""
PROXY = {"X_Forwarded_For": "203.0.113.7"}
"""Makes the caller somebody who came from elsewhere, of whom a token is asked also in paper."""
ORDER = {"market": "BTC-USD", "side": "BUY", "price": "1000", "size": "0.001", "timeInForce": "POST_ONLY"}


class Target:
    """The program, its exchange, and what must stay as it is."""

    def __init__(self, bot: Bot, exchange: SimulatedExchange) -> None:
        self.bot = bot
        self.exchange = exchange
        self.port = int(bot.address.rpartition(":")[2])
        self.home = StateFolder(bot.home)

    def commands(self) -> list[str]:
        return [job["id"] for job in self.bot.get("/api/jobs?limit=500")["jobs"]]

    @contextlib.asynccontextmanager
    async def undisturbed(self) -> AsyncIterator[None]:
        """See that the bot quotes all the while, obeys nobody, and repeats nothing of what it was sent."""
        commands, config = await asyncio.to_thread(self.commands), (await asyncio.to_thread(self.bot.status))["config"]
        states: list[str] = []
        watching = asyncio.create_task(self._watch(states))
        try:
            yield
        finally:
            await asyncio.sleep(0.3)
            async with asyncio.timeout(15):
                while len(states) < 2 and not watching.done():  # noqa: ASYNC110 - a status that was read rings no bell
                    await asyncio.sleep(0.05)
            watching.cancel()
        assert len(states) >= 2
        assert set(states) == {"RUNNING QUOTING"}
        assert await asyncio.to_thread(self.commands) == commands
        assert (await asyncio.to_thread(self.bot.wait_for_quotes, 10.0))["config"] == config
        assert 1 <= len(await asyncio.to_thread(self.exchange.open_orders)) <= 4
        assert self.bot.errors() == []
        for file in [self.bot.log, *(self.bot.home / "logs").glob("*")]:
            assert PAYLOAD not in file.read_text(errors="replace"), file

    async def _watch(self, states: list[str]) -> None:
        while True:
            with contextlib.suppress(OSError):  # while every connection is taken we are refused like everybody
                answer = await asyncio.to_thread(self.bot.ask, "GET", "/api/bot/status")
                if answer.status == 200:
                    states.append(f"{answer.body['state']} {answer.body['markets']['BTC-USD']['state']}")
            await asyncio.sleep(0.1)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("hostile")
    with SimulatedExchange(folder, seed=5) as exchange:
        variables = {**exchange.variables(), "MMBOT_LOG_LEVEL": "DEBUG"}
        with Bot(folder, "demo", variables=variables) as bot:
            bot.wait_for_quotes()
            yield Target(bot, exchange)


def post(target: Target, path: str, content: object = None, **headers: str) -> bytes:
    body = b"" if content is None else json.dumps(content).encode()
    kind = {} if content is None else {"Content_Type": "application/json"}
    return request(target.port, "POST", path, body=body, **(kind | headers))


def is_refused(answer: Answer, status: int) -> None:
    assert answer.status == status, answer
    assert set(json.loads(answer.body)) >= {"code", "message", "field", "hint"}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "origin", [f"http://{PAYLOAD}.example", "null", "http://localhost.attacker.example", "https://127.0.0.1.attacker.example:1"]
)
@pytest.mark.parametrize("path", ["/api/bot/stop", "/api/bot/flatten", "/api/bot/config", "/api/orders/create"])
async def test_a_forged_origin_is_refused(target: Target, origin: str, path: str) -> None:
    async with target.undisturbed():
        is_refused(await ask(target.port, post(target, path, {**ORDER, "note": PAYLOAD}, Origin=origin)), 403)


@pytest.mark.parametrize(
    "host", [f"{PAYLOAD}.example", "127.0.0.1.attacker.example", "localhost:1", "127.0.0.1@attacker.example"]
)
async def test_a_rebound_name_is_refused_for_requests_and_sockets(target: Target, host: str) -> None:
    async with target.undisturbed():
        is_refused(await ask(target.port, request(target.port, "POST", "/api/bot/stop", host=host)), 421)
        is_refused(await ask(target.port, request(target.port, host=host)), 421)
        opening = upgrade(target.port).replace(f"Host: 127.0.0.1:{target.port}".encode(), f"Host: {host}".encode())
        is_refused(await ask(target.port, opening), 421)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/x-www-form-urlencoded", f"market=BTC-USD&note={PAYLOAD}"),
        ("multipart/form-data; boundary=x", f'--x\r\nContent-Disposition: form-data; name="{PAYLOAD}"\r\n\r\n1\r\n--x--\r\n'),
        ("text/plain", json.dumps({"market": "BTC-USD", "note": PAYLOAD})),
        ("text/plain;charset=application/json", json.dumps(ORDER)),
        ("application/x-yaml", f"!!python/object/apply:os.system ['{PAYLOAD}']"),
    ],
)
@pytest.mark.parametrize("path", ["/api/bot/flatten", "/api/bot/config", "/api/orders/create"])
async def test_a_cross_site_form_or_plain_text_is_refused(target: Target, kind: str, body: str, path: str) -> None:
    async with target.undisturbed():
        sent = {"body": body.encode(), "Content_Type": kind}
        is_refused(await ask(target.port, request(target.port, "POST", path, **sent, Sec_Fetch_Site="cross-site")), 403)
        is_refused(await ask(target.port, request(target.port, "POST", path, **sent, Referer="http://x.example/")), 403)
        is_refused(await ask(target.port, request(target.port, "POST", path, **sent)), 415)


@pytest.mark.parametrize("path", ["/api/bot/stop", "/api/bot/start", "/api/bot/pause", "/api/orders/create"])
async def test_an_image_or_a_link_changes_nothing(target: Target, path: str) -> None:
    async with target.undisturbed():
        is_refused(await ask(target.port, request(target.port, path=f"{path}?x={PAYLOAD}", Sec_Fetch_Site="cross-site")), 403)
        is_refused(await ask(target.port, request(target.port, path=path)), 405)


async def first_code(socket: ClientConnection) -> int | None:
    """Read to the end and return the close code."""
    async with asyncio.timeout(15):
        with contextlib.suppress(ConnectionClosed):
            while True:
                await socket.recv()
    return socket.close_code


async def test_a_socket_without_or_with_an_old_token_is_closed(target: Target) -> None:
    address = f"ws://127.0.0.1:{target.port}/ws/broadcast"
    headers = {"X-Forwarded-For": "203.0.113.7"}
    async with target.undisturbed():
        old = await asyncio.to_thread(target.home.token)
        async with connect(address, additional_headers=headers) as admitted:
            await admitted.send(json.dumps({"token": old}))
            assert json.loads(await admitted.recv())["type"] == "snapshot"
            rotating = [sys.executable, "-m", "bot", "token", "rotate"]
            environment = {"MMBOT_HOME": str(target.bot.home), "PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path)}
            await asyncio.to_thread(subprocess.run, rotating, env=environment, check=True, capture_output=True)
            assert await first_code(admitted) == 4401
        for said in (json.dumps({"token": old}), json.dumps({"token": PAYLOAD * 3}), "{}", PAYLOAD, None):
            async with connect(address, additional_headers=headers) as socket:
                if said is not None:
                    await socket.send(said)
                assert await first_code(socket) == 4401
        is_refused(await ask(target.port, request(target.port, Authorization=f"Bearer {old}", **PROXY)), 401)
        fresh = await asyncio.to_thread(target.home.token)
        assert (await ask(target.port, request(target.port, Authorization=f"Bearer {fresh}", **PROXY))).status == 200


async def is_cut(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(ConnectionError):
        while await reader.read(4_096):
            pass


async def test_slow_heads_and_slow_bodies_are_cut_off(target: Target) -> None:
    async with target.undisturbed():
        head = request(target.port, "POST", "/api/orders/create", Content_Type="application/json", Content_Length="1000")
        beginnings = [head[:20], head[:-2], head + PAYLOAD.encode()[:10], b"G", upgrade(target.port)[:-1]]
        held = [await asyncio.open_connection("127.0.0.1", target.port) for _ in range(50)]
        for number, (_, writer) in enumerate(held):
            writer.write(beginnings[number % len(beginnings)])
        async with asyncio.timeout(3 * HEAD_TIMEOUT_S):
            await asyncio.gather(*(is_cut(reader) for reader, _ in held))
        for _, writer in held:
            writer.transport.abort()


async def test_idle_sockets_beyond_the_limit_are_refused(target: Target) -> None:
    address = f"ws://127.0.0.1:{target.port}/ws/broadcast"
    async with target.undisturbed(), contextlib.AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(connect(address)) for _ in range(60)]
        firsts = await asyncio.gather(*(first_of(socket) for socket in sockets))

        assert sorted(map(str, firsts)) == ["1013"] * 10 + ["snapshot"] * 50


async def first_of(socket: ClientConnection) -> Any:
    try:
        async with asyncio.timeout(15):
            return json.loads(await socket.recv())["type"]
    except ConnectionClosed:
        return socket.close_code


async def test_idle_connections_beyond_the_limit_are_refused(target: Target) -> None:
    async with target.undisturbed():
        held = [await asyncio.open_connection("127.0.0.1", target.port) for _ in range(MOST_FROM_ONE_ADDRESS - 40)]
        more = [await asyncio.open_connection("127.0.0.1", target.port) for _ in range(100)]
        cut = [asyncio.create_task(is_cut(reader)) for reader, _ in more]
        done, _ = await asyncio.wait(cut, timeout=5)
        for _, writer in held + more:
            writer.transport.abort()
        await asyncio.wait(cut)

        assert len(done) >= 60


async def test_a_body_of_ten_megabytes_is_refused_announced_or_not(target: Target) -> None:
    async with target.undisturbed():
        head = partial(request, target.port, "POST", "/api/orders/create", Content_Type="application/json")
        is_refused(await ask(target.port, head(Content_Length=str(10 << 20)) + PAYLOAD.encode()), 413)
        piece = (PAYLOAD * 1_000).encode()[:16_384]
        pieces = b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for _ in range(640))
        answer = await ask(target.port, head(Transfer_Encoding="chunked") + pieces + b"0\r\n\r\n")
        assert answer.status in (0, 413), "cut off while it was still sending, or told"
        head_only = request(target.port, path="/api/bot/status", X=PAYLOAD * 50_000)
        assert (await ask(target.port, head_only)).status in (0, 400, 431)


@pytest.mark.parametrize("body", [b"[" * 30_000 + b"]" * 30_000, b'{"a":' * 10_000 + b"1" + b"}" * 10_000, b"[" * 60_000])
@pytest.mark.parametrize("path", ["/api/orders/create", "/api/bot/config", "/api/bot/flatten"])
async def test_deep_json_is_refused(target: Target, body: bytes, path: str) -> None:
    async with target.undisturbed():
        answer = await ask(target.port, request(target.port, "POST", path, body=body, Content_Type="application/json"))
        assert answer.status in (400, 422)
        is_refused(answer, answer.status)


@pytest.mark.parametrize(
    "market", [f"<img src=x onerror=alert('{PAYLOAD}')>", f"</script><script>{PAYLOAD}", f"\x1b[2J{PAYLOAD}\n"]
)
async def test_html_in_names_stays_text_and_out_of_the_log(target: Target, market: str) -> None:
    async with target.undisturbed():
        is_refused(await ask(target.port, post(target, "/api/orders/create", {**ORDER, "market": market})), 422)
        is_refused(await ask(target.port, post(target, "/api/bot/flatten", {"market": market})), 422)
        is_refused(await ask(target.port, post(target, "/api/bot/config", {"market": market})), 422)


@pytest.mark.parametrize(
    "path",
    [
        "/api/jobs/..%2f..%2ftoken", "/api/bot/logs/..%2f..%2f..%2ftoken", "/api/jobs/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/assets/..%2f..%2f..%2f..%2fetc%2fpasswd", "/..%5c..%5ctoken", "/logs/mmbot.log", "/token", "/journal/",
        "/records.sqlite",
    ],
)  # fmt: skip
async def test_no_download_leads_out_of_the_folder(target: Target, path: str) -> None:
    async with target.undisturbed():
        answer = await ask(target.port, request(target.port, path=path))

        assert answer.status in (200, 400, 404)
        assert "root:" not in answer.body
        assert await asyncio.to_thread(target.home.token) not in answer.body
        if answer.status == 200:
            assert "<!doctype html" in answer.body.lower()


@pytest.mark.parametrize(
    "text", ["!!python/object/apply:os.system ['touch {marker}']", "market: !!python/name:os.system", "a: &a [*a]"]
)
async def test_a_configuration_with_tags_is_refused(target: Target, tmp_path: Path, text: str) -> None:
    marker, file = tmp_path / "ran", tmp_path / "config.yaml"
    file.write_text(text.format(marker=marker) + f"\n# {PAYLOAD}\n")
    async with target.undisturbed():
        checking = [sys.executable, "-m", "bot", "config", "check", str(file)]
        environment = {"MMBOT_HOME": str(target.bot.home), "PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path)}
        checked = await asyncio.to_thread(subprocess.run, checking, env=environment, check=False, capture_output=True)

        assert checked.returncode == 3, checked
        assert not marker.exists()


async def test_a_line_of_the_log_cannot_be_forged(target: Target) -> None:
    async with target.undisturbed():
        path = "/api/x%0a[BOT%20ERROR]%20forged%1b[2J"
        is_refused(await ask(target.port, request(target.port, path=path, Origin="http://attacker.example")), 403)
        await asyncio.sleep(0.3)

        text = target.bot.log.read_text()
        assert "forged" in text, "the refusal was told"
        assert not any(line.startswith("[BOT ERROR] forged") for line in text.splitlines())
        assert "\x1b" not in text
