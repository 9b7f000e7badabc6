"""A client that says exactly what a test wants, byte for byte."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

from backend.patient_http import PatientHttp
from backend.wire_socket import WireSocket
from tests.integration.backend.servers import serving
from tests.unit.backend.fakes import World

DEADLINE_S = 15.0


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: str


async def ask(port: int, request: bytes) -> Answer:
    """Send bytes and return the answer; status 0 when the connection was cut without one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        async with asyncio.timeout(DEADLINE_S):
            await writer.drain()
            return await _answer(reader)
    except (ConnectionError, asyncio.IncompleteReadError):
        return Answer(0, {}, "")
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Answer(int(head[0].split()[1]), headers, body.decode())


def request(
    port: int, method: str = "GET", path: str = "/api/bot/status", *, body: bytes = b"", host: str = "", **headers: str
) -> bytes:
    """Return a request; header names may be written with underscores."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host or f'127.0.0.1:{port}'}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def upgrade(port: int, **headers: str) -> bytes:
    """Return the request that opens the socket."""
    given = {
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }  # fmt: skip
    return request(port, path="/ws/broadcast", **(given | headers))


@contextlib.asynccontextmanager
async def service(home: Path, **options: Any) -> AsyncIterator[tuple[World, int]]:
    """Serve a fake bot as `mmbot run` would: with the connections' limits."""
    world = World(home, host=None, **options)
    async with serving(world.app, http=PatientHttp, ws=WireSocket, ws_per_message_deflate=False) as port:
        yield world, port
