"""The invariants of every run in the virtual world, checked after each round of a bot, each request and each event."""

from typing import TYPE_CHECKING, Any

from bot.core.actions import AnyAction
from simulator.events import Event
from simulator.inprocess import Asked

if TYPE_CHECKING:
    from tests.support.virtual_world import VirtualBot, World


class Checks:
    def __init__(self, world: "World") -> None:
        self.world = world

    def after_round(self, bot: "VirtualBot", actions: list[AnyAction]) -> None:
        pass

    def after_event(self, event: Event) -> None:
        pass

    def after_request(self, asked: Asked) -> None:
        pass

    def at_the_end(self) -> None:
        pass
