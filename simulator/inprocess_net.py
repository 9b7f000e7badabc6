"""Connections between programs on one virtual loop: bytes arrive in order, a moment later, unless trouble was asked for.

A pair of transports stands for one TCP connection. What is written waits for its moment of arrival; a reader that pauses makes
the writer pause, as full buffers do; a program that is cut off keeps its connections, and what was sent to or from it arrives
when it is reachable again. A program that is killed has its connections reset.
"""

import asyncio
import errno
import socket
from collections import deque
from collections.abc import Callable, Iterable
from contextvars import Context
from random import Random
from typing import Any, Final

from simulator.inprocess_loop import Program, VirtualLoop, context_of, present_program

HIGH_WATER_BYTES: Final = 256 * 1024
LOW_WATER_BYTES: Final = 64 * 1024
LOOPBACK: Final = "127.0.0.1"
_EOF: Final = None


class MemoryTransport(asyncio.Transport):
    """One end of a connection."""

    def __init__(self, net: "MemoryNet", program: Program | None, addresses: tuple[tuple[str, int], tuple[str, int]]) -> None:
        super().__init__({"sockname": addresses[0], "peername": addresses[1]})
        self._net = net
        self.program = program
        self.context: Context = context_of(program)
        self.peer: MemoryTransport
        self._protocol: Any = None
        self._arriving: deque[tuple[float, bytes | None]] = deque()
        self._arriving_bytes = 0
        self._timer: asyncio.TimerHandle | None = None
        self._is_reading = True
        self._is_closing = False
        self._is_lost = False
        self._peer_is_full = False

    # ── what protocols call ──

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._is_closing or self._is_lost or not data:
            return
        self.peer.take(bytes(data))
        if not self._peer_is_full and self.peer.waiting_bytes > HIGH_WATER_BYTES:
            self._peer_is_full = True
            self._protocol.pause_writing()

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        self.write(b"".join(list_of_data))

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        if not (self._is_closing or self._is_lost):
            self.peer.take(_EOF)

    def close(self) -> None:
        if self._is_closing or self._is_lost:
            return
        self._is_closing = True
        self.peer.take(_EOF)
        self._net.loop.call_soon(self._lose, None, context=self.context)

    def abort(self) -> None:
        self._reset(ConnectionResetError(errno.ECONNRESET, "the other side reset the connection"))

    def is_closing(self) -> bool:
        return self._is_closing or self._is_lost

    def is_reading(self) -> bool:
        return self._is_reading

    def pause_reading(self) -> None:
        self._is_reading = False

    def resume_reading(self) -> None:
        self._is_reading = True
        self.schedule()

    def get_protocol(self) -> asyncio.Protocol:
        protocol: asyncio.Protocol = self._protocol
        return protocol

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Keep the limits as they are: they stand for the kernel's buffers."""

    def get_write_buffer_size(self) -> int:
        return 0

    # ── what arrives ──

    @property
    def waiting_bytes(self) -> int:
        return self._arriving_bytes

    def take(self, data: bytes | None) -> None:
        """Let data, or the end of them, arrive here in a moment, never before what was sent earlier."""
        if self._is_lost:
            return
        due_s = self._net.loop.time() + self._net.delay_s()
        if self._arriving:
            due_s = max(due_s, self._arriving[-1][0])
        self._arriving.append((due_s, data))
        self._arriving_bytes += len(data or b"")
        self.schedule()

    def schedule(self) -> None:
        """Make sure that the next arrival happens, if it can."""
        if self._timer is not None or not self._arriving or not self._is_reading or self._is_lost:
            return
        if self._net.is_cut(self.program, self.peer.program):
            return
        self._timer = self._net.loop.call_at(max(self._arriving[0][0], self._net.loop.time()), self._arrive, context=self.context)

    def _arrive(self) -> None:
        self._timer = None
        chunks: list[bytes] = []
        now_s, is_over = self._net.loop.time() + 1e-9, False
        if not self._net.is_cut(self.program, self.peer.program):
            while self._arriving and self._arriving[0][0] <= now_s and self._is_reading:
                _, data = self._arriving.popleft()
                if data is None:
                    is_over = True
                    break
                chunks.append(data)
        if chunks and not self._is_lost:
            data = b"".join(chunks)
            self._arriving_bytes -= len(data)
            self.peer.drained()
            self._protocol.data_received(data)
        if is_over and not self._is_lost:
            self._end()
        self.schedule()

    def drained(self) -> None:
        """The other side has read: go on writing if there is room again."""
        if self._peer_is_full and self.peer.waiting_bytes <= LOW_WATER_BYTES:
            self._peer_is_full = False
            if not self._is_lost:
                self._net.loop.call_soon(self._protocol.resume_writing, context=self.context)

    def _end(self) -> None:
        keep_open = self._protocol.eof_received()
        if not keep_open:
            self.close()

    # ── the end ──

    def _reset(self, error: OSError) -> None:
        if self._is_lost:
            return
        self._is_closing = True
        loop = self._net.loop
        loop.call_soon(self._lose, None, context=self.context)
        if not self._net.is_cut(self.program, self.peer.program):
            due_s = max(loop.time() + self._net.delay_s(), self.peer.last_due_s)
            loop.call_at(due_s, self.peer.broken, error, context=self.peer.context)

    @property
    def last_due_s(self) -> float:
        return self._arriving[-1][0] if self._arriving else 0.0

    def broken(self, error: OSError) -> None:
        """The other side is gone without a goodbye."""
        if self._is_reading:
            self._arrive()
        self._lose(error)

    def die(self) -> None:
        """The program of this side was killed: its system resets the connection."""
        self._is_closing = self._is_lost = True
        self._net.forget(self)
        self._net.dead.append(self)
        loop = self._net.loop
        error = ConnectionResetError(errno.ECONNRESET, "the other side reset the connection")
        if not self._net.is_cut(self.program, self.peer.program):
            loop.call_at(loop.time() + self._net.delay_s(), self.peer.broken, error, context=self.peer.context)

    def _lose(self, error: OSError | None) -> None:
        if self._is_lost:
            return
        self._is_closing = self._is_lost = True
        self._net.forget(self)
        self._arriving.clear()
        self._protocol.connection_lost(error)


