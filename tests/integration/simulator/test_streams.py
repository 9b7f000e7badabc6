"""WebSocket v1: first the whole picture, then every change, numbered without a gap."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
import websockets

D = Decimal


async def test_the_account_stream_opens_with_orders_balance_positions(stand: Any) -> None:
    ear = await stand.alice.listen("/account")

    frames = [await ear.hear() for _ in range(3)]

    assert [(frame["type"], frame["seq"]) for frame in frames] == [("ORDER", 1), ("BALANCE", 2), ("POSITION", 3)]
    assert all(frame["data"]["isSnapshot"] for frame in frames)
    assert len({frame["ts"] for frame in frames}) == 1
    assert frames[1]["data"]["balance"]["balance"] == "10000"


async def test_an_order_lives_and_dies_on_the_account_stream(stand: Any) -> None:
    ear = await stand.alice.listen("/account")
    for _ in range(3):
        await ear.hear()

    _, placed = await stand.alice.place("BUY", 86_000)
    born = await ear.hear()
    await stand.alice.ask("DELETE", f"/user/order/{placed['data']['id']}")
    died = await ear.hear()

    assert [frame["seq"] for frame in (born, died)] == [4, 5]
    assert [frame["data"]["orders"][0]["status"] for frame in (born, died)] == ["NEW", "CANCELLED"]
    assert born["data"]["orders"][0]["externalId"] == placed["data"]["externalId"]
    assert "statusReason" not in died["data"]["orders"][0]


async def test_a_crossing_post_only_order_is_rejected_on_the_stream(stand: Any) -> None:
    await stand.bob.place("SELL", 86_100)
    ear = await stand.alice.listen("/account")

    status, _ = await stand.alice.place("BUY", 86_100)
    frame = await ear.hear_until(lambda each: each["type"] == "ORDER" and bool(each["data"]["orders"]))

    assert status == 200
    order = frame["data"]["orders"][0]
    assert (order["status"], order["statusReason"]) == ("REJECTED", "POST_ONLY_FAILED")


async def test_a_fill_is_told_as_order_trade_position_balance(stand: Any) -> None:
    await stand.bob.place("SELL", 86_100)
    ear = await stand.alice.listen("/account")
    for _ in range(3):
        await ear.hear()

    await stand.alice.place("BUY", 86_100, postOnly=False)
    frames = [await ear.hear() for _ in range(4)]

    assert [frame["type"] for frame in frames] == ["ORDER", "TRADE", "POSITION", "BALANCE"]
    assert frames[1]["data"]["trades"][0]["externalOrderId"] == frames[0]["data"]["orders"][0]["externalId"]


async def test_a_wrong_key_is_401_with_an_empty_body_at_the_handshake(stand: Any) -> None:
    with pytest.raises(websockets.InvalidStatus) as excinfo:
        await stand.alice.listen("/account", **{"X-Api-Key": "wrong"})

    response = excinfo.value.response
    assert response.status_code == 401
    assert not response.body
    assert response.headers["Content-Length"] == "0"
    assert response.headers["Connection"].lower() == "close"


@pytest.mark.parametrize("path", ["/orderbooks/NO-USD", "/nothing", "/prices/last/BTC-USD", "/orderbooks/BTC-USD?depth=5"])
async def test_an_unknown_stream_is_refused_at_the_handshake(stand: Any, path: str) -> None:
    with pytest.raises(websockets.InvalidStatus) as excinfo:
        await stand.alice.listen(path)

    assert excinfo.value.response.status_code in (400, 404)


async def test_snapshot_plus_deltas_is_the_book_over_the_wire(open_stand: Any) -> None:
    async with open_stand(with_flow=True) as stand:
        ear = await stand.alice.listen("/orderbooks/BTC-USD")
        book: dict[str, dict[str, Decimal]] = {"b": {}, "a": {}}
        for number in range(1, 31):
            frame = await ear.hear()
            assert frame["seq"] == number
            assert frame["type"] == ("SNAPSHOT" if number == 1 else "DELTA")
            for half in ("b", "a"):
                for level in frame["data"][half]:
                    size = book[half].get(level["p"], D(0)) + D(level["q"])
                    assert size == D(level.get("c", level["q"]))
                    book[half][level["p"]] = size
                book[half] = {price: size for price, size in book[half].items() if size}
            bids, asks = ([D(price) for price in book[half]] for half in ("b", "a"))
            assert max(bids) < min(asks)

    assert len(book["b"]) >= 20


async def test_best_prices_are_always_whole_snapshots(open_stand: Any) -> None:
    async with open_stand(with_flow=True) as stand:
        ear = await stand.alice.listen("/orderbooks/BTC-USD?depth=1")
        frames = [await ear.hear() for _ in range(10)]

    assert [frame["seq"] for frame in frames] == list(range(1, 11))
    assert {frame["type"] for frame in frames} == {"SNAPSHOT"}
    assert all(len(frame["data"]["b"]) <= 1 and len(frame["data"]["a"]) <= 1 for frame in frames)


async def test_marks_of_all_markets_come_on_one_stream_with_one_count(open_stand: Any) -> None:
    async with open_stand(with_flow=True) as stand:
        ear = await stand.alice.listen("/prices/mark")
        frames = [await ear.hear() for _ in range(12)]

    assert [frame["seq"] for frame in frames] == list(range(1, 13))
    assert {frame["data"]["m"] for frame in frames} == {"BTC-USD", "ETH-USD", "SOL-USD"}
    assert all(frame["type"] == "MP" and frame["data"]["ts"] == 0 for frame in frames)


async def test_a_mark_that_stands_still_is_repeated_every_second(stand: Any) -> None:
    ear = await stand.alice.listen("/prices/mark/BTC-USD")

    frames = [await ear.hear() for _ in range(3)]

    assert {frame["data"]["p"] for frame in frames} == {"86198.85"}
    assert 900 <= frames[2]["ts"] - frames[1]["ts"] <= 1_500


async def test_index_trades_and_funding_streams_speak(open_stand: Any) -> None:
    async with open_stand(with_flow=True) as stand:
        index = await (await stand.alice.listen("/prices/index/BTC-USD")).hear()
        trades = await (await stand.alice.listen("/publicTrades/BTC-USD")).hear()
        funding = await (await stand.alice.listen("/funding")).hear()

    assert (index["type"], index["data"]["m"]) == ("IP", "BTC-USD")
    assert set(trades["data"][0]) == {"i", "m", "S", "tT", "T", "p", "q"}
    assert set(funding["data"]) == {"m", "T", "f"}


async def test_the_exchange_pings_and_cuts_whoever_does_not_answer(open_stand: Any) -> None:
    async with open_stand(ping_interval_s=0.05, pong_timeout_s=0.2) as stand:
        polite = await stand.alice.listen("/prices/mark/BTC-USD")
        reader, writer = await asyncio.open_connection(*stand.address.split(":"))
        writer.write(
            b"GET /stream.extended.exchange/v1/prices/index HTTP/1.1\r\nHost: x\r\nUser-Agent: mute\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        received = b""
        async with asyncio.timeout(5):
            while chunk := await _read(reader):
                received += chunk
        writer.close()

        assert b"101 Switching Protocols" in received
        assert b"\x89\x00" in received  # a ping without content
        await polite.hear()


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(4096)
    except ConnectionError:
        return b""


async def test_a_reader_who_stops_reading_is_cut_and_the_others_hear_on(open_stand: Any) -> None:
    async with open_stand(with_flow=True, queue_frames=20) as stand:
        lively = await stand.alice.listen("/prices/mark")
        (connection,) = stand.site.hub.connections
        stuck = await stand.alice.listen("/orderbooks")
        (other,) = stand.site.hub.connections - {connection}
        for _ in range(30):
            other.send(b'{"ts":1')

        with pytest.raises(websockets.ConnectionClosed):
            await stuck.hear_until(lambda _: False)
        assert (await lively.hear())["type"] == "MP"


async def test_a_stream_of_all_markets_counts_by_connection_or_by_market_as_asked(open_stand: Any) -> None:
    for by_market, numbers in ((False, [1, 2, 3]), (True, [1, 1, 1])):
        async with open_stand(seq_per_market=by_market) as stand:
            ear = await stand.alice.listen("/prices/mark")
            opening = [await ear.hear() for _ in range(3)]
            assert [frame["seq"] for frame in opening] == numbers

            market = opening[1]["data"]["m"]
            await stand.control("POST", "/price", json={"market": market, "price": "3000"})
            moved = await ear.hear_until(lambda frame, market=market: frame["data"]["m"] == market)
            assert moved["seq"] >= 4 if not by_market else moved["seq"] == 2
