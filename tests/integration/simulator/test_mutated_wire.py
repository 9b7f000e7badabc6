"""Mutated bytes on every wire: HTTP, the messages of the v2 socket, and the frames below both protocols of streams."""

import asyncio
import json
import struct
from contextlib import suppress
from random import Random
from typing import Any

import pytest
import websockets

from tests.support.mutations import mutated

UPGRADE = (
    b"GET /stream.extended.exchange/%s HTTP/1.1\r\nHost: x\r\nUser-Agent: t\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
SUBSCRIBE: dict[str, Any] = {
    "jsonrpc": "2.0", "id": "1", "method": "subscribe",
    "params": {"scope": "orderbooks", "selector": {"market": "BTC-USD", "depth": "full", "rfqOnly": False, "interval": "PT1M"}},
}  # fmt: skip


def odd(value: Any, random: Random) -> Any:
    """Return a record with one of its values replaced by something else."""
    if isinstance(value, dict) and value and random.random() < 0.8:
        key = random.choice(sorted(value))
        return value | {key: odd(value[key], random)}
    others = (None, True, -1, 2**80, 1.5, "", "NaN", [], {}, [[]], "all", "account", "candles", "prices", "mark", "unsubscribe")
    return random.choice(others)


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def exchanged(stand: Any, request: bytes) -> bytes:
    """Return what is answered to raw bytes until the exchange hangs up; nothing when it cuts the connection."""
    reader, writer = await asyncio.open_connection(*stand.address.split(":"))
    answered = b""
    with suppress(ConnectionError):
        writer.write(request)
        answered = await asyncio.wait_for(reader.read(), 5)
    await hang_up(writer)
    return answered


async def still_well(stand: Any) -> None:
    """See that the exchange works, and that nothing that was asked met a bug of it."""
    assert (await stand.alice.place("BUY", 80_000))[0] == 200
    assert not [status for status in stand.site.requests.by_status if status >= 500]


async def test_mutated_requests_are_answered_or_cut_and_never_meet_a_bug(
    open_stand: Any, caplog: pytest.LogCaptureFixture
) -> None:
    random = Random("http")
    async with open_stand(first_request_s=1.0, body_s=0.2, keep_alive_s=0.5) as stand:
        body = json.dumps(stand.alice.order("BUY", 80_000)).encode()
        request = (
            b"POST /api/v1/user/order?market=BTC-USD&limit=5 HTTP/1.1\r\nHost: x\r\nUser-Agent: t\r\nConnection: close\r\n"
            b"X-Api-Key: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (stand.alice.account.api_key.encode(), len(body), body)
        )
        answers: list[bytes] = []
        for _ in range(15):
            requests = [mutated(request, random) for _ in range(20)]
            answers += await asyncio.gather(*(exchanged(stand, each) for each in requests))

        assert sum(each.startswith(b"HTTP/1.1 ") for each in answers) > 100
        assert not [record for record in caplog.records if record.levelname == "ERROR"]  # strangers do not fill the log
        await still_well(stand)


async def test_mutated_messages_on_the_v2_socket_leave_it_working(stand: Any) -> None:
    random, address = Random("rpc"), f"ws://{stand.address}/stream.extended.exchange/v2/rpc"
    good = json.dumps(SUBSCRIBE).encode()
    async with websockets.connect(address, compression=None, max_size=2**22) as socket:
        for number in range(600):
            message = mutated(good, random) if number % 2 else json.dumps(odd(odd(SUBSCRIBE, random), random)).encode()
            await socket.send(message.decode("utf-8", "replace"))
        await socket.send(json.dumps({"jsonrpc": "2.0", "id": "the last", "method": "ping"}))

        heard: list[dict[str, Any]] = []
        async with asyncio.timeout(20):
            while not heard or heard[-1].get("id") != "the last":
                heard.append(json.loads(await socket.recv()))

    codes = {each["error"]["code"] for each in heard if "error" in each}
    assert {-32700, -32600, -32601, -32602} <= codes
    assert -32603 not in codes
    assert [each["seq"] for each in heard if "seq" in each] == list(range(sum("seq" in each for each in heard)))
    await still_well(stand)


def frame(payload: bytes, first: int = 0x81) -> bytes:
    """Return one masked frame as a client sends it."""
    length = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + struct.pack("!H", len(payload))
    return bytes([first]) + length + bytes(4) + payload


@pytest.mark.parametrize("path", [b"v1/prices/mark", b"v2/rpc"])
async def test_mutated_frames_end_one_connection_at_most(stand: Any, path: bytes) -> None:
    random = Random(path)
    witness = await stand.bob.listen("/account")
    for _ in range(3):
        await witness.hear()
    good = frame(json.dumps(SUBSCRIBE).encode()) + frame(b"x", 0x89) + frame(b"", 0x8A)
    for _ in range(80):
        reader, writer = await asyncio.open_connection(*stand.address.split(":"))
        writer.write(UPGRADE % path)
        assert b" 101 " in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        writer.write(mutated(good, random))
        await asyncio.sleep(0)
        await hang_up(writer)

    await stand.bob.place("BUY", 80_000)
    assert (await witness.hear())["seq"] == 4
    await still_well(stand)
