"""One stream connection's life, again and again.

Open, read frames until something is wrong, say that the feed is lost, wait, open again. The wait grows with each
failure and is jittered, so that many connections do not knock together; a connection that held for a while sets it
back. The exchange replays nothing: the first frame after a reconnect is a fresh picture, and what happened in
between is asked for over REST by whoever hears `FeedRestored`.

Liveness and freshness are two things: our pings say that the socket lives (`StreamAlive`), frames say that prices
move. A socket that answers pings but sends nothing for longer than its topic ever pauses is taken for dead.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from typing import Final

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from bot.core.events import FeedLost, FeedRestored, StreamAlive, VenueRefusedKey
from bot.extended.endpoints import USER_AGENT
from bot.extended.frames import FeedBroken, FrameReader
from bot.ports import Clock, Emit
from bot.secret import Secret

MAX_FRAME_BYTES: Final = 16 * 1024 * 1024
"""A full book is 170 kB today; a frame beyond this is refused and the connection recycled."""

MAX_QUEUED_FRAMES: Final = 256
"""Frames the library holds for us; when it is full it stops reading, and the exchange feels the pressure."""

CLOSE_WITHIN_S: Final = 1.0


class StreamSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Times of the streams, in seconds."""

    open_within_s: float = 5.0
    first_frame_within_s: float = 10.0
    ping_every_s: float = 10.0
    pong_within_s: float = 8.0
    wait_first_s: float = 0.25
    wait_longest_s: float = 15.0
    wait_refused_s: float = 60.0
    """After a key or a path was refused: nothing mends itself quickly there."""
    stable_after_s: float = 30.0
    """A connection that held this long starts the waits from the beginning."""
    book_silent_s: float = 90.0
    """The exchange sends a whole book every minute, whether it changed or not."""
    price_silent_s: float = 30.0
    with_funding: bool = True


class StreamNote(msgspec.Struct, frozen=True, kw_only=True):
    """Something for the log and the counters: `kind` is connected, lost, refused, ignored or drifted."""

    kind: str
    feed: str
    market: str | None
    detail: str = ""


OnStream = Callable[[StreamNote], None]


def ignore_stream(_note: StreamNote) -> None:
    """Tell nobody."""


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """One path of the exchange, and who reads its frames."""

    feed: str
    market: str | None
    """None where one connection carries all markets."""
    path: str
    reader: Callable[[], FrameReader]
    """Makes a reader for a new connection; raises FeedBroken when that cannot be."""
    silent_s: float | None = None
    """Longest pause between frames; None where silence is normal."""
    starts_with_frame: bool = False
    """The exchange sends a first frame at once."""
    is_private: bool = False


_SILENT: Final = logging.Logger("streams", logging.CRITICAL + 1)  # noqa: LOG001  nobody may reconfigure it
"""At DEBUG the library writes every header of the handshake, the key among them; so it writes nothing."""


