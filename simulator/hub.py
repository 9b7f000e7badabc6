"""Who listens to what over sockets: bounded queues, one writer per connection, and nobody waits for a slow reader."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from aiohttp import WSMsgType, web

from simulator.faults import Faults
from simulator.options import ServerOptions

Topic = tuple[str, str | None]
"""A stream's word and its market; None stands for all markets. Accounts use their id as text."""

PUBLIC_TOPICS: Final = ("orderbooks", "best", "trades", "mark", "index", "funding")


class Connection:
    """One socket's outgoing side: frames wait in a bounded queue, sequence numbers are given when they leave."""

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.Transport | None, options: ServerOptions) -> None:
        self._socket = socket
        self._transport = transport
        self._options = options
        self._frames: asyncio.Queue[bytes] = asyncio.Queue(options.queue_frames)
        self._seq = 0
        self._pong = asyncio.Event()
        self.skip_next = 0
        self.twice_next = 0

    def send(self, frame: bytes) -> None:
        """Queue an open frame; a reader too far behind is cut off."""
        try:
            self._frames.put_nowait(frame)
        except asyncio.QueueFull:
            self.cut()

    def cut(self) -> None:
        """Drop the connection without a goodbye."""
        if self._transport is not None:
            self._transport.abort()

    def note_pong(self) -> None:
        self._pong.set()

    async def write(self) -> None:
        """Send queued frames until the connection ends."""
        send = self._socket.send_frame
        while not self._socket.closed:
            frame = await self._frames.get()
            self._seq += 1
            if self.skip_next:
                self.skip_next -= 1
                continue
            closed = b'%s,"seq":%d}' % (frame, self._seq)
            await send(closed, WSMsgType.TEXT)
            if self.twice_next:
                self.twice_next -= 1
                await send(closed, WSMsgType.TEXT)

    async def ping(self) -> None:
        """Ping for as long as the connection lives; cut it when a pong stays out."""
        while not self._socket.closed:
            await asyncio.sleep(self._options.ping_interval_s)
            self._pong.clear()
            await self._socket.ping()
            try:
                await asyncio.wait_for(self._pong.wait(), self._options.pong_timeout_s)
            except TimeoutError:
                self.cut()
                return


class Hub:
    """All open streams by topic."""

    def __init__(self, faults: Faults) -> None:
        self._listeners: defaultdict[Topic, set[Connection]] = defaultdict(set)
        self._faults = faults
        self.connections: set[Connection] = set()

    def join(self, topic: Topic, connection: Connection) -> None:
        self.connections.add(connection)
        self._listeners[topic].add(connection)

    def leave(self, topic: Topic, connection: Connection) -> None:
        self.connections.discard(connection)
        self._listeners[topic].discard(connection)

    def wanted(self, word: str, market: str | None) -> bool:
        return bool(self._listeners.get((word, market)) or self._listeners.get((word, None)))

    def publish(self, word: str, market: str, frame: bytes) -> None:
        """Send one frame to everybody who asked for this market or for all."""
        for topic in ((word, market), (word, None)):
            listeners = self._listeners.get(topic)
            if listeners:
                self._send(listeners, market, frame)

    def _send(self, listeners: Iterable[Connection], market: str, frame: bytes) -> None:
        if self._faults.any:
            if self._faults.strikes("mute_streams") or self._faults.strikes("mute_market", market):
                return
            if self._faults.strikes("gap"):
                for connection in listeners:
                    connection.skip_next += 1
            if self._faults.strikes("duplicate"):
                for connection in listeners:
                    connection.twice_next += 1
        for connection in list(listeners):
            connection.send(frame)

    def cut_all(self) -> int:
        """Cut every socket; return how many there were."""
        connections = list(self.connections)
        for connection in connections:
            connection.cut()
        return len(connections)
