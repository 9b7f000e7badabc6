"""Clients that a test opened are closed after it, also when it failed."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integration.extended import fakes


@pytest_asyncio.fixture(autouse=True)
async def close_clients() -> AsyncIterator[None]:
    yield
    while fakes.OPENED:
        await fakes.OPENED.pop().close()
