"""Messages that are written straight to the wire are the same messages; who does not read, or says too much, is cut off."""

import asyncio
import contextlib
import itertools
import json
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

import backend.routes.account
import backend.wire_socket
from backend.broadcaster import MOST_VIEWERS
from backend.wire_socket import Wire, WireSocket
from bot.clock import SystemClock
from tests.integration.backend.servers import OURS, serving
from tests.integration.backend.test_socket import address, closed, move_mark, next_of
from tests.unit.backend.fakes import World

DEADLINE_S = 20
TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA


@contextlib.asynccontextmanager
async def served(home: Path, **options: object) -> AsyncIterator[tuple[World, int]]:
    world = World(home / "home", host=None, clock=SystemClock())
    async with serving(world.app, **{**OURS, **options}) as port:
        world.bot.play.ready()
        yield world, port


@contextlib.asynccontextmanager
async def raw_viewer(port: int, limit: int = 2**20) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Open a socket by hand; what it reads and sends is the test's own affair."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=limit)
    writer.write(
        b"GET /ws/broadcast HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" % port
    )
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


MASK = b"\x5a\x00\xff\x13"


def masked(opcode: int, payload: bytes) -> bytes:
    mask = MASK
    return bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + bytes(each ^ mask[at % 4] for at, each in enumerate(payload))


