"""The Broadcaster over real sockets, as `mmbot run` serves them and as `uvicorn backend.main:app` does."""

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

import backend.routes.account
from backend.diff import apply_patch
from bot.clock import SystemClock
from bot.core.events import MarkPriceSeen
from bot.environment import EnvironmentName
from tests.integration.backend import servers
from tests.integration.backend.servers import world_on_a_port
from tests.unit.backend.fakes import World
from tests.unit.core.play import START_MS

DEADLINE_S = 10
TESTNET = EnvironmentName.TESTNET


@pytest.fixture(params=["mmbot run", "uvicorn"], autouse=True)
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "uvicorn":
        monkeypatch.setattr(servers, "OURS", {})


def address(port: int) -> str:
    return f"ws://127.0.0.1:{port}/ws/broadcast"


async def next_of(socket: ClientConnection) -> dict[str, Any]:
    async with asyncio.timeout(DEADLINE_S):
        message: dict[str, Any] = json.loads(await socket.recv())
    return message


async def closed(socket: ClientConnection) -> int | None:
    """Read to the end and return the close code."""
    async with asyncio.timeout(DEADLINE_S):
        try:
            while True:
                await socket.recv()
        except ConnectionClosed:
            return socket.close_code


def move_mark(world: World, price: int) -> None:
    world.bot.happens(MarkPriceSeen(market="BTC-USD", price=Decimal(price), exchange_ms=START_MS, received_ms=START_MS))


async def test_snapshot_and_differences_add_up_without_a_gap(tmp_path: Path) -> None:
    async with world_on_a_port(tmp_path / "home", clock=SystemClock()) as (world, port), connect(address(port)) as socket:
        world.bot.play.ready()
        first = await next_of(socket)
        picture, seq = first["data"], first["seq"]

        for step in range(30):
            move_mark(world, 86_000 + step)
            message = await next_of(socket)
            assert (message["type"], message["seq"]) == ("diff", seq + 1)
            picture, seq = apply_patch(picture, message["data"]), seq + 1
        while picture["markets"]["BTC-USD"]["mark_price"] != "86029":
            message = await next_of(socket)
            picture, seq = apply_patch(picture, message["data"]), message["seq"]

        assert seq == world.service.broadcaster.seq
        assert picture == world.service.broadcaster.picture


async def test_an_idle_picture_is_published_all_the_same(tmp_path: Path) -> None:
    async with world_on_a_port(tmp_path / "home", clock=SystemClock()) as (_, port), connect(address(port)) as socket:
        numbers = [(await next_of(socket))["seq"] for _ in range(4)]

    assert numbers == list(range(numbers[0], numbers[0] + 4))


async def test_a_person_who_leaves_is_forgotten(tmp_path: Path) -> None:
    async with world_on_a_port(tmp_path / "home") as (world, port):
        async with connect(address(port)) as socket:
            await next_of(socket)
            assert world.service.broadcaster.stats()["clients"] == 1

        async with asyncio.timeout(DEADLINE_S):
            while world.service.broadcaster.stats()["clients"]:  # noqa: ASYNC110 - the server has no bell for it
                await asyncio.sleep(0.01)


async def test_asking_again_brings_a_snapshot_under_the_present_number(tmp_path: Path) -> None:
    async with world_on_a_port(tmp_path / "home") as (_, port), connect(address(port)) as socket:
        first = await next_of(socket)
        await socket.send("nonsense")
        await socket.send('{"type":"resync"}')
        again = await next_of(socket)

    assert (again["type"], again["seq"], again["data"]) == ("snapshot", first["seq"], first["data"])


async def test_a_viewer_that_reads_nothing_is_dropped_and_another_is_served(tmp_path: Path) -> None:
    async with (
        world_on_a_port(tmp_path / "home") as (world, port),
        connect(address(port), max_queue=1, compression=None, close_timeout=0.1) as slow,
        connect(address(port), compression=None) as quick,
    ):
        await next_of(slow)
        await next_of(quick)
        service = world.service
        heavy = {"text": "x" * 400_000}
        service.broadcaster._read_picture = lambda: {"heavy": heavy, "clock_ms": service.broadcaster.seq}
        for turn in range(400):
            heavy = {"text": f"{turn} " + "x" * 400_000}
            await service.broadcaster.publish()
            await next_of(quick)
            if service.broadcaster.drops:
                break

        assert service.broadcaster.drops == 1
        assert service.broadcaster.stats()["clients"] == 1


