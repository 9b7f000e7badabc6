"""A real server on a spare port of loopback, around a fake bot."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from backend.patient_http import PatientHttp
from backend.wire_socket import WireSocket
from tests.unit.backend.fakes import World

OURS: dict[str, Any] = {"http": PatientHttp, "ws": WireSocket, "ws_per_message_deflate": False}
"""How `mmbot run` serves."""


@contextlib.asynccontextmanager
async def serving(app: FastAPI, host: str = "127.0.0.1", **options: Any) -> AsyncIterator[int]:
    """Serve until the block ends; yields the port."""
    server = uvicorn.Server(uvicorn.Config(app, host=host, port=0, log_config=None, access_log=False, lifespan="on", **options))
    running = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(20):
            while not server.started:
                assert not running.done(), "the server did not start"
                await asyncio.sleep(0.01)
        yield int(server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        async with asyncio.timeout(20):
            await running


@contextlib.asynccontextmanager
async def world_on_a_port(home: Path, **options: Any) -> AsyncIterator[tuple[World, int]]:
    """Serve a fake bot's world; where it listens is found by the application itself."""
    world = World(home, host=None, **options)
    async with serving(world.app, **OURS) as port:
        yield world, port