async def frame_of_kind(reader: asyncio.StreamReader, kind: int) -> bytes:
    """Read whole frames until one of this kind comes; every one of the server's is unmasked, final and not compressed."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            first, length = await reader.readexactly(2)
            assert first & 0xF0 == 0x80
            assert length < 0x80
            if length >= 126:
                length = int.from_bytes(await reader.readexactly(2 if length == 126 else 8))
            payload = await reader.readexactly(length)
            if first & 0x0F == kind:
                return payload


async def ends(reader: asyncio.StreamReader) -> None:
    async with asyncio.timeout(DEADLINE_S):
        with contextlib.suppress(ConnectionError):
            while await reader.read(65_536):
                pass


async def nobody_looks_on(world: World) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while world.service.broadcaster.stats()["clients"]:  # noqa: ASYNC110 - the server has no bell for it
            await asyncio.sleep(0.01)


def say(world: World, text: str) -> None:
    """Put a text of any length into the picture."""
    world.bot.exchange_status, world.bot.exchange_detail = "unreachable", text


def wires(world: World) -> list[Wire | None]:
    return [viewer.wire for viewer in world.service.broadcaster._viewers]


async def test_what_is_written_to_the_wire_is_read_as_numbered_messages(tmp_path: Path) -> None:
    async with served(tmp_path) as (world, port), connect(address(port)) as socket:
        first = await next_of(socket)
        for step in range(20):
            move_mark(world, 86_000 + step)
            assert (await next_of(socket))["seq"] == first["seq"] + 1 + step

        assert None not in wires(world)
        assert await asyncio.wait_for(await socket.ping(), 10) >= 0
        await socket.send('{"type":"resync"}')
        while (message := await next_of(socket))["type"] != "snapshot":
            pass
        assert message["data"]["markets"]["BTC-USD"]["mark_price"] == "86019"


async def test_long_messages_and_other_alphabets_arrive_whole(tmp_path: Path) -> None:
    async with served(tmp_path) as (world, port), connect(address(port), max_size=None) as socket:
        await next_of(socket)
        say(world, "zażółć gęślą jaźń 🦊" * 10_000)
        async with asyncio.timeout(DEADLINE_S):
            while "exchange" not in (message := await next_of(socket))["data"]:
                pass

    assert message["data"]["exchange"]["detail"] == world.bot.exchange_detail


async def test_a_ping_is_answered_between_two_messages_with_its_own_words(tmp_path: Path) -> None:
    async with served(tmp_path) as (_, port), raw_viewer(port) as (reader, writer):
        for word in (b"", b"one", b"x" * 125):
            writer.write(masked(PING, word))
            assert await frame_of_kind(reader, PONG) == word
            assert json.loads(await frame_of_kind(reader, TEXT))["type"] in ("snapshot", "diff")


async def test_a_close_is_answered_with_its_code_and_the_viewer_is_forgotten(tmp_path: Path) -> None:
    async with served(tmp_path) as (world, port), raw_viewer(port) as (reader, writer):
        await frame_of_kind(reader, TEXT)
        writer.write(masked(CLOSE, struct.pack("!H", 3_001) + b"enough"))

        assert struct.unpack("!H", (await frame_of_kind(reader, CLOSE))[:2]) == (3_001,)
        await ends(reader)
        await nobody_looks_on(world)
        assert world.service.broadcaster.drops == 0


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (bytes([0x81, 2]) + b"hi", 1002),  # not masked, as a client's must be
        (bytes([0xC1, 0x82]) + b"\0\0\0\0hi", 1002),  # says that it is compressed, which was not agreed on
        (bytes([0x83, 0x80]) + b"\0\0\0\0", 1002),  # a kind that does not exist
        (masked(TEXT, b"\xff\xfe"), 1007),  # not text
        (bytes([0x81, 0xFE]) + struct.pack("!H", 9_000) + b"\0\0\0\0", 1009),  # longer than anything we listen to
    ],
)
async def test_what_is_against_the_rules_ends_the_socket_with_the_right_code(tmp_path: Path, sent: bytes, code: int) -> None:
    async with served(tmp_path, ws_max_size=8_192) as (world, port), raw_viewer(port) as (reader, writer):
        await frame_of_kind(reader, TEXT)
        writer.write(sent)

        assert struct.unpack("!H", (await frame_of_kind(reader, CLOSE))[:2]) == (code,)
        await ends(reader)
        await nobody_looks_on(world)


async def test_checklist_20_a_viewer_that_says_too_much_is_cut_off(tmp_path: Path) -> None:
    async with served(tmp_path) as (world, port), raw_viewer(port) as (reader, writer):
        await frame_of_kind(reader, TEXT)
        writer.write(masked(TEXT, b'{"type":"resync"}') * 5_000)

        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            assert struct.unpack("!H", (await frame_of_kind(reader, CLOSE))[:2]) == (1_008,)
        await ends(reader)
        await nobody_looks_on(world)


async def test_asking_again_and_again_brings_one_snapshot_for_each_number(tmp_path: Path) -> None:
    async with served(tmp_path) as (_, port), raw_viewer(port) as (reader, writer):
        await frame_of_kind(reader, TEXT)
        writer.write(masked(TEXT, b'{"type":"resync"}') * 200)
        numbers: list[int] = []
        for _ in range(12):
            message = json.loads(await frame_of_kind(reader, TEXT))
            if message["type"] == "snapshot":
                numbers.append(message["seq"])

    assert numbers
    assert len(numbers) == len(set(numbers))


async def test_a_viewer_that_reads_nothing_is_cut_off_and_another_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Wire, "__init__", _with_a_small_buffer)
    async with served(tmp_path) as (world, port), raw_viewer(port, limit=1_024), connect(address(port), max_size=None) as quick:
        async with asyncio.timeout(60):
            number = 0
            while world.service.broadcaster.drops == 0:
                number += 1
                say(world, f"{number}" * 100_000)
                await next_of(quick)
        assert json.loads(await quick.recv())["type"] == "diff"
        assert world.service.broadcaster.stats()["clients"] == 1


def _with_a_small_buffer(self: Wire, protocol: WireSocket, most_buffered: int = 65_536) -> None:
    self._protocol, self._most_buffered = protocol, most_buffered


async def test_what_waits_for_one_viewer_is_bounded(tmp_path: Path) -> None:
    async with served(tmp_path) as (world, port), raw_viewer(port, limit=1_024):
        largest, words = 0, itertools.cycle(["a" * 300_000, "b" * 300_000])
        async with asyncio.timeout(60):
            while not world.service.broadcaster.drops:
                for wire in wires(world):
                    assert wire is not None
                    largest = max(largest, wire._protocol.transport.get_write_buffer_size())
                say(world, next(words))
                await world.service.broadcaster.publish()
                await asyncio.sleep(0)

    one_message = 300_000 + 4_096
    assert largest + one_message > backend.wire_socket.MOST_BUFFERED
    assert largest <= backend.wire_socket.MOST_BUFFERED + one_message


async def test_a_viewer_that_answers_no_ping_is_forgotten_although_it_reads_nothing(tmp_path: Path) -> None:
    async with (
        served(tmp_path, ws_ping_interval=0.2, ws_ping_timeout=0.2) as (world, port),
        raw_viewer(port, limit=1_024) as (reader, _),
    ):
        await frame_of_kind(reader, TEXT)
        say(world, "x" * 400_000)  # more than the system takes for one who does not read
        await nobody_looks_on(world)


async def test_who_was_sent_away_and_does_not_go_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend.wire_socket, "LINGER_S", 0.1)
    async with served(tmp_path) as (world, port), raw_viewer(port) as (reader, _):
        await frame_of_kind(reader, TEXT)
        world.service.broadcaster.close_authenticated()
        world.service.broadcaster.close_all()

        assert struct.unpack("!H", (await frame_of_kind(reader, CLOSE))[:2]) == (1_001,)
        await ends(reader)  # its own close never came


async def test_no_compression_is_agreed_on_where_the_program_serves_itself(tmp_path: Path) -> None:
    async with served(tmp_path) as (world, port), connect(address(port), compression="deflate") as socket:
        await next_of(socket)

        assert socket.protocol.extensions == []
        assert None not in wires(world)


async def test_a_socket_that_compresses_is_served_the_ordinary_way(tmp_path: Path) -> None:
    wanted = [ClientPerMessageDeflateFactory(client_max_window_bits=True)]
    async with (
        served(tmp_path, ws_per_message_deflate=True) as (world, port),
        connect(address(port), compression=None, extensions=wanted) as socket,
    ):
        first = await next_of(socket)
        move_mark(world, 86_123)

        assert (await next_of(socket))["seq"] == first["seq"] + 1
        assert [each.name for each in socket.protocol.extensions] == ["permessage-deflate"]
        assert wires(world) == [None]


async def test_f089_fifty_viewers_look_on_and_the_next_is_told_to_come_later(tmp_path: Path) -> None:
    async with served(tmp_path) as (world, port), contextlib.AsyncExitStack() as stack:
        assert MOST_VIEWERS == 50
        viewers: list[ClientConnection] = [await stack.enter_async_context(connect(address(port))) for _ in range(MOST_VIEWERS)]
        for viewer in viewers:
            assert (await next_of(viewer))["type"] == "snapshot"
        async with connect(address(port)) as one_more:
            assert await closed(one_more) == backend.routes.account.TRY_AGAIN_LATER

        assert world.service.broadcaster.stats()["clients"] == MOST_VIEWERS
        for viewer in viewers:
            assert (await next_of(viewer))["type"] == "diff"
        await viewers.pop().close()
        await asyncio.sleep(0.1)
        async with connect(address(port)) as in_its_place:
            assert (await next_of(in_its_place))["type"] == "snapshot"


async def test_a_viewer_whose_connection_breaks_is_forgotten(tmp_path: Path) -> None:
    async with served(tmp_path) as (world, port):
        async with raw_viewer(port) as (reader, _):
            await frame_of_kind(reader, TEXT)
        await nobody_looks_on(world)
        assert world.service.broadcaster.drops == 0


def test_a_frame_is_what_the_standard_says() -> None:
    assert backend.wire_socket.frame_of(b"hi") == b"\x81\x02hi"
    assert backend.wire_socket.frame_of(b"x" * 126)[:4] == b"\x81\x7e\x00\x7e"
    assert backend.wire_socket.frame_of(b"x" * 65_536)[:10] == b"\x81\x7f" + (65_536).to_bytes(8)


async def test_two_viewers_get_the_same_bytes(tmp_path: Path) -> None:
    async with served(tmp_path) as (world, port), raw_viewer(port) as (one, _), raw_viewer(port) as (other, _):
        await frame_of_kind(one, TEXT)
        await frame_of_kind(other, TEXT)
        move_mark(world, 86_321)
        found = []
        for reader in (one, other):
            while b"86321" not in (payload := await frame_of_kind(reader, TEXT)):
                pass
            found.append(payload)

    assert found[0] == found[1]


async def test_an_unfinished_close_does_not_keep_a_place(tmp_path: Path) -> None:
    async with served(tmp_path) as (world, port), connect(address(port)) as socket:
        await next_of(socket)
        socket.transport.write_eof()
        with contextlib.suppress(ConnectionClosed):
            async with asyncio.timeout(DEADLINE_S):
                while True:
                    await socket.recv()
        await nobody_looks_on(world)
