"""Which prices can be believed, and how far from them an order may stand.

Four voices tell a price: mark, mid, index and the last trade. A single bad tick (ten times too high, a tenth, zero) is outvoted
by the others; where only one voice is left it must not be far from what was believed just before. A crash moves all voices
together and is believed: stopping is the breakers' business.
"""

from decimal import Decimal
from typing import Final

import msgspec

from bot.core.errors import RiskRefused
from bot.core.market import Market
from bot.core.market_view import MarketView
from bot.core.numbers import plain
from bot.core.orders import Side

AGREE: Final = Decimal("0.02")
"""Voices closer together than this tell the same price."""
JUMP: Final = Decimal("0.05")
"""Largest step that a single voice may make from the price believed before."""
MEMORY_MS: Final = 60_000
"""What was believed longer ago than this says nothing any more."""
OLDEST_MS: Final = {"mark": 5_000, "mid": 30_000, "index": 30_000, "last": 10_000}
ONE: Final = Decimal(1)


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """One market as risk sees it at one moment. Prices in collateral, ages in milliseconds; None: never seen."""

    rules: Market
    now_ms: int
    mark: Decimal | None = None
    mark_age_ms: int | None = None
    mid: Decimal | None = None
    best_bid: Decimal | None = None
    best_ask: Decimal | None = None
    touch_age_ms: int | None = None
    index: Decimal | None = None
    index_age_ms: int | None = None
    last: Decimal | None = None
    last_age_ms: int | None = None
    sigma_fast_bps: float | None = None
    """Volatility in basis points per square root of a second."""
    sigma_slow_bps: float | None = None

    @property
    def market(self) -> str:
        return self.rules.name


def sight_of(view: MarketView, now_ms: int, *, sigma_fast_bps: float | None = None, sigma_slow_bps: float | None = None) -> Sight:
    """Return what risk needs of a market's view."""
    bid, ask, touched_ms = view.touch()
    return Sight(
        rules=view.rules,
        now_ms=now_ms,
        mark=view.mark.value if view.mark else None,
        mark_age_ms=view.mark.age_ms(now_ms) if view.mark else None,
        mid=view.mid(),
        best_bid=view.rules.price(bid.price) if bid else None,
        best_ask=view.rules.price(ask.price) if ask else None,
        touch_age_ms=max(0, now_ms - touched_ms) if touched_ms else None,
        index=view.index.value if view.index else None,
        index_age_ms=view.index.age_ms(now_ms) if view.index else None,
        last=view.last_trade.value if view.last_trade else None,
        last_age_ms=view.last_trade.age_ms(now_ms) if view.last_trade else None,
        sigma_fast_bps=sigma_fast_bps,
        sigma_slow_bps=sigma_slow_bps,
    )


class Believed(msgspec.Struct, frozen=True, kw_only=True):
    """The voices that agree, and those that were outvoted."""

    good: dict[str, Decimal]
    bad: dict[str, Decimal]

    @property
    def price(self) -> Decimal | None:
        """The reference price: mark where it is believed, else mid, index, last; None: nothing can be believed."""
        return next((self.good[name] for name in OLDEST_MS if name in self.good), None)

    @property
    def dearest(self) -> Decimal | None:
        """The higher of mark and mid among the believed: what exposure is valued at, so that a frozen mark hides nothing."""
        return max((self.good[name] for name in ("mark", "mid") if name in self.good), default=self.price)

    def agree_within(self, fraction: Decimal) -> bool:
        """Say whether mark, index and mid are all believed and lie within `fraction` of the lowest of them."""
        if not {"mark", "index", "mid"} <= self.good.keys():
            return False
        three = [self.good[name] for name in ("mark", "index", "mid")]
        return max(three) - min(three) <= fraction * min(three)


NOTHING: Final = Believed(good={}, bad={})


class References:
    """Judges the voices of one market, and remembers what was believed."""

    def __init__(self) -> None:
        self.believed = NOTHING
        self._anchor: Decimal | None = None
        self._anchored_ms = 0

    def judge(self, sight: Sight) -> Believed:
        """Tell the good voices from the bad; too old ones are neither."""
        fresh = _fresh(sight)
        good = self._choose({name: price for name, price in fresh.items() if price > 0}, sight.now_ms)
        self.believed = Believed(good=good, bad={name: price for name, price in fresh.items() if name not in good})
        if (price := self.believed.price) is not None:
            self._anchor, self._anchored_ms = price, sight.now_ms
        return self.believed

    def _choose(self, fresh: dict[str, Decimal], now_ms: int) -> dict[str, Decimal]:
        """Return the largest group that agrees; where two groups are as large, or one voice is alone, memory decides."""
        groups = [{name: price for name, price in fresh.items() if _near(price, centre, AGREE)} for centre in fresh.values()]
        most = max((len(group) for group in groups), default=0)
        best = [group for number, group in enumerate(groups) if len(group) == most and group not in groups[:number]]
        anchor = self._anchor if now_ms - self._anchored_ms <= MEMORY_MS else None
        if len(best) == 1 and (most > 1 or anchor is None):
            return best[0]
        near = [group for group in best if anchor is not None and any(_near(price, anchor, JUMP) for price in group.values())]
        return near[0] if len(near) == 1 else {}


def band_reference(side: Side, sight: Sight, believed: Believed) -> Decimal | None:
    """Return the price that the exchange's band is measured from: the mark, None before the first.

    A mark that is stale gives way to the believed price where that leaves `side` more room: the band becomes wider, never gone.
    """
    price, mark, age_ms = believed.price, sight.mark, sight.mark_age_ms
    if mark is None or age_ms is None or price is None or age_ms <= OLDEST_MS["mark"]:
        return mark
    return max(mark, price) if side is Side.BUY else min(mark, price)


def check_collar(side: Side, price: Decimal, believed: Believed, collar: Decimal) -> None:
    """Refuse a price that pays too much, against mark and against the last trade.

    Raises: RiskRefused without any believed price, or beyond the collar.
    """
    if believed.price is None:
        raise RiskRefused("no_reference_price", "no price of the exchange can be believed: the order's price cannot be checked")
    for name in ("mark", "last"):
        reference = believed.good.get(name, believed.price)
        edge = reference * (ONE + side.sign * collar)
        if (price - edge) * side.sign > 0:
            bound = "at most" if side is Side.BUY else "at least"
            far = f"{float(collar):.2%} from {name if name in believed.good else 'the price'} {plain(reference)}"
            text = f"a {side} may stand {bound} at {edge:.6g}, {far}, asked {plain(price)}"
            raise RiskRefused("price_collar", text)


def _fresh(sight: Sight) -> dict[str, Decimal]:
    voices = {
        "mark": (sight.mark, sight.mark_age_ms),
        "mid": (sight.mid, sight.touch_age_ms),
        "index": (sight.index, sight.index_age_ms),
        "last": (sight.last, sight.last_age_ms),
    }
    return {
        name: price
        for name, (price, age_ms) in voices.items()
        if price is not None and age_ms is not None and age_ms <= OLDEST_MS[name]
    }


def _near(price: Decimal, other: Decimal, fraction: Decimal) -> bool:
    return abs(price - other) <= fraction * min(price, other)
