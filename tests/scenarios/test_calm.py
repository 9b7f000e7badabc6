"""All faults off: the bot quotes, and the world itself is trustworthy."""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.virtual_world import World


def test_a_bot_quotes_and_its_fills_are_counted() -> None:
    with World(seed=1) as world:
        bot = world.quoting_bot()
        world.run_for(20)
        assert world.hit("BUY") == 1_000
        world.run_for(70)
        world.hit("SELL", 400)
        world.run_for(30)

        assert bot.position == world.true_position() == world.exchange.venue.markets["BTC-USD"].spec.lot_size * 600


def test_c10_without_faults_both_quotes_stand_nearly_always() -> None:
    with World(seed=10, market_flow=True) as world:
        world.quoting_bot()
        looks = stood = 0
        for _ in range(600):
            world.run_for(0.1)
            looks += 1
            stood += len(world.resting()) == 2

        assert stood / looks >= 0.95


def test_same_seed_same_run_and_another_seed_another_run() -> None:
    def digests(seed: int) -> tuple[str, str]:
        with World(seed=seed, market_flow=True) as world:
            bot = world.quoting_bot(spread_percentage=0.0002)
            world.run_for(20)
            return bot.digest.hexdigest(), world.exchange.site.log.hexdigest()

    first = digests(7)

    assert digests(7) == first
    assert digests(8) != first


DIGEST = """
from tests.support.virtual_chaos import misfortune
world = misfortune(2009, seconds=60, journal=True)
print(world.exchange.site.log.hexdigest(), *(bot.digest.hexdigest() for bot in world.bots))
"""


def test_the_same_trouble_is_the_same_run_in_another_process_with_other_hashes(repository: Path) -> None:
    told = set()
    for hash_seed in ("1", "2"):
        ran = subprocess.run(
            [sys.executable, "-c", DIGEST],
            cwd=repository,
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(repository)},
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
        assert ran.returncode == 0, ran.stderr
        told.add(ran.stdout)

    assert len(told) == 1
    assert len(told.pop().split()) >= 2
