"""Viewers of the bots of a virtual world: each holds what it was told, and is compared with what the server holds."""

import asyncio
import json
from random import Random
from typing import Any

from backend.broadcaster import Broadcaster, Viewer
from backend.diff import apply_patch
from backend.selection import EVERYTHING, Selection
from bot.observers.feed import Feed
from tests.support.virtual_world import MARKET, VirtualBot, World

WANTED = (EVERYTHING, Selection(frozenset({"orders", "positions", "trades"})), Selection(frozenset(), frozenset({MARKET})))


class Gallery:
    """Gives every bot of a world a feed, a broadcaster, and viewers that come, lag, leave and ask again."""

    def __init__(self, world: World, seed: object) -> None:
        self.world = world
        self.random = Random(f"{seed} gallery")
        self.messages = 0
        self.compared = 0
        self.snapshots = 0
        self.drops = 0
        self.snapshot_bytes = 0
        self.diff_bytes = 0
        self.diffs = 0
        self.longest = 0
        """Most messages that one viewer folded into one snapshot's picture without asking again."""
        self.wrong: list[str] = []
        """What a viewer held and the server did not, or a number that was missing."""
        start = world.bot

        def started(*arguments: Any, **named: Any) -> VirtualBot:
            made = start(*arguments, **named)
            self._follow(made)
            return made

        world.bot = started

    def _follow(self, bot: VirtualBot) -> None:
        feed = Feed(bot.engine)
        bot.maker.watchers.append(feed.record)

        def picture() -> dict[str, Any]:
            exchange = {"status": bot.maker.exchange_status, "detail": bot.maker.exchange_detail}
            config = bot.maker.config.model_dump(mode="json")
            return feed.picture(bot.clock.now_ms(), market=MARKET, env="paper", exchange=exchange, config=config)

        broadcaster = Broadcaster(picture, feed.changed, bot.clock)
        self.world.begin(broadcaster.run(), bot)
        for selection in WANTED:
            self.world.begin(self._view(broadcaster, selection, pause_s=0.0), bot)
        self.world.begin(self._view(broadcaster, EVERYTHING, pause_s=0.4), bot)
        self.world.begin(self._view(broadcaster, EVERYTHING, pause_s=0.0, leaves=False), bot)

    async def _view(self, broadcaster: Broadcaster, selection: Selection, *, pause_s: float, leaves: bool = True) -> None:
        """Look on for ever: take a snapshot, apply differences, leave or lag now and then, and come back."""
        while True:
            viewer = broadcaster.join(selection=selection, queue_length=16)
            assert viewer is not None
            try:
                await self._hold(broadcaster, viewer, pause_s, self.random.randint(20, 2_000) if leaves else None)
            except AssertionError as wrong:
                self.wrong.append(f"{self.world.now_s:.3f} {wrong}")
            self.drops += viewer.why == "too slow"
            broadcaster.leave(viewer)
            await asyncio.sleep(self.random.uniform(0.0, 2.0))

    async def _hold(self, broadcaster: Broadcaster, viewer: Viewer, pause_s: float, stays: int | None) -> None:
        held: Any = None
        seq = together = 0
        while together != stays and not viewer.ended.is_set():
            text = await viewer.next()
            message = json.loads(text)
            self.messages += 1
            if message["type"] == "snapshot":
                held, seq = message["data"], message["seq"]
                self.snapshots, self.snapshot_bytes = self.snapshots + 1, self.snapshot_bytes + len(text)
            else:
                assert message["seq"] == seq + 1, f"number {message['seq']} came after {seq}"
                held, seq = apply_patch(held, message["data"]), message["seq"]
                self.diffs, self.diff_bytes = self.diffs + 1, self.diff_bytes + len(text)
            if seq == broadcaster.seq:
                expected = viewer.selection.of(broadcaster.picture)
                assert held == expected, f"the viewer's picture differs under number {seq}: {_differences(held, expected)}"
                self.compared += 1
            if stays is not None and self.random.random() < 0.002:
                broadcaster.send_snapshot(viewer)
            if pause_s:
                await asyncio.sleep(self.random.uniform(0.0, pause_s))
            together += 1
            self.longest = max(self.longest, together)


def _differences(held: Any, expected: dict[str, Any]) -> list[str]:
    return [key for key in held.keys() | expected.keys() if held.get(key) != expected.get(key)]
