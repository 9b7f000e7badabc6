"""The checklist's points on who is let in: the token, its roles, its throttling, its rotation, and who did what."""

import asyncio
import inspect
import json
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

import backend.access
import backend.routes.account
from backend.access import FAILURES_PER_MINUTE
from bot.core.errors import ConfigurationError
from bot.environment import EnvironmentName
from bot.state_folder import StateFolder
from tests.security.raw import ask, request, service, upgrade

TESTNET = EnvironmentName.TESTNET


def bearer(token: str) -> str:
    return f"Bearer {token}"


def test_checklist_10_the_token_is_random_strong_private_and_never_a_default(tmp_path: Path) -> None:
    one, other = StateFolder(tmp_path / "a"), StateFolder(tmp_path / "b")

    assert one.token() != other.token()
    assert len(one.token()) >= 43
    assert (tmp_path / "a" / "token").stat().st_mode & 0o777 == 0o600
    for weak in ("", "admin", "changeme", "x" * 31):
        (tmp_path / "a" / "token").write_text(weak)
        with pytest.raises(ConfigurationError):
            one.token()


@pytest.mark.parametrize("place", ["?token={token}", "?access_token={token}", "?authorization=Bearer%20{token}"])
async def test_checklist_11_a_token_in_an_address_opens_nothing(tmp_path: Path, place: str) -> None:
    async with service(tmp_path / "home", name=TESTNET) as (world, port):
        path = "/api/bot/status" + place.format(token=world.token)
        got = await ask(port, request(port, path=path))
        async with connect(f"ws://127.0.0.1:{port}/ws/broadcast{place.format(token=world.token)}") as socket:
            await socket.send(json.dumps({"type": "auth", "token": "wrong" * 9}))
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()

        assert got.status == 401
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401


async def test_checklist_12_no_cookie_is_set_and_none_is_believed(tmp_path: Path) -> None:
    async with service(tmp_path / "home", name=TESTNET) as (world, port):
        with_cookie = await ask(port, request(port, Cookie=f"token={world.token}; authorization={world.token}"))
        right = await ask(port, request(port, Authorization=bearer(world.token)))

        assert (with_cookie.status, right.status) == (401, 200)
        assert "set-cookie" not in right.headers


async def test_checklist_13_a_lesser_role_is_refused_what_it_may_not_f173(tmp_path: Path) -> None:
    home = StateFolder(tmp_path / "home")
    read, control = home.rotate_token("read"), home.rotate_token("control")
    async with service(tmp_path / "home", name=TESTNET) as (world, port):
        phrase = b'{"confirm": "flatten BTC-USD"}'
        answers = [
            (await ask(port, request(port, "POST", "/api/bot/pause", Authorization=bearer(read)))).status,
            (await ask(port, request(port, "POST", "/api/bot/pause", Authorization=bearer(control)))).status,
            (await ask(port, _flatten(port, control, phrase))).status,
            (await ask(port, _flatten(port, world.token, b'{"confirm": "yes"}'))).status,
            (await ask(port, _flatten(port, world.token, phrase))).status,
        ]

        assert answers == [403, 200, 403, 422, 200]


def _flatten(port: int, token: str, body: bytes) -> bytes:
    return request(port, "POST", "/api/bot/flatten", body=body, Content_Type="application/json", Authorization=bearer(token))


def test_checklist_14_tokens_are_compared_in_constant_time() -> None:
    source = inspect.getsource(backend.access.TokenGate)

    assert "hmac.compare_digest" in source
    assert "break" not in inspect.getsource(backend.access.TokenGate.role_of)


async def test_checklist_15_guessing_is_throttled_and_told_without_the_guess(tmp_path: Path) -> None:
    async with service(tmp_path / "home", name=TESTNET) as (world, port):
        guess = "canary-guess-" + "x" * 30
        statuses = [(await ask(port, request(port, Authorization=bearer(guess)))).status for _ in range(FAILURES_PER_MINUTE + 3)]
        right = await ask(port, request(port, Authorization=bearer(world.token)))

        assert statuses[:FAILURES_PER_MINUTE] == [401] * FAILURES_PER_MINUTE
        assert statuses[-1] == 429
        assert right.status == 200, "nobody can lock the owner out"
        assert world.events.count("access_refused") == FAILURES_PER_MINUTE
        assert "canary-guess" not in world.written.getvalue()


async def test_checklist_16_sockets_close_when_their_token_is_rotated(tmp_path: Path) -> None:
    async with (
        service(tmp_path / "home", name=TESTNET) as (world, port),
        connect(f"ws://127.0.0.1:{port}/ws/broadcast") as socket,
    ):
        await socket.send(json.dumps({"type": "auth", "token": world.token}))
        assert json.loads(await socket.recv())["type"] == "snapshot"

        world.service.gate.replace(StateFolder(world.home).rotate_token())
        world.service.broadcaster.close_authenticated()

        assert await close_code_of(socket) == 4401


async def close_code_of(socket: ClientConnection) -> int | None:
    """Read to the end."""
    async with asyncio.timeout(10):
        await socket.wait_closed()
    return socket.close_code


async def test_checklist_17_every_control_action_is_journalled_with_its_name_and_hashes(tmp_path: Path) -> None:
    home = StateFolder(tmp_path / "home")
    control = home.rotate_token("control")
    async with service(tmp_path / "home", name=TESTNET) as (world, port):
        body = b'{"order_size": "0.005"}'
        await ask(
            port,
            request(port, "POST", "/api/bot/config", body=body, Content_Type="application/json", Authorization=bearer(control)),
        )
        for path in ("/api/bot/start", "/api/bot/pause", "/api/bot/stop", "/api/markets/BTC-USD/stop"):
            await ask(port, request(port, "POST", path, Authorization=bearer(control)))

        ended = [note.fields for note in world.bot.told if note.fields["state"] == "DONE"]
        assert [fields["verb"] for fields in ended] == ["configure", "start", "pause", "stop", "stop_market"]
        assert {fields["who"] for fields in ended} == {"control"}
        assert ended[0]["before"] != ended[0]["after"]
        assert control not in json.dumps([note.fields for note in world.bot.told])


async def test_f089_a_socket_that_never_shows_its_token_is_closed_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend.routes.account, "TOKEN_TIMEOUT_S", 0.1)
    monkeypatch.setattr(backend.routes.account, "MOST_WITHOUT_TOKEN", 2)
    async with service(tmp_path / "home", name=TESTNET) as (world, port):
        address = f"ws://127.0.0.1:{port}/ws/broadcast"
        async with connect(address) as one, connect(address) as two, connect(address) as third:
            codes = []
            for socket in (third, one, two):
                with pytest.raises(ConnectionClosed) as closed:
                    async with asyncio.timeout(10):
                        await socket.recv()
                assert closed.value.rcvd is not None
                codes.append(closed.value.rcvd.code)

        assert codes == [1013, 4401, 4401]
        assert world.service.sockets_without_token == 0


async def test_f173_an_old_token_opens_nothing(tmp_path: Path) -> None:
    async with service(tmp_path / "home", name=TESTNET) as (world, port):
        old = world.token
        world.service.gate.replace(StateFolder(world.home).rotate_token())

        refused = await ask(port, request(port, Authorization=bearer(old)))
        opened = await ask(port, upgrade(port, Origin="https://attacker.example"))

        assert (refused.status, opened.status) == (401, 403)