class MemoryNet:
    """Who listens where, who can reach whom, and how long bytes take."""

    def __init__(self, loop: VirtualLoop, random: Random, *, latency_ms: tuple[float, float] = (0.5, 2.0)) -> None:
        self.loop = loop
        self.latency_ms = latency_ms
        """Shortest and longest way of one message, drawn evenly."""
        self.names_fail = False
        """True: no name is found any more."""
        self.opened = 0
        """Connections made so far."""
        self._random = random
        self._listeners: dict[tuple[str, int], tuple[Callable[[], asyncio.Protocol], Program | None]] = {}
        self._cut: set[Program] = set()
        self._ends: dict[MemoryTransport, None] = {}
        self.dead: list[MemoryTransport] = []
        self._next_port = 40_000
        loop.wires = self

    # ── what the loop asks ──

    async def look_up(self, host: str, port: int) -> list[Any]:
        """Resolve a name; raises `socket.gaierror` while names fail."""
        await asyncio.sleep(self.delay_s())
        if self.names_fail:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        del host
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (LOOPBACK, port))]

    async def reach(self, host: str, port: int) -> None:
        """Arrive at an address, or be refused there; while cut off, wait until the caller gives up."""
        if host != LOOPBACK:
            host = (await self.look_up(host, port))[0][4][0]
        await asyncio.sleep(self.delay_s() + self.delay_s())
        program = present_program()
        while self.is_cut(program, self._listeners.get((host, port), (None, None))[1]):  # noqa: ASYNC110 - no bell rings
            await asyncio.sleep(0.5)
        if (host, port) not in self._listeners:
            raise ConnectionRefusedError(errno.ECONNREFUSED, f"Connect call failed ('{host}', {port})")

    async def open(
        self, factory: Callable[[], asyncio.Protocol], host: str, port: int
    ) -> tuple[asyncio.Transport, asyncio.Protocol]:
        """Join the caller with the listener of an address."""
        listener = self._listeners.get((LOOPBACK, port))
        if listener is None:
            raise ConnectionRefusedError(errno.ECONNREFUSED, f"Connect call failed ('{host}', {port})")
        self.opened += 1
        self._next_port += 1
        here, there = (LOOPBACK, self._next_port), (LOOPBACK, port)
        ours = MemoryTransport(self, present_program(), (here, there))
        theirs = MemoryTransport(self, listener[1], (there, here))
        ours.peer, theirs.peer = theirs, ours
        for end in (ours, theirs):
            self._ends[end] = None
        server = theirs.context.run(listener[0])
        theirs.set_protocol(server)
        theirs.context.run(server.connection_made, theirs)
        client = factory()
        ours.set_protocol(client)
        client.connection_made(ours)
        return ours, client

    # ── listening ──

    def listen(self, port: int, factory: Callable[[], asyncio.Protocol], program: Program | None) -> None:
        """Answer connections to a port."""
        self._listeners[LOOPBACK, port] = (factory, program)

    def stop_listening(self, port: int) -> None:
        """Refuse connections to a port from now on; the open ones stay."""
        self._listeners.pop((LOOPBACK, port), None)

    # ── trouble ──

    def cut_off(self, program: Program) -> None:
        """Let nothing reach a program, and nothing of it reach anybody, until `reconnect`."""
        self._cut.add(program)

    def reconnect(self, program: Program) -> None:
        """Let everything that waited arrive."""
        self._cut.discard(program)
        for end in list(self._ends):
            end.schedule()

    def reset_all(self, program: Program) -> int:
        """Break every connection of a program from outside; return how many there were."""
        ends = [end for end in self._ends if end.program is program]
        for end in ends:
            for each in (end, end.peer):
                error = ConnectionResetError(errno.ECONNRESET, "reset on the way")
                self.loop.call_soon(each.broken, error, context=each.context)
        return len(ends)

    def hang_up(self, program: Program) -> None:
        """Let a program drop all its connections itself."""
        for end in [end for end in self._ends if end.program is program]:
            end.abort()

    def bury(self, program: Program) -> None:
        """A program was killed: reset its connections."""
        for end in [end for end in self._ends if end.program is program]:
            end.die()

    def clean_up(self) -> None:
        """Tell the killed sides as well, when the run is over and their programs are taken apart."""
        for end in self.dead:
            self.loop.call_soon(end.get_protocol().connection_lost, None, context=end.context)
        self.dead.clear()

    def is_cut(self, one: Program | None, other: Program | None) -> bool:
        """Say whether nothing passes between two programs now."""
        return one is not other and (one in self._cut or other in self._cut)

    def delay_s(self) -> float:
        """Draw how long one message takes."""
        shortest, longest = self.latency_ms
        return self._random.uniform(shortest, longest) / 1000

    def forget(self, end: MemoryTransport) -> None:
        self._ends.pop(end, None)
