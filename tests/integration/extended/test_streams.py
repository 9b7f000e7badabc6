"""The streams over real sockets: what is told when they break, and that they come back."""

import asyncio
import json
import logging
import random
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection

from bot.core.errors import ConfigurationError
from bot.core.events import (
    BestQuoteSeen,
    BookDelta,
    BookSnapshot,
    FeedLost,
    FeedRestored,
    FillsReported,
    FundingRateSeen,
    MarkPriceSeen,
    OrdersReported,
    StreamAlive,
    TradeSeen,
    VenueRefusedKey,
)
from bot.extended.connection import Follower, StreamSettings, Topic, ignore_stream
from bot.extended.exchange import ExtendedExchange
from bot.extended.frames import AccountReader
from tests.integration.extended.fakes import (
    API_KEY,
    FakeStreams,
    Heard,
    Script,
    Told,
    client,
    fake_exchange,
    fake_streams,
    following,
    quiet,
)
from tests.unit.extended.test_frames import SNAPSHOT, book, frame, trade
from tests.unit.extended.test_translate import TRADE

BOOK = "/orderbooks/BTC-USD"
BEST = "/orderbooks/BTC-USD?depth=1"
TRADES = "/publicTrades/BTC-USD"
FUNDING = "/funding/BTC-USD"
MARK = "/prices/mark"
INDEX = "/prices/index"
ACCOUNT = "/account"


async def opened(streams: FakeStreams, told: Told | None = None, **changes: Any) -> ExtendedExchange:
    async with fake_exchange() as fake:
        exchange = client(fake.rest, streams.address, told=told, **changes)
        await exchange.load_markets()
    return exchange


def sending(*frames: bytes, then: Script = quiet) -> Script:
    async def script(connection: ServerConnection) -> None:
        for text in frames:
            await connection.send(text.decode())
        await then(connection)

    return script


def in_turn(*scripts: Script) -> Script:
    """Play one script on each connection; the last one again and again."""
    played = iter(range(len(scripts)))

    async def script(connection: ServerConnection) -> None:
        await scripts[next(played, len(scripts) - 1)](connection)

    return script


async def close_normally(connection: ServerConnection) -> None:
    await connection.close(1000)


async def cut(connection: ServerConnection) -> None:
    connection.transport.abort()


async def keep_alive(connection: ServerConnection) -> None:
    """Send a whole book again and again, as the exchange does."""
    for number in range(2, 1_000):
        await asyncio.sleep(0.05)
        await connection.send(json.dumps({**json.loads(SNAPSHOT), "seq": number}))


def mark(seq: int, price: str = "84058.4735") -> bytes:
    return frame(seq, {"m": "BTC-USD", "p": price, "ts": 0}, type="MP")


async def test_every_topic_is_followed_on_its_documented_path() -> None:
    async with fake_streams() as streams:
        streams.scripts = {
            BOOK: sending(SNAPSHOT, book(2, "DELTA", [("84077", "-0.02", "0.5")], [])),
            BEST: sending(book(1, "SNAPSHOT", [("84077", "0.52")], [("84078", "0.31")])),
            TRADES: sending(frame(1, [trade(1), trade(2)])),
            FUNDING: sending(frame(1, {"m": "BTC-USD", "T": 5, "f": "0.000013"})),
            MARK: sending(mark(1), frame(2, {"m": "ETH-USD", "p": "3000"}, type="MP")),
            INDEX: sending(frame(1, {"m": "BTC-USD", "p": "84061.2"}, type="IP")),
            ACCOUNT: sending(frame(1, {"isSnapshot": True, "orders": []}), frame(2, {"trades": [TRADE]})),
        }
        heard = Heard()
        async with following(await opened(streams), heard):
            await heard.wait_for(BookDelta)
            await heard.wait_for(BestQuoteSeen)
            await heard.wait_for(TradeSeen, 2)
            await heard.wait_for(FundingRateSeen)
            await heard.wait_for(MarkPriceSeen, market="BTC-USD")
            await heard.wait_for(MarkPriceSeen, market="ETH-USD")
            await heard.wait_for(OrdersReported, is_snapshot=True)
            await heard.wait_for(FillsReported)

        assert set(streams.opened) == {BOOK, BEST, TRADES, FUNDING, MARK, INDEX, ACCOUNT}
        assert streams.headers[ACCOUNT]["X-Api-Key"] == API_KEY
        for path, headers in streams.headers.items():
            assert headers["User-Agent"].startswith("extended-mm-bot")
            assert "Sec-WebSocket-Extensions" not in headers  # no compression: latency matters more
            assert path == ACCOUNT or "X-Api-Key" not in headers


