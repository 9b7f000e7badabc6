"""Texts of prices and sizes, counted in steps at the speed of a book's frames."""

from decimal import Decimal
from typing import Final

from bot.core.errors import ProtocolError
from bot.core.market import Market
from bot.extended import translate

REMEMBERED: Final = 20_000
"""Texts kept with their count; the same few thousand prices come again and again."""


class Grid:
    """One step size. `steps` gives how many steps a text is worth, and refuses what lies between two steps."""

    def __init__(self, what: str, step: Decimal) -> None:
        exponent = step.normalize().as_tuple().exponent
        assert isinstance(exponent, int), "market rules hold finite numbers only"
        self._what, self._step = what, step
        self._decimals = max(0, -exponent)
        self._units = int(step.scaleb(self._decimals))
        self._known: dict[str | float, int] = {}

    def steps(self, value: str | float) -> int:
        """Return the signed number of steps.

        Raises: ProtocolError for a text that is no finite number or lies off the grid.
        """
        known = self._known.get(value)
        if known is None:
            known = self._count(value)
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[value] = known
        return known

    def _count(self, value: str | float) -> int:
        text = value if isinstance(value, str) and _is_plain(value) else self._written_out(value)
        whole, _, fraction = text.removeprefix("-").partition(".")
        fraction = fraction.rstrip("0")
        steps, rest = divmod(int(whole + fraction.ljust(self._decimals, "0")), self._units)
        if rest or len(fraction) > self._decimals:
            raise ProtocolError(f"{self._what} {value!r} is not a multiple of {self._step}")
        return -steps if text.startswith("-") else steps

    def _written_out(self, value: str | float) -> str:
        """Return an unusual number (a JSON number, one with an exponent) in plain digits."""
        return format(translate.number(self._what, value), "f")


def _is_plain(text: str) -> bool:
    digits = text.removeprefix("-").replace(".", "", 1)
    return digits.isascii() and digits.isdigit() and len(digits) < translate.MAX_DIGITS


class MarketGrid:
    """The two grids of one market, made once for each version of its rules."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.price = Grid(f"{market.name} price", market.tick_size)
        self.size = Grid(f"{market.name} size", market.lot_size)

    def is_of(self, market: Market) -> bool:
        """Say whether these grids still count what `market` counts."""
        return market is self.market or (market.tick_size == self.market.tick_size and market.lot_size == self.market.lot_size)