@pytest.mark.parametrize(
    "first", ['{"type":"auth","token":"wrong"}', "{}", "nonsense", "", '{"token":7}', '["x"]', b'{"token":"x"}']
)
async def test_a_wrong_first_message_closes_the_socket(tmp_path: Path, first: str | bytes) -> None:
    async with (
        world_on_a_port(tmp_path / "home", name=TESTNET) as (world, port),
        connect(address(port)) as socket,
    ):
        await socket.send(first)

        assert await closed(socket) == backend.routes.account.TOKEN_REFUSED
        assert world.service.broadcaster.stats()["clients"] == 0
        assert "access_refused" in world.events


async def test_silence_closes_the_socket_in_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert backend.routes.account.TOKEN_TIMEOUT_S == 2.0
    monkeypatch.setattr(backend.routes.account, "TOKEN_TIMEOUT_S", 0.05)
    async with world_on_a_port(tmp_path / "home", name=TESTNET) as (_, port), connect(address(port)) as socket:
        assert await closed(socket) == backend.routes.account.TOKEN_REFUSED


async def test_the_right_token_in_the_first_message_opens_the_socket(tmp_path: Path) -> None:
    async with (
        world_on_a_port(tmp_path / "home", name=TESTNET) as (world, port),
        connect(address(port)) as socket,
    ):
        await socket.send(json.dumps({"type": "auth", "token": world.token}))

        assert (await next_of(socket))["type"] == "snapshot"


async def test_a_token_in_the_address_opens_nothing(tmp_path: Path) -> None:
    async with (
        world_on_a_port(tmp_path / "home", name=TESTNET) as (world, port),
        connect(f"{address(port)}?token={world.token}") as socket,
    ):
        await socket.send("{}")

        assert await closed(socket) == backend.routes.account.TOKEN_REFUSED


async def test_a_rotated_token_closes_the_sockets_that_showed_the_old_one(tmp_path: Path) -> None:
    async with (
        world_on_a_port(tmp_path / "home", name=TESTNET) as (world, port),
        connect(address(port)) as socket,
    ):
        await socket.send(json.dumps({"token": world.token}))
        await next_of(socket)
        world.service.broadcaster.close_authenticated()

        assert await closed(socket) == backend.routes.account.TOKEN_REFUSED


@pytest.mark.parametrize("headers", [{"Origin": "http://attacker.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}])
async def test_another_sites_socket_is_refused_with_a_reason(tmp_path: Path, headers: dict[str, str]) -> None:
    async with world_on_a_port(tmp_path / "home") as (_, port):
        with pytest.raises(InvalidStatus) as refused:
            await connect(address(port), additional_headers=headers)

    assert refused.value.response.status_code == 403
    assert set(json.loads(refused.value.response.body)) == {"code", "message", "field", "hint"}


async def test_our_own_pages_socket_opens(tmp_path: Path) -> None:
    async with (
        world_on_a_port(tmp_path / "home") as (_, port),
        connect(address(port), origin=Origin(f"http://localhost:{port}")) as socket,
    ):
        assert (await next_of(socket))["type"] == "snapshot"


async def test_an_unknown_socket_is_refused(tmp_path: Path) -> None:
    async with world_on_a_port(tmp_path / "home") as (_, port):
        with pytest.raises(InvalidStatus):
            await connect(f"ws://127.0.0.1:{port}/ws/other")


async def test_more_viewers_than_allowed_are_sent_away(tmp_path: Path) -> None:
    async with world_on_a_port(tmp_path / "home") as (world, port):
        world.service.broadcaster._most_viewers = 1
        async with connect(address(port)) as first, connect(address(port)) as second:
            await next_of(first)

            assert await closed(second) == backend.routes.account.TRY_AGAIN_LATER


async def test_the_end_of_the_program_closes_the_sockets(tmp_path: Path) -> None:
    async with world_on_a_port(tmp_path / "home") as (world, port):
        socket = await connect(address(port))
        await next_of(socket)
        world.service.broadcaster.close_all()

        assert await closed(socket) == backend.routes.account.GOING_AWAY