async def test_a_feed_is_restored_before_its_first_frame_is_told() -> None:
    async with fake_streams() as streams:
        streams.scripts[BOOK] = sending(SNAPSHOT)
        heard = Heard()
        async with following(await opened(streams), heard):
            await heard.wait_for(BookSnapshot)

        of_book = [
            event for event in heard.events if isinstance(event, FeedRestored | BookSnapshot) and event.market == "BTC-USD"
        ]
        of_book = [event for event in of_book if isinstance(event, BookSnapshot) or event.feed == "book"]
        assert [type(event) for event in of_book[:2]] == [FeedRestored, BookSnapshot]


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (sending(SNAPSHOT, book(3, "DELTA", [], [])), "sequence 3 came after 1"),  # F-060
        (sending(SNAPSHOT, book(1, "DELTA", [], [])), "sequence 1 came after 1"),  # F-061
        (sending(SNAPSHOT, book(2, "DELTA", [("84078", "1", "1")], [])), "crossed"),  # F-064
        (sending(SNAPSHOT, book(2, "DELTA", [("84077", "-9")], [])), "would hold"),  # F-063
        (sending(SNAPSHOT, b"{"), "cannot be understood"),  # F-079
        (sending(SNAPSHOT, then=close_normally), "closed"),  # F-076
        (sending(SNAPSHOT, then=cut), "closed"),
        (quiet, "silent"),  # F-065
        (sending(SNAPSHOT), "silent"),
    ],
    ids=["gap", "repeat", "crossed", "negative", "malformed", "closed", "cut", "never spoke", "fell silent"],
)
async def test_f063_f076_a_broken_book_is_told_at_once_and_comes_back_with_a_new_snapshot(broken: Script, reason: str) -> None:
    told = Told()
    async with fake_streams() as streams:
        streams.scripts[BOOK] = in_turn(broken, sending(SNAPSHOT, then=keep_alive))
        heard = Heard()
        async with following(await opened(streams, told), heard):
            (lost, *_) = await heard.wait_for(FeedLost, feed="book", market="BTC-USD")
            place = heard.events.index(lost)
            expected = heard.of(FeedRestored, feed="book")
            await heard.wait_for(
                FeedRestored, len([event for event in expected if heard.events.index(event) < place]) + 1, feed="book"
            )
            await heard.wait_for(BookSnapshot, 1 if broken is quiet else 2)

        assert reason in lost.reason
        assert any(note.kind == "lost" and reason in note.detail for note in told.notes)


async def test_f080_a_gap_on_the_account_is_told_and_mended_by_a_new_connection() -> None:
    first = frame(1, {"isSnapshot": True, "orders": []})
    async with fake_streams() as streams:
        streams.scripts[ACCOUNT] = in_turn(sending(first, frame(3, {"trades": [TRADE]})), sending(first))
        heard = Heard()
        async with following(await opened(streams), heard):
            (lost,) = await heard.wait_for(FeedLost, feed="account")
            await heard.wait_for(FeedRestored, 2, feed="account")

        assert lost.market is None
        assert heard.of(FillsReported) == []


async def test_a_quiet_account_is_normal_and_its_socket_is_known_to_live() -> None:
    async with fake_streams() as streams:
        streams.scripts[ACCOUNT] = sending(frame(1, {"isSnapshot": True, "orders": []}))
        heard = Heard()
        async with following(await opened(streams), heard):
            await heard.wait_for(StreamAlive, 8, feed="account")

        assert heard.of(FeedLost, feed="account") == []
        assert streams.opened[ACCOUNT] == 1


async def test_a_socket_that_does_not_answer_pings_is_given_up() -> None:
    over = asyncio.Event()

    async def deaf(connection: ServerConnection) -> None:
        await connection.send(frame(1, {"isSnapshot": True, "orders": []}).decode())
        connection.transport.pause_reading()
        await over.wait()
        connection.transport.abort()

    async with fake_streams() as streams:
        streams.scripts[ACCOUNT] = in_turn(deaf, sending(frame(1, {"isSnapshot": True, "orders": []})))
        heard = Heard()
        async with following(await opened(streams), heard):
            (lost,) = await heard.wait_for(FeedLost, feed="account")
            await heard.wait_for(FeedRestored, 2, feed="account")
        over.set()

    assert "no answer to a ping" in lost.reason


@pytest.mark.parametrize("http_status", [401, 403])
async def test_a_refused_key_is_told_once_and_tried_again_slowly(http_status: int) -> None:
    async with fake_streams() as streams:
        streams.refusals[ACCOUNT] = http_status
        heard = Heard()
        async with following(await opened(streams), heard):
            (refused,) = await heard.wait_for(VenueRefusedKey)
            await asyncio.sleep(0.5)
            tries = streams.opened[ACCOUNT]
            assert len(heard.of(VenueRefusedKey)) == 1
            assert len(heard.of(FeedLost, feed="account")) == 1
            assert 2 <= tries <= 6  # every 0.1 to 0.2 s here, not every 0.05 s
            del streams.refusals[ACCOUNT]
            streams.scripts[ACCOUNT] = sending(frame(1, {"isSnapshot": True, "orders": []}))
            await heard.wait_for(OrdersReported)

    assert refused.exchange_code == http_status
    assert API_KEY not in refused.message


