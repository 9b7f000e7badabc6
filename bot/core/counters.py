"""What is counted in one run, and the exchange's refusals that mean more than one order."""

from typing import Final

BROKEN_ORDER_CODES: Final = frozenset({400, 422, 1100, 1101, 1102, 1121, 1123, 1124, 1125, 1130, 1131, 1132, 1133, 1143, 1144})
"""Refusals that repeat for every order because something of ours is wrong: stop, never loop."""

EDIT_NOT_FOUND: Final = 1142
"""The order to be replaced is not open (any more): usually it was just filled. Ask, do not conclude."""


class Counters:
    """The figures of the documents, counted for this run."""

    def __init__(self) -> None:
        self.orders_placed = 0
        self.orders_ended = 0
        self.orders_filled = 0
        """Ended orders of the bot with at least one fill."""
        self.fills = 0
        self.rejects: dict[str, int] = {}

    @property
    def fill_rate(self) -> float | None:
        """Share of the bot's ended orders that had at least one fill; None before the first has ended."""
        return self.orders_filled / self.orders_ended if self.orders_ended else None