class _Direct(connect):
    """A connection that follows no redirect: the key goes to the configured address or nowhere."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class Follower:
    """Keeps one topic connected and tells what comes. `group` holds the task that pings."""

    def __init__(
        self,
        topic: Topic,
        address: str,
        group: asyncio.TaskGroup,
        *,
        clock: Clock,
        emit: Emit,
        api_key: Secret | None,
        randomness: random.Random,
        settings: StreamSettings,
        on_stream: OnStream,
    ) -> None:
        self._topic, self._address, self._group = topic, address, group
        self._clock, self._emit, self._randomness = clock, emit, randomness
        self._api_key = api_key if topic.is_private else None
        self._settings, self._on_stream = settings, on_stream
        self._failures = 0
        self._is_restored = False
        self._is_lost = False
        self._why_aborted = ""

    async def run(self) -> None:
        """Connect again and again; ends only when the task is cancelled."""
        while True:
            opened_ms = self._clock.monotonic_ms()
            wait_s = await self._follow_once()
            held_ms = self._clock.monotonic_ms() - opened_ms
            self._failures = 1 if held_ms >= self._settings.stable_after_s * 1000 else self._failures + 1
            await self._clock.sleep(self._wait_s() if wait_s is None else wait_s)

    async def _follow_once(self) -> float | None:
        """Follow one connection to its end; return the wait that its end calls for, if it calls for one."""
        self._is_restored, self._why_aborted = False, ""
        try:
            async with self._connection() as socket:
                self._note("connected")
                beat = self._group.create_task(self._beat(socket), name=f"pings of {self._topic.path}")
                try:
                    await self._read(socket)
                finally:
                    beat.cancel()
        except InvalidStatus as refusal:
            return self._refused(refusal.response.status_code)
        except ConnectionClosed as closed:
            self._lose(self._why_aborted or f"the connection was closed: {closed}")
        except (OSError, InvalidHandshake) as trouble:  # an opening that takes too long is an OSError, too
            self._lose(f"no connection: {type(trouble).__name__} {trouble}"[:200])
        return None

    def _connection(self) -> connect:
        settings = self._settings
        return _Direct(
            self._address,
            additional_headers={} if self._api_key is None else {"X-Api-Key": self._api_key.reveal()},
            user_agent_header=USER_AGENT,
            compression=None,
            proxy=None,
            max_size=MAX_FRAME_BYTES,
            max_queue=MAX_QUEUED_FRAMES,
            open_timeout=settings.open_within_s,
            close_timeout=CLOSE_WITHIN_S,
            ping_interval=None,  # `_beat` pings, and tells of the answers
            logger=_SILENT,
        )

    async def _read(self, socket: ClientConnection) -> None:
        """Read frames until one breaks the feed, none comes in time, or the connection ends."""
        topic = self._topic
        try:
            reader = topic.reader()
            if not topic.starts_with_frame and topic.silent_s is None:
                self._restore()  # a first frame may be hours away: being connected is all there is to know
            limit_s = self._settings.first_frame_within_s if topic.starts_with_frame else topic.silent_s
            while True:
                text = await _next_frame(socket, limit_s)
                limit_s = topic.silent_s
                events = reader.read(text, self._clock.now_ms())
                self._restore()
                for event in events:
                    self._emit(event)
                while reader.remarks:
                    self._note(*reader.remarks.pop(0))
        except FeedBroken as broken:
            self._lose(str(broken))

    async def _beat(self, socket: ClientConnection) -> None:
        """Ping and tell of each answer; ends with the connection, and ends a connection that does not answer."""
        while True:
            try:
                async with asyncio.timeout(self._settings.pong_within_s):
                    await (await socket.ping())
            except TimeoutError:
                self._why_aborted = f"no answer to a ping within {self._settings.pong_within_s:g} s"
                socket.transport.abort()
                return
            except ConnectionClosed:
                return
            self._emit(StreamAlive(feed=self._topic.feed, market=self._topic.market, received_ms=self._clock.now_ms()))
            await self._clock.sleep(self._settings.ping_every_s)

    def _restore(self) -> None:
        if self._is_restored:
            return
        self._is_restored, self._is_lost = True, False
        self._emit(FeedRestored(feed=self._topic.feed, market=self._topic.market, received_ms=self._clock.now_ms()))

    def _lose(self, reason: str) -> None:
        """Tell once for each outage; every further failed try is only noted."""
        self._note("lost", reason)
        if self._is_lost:
            return
        self._is_lost = True
        self._emit(
            FeedLost(
                feed=self._topic.feed,
                market=self._topic.market,
                reason=reason,
                received_ms=self._clock.now_ms(),
            )
        )

    def _refused(self, http_status: int) -> float | None:
        was_lost = self._is_lost
        self._lose(f"the exchange refused the connection with HTTP {http_status}")
        if http_status in (401, 403) and self._topic.is_private and not was_lost:
            message = f"the API key is not accepted (HTTP {http_status})"
            self._emit(VenueRefusedKey(exchange_code=http_status, message=message, received_ms=self._clock.now_ms()))
        if http_status == 429:
            return self._jittered(self._settings.wait_longest_s)
        return self._jittered(self._settings.wait_refused_s) if 300 <= http_status < 500 else None

    def _wait_s(self) -> float:
        settings = self._settings
        grown = settings.wait_first_s * 2.0 ** min(self._failures - 1, 30)
        return self._jittered(min(settings.wait_longest_s, grown))

    def _jittered(self, seconds: float) -> float:
        return seconds * self._randomness.uniform(0.5, 1.0)

    def _note(self, kind: str, detail: str = "") -> None:
        topic = self._topic
        self._on_stream(StreamNote(kind=kind, feed=topic.feed, market=topic.market, detail=detail))


async def _next_frame(socket: ClientConnection, limit_s: float | None) -> bytes:
    try:
        async with asyncio.timeout(limit_s):
            return await socket.recv(decode=False)
    except TimeoutError:
        raise FeedBroken(f"connected, but silent for {limit_s:g} s") from None
