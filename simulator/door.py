"""Who gets in: a bounded number of connections, and none that comes and says nothing."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from simulator.site import Site

strangers_log: Final = logging.getLogger("simulator.door")
"""Of the web server: what strangers send is no news, what breaks is."""
SPARE_FILES: Final = 64
"""Open files the process keeps for itself."""


def _is_news(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError | ConnectionError)


strangers_log.addFilter(_is_news)


class _Shut(asyncio.Protocol):
    """Hangs up on somebody there is no room for."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            transport.abort()


class _Door(asyncio.Protocol):
    """Passes a connection on to the web server, and hangs up if its first request does not come in time."""

    def __init__(self, behind: asyncio.Protocol, site: Site) -> None:
        self._behind = behind
        self._site = site
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._behind.connection_made(transport)

        def out_of_patience() -> None:
            if id(self._behind) not in self._site.spoken:
                transport.abort()

        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._site.options.first_request_s, out_of_patience)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._site.spoken.discard(id(self._behind))
        self._behind.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._behind.data_received(data)

    def eof_received(self) -> bool | None:
        return self._behind.eof_received()

    def pause_writing(self) -> None:
        self._behind.pause_writing()

    def resume_writing(self) -> None:
        self._behind.resume_writing()


def door_of(site: Site, server: web.Server) -> Callable[[], asyncio.Protocol]:
    """Return what takes a new connection: a door to the server, or a shut one."""
    most = _most_connections(site.options.max_connections)

    def knock() -> asyncio.Protocol:
        return _Shut() if len(server.connections) >= most else _Door(server(), site)

    return knock


def _most_connections(wanted: int) -> int:
    """Return how many connections fit below the process's limit of open files."""
    with suppress(ImportError):  # there is no such limit on Windows
        import resource  # noqa: PLC0415 - not everywhere

        return max(1, min(wanted, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - SPARE_FILES))
    return wanted
