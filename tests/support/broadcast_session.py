"""A recorded session of the Broadcaster, for whoever applies its messages in another language.

    python -m tests.support.broadcast_session

writes `tests/vectors/broadcast_session.json`: the messages as one viewer got them while a bot traded through trouble in a virtual
world, and the pictures that the server held under some of their numbers. Tests of both sides read it.
"""

import json
from pathlib import Path
from typing import Any, Final

from backend.broadcaster import Broadcaster
from backend.selection import Selection
from bot.observers.feed import Feed
from tests.support.virtual_chaos import Chaos
from tests.support.virtual_world import MARKET, World

FILE: Final = Path(__file__).resolve().parents[1] / "vectors" / "broadcast_session.json"
WANTED: Final = Selection(frozenset({"bot", "orders", "positions", "trades", "balance", "day"}))
MESSAGES: Final = 240
EVERY: Final = 20
"""Between two pictures that are kept."""


def record(seed: int = 7) -> dict[str, Any]:
    """Return the messages and, by number, the pictures."""
    messages: list[Any] = []
    pictures: dict[str, Any] = {}
    with World(seed=seed, tick_s=0.25) as world:
        chaos = Chaos(world, seed)
        bot = chaos.bot
        feed = Feed(bot.engine)
        bot.maker.watchers.append(feed.record)

        def picture() -> dict[str, Any]:
            return feed.picture(bot.clock.now_ms(), market=MARKET, env="paper", exchange={}, config={})

        broadcaster = Broadcaster(picture, feed.changed, bot.clock)
        viewer = broadcaster.join(selection=WANTED, queue_length=MESSAGES * 2)
        assert viewer is not None

        async def look_on() -> None:
            for number in range(MESSAGES):
                message = json.loads(await viewer.next())
                messages.append(message)
                assert message["seq"] == broadcaster.seq
                if number % EVERY == EVERY - 1:
                    pictures[str(message["seq"])] = json.loads(json.dumps(WANTED.of(broadcaster.picture)))
                if number == MESSAGES // 2:
                    broadcaster.send_snapshot(viewer)

        world.begin(broadcaster.run(), bot)
        world.begin(look_on(), bot)
        chaos.run(40)
    return {"messages": messages, "pictures": pictures}


if __name__ == "__main__":
    FILE.write_text(json.dumps(record(), separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")