@pytest.mark.parametrize("http_status", [404, 429, 503])
async def test_a_refused_market_stream_is_told_once_and_comes_back(http_status: int) -> None:
    async with fake_streams() as streams:
        streams.refusals[BOOK] = http_status
        streams.scripts[BOOK] = sending(SNAPSHOT)
        heard = Heard()
        async with following(await opened(streams), heard):
            (lost,) = await heard.wait_for(FeedLost, feed="book")
            await asyncio.sleep(0.2)
            del streams.refusals[BOOK]
            await heard.wait_for(BookSnapshot)
            assert heard.of(FeedLost, feed="book")[0] is lost
            assert heard.of(VenueRefusedKey) == []

        assert str(http_status) in lost.reason


async def test_nothing_to_connect_to_is_told_once_for_each_feed() -> None:
    async with fake_exchange() as fake:
        exchange = client(fake.rest, "ws://127.0.0.1:1")
        await exchange.load_markets()
    heard = Heard()
    async with following(exchange, heard):
        await heard.wait_for(FeedLost, 7)
        await asyncio.sleep(0.3)

    assert sorted(lost.feed for lost in heard.of(FeedLost)) == [
        "account",
        "best_quote",
        "book",
        "funding",
        "index",
        "mark",
        "trades",
    ]
    assert heard.of(FeedRestored) == []


class HurriedClock:
    """A clock whose waits are written down and cut short; it stands still unless a test turns it."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.now = 1_790_000_000_000
        self.enough = asyncio.Event()

    def now_ms(self) -> int:
        return self.now

    def monotonic_ms(self) -> int:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        if len(self.waits) >= 9:
            self.enough.set()
        await asyncio.sleep(0.001)


async def test_f075_waits_grow_while_the_connection_keeps_breaking_and_begin_anew_after_a_stable_one() -> None:
    clock = HurriedClock()

    async def break_and_hold_the_eighth_time(connection: ServerConnection) -> None:
        if len(clock.waits) == 7:
            clock.now += 40_000
        await connection.close(1000)

    async with fake_streams() as streams, asyncio.TaskGroup() as group:
        streams.scripts[ACCOUNT] = break_and_hold_the_eighth_time
        topic = Topic(feed="account", market=None, path=ACCOUNT, reader=AccountReader, starts_with_frame=True)
        follower = Follower(
            topic,
            streams.address + ACCOUNT,
            group,
            clock=clock,
            emit=lambda event: None,
            api_key=None,
            randomness=random.Random(3),
            settings=StreamSettings(ping_every_s=99, pong_within_s=99, wait_first_s=1, wait_longest_s=16, stable_after_s=30),
            on_stream=ignore_stream,
        )
        running = group.create_task(follower.run())
        async with asyncio.timeout(5):
            await clock.enough.wait()
        running.cancel()

    backoffs = [wait for wait in clock.waits if wait != 99]
    assert len(backoffs) >= 9
    for wait, longest in zip(backoffs, [1, 2, 4, 8, 16, 16, 16, 1, 2], strict=False):
        assert longest / 2 <= wait <= longest


async def test_following_ends_with_its_task_and_leaves_no_connection() -> None:
    left: asyncio.Queue[int | None] = asyncio.Queue()

    async def watched(connection: ServerConnection) -> None:
        await connection.wait_closed()
        left.put_nowait(connection.close_code)

    async with fake_streams() as streams:
        streams.scripts = dict.fromkeys((BOOK, BEST, TRADES, FUNDING, MARK, INDEX, ACCOUNT), watched)
        heard = Heard()
        async with following(await opened(streams), heard):
            await heard.wait_for(StreamAlive, 7)
        async with asyncio.timeout(5):
            for _ in range(7):
                await left.get()

    assert heard.of(FeedLost) == []


async def test_without_a_key_the_account_is_not_followed() -> None:
    async with fake_streams() as streams:
        heard = Heard()
        async with following(await opened(streams, credentials=None), heard):
            await heard.wait_for(StreamAlive, 6)

        assert ACCOUNT not in streams.opened


async def test_a_market_whose_rules_are_unknown_cannot_be_followed() -> None:
    async with fake_streams() as streams:
        exchange = await opened(streams)

        with pytest.raises(ConfigurationError, match="NO-USD"):
            await exchange.stream(["NO-USD"], Heard())


async def test_a_redirected_handshake_is_not_followed() -> None:
    async with fake_streams() as streams, fake_streams() as elsewhere:
        streams.redirects_to = elsewhere.address
        heard = Heard()
        async with following(await opened(streams), heard):
            (lost,) = await heard.wait_for(FeedLost, feed="account")

        assert "307" in lost.reason
        assert streams.opened[ACCOUNT] == 1
        assert elsewhere.opened == {}


async def test_f175_the_key_is_not_in_the_log_even_at_its_loudest(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told = Told()
    async with fake_streams() as streams:
        streams.scripts[ACCOUNT] = in_turn(close_normally, sending(frame(1, {"isSnapshot": True, "orders": []})))
        heard = Heard()
        async with following(await opened(streams, told), heard):
            await heard.wait_for(OrdersReported)

    ours = [record.getMessage() for record in caplog.records if record.name != "websockets.server"]
    assert API_KEY not in " ".join(ours) + repr(heard.events) + repr(told)
