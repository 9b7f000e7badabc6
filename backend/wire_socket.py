"""Sockets on which a message that was made once can be written as it is: no task, no queue and no encoding for each viewer.

With a thousand viewers the web framework's way (wake a task, wrap, frame, write) costs the bot's loop twenty times as much. What
the other side may send, and how long it may take to go, is limited here too, because the server's own socket waits for ever.
"""

import asyncio
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import State

EXTENSION: Final = "mmbot.wire"
"""Where an open socket's wire is found in the scope, when this program serves it itself."""
MOST_BUFFERED: Final = 512 * 1024
"""Bytes that may wait in our own memory for one viewer; the system's buffer comes before it."""
LINGER_S: Final = 3.0
"""How long what was said last may take to leave once the conversation is over."""
HEARD_BURST: Final = 16 * 1024
HEARD_PER_S: Final = 2 * 1024
"""Bytes that a viewer may send: a token, now and then a word, and the answers to pings."""


def frame_of(payload: bytes) -> bytes:
    """Return a whole text message as it stands on the wire, unmasked, as servers send it."""
    return Frame(Opcode.TEXT, payload).serialize(mask=False)


class Wire:
    """One viewer's connection."""

    def __init__(self, protocol: WebSocketsSansIOProtocol, most_buffered: int = MOST_BUFFERED) -> None:
        self._protocol = protocol
        self._most_buffered = most_buffered

    def write(self, frame: bytes) -> bool:
        """Write a whole frame; False when the viewer is so far behind that it should be given up. Never waits."""
        transport = self._protocol.transport
        if transport.is_closing() or self._protocol.close_sent:
            return True  # it has ended; whoever serves it is about to notice
        if transport.get_write_buffer_size() > self._most_buffered:
            return False
        transport.write(frame)
        return True

    def abort(self) -> None:
        """Cut the connection: what waits in it would never be read."""
        self._protocol.transport.abort()


class WireSocket(WebSocketsSansIOProtocol):
    """The server's socket, which hands its wire to the application, hears within limits and does not linger."""

    _may_hear: float = HEARD_BURST
    _heard_s: float | None = None
    _lingering: asyncio.TimerHandle | None = None

    async def run_asgi(self) -> None:
        scope: Any = self.scope
        if not self.conn.extensions:  # a compressed message depends on those before it: each viewer would need its own
            scope["extensions"][EXTENSION] = Wire(self)
        await super().run_asgi()
        if not self.disconnected:
            self._lingering = self.loop.call_later(LINGER_S, self.transport.abort)

    def data_received(self, data: bytes) -> None:
        if self._may_speak(len(data)):
            super().data_received(data)
        elif self.conn.state is State.OPEN:
            self.conn.fail(CloseCode.POLICY_VIOLATION, "too much was sent")
            self.handle_parser_exception()
        else:
            self.transport.abort()

    def keepalive_timeout(self) -> None:
        """Cut off who answers no ping: waiting until what was said has left may take for ever."""
        super().keepalive_timeout()
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._lingering is not None:
            self._lingering.cancel()
        super().connection_lost(exc)

    def _may_speak(self, length: int) -> bool:
        """Count what was sent; the first piece is the request itself, whose length is limited before it gets here."""
        now_s, before_s = self.loop.time(), self._heard_s
        self._heard_s = now_s
        if before_s is None:
            return True
        self._may_hear = min(HEARD_BURST, self._may_hear + (now_s - before_s) * HEARD_PER_S) - length
        return self._may_hear >= 0
