"""Who listens to what over sockets: bounded queues, one writer per connection, and nobody waits for a slow reader."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol

from aiohttp import WSMsgType, web

from simulator.faults import Faults
from simulator.frames import Frame
from simulator.options import ServerOptions

Topic = tuple[str, str | None]
"""A stream's family and its key: the market, the account or the candle; None stands for all markets."""


class Connection:
    """One socket's outgoing side: messages wait in a bounded queue, sequence numbers are given when they leave."""

    def __init__(
        self, socket: web.WebSocketResponse, transport: asyncio.Transport | None, options: ServerOptions, *, first_seq: int
    ) -> None:
        self._socket = socket
        self._transport = transport
        self._options = options
        self._waiting: asyncio.Queue[tuple[bytes, bool]] = asyncio.Queue(options.queue_frames)
        self._next_seq = first_seq
        self._pong = asyncio.Event()
        self.skip_next = 0
        self.twice_next = 0

    def send(self, open_frame: bytes) -> None:
        """Queue an open frame, to be closed with its number; a reader too far behind is cut off."""
        self._queue(open_frame, numbered=True)

    def reply(self, message: bytes) -> None:
        """Queue a whole message that is not counted."""
        self._queue(message, numbered=False)

    def _queue(self, message: bytes, *, numbered: bool) -> None:
        try:
            self._waiting.put_nowait((message, numbered))
        except asyncio.QueueFull:
            self.cut()

    def cut(self) -> None:
        """Drop the connection without a goodbye."""
        if self._transport is not None:
            self._transport.abort()

    def note_pong(self) -> None:
        self._pong.set()

    async def write(self) -> None:
        """Send what is queued until the connection ends."""
        while not self._socket.closed:
            message, numbered = await self._waiting.get()
            if numbered:
                await self._write_frame(message)
            else:
                await self._socket.send_frame(message, WSMsgType.TEXT)

    async def _write_frame(self, open_frame: bytes) -> None:
        seq = self._next_seq
        self._next_seq += 1
        if self.skip_next:
            self.skip_next -= 1
            return
        closed = b'%s,"seq":%d}' % (open_frame, seq)
        await self._socket.send_frame(closed, WSMsgType.TEXT)
        if self.twice_next:
            self.twice_next -= 1
            await self._socket.send_frame(closed, WSMsgType.TEXT)

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


class Listener(Protocol):
    """One subscription: where its frames go, and in which protocol."""

    @property
    def connection(self) -> Connection: ...
    def deliver(self, frame: Frame) -> None: ...


class PathListener:
    """A v1 connection: its path is its one subscription."""

    __slots__ = ("connection",)

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def deliver(self, frame: Frame) -> None:
        self.connection.send(frame.v1())


class Hub:
    """All open streams by topic."""

    def __init__(self, faults: Faults) -> None:
        self._listeners: defaultdict[Topic, set[Listener]] = defaultdict(set)
        self._faults = faults
        self.connections: set[Connection] = set()

    def join(self, topic: Topic, listener: Listener) -> None:
        self._listeners[topic].add(listener)

    def leave(self, topic: Topic, listener: Listener) -> None:
        listeners = self._listeners.get(topic, set())
        listeners.discard(listener)
        if not listeners:
            self._listeners.pop(topic, None)

    def wanted(self, family: str, key: str) -> bool:
        return (family, key) in self._listeners or (family, None) in self._listeners

    def keys(self, family: str) -> set[str]:
        """Return the keys somebody listens to in a family."""
        return {key for each, key in self._listeners if each == family and key is not None}

    def publish(self, key: str, frame: Frame) -> None:
        """Send one frame to everybody who asked for its key or for all."""
        for topic in ((frame.family, key), (frame.family, None)):
            listeners = self._listeners.get(topic)
            if listeners:
                self._send(listeners, key, frame)

    def _send(self, listeners: Iterable[Listener], key: str, frame: Frame) -> None:
        if self._faults.any:
            if self._faults.strikes("mute_streams") or self._faults.strikes("mute_market", key):
                return
            if self._faults.strikes("gap"):
                for each in listeners:
                    each.connection.skip_next += 1
            if self._faults.strikes("duplicate"):
                for each in listeners:
                    each.connection.twice_next += 1
        for each in list(listeners):
            each.deliver(frame)

    def cut_all(self) -> int:
        """Cut every socket; return how many there were."""
        connections = list(self.connections)
        for connection in connections:
            connection.cut()
        return len(connections)
