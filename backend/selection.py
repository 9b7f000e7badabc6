"""Which part of the picture a viewer wants: some topics, some markets.

The difference of two chosen parts is what the viewer gets, so it always adds up to the chosen part of the picture.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from bot.core.errors import InvalidInput
from bot.core.market import market_name

TOPICS: Final = (
    "bot",
    "exchange",
    "config",
    "markets",
    "positions",
    "balance",
    "orders",
    "trades",
    "metrics",
    "day",
    "risk",
    "books",
)
ALWAYS: Final = frozenset({"env", "shadow", "sources", "clock_ms"})
"""In every message: where it comes from, and how old its sources are."""
BY_MARKET: Final = frozenset({"markets", "positions", "day"})
"""Parts whose keys are markets."""
WITH_MARKET: Final = frozenset({"orders", "trades"})
"""Parts whose rows name their market."""
MOST_WORDS: Final = 50

Picture = dict[str, Any]


class Selection(msgspec.Struct, frozen=True):
    """Topics and markets; empty means all of them."""

    topics: frozenset[str] = frozenset()
    markets: frozenset[str] = frozenset()

    @property
    def is_everything(self) -> bool:
        return not self.topics and not self.markets

    def of(self, picture: Picture) -> Picture:
        """Return the chosen part; parts that are taken whole are the same objects as in the picture."""
        if self.is_everything:
            return picture
        return {
            topic: self._rows(topic, part)
            for topic, part in picture.items()
            if topic in ALWAYS or not self.topics or topic in self.topics
        }

    def _rows(self, topic: str, part: Any) -> Any:
        if not self.markets or not isinstance(part, dict):
            return part
        if topic in BY_MARKET:
            return {name: row for name, row in part.items() if name in self.markets}
        if topic in WITH_MARKET:
            return {key: row for key, row in part.items() if row.get("market") in self.markets}
        if topic == "balance" and "mark_prices" in part:
            return {**part, "mark_prices": {name: price for name, price in part["mark_prices"].items() if name in self.markets}}
        return part


EVERYTHING: Final = Selection()


def selection_of(query: Mapping[str, str]) -> Selection:
    """Return what `topics` and `markets` of a socket's address ask for, words separated by commas.

    Raises: InvalidInput for a topic that does not exist or a market that cannot be one.
    """
    topics, markets = _words(query, "topics"), _words(query, "markets")
    unknown = sorted(set(topics) - set(TOPICS))
    if unknown:
        raise InvalidInput("topics", unknown[0][:40], ", ".join(TOPICS))
    return Selection(frozenset(topics), frozenset(market_name(each) for each in markets))


def _words(query: Mapping[str, str], name: str) -> list[str]:
    words = [word for word in query.get(name, "").split(",") if word]
    if len(words) > MOST_WORDS:
        raise InvalidInput(name, f"{len(words)} words", f"at most {MOST_WORDS}")
    return words
