"""The thread in which proofs play an engine against the venue does what the whole program does."""

import pytest

from bot.config import BotConfig
from bot.core.order_ids import owner_of
from bot.core.orders import Owner
from proofs.stage.lean_world import START_MS as LEAN_START_MS
from proofs.stage.lean_world import Latency, LeanWorld
from simulator.inprocess import Setting
from simulator.options import ServerOptions
from tests.support.virtual_world import START_MS, World

SECONDS = 40
Sent = list[tuple[int, str, int, int]]
"""(milliseconds since the start, side, price in ticks, lots) of every order, oldest first, as the exchange remembers them."""


def whole_program(config: BotConfig) -> Sent:
    options = ServerOptions(verify_signatures=False, best_interval_ms=100)
    with World(seed=3, market_flow=True, setting=Setting(with_flow=True, options=options)) as world:
        world.bot(config)
        world.run_for(SECONDS)
        return [(each.created_ms - START_MS, each.side.value, each.price, each.lots) for each in world.orders()]


def lean(config: BotConfig) -> Sent:
    world = LeanWorld(3, config, latency=Latency(feed_ms=1, order_ms=1, answer_ms=1))
    world.start()
    world.run_until(LEAN_START_MS + SECONDS * 1000)
    ours = [each for each in world.venue.store.by_id.values() if owner_of(each.external_id) is Owner.BOT]
    return [(each.created_ms - LEAN_START_MS, each.side.value, each.price, each.lots) for each in ours]


def quoted(sent: Sent, second: int, side: str) -> int:
    """Return the price that was sent last on a side."""
    return [price for ms, each, price, _ in sent if each == side and ms <= second * 1000][-1]


def test_the_documents_rule_sends_the_same_orders_on_both_ways() -> None:
    config = BotConfig(enabled=True, spread_percentage=0.0004, price_move_threshold=0.0001)

    theirs, ours = whole_program(config), lean(config)

    assert len(ours) > 20
    assert sorted(each[1:] for each in ours) == sorted(each[1:] for each in theirs)
    late = [abs(mine[0] - whole[0]) for mine, whole in zip(ours[2:], theirs[2:], strict=True)]
    assert max(late) <= 5  # the first two wait for the program to connect


def test_a_model_that_thinks_all_the_time_quotes_alike_on_both_ways() -> None:
    """Milliseconds decide when a model looks, so that its orders differ by ticks; what it shows must not."""
    quoting = {"levels": 1, "fair_price": {"microprice": 1.0}}
    config = BotConfig.model_validate({"enabled": True, "spread_percentage": 0.0004, "strategy": "composite", "quoting": quoting})

    theirs, ours = whole_program(config), lean(config)

    assert len(ours) == pytest.approx(len(theirs), rel=0.3)
    half_spread_ticks = 0.0004 * 86_200
    apart = [abs(quoted(ours, at, side) - quoted(theirs, at, side)) for at in range(5, SECONDS) for side in ("BUY", "SELL")]
    assert sum(apart) / len(apart) < 0.2 * half_spread_ticks
