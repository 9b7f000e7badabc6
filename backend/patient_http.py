"""Connections within limits: whoever sends a request's head too slowly, or opens too many connections, is cut off.

The server itself closes what is idle between two requests; it waits for ever for the rest of a head that was begun.
"""

import asyncio
from collections import Counter
from typing import Any, ClassVar, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_TIMEOUT_S: Final = 10.0
MOST_FROM_ONE_ADDRESS: Final = 250
"""Half of what the server takes in all: one address cannot shut the others out."""

MOST_HEAD_BYTES: Final = 32 * 1024


class PatientHttp(HttpToolsProtocol):
    """One connection."""

    from_address: ClassVar[Counter[str]] = Counter()
    """Open connections of each address; sockets that were taken over are counted elsewhere."""
    head_timeout_s = HEAD_TIMEOUT_S
    most_from_one_address = MOST_FROM_ONE_ADDRESS

    most_head_bytes = MOST_HEAD_BYTES

    _head_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None
    _address: str | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        self._address = address
        self.from_address[address] += 1
        if self.from_address[address] > self.most_from_one_address:
            transport.abort()
            return
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = 0
        self._await_head()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._count(len(name) + len(value))

    def _count(self, more: int) -> None:
        self._head_bytes += more
        if self._head_bytes > self.most_head_bytes:
            self.transport.abort()

    def on_headers_complete(self) -> None:
        self._head_came()
        super().on_headers_complete()

    def handle_websocket_upgrade(self) -> None:
        self._forget()
        super().handle_websocket_upgrade()

    def _await_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_timeout_s, self._too_slow)

    def _head_came(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_slow(self) -> None:
        self._head_timer = None
        if not self.transport.is_closing():
            self.transport.abort()

    def _forget(self) -> None:
        self._head_came()
        if self._address is not None:
            self.from_address[self._address] -= 1
            if self.from_address[self._address] <= 0:
                del self.from_address[self._address]
            self._address = None
