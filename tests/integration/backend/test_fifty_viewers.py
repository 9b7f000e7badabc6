"""The documents' load: fifty people look on, and each of their programs asks for the account four times a second."""

import asyncio
import contextlib
import json
from pathlib import Path

from websockets.asyncio.client import connect

from backend.access import Caller
from backend.broadcaster import MOST_VIEWERS
from backend.rates import RateLimits
from bot.clock import SystemClock
from tests.integration.backend.servers import world_on_a_port
from tests.integration.backend.test_socket import address, next_of
from tests.security.raw import ask, request

A_SECOND = 4
SECONDS = 1


def test_fifty_behind_one_address_are_never_told_to_wait() -> None:
    limits = RateLimits()
    paths = ["/api/cached-account"] * A_SECOND + ["/api/bot/status", "/api/bot/logs"]

    refused = [
        caller.path
        for now_ms in range(0, 60_000, 1_000)
        for _ in range(MOST_VIEWERS)
        for caller in map(a_caller, paths)
        if limits.check(caller, now_ms) is not None
    ]

    assert refused == []


def a_caller(path: str) -> Caller:
    return Caller(
        method="GET", path=path, port=1, address="203.0.113.7", hosts=(), origins=(), sites=(), referers=(), authorizations=(),
        came_through_proxy=True,
    )  # fmt: skip


async def test_fifty_viewers_and_two_hundred_requests_a_second_are_all_served(tmp_path: Path) -> None:
    async with world_on_a_port(tmp_path / "home", clock=SystemClock()) as (world, port), contextlib.AsyncExitStack() as stack:
        world.bot.play.ready()
        viewers = [await stack.enter_async_context(connect(address(port))) for _ in range(MOST_VIEWERS)]
        for viewer in viewers:
            assert (await next_of(viewer))["type"] == "snapshot"

        async def ask_on() -> list[int]:
            numbers = []
            for _ in range(A_SECOND * SECONDS):
                answer = await ask(port, request(port, path="/api/cached-account"))
                assert answer.status == 200
                numbers.append(json.loads(answer.body)["seq"])
                await asyncio.sleep(1 / A_SECOND)
            return numbers

        asked = await asyncio.gather(*(ask_on() for _ in range(MOST_VIEWERS)))
        for numbers in asked:
            assert numbers == sorted(numbers)
        assert world.service.broadcaster.stats()["clients"] == MOST_VIEWERS
        assert world.service.broadcaster.drops == 0
