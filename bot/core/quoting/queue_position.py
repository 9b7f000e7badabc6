"""How much stands in front of our own orders at their price.

The exchange publishes the size of a level, never who is where in it. Trades at our price come off the front. When the level
shrinks for another reason, somebody left: the risk-averse model believes that nobody in front of us did, as far as the level
allows; a probabilistic one lets the share `p` that left stand behind us, with b behind and f in front of us. Sources: Rigtorp
(2013); the family of models known from public backtesters.

    chg = old level - new level - trades since;   if chg > 0:  F = min(F - (1-p)·chg + min(b - p·chg, 0), new level)
"""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

ShareBehind = Callable[[float, float], float]
"""(in front, behind) -> share of cancelled size that stood behind us."""


def _against_sum(weigh: Callable[[float], float]) -> ShareBehind:
    def share(front: float, behind: float) -> float:
        total = weigh(behind) + weigh(front)
        return weigh(behind) / total if total > 0 else 1.0

    return share


def _against_whole(weigh: Callable[[float], float]) -> ShareBehind:
    def share(front: float, behind: float) -> float:
        whole = weigh(behind + front)
        return weigh(behind) / whole if whole > 0 else 1.0

    return share


def power(exponent: float) -> ShareBehind:
    """Return b^n ÷ (b^n + f^n): a larger power moves us more when we stand at the back, less at the front."""
    return _against_sum(lambda size: float(size**exponent))


def power_complement(exponent: float) -> ShareBehind:
    """Return 1 - (f ÷ (f + b))^n."""

    def share(front: float, behind: float) -> float:
        whole = front + behind
        return 1.0 - (front / whole) ** exponent if whole > 0 else 1.0

    return share


RISK_AVERSE: Final = "risk_averse"
QUEUE_MODELS: Final[Mapping[str, ShareBehind | None]] = MappingProxyType(
    {
        RISK_AVERSE: None,
        "power1": power(1.0),
        "power2": power(2.0),
        "power2_whole": _against_whole(lambda size: size * size),
        "power3_complement": power_complement(3.0),
        "log": _against_sum(math.log1p),
        "log_whole": _against_whole(math.log1p),
    }
)


class QueuePlace:
    """One order's place in one level. `ahead` may become negative: so much has traded past us."""

    def __init__(self, level: float, model: str = RISK_AVERSE) -> None:
        self._share_behind = QUEUE_MODELS[model]
        self.ahead = float(level)
        self.level = float(level)
        self._traded = 0.0

    def traded(self, size: float) -> None:
        """Take a trade at our price."""
        self.ahead -= size
        self._traded += size

    def resized(self, level: float) -> None:
        """Take the level's new size, ours not counted."""
        left = self.level - level - self._traded
        self._traded = 0.0
        if self._share_behind is None or left <= 0:
            self.ahead = min(self.ahead, level)
        else:
            behind = max(0.0, self.level - self.ahead)
            share = self._share_behind(max(0.0, self.ahead), behind)
            self.ahead = min(self.ahead - (1 - share) * left + min(behind - share * left, 0.0), level)
        self.level = level

    @property
    def share_ahead(self) -> float:
        """Return the part of the level that stands in front of us, 0 (next in line) to 1 (last)."""
        return min(1.0, max(0.0, self.ahead) / self.level) if self.level > 0 else 0.0


class Resting(msgspec.Struct, frozen=True, kw_only=True):
    """An order of ours that rests: its id, its price in ticks and what is left of it in lots."""

    order_id: str
    is_bid: bool
    price: int
    remaining: int


class QueueWatch:
    """Follows the places of all our resting orders in one market."""

    def __init__(self, model: str = RISK_AVERSE) -> None:
        self._model = model
        self._places: dict[str, QueuePlace] = {}
        self._orders: dict[str, Resting] = {}

    def look(self, orders: tuple[Resting, ...], size_at: Callable[[bool, int], int]) -> None:
        """Take our resting orders and the book; `size_at(is_bid, price)` is a level's whole size in lots, ours included.

        An order that is new here joins at the end of what the level holds now besides us: a level that does not show our order
        yet makes us think a little less is ahead than truly is, by our own size at most.
        """
        known = {order.order_id for order in orders}
        for order_id in set(self._places) - known:
            del self._places[order_id]
        for order in orders:
            others = float(max(0, size_at(order.is_bid, order.price) - order.remaining))
            place = self._places.get(order.order_id)
            if place is None or self._orders[order.order_id].price != order.price:
                self._places[order.order_id] = QueuePlace(others, self._model)
            elif others != place.level:
                place.resized(others)
        self._orders = {order.order_id: order for order in orders}

    def traded(self, *, taker_sells: bool, price: int, size: int) -> None:
        """Take a public trade: what sold hit the bids at its price."""
        for order_id, order in self._orders.items():
            if order.is_bid == taker_sells and order.price == price:
                self._places[order_id].traded(size)

    def place(self, order_id: str) -> QueuePlace | None:
        """Return the estimated place of an order; None for one that is not watched."""
        return self._places.get(order_id)
