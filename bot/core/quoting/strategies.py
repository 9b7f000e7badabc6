"""Strategies by their configured names."""

from bot.core.quoting.avellaneda_stoikov import AvellanedaStoikov
from bot.core.quoting.base import Strategy
from bot.core.quoting.composite import Composite
from bot.core.quoting.glft import Glft
from bot.core.quoting.grid import Grid
from bot.core.quoting.parameters import QuotingSettings
from bot.core.quoting.simple import Simple


def strategy_of(quoting: QuotingSettings) -> Strategy:
    """Return the strategy that these settings name; they have been validated."""
    match quoting.strategy:
        case "composite":
            return Composite(quoting)
        case "glft":
            return Glft(quoting)
        case "avellaneda_stoikov":
            return AvellanedaStoikov(quoting)
        case "grid":
            return Grid(quoting)
        case name:
            assert name == "simple", f"{name} is not a strategy"
            return Simple()
