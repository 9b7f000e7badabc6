"""Who listens to what over sockets: bounded queues, one writer per connection, and nobody waits for a slow reader."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from typing import Final, Protocol

from aiohttp import WSMsgType, web

from simulator.fault_frames import StreamTrouble, rubbish
from simulator.faults import Faults
from simulator.frames import Frame
from simulator.options import ServerOptions

_GOODBYE: Final = b""
"""Stands in the queue for the end of the connection."""
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
        self._waiting: asyncio.Queue[tuple[bytes, str | None, float]] = asyncio.Queue(options.queue_frames)
        """Message, what it is counted among (None: not counted), and not before which time of the loop it arrives."""
        self._first_seq = first_seq
        self._next_seq: dict[str, int] = {}
        self._pong = asyncio.Event()
        self._held = b""
        self._due_s = 0.0
        self.delay_s = 0.0
        """How long what is queued from now on is on its way."""
        self.skip_next = 0
        self.twice_next = 0
        self.swap_next = 0
        self.spoil_next: list[str] = []

    def send(self, open_frame: bytes, market: str = "") -> None:
        """Queue an open frame, to be closed with its number; a reader too far behind is cut off."""
        self._queue(open_frame, market if self._options.seq_per_market else "")

    def reply(self, message: bytes) -> None:
        """Queue a whole message that is not counted."""
        self._queue(message, None)

    def _queue(self, message: bytes, among: str | None) -> None:
        try:
            self._waiting.put_nowait((message, among, self._arrival_s()))
        except asyncio.QueueFull:
            self.cut()

    def _arrival_s(self) -> float:
        """Return when a message queued now arrives: never before the one ahead of it."""
        if self.delay_s:
            self._due_s = max(self._due_s, asyncio.get_running_loop().time() + self.delay_s)
        return self._due_s

    def close(self) -> None:
        """Say goodbye (1000) after what is queued."""
        self._queue(_GOODBYE, None)

    def cut(self) -> None:
        """Drop the connection without a goodbye."""
        if self._transport is not None:
            self._transport.abort()

    def note_pong(self) -> None:
        self._pong.set()

    async def write(self) -> None:
        """Send what is queued until the connection ends."""
        while not self._socket.closed:
            message, among, due_s = await self._waiting.get()
            if due_s:
                await asyncio.sleep(due_s - asyncio.get_running_loop().time())
            if message is _GOODBYE:
                await self._socket.close()
            elif among is not None:
                await self._write_frame(message, among)
            else:
                await self._socket.send_frame(message, WSMsgType.TEXT)

    async def _write_frame(self, open_frame: bytes, among: str) -> None:
        seq = self._next_seq.get(among, self._first_seq)
        self._next_seq[among] = seq + 1
        if self.skip_next:
            self.skip_next -= 1
            return
        closed = b'%s,"seq":%d}' % (open_frame, seq)
        if self.spoil_next:
            closed = rubbish(closed, self.spoil_next.pop(0))
        if self.swap_next:
            self.swap_next -= 1
            self._held = closed
            return
        await self._socket.send_frame(closed, WSMsgType.TEXT)
        if self._held:
            held, self._held = self._held, b""
            await self._socket.send_frame(held, WSMsgType.TEXT)
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
        self.connection.send(frame.v1(), frame.key)


class Hub:
    """All open streams by topic."""

    def __init__(self, faults: Faults) -> None:
        self._listeners: defaultdict[Topic, set[Listener]] = defaultdict(set)
        self.faults = faults
        self._trouble = StreamTrouble(faults, self._tell_later)
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
        listeners = self._listening(key, frame.family)
        if not listeners:
            return
        for told in self._trouble.told(key, frame) if self.faults.any or self._trouble.holds_any else [frame]:
            self._send(listeners, key, told)

    def _listening(self, key: str, family: str) -> list[Listener]:
        topics: tuple[Topic, ...] = ((family, key), (family, None))
        return [each for topic in topics for each in self._listeners.get(topic, ())]

    def _tell_later(self, delay_s: float, key: str, frame: Frame) -> None:
        def tell() -> None:
            self._send(self._listening(key, frame.family), key, frame)

        asyncio.get_running_loop().call_later(delay_s, tell)

    def _send(self, listeners: Iterable[Listener], key: str, frame: Frame) -> None:
        delay_s = 0.0
        if self.faults.any:
            delay_s = self._trouble_connections([each.connection for each in listeners], key, frame)
        frame.key = key
        for each in listeners:
            each.connection.delay_s = delay_s
            each.deliver(frame)

    def _trouble_connections(self, connections: list[Connection], key: str, frame: Frame) -> float:
        """Let faults strike that concern how a frame is sent; return how long it is on its way."""
        market = None if frame.family == "account" else key.partition("|")[0]
        for kind in ("gap", "duplicate", "reorder", "rubbish_frames"):
            fault = self.faults.strikes(kind, market, stream=frame.family, word=frame.word)
            if fault is not None:
                for each in connections:
                    each.skip_next += kind == "gap"
                    each.twice_next += kind == "duplicate"
                    each.swap_next += kind == "reorder"
                    if fault.form is not None:
                        each.spoil_next.append(fault.form)
        delay = self.faults.strikes("delay_frames", market, stream=frame.family, word=frame.word)
        return 0.0 if delay is None else delay.delay_ms / 1000

    def close_all(self) -> int:
        """Close every socket with a goodbye; return how many there were."""
        connections = list(self.connections)
        for connection in connections:
            connection.close()
        return len(connections)

    def cut_all(self) -> int:
        """Cut every socket; return how many there were."""
        connections = list(self.connections)
        for connection in connections:
            connection.cut()
        return len(connections)
