"""The application finds out by itself whether it is open to this machine alone."""

import asyncio
from pathlib import Path

import pytest
from httpx2 import AsyncClient

from tests.integration.backend.servers import serving
from tests.unit.backend.fakes import World


@pytest.mark.parametrize(("host", "status"), [("127.0.0.1", 200), ("0.0.0.0", 401)])
async def test_a_server_that_says_nothing_is_looked_at(tmp_path: Path, host: str, status: int) -> None:
    world = World(tmp_path / "home", host=None)
    async with serving(world.app, host) as port, AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        without = await client.get("/api/bot/status")
        with_token = await client.get("/api/bot/status", headers={"Authorization": f"Bearer {world.token}"})
        health = await client.get("/healthz")

    assert without.status_code == status
    assert with_token.status_code == 200
    assert health.status_code == 200


async def test_http_of_the_first_days_without_a_host_is_refused(tmp_path: Path) -> None:
    world = World(tmp_path / "home", host=None)
    async with serving(world.app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /api/bot/status HTTP/1.0\r\n\r\n")
        async with asyncio.timeout(10):
            answer = await reader.read()
        writer.close()
        await writer.wait_closed()

    assert b" 421 " in answer.partition(b"\r\n")[0]


async def test_two_host_headers_are_refused(tmp_path: Path) -> None:
    world = World(tmp_path / "home", host=None)
    async with serving(world.app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: evil\r\nConnection: close\r\n\r\n".encode())
        async with asyncio.timeout(10):
            answer = await reader.read()
        writer.close()
        await writer.wait_closed()

    assert answer.partition(b"\r\n")[0].split()[1] in (b"421", b"400")
