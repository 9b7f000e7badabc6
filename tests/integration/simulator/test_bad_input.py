"""Strangers at the door: refused in the documented way, and nobody else notices."""

import asyncio
import json
from typing import Any

import pytest


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"null", "application/json", 400),
        (b"\xff\xfe\x00", "application/json", 400),
        (b"[" * 60_000, "application/json", 400),
        (b'{"id":"' + b"x" * 200_000 + b'"}', "application/json", 413),
        (b"id=1&market=BTC-USD", "application/x-www-form-urlencoded", 415),
        (b"<order/>", "text/xml", 415),
    ],
)
async def test_bad_bodies_are_refused(stand: Any, body: bytes, content_type: str, status: int) -> None:
    found, answer = await stand.alice.ask("POST", "/user/order", data=body, headers={"Content-Type": content_type})

    assert (found, answer["status"], answer["error"]["code"]) == (status, "ERROR", 400)
    assert (await stand.alice.place("BUY", 86_000))[0] == 200


async def test_an_oversized_number_does_not_reach_the_arithmetic(stand: Any) -> None:
    body = stand.alice.order("BUY", 86_000)
    for change in ({"qty": "1e999999999"}, {"price": "9" * 5_000}, {"nonce": "9" * 5_000}, {"expiryEpochMillis": 10**30}):
        status, answer = await stand.alice.ask(
            "POST", "/user/order", data=json.dumps(body | change), headers={"Content-Type": "application/json"}
        )
        assert (status, answer["error"]["code"]) in ((400, 400), (400, 1135)), change


async def test_raw_rubbish_on_the_port_leaves_the_exchange_standing(stand: Any) -> None:
    for rubbish in (b"\x00" * 100, b"GET / HTTP/9.9\r\n\r\n", b"POST /api/v1/user/order HTTP/1.1\r\nContent-Length: -5\r\n\r\n"):
        reader, writer = await asyncio.open_connection(*stand.address.split(":"))
        writer.write(rubbish)
        writer.write_eof()
        await asyncio.wait_for(reader.read(), 5)
        writer.close()

    assert (await stand.alice.ask("GET", "/info/starknet"))[0] == 200


async def test_idle_sockets_are_counted_and_bounded(open_stand: Any) -> None:
    async with open_stand(max_sockets=5) as stand:
        ears = [await stand.alice.listen("/prices/mark") for _ in range(5)]
        with pytest.raises(Exception, match="503"):
            await stand.alice.listen("/prices/mark")

        assert (await ears[0].hear())["seq"] == 1


async def test_messages_from_a_v1_client_are_ignored(stand: Any) -> None:
    ear = await stand.alice.listen("/prices/mark/BTC-USD")

    await ear.socket.send('{"method":"subscribe"}')
    await ear.socket.send(b"\x00\x01")

    assert (await ear.hear())["seq"] == 1
    assert (await ear.hear())["seq"] == 2
