"""Requests nobody thought of, made from our own description: every answer is one that the description promises."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS, load_all_checks

from backend.openapi import schema as description
from backend.rates import Rate, RateLimits
from tests.integration.backend.servers import world_on_a_port
from tests.unit.backend.test_flatten_preview import book

load_all_checks()
schema = schemathesis.openapi.from_dict(description())
LEFT_OUT = (CHECKS.get_one("positive_data_acceptance"),)
"""Which markets exist, and which settings go together, stands in no description: a well-formed request may be refused."""
FEW = settings(
    max_examples=12,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a quoting fake bot in a thread of its own."""
    ready, stop = threading.Event(), threading.Event()
    found: list[str] = []

    async def serve(home: Path) -> None:
        async with world_on_a_port(home) as (world, port):
            world.bot.play.ready()
            world.service.door.rates = RateLimits(*[Rate(burst=10**9, per_second=10**9)] * 2)  # otherwise most were told to wait
            world.bot.happens(book([(86_190, 1_000)], [(86_208, 1_000)]))
            found.append(f"http://127.0.0.1:{port}")
            ready.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve(tmp_path_factory.mktemp("any") / "home")))
    thread.start()
    assert ready.wait(30)
    yield found[0]
    stop.set()
    thread.join(30)


@schema.parametrize()
@FEW
def test_every_answer_is_one_that_the_description_promises(case: schemathesis.Case, address: str) -> None:
    case.call_and_validate(base_url=address, excluded_checks=list(LEFT_OUT))
