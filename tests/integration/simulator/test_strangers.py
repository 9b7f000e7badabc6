"""More strangers at the door: slow ones, silent ones, crowds, odd paths, and bytes nobody meant."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

PLACE = "/api/v1/user/order"


@asynccontextmanager
async def raw(stand: Any) -> Any:
    reader, writer = await asyncio.open_connection(*stand.address.split(":"))
    try:
        yield reader, writer
    finally:
        writer.close()


async def answer_of(stand: Any, request: bytes) -> bytes:
    """Return all that is answered to raw bytes until the exchange hangs up."""
    async with raw(stand) as (reader, writer):
        writer.write(request)
        answered: bytes = await asyncio.wait_for(reader.read(), 5)
        return answered


async def is_cut(reader: asyncio.StreamReader) -> bool:
    """Wait for the end of a connection; return whether it ended without a word."""
    try:
        return await asyncio.wait_for(reader.read(1), 5) == b""
    except ConnectionError:
        return True


def head(stand: Any, path: str, *lines: str, method: str = "GET") -> bytes:
    key = stand.alice.account.api_key
    fixed = [f"{method} {path} HTTP/1.1", "Host: x", "User-Agent: t", f"X-Api-Key: {key}", *lines, "", ""]
    return "\r\n".join(fixed).encode("latin-1")


CROWD = 2_000


@pytest.fixture
def many_files() -> Iterator[None]:
    """Let this process open enough sockets for a crowd and for what it talks to."""
    resource = pytest.importorskip("resource", reason="this system has no limit of open files to raise")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * CROWD + 1_000
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"this process may open {hard} files only")
    if soft != resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def sit_down(stand: Any, first_words: bytes, room: asyncio.Semaphore) -> asyncio.StreamWriter:
    """Open a connection, say something or nothing, and leave it at that once it is answered."""
    async with room:
        reader, writer = await asyncio.open_connection(*stand.address.split(":"))
        if first_words:
            writer.write(first_words)
            assert b" 101 " in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
        return writer


async def test_two_thousand_idle_sockets_stall_nobody(open_stand: Any, many_files: None) -> None:
    """Half of them never say a word, half are streams that nobody reads; all are there till the end."""
    upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + "A" * 22 + "==")
    async with open_stand(max_sockets=CROWD, max_connections=2 * CROWD, first_request_s=600.0, with_flow=True) as stand:
        words = head(stand, "/stream.extended.exchange/v1/account", *upgrade)
        room = asyncio.Semaphore(50)
        crowd = await asyncio.gather(*(sit_down(stand, words if number % 2 else b"", room) for number in range(CROWD)))
        try:
            books, account = await stand.bob.listen("/orderbooks/BTC-USD"), await stand.bob.listen("/account")
            heard = [await books.hear() for _ in range(10)]
            status, placed = await stand.bob.place("BUY", 80_000)
            told = await account.hear_until(lambda frame: bool(frame["data"].get("orders")))

            assert [frame["seq"] for frame in heard] == list(range(1, 11))
            assert (status, told["data"]["orders"][0]["id"]) == (200, placed["data"]["id"])
            assert len(stand.site.hub.connections) == CROWD // 2 + 2
            assert not any(each.is_closing() for each in crowd)
        finally:
            for each in crowd:
                each.transport.abort()


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/../../etc/passwd", "/api/v1/info/%2e%2e/%2e%2e/sim/ledger", "/api/v1/info/markets%2fBTC-USD%2fstats",
        "/api/v1//info/markets", "/api/v1/info/markets/../starknet", "/api/v1/user/orders/%00", "/api/v1/info/markets/%ff/stats",
        "/api/v1/info/markets;a=b", "/api/v1/user/orders/external/..%2f..%2fsim%2fstate", "/api/v1/user/orders/1e3",
        "/api/v1/user/orders/99999999999999999999999999", "/API/V1/info/markets", "//sim/state",
        "/stream.extended.exchange/v1/..",
    ],
)  # fmt: skip
async def test_tricks_with_paths_lead_nowhere(stand: Any, path: str) -> None:
    answered = await answer_of(stand, head(stand, path, "Connection: close"))

    first, _, body = answered.partition(b"\r\n")
    status = int(first.split()[1])
    if "external" in path:  # an external id may be any text; nothing here has this one
        assert (status, json.loads(body.partition(b"\r\n\r\n")[2])["data"]) == (200, [])
    else:
        assert status in (400, 404)
    assert b"private_key" not in answered
    assert b"balanced" not in answered


async def test_very_long_paths_headers_and_queries_are_refused(stand: Any) -> None:
    for request in (
        head(stand, "/api/v1/" + "a" * 100_000),
        head(stand, "/api/v1/info/markets?" + "market=BTC-USD&" * 20_000),
        head(stand, "/api/v1/info/markets", "X-Long: " + "b" * 100_000),
        head(stand, "/api/v1/info/markets", *(f"X-{number}: 1" for number in range(10_000))),
    ):
        assert b" 400 " in (await answer_of(stand, request)).split(b"\r\n")[0]
    assert (await stand.alice.ask("GET", "/info/starknet"))[0] == 200


async def test_a_body_that_dribbles_in_is_not_waited_for(open_stand: Any) -> None:
    async with open_stand(body_s=0.3) as stand, raw(stand) as (reader, writer):
        writer.write(head(stand, PLACE, "Content-Type: application/json", "Content-Length: 500", method="POST") + b'{"id":')
        answering = asyncio.create_task(reader.readuntil(b"}}"))
        while not answering.done():
            writer.write(b" ")
            await asyncio.sleep(0.05)
            assert (await stand.alice.ask("GET", "/info/starknet"))[0] == 200
        assert b" 408 " in (await answering).split(b"\r\n")[0]


async def test_a_connection_that_never_asks_is_cut(open_stand: Any) -> None:
    async with open_stand(first_request_s=0.2) as stand, raw(stand) as (reader, writer):
        writer.write(b"GET /api/v1/info/mark")

        assert await is_cut(reader)

        ear = await stand.alice.listen("/prices/mark/BTC-USD")
        await ear.hear()
        await asyncio.sleep(0.3)
        assert (await ear.hear())["seq"] == 2  # who has asked stays


async def test_a_crowd_of_idle_connections_is_bounded_and_nobody_else_notices(open_stand: Any) -> None:
    async with open_stand(max_connections=30, first_request_s=0.5) as stand, AsyncExitStack() as crowd:
        ear = await stand.alice.listen("/prices/mark/BTC-USD")
        await ear.hear()
        assert (await stand.alice.ask("GET", "/info/starknet"))[0] == 200
        idle = [await crowd.enter_async_context(raw(stand)) for _ in range(300)]

        await stand.alice.place("BUY", 86_000)  # over the connection she has
        assert (await ear.hear())["seq"] == 2
        assert all([await is_cut(reader) for reader, _ in idle])

        assert (await answer_of(stand, head(stand, "/api/v1/info/starknet", "Connection: close"))).startswith(b"HTTP/1.1 200")


async def test_a_crowd_of_listeners_does_not_hold_up_the_others(open_stand: Any) -> None:
    async with open_stand(with_flow=True) as stand:
        ears = [await stand.alice.listen("/orderbooks") for _ in range(50)]  # opened, and never read
        quick = await stand.bob.listen("/prices/mark/BTC-USD")

        heard = [(await quick.hear())["seq"] for _ in range(3)]

        assert heard == [1, 2, 3]
        assert (await stand.alice.place("BUY", 95_000))[0] == 400  # outside the band: still judged
        assert (await stand.alice.place("BUY", 86_000))[0] == 200
        for ear in ears:
            ear.socket.transport.abort()


@pytest.mark.parametrize("path", ["/faults", "/price", "/mode", "/clock", "/market", "/limits", "/money", "/take", "/funding"])
@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"unknown":1}', b"[" * 60_000, b"\xff", b"null", b'{"market":1}'])
async def test_levers_refuse_what_they_do_not_understand(stand: Any, path: str, body: bytes) -> None:
    status, answer = await stand.control("POST", path, data=body)

    assert (status, answer["status"]) == (400, "ERROR")
