"""From distances to a wish: every strategy ends here, so that levels, sizes and explanations are the same for all."""

import math
from decimal import Decimal
from typing import Final

import msgspec

from bot.core.notes import Reason
from bot.core.numbers import BPS, plain
from bot.core.orders import Side
from bot.core.quoting.base import WishedLevel, WishedPrices
from bot.core.quoting.breakdown import Breakdown
from bot.core.quoting.crossings import decimal_of, fraction_of_bps
from bot.core.quoting.inventory import taper
from bot.core.quoting.parameters import QuotingSettings
from bot.core.settings import MakerSettings
from bot.core.snapshot import MarketPicture

FARTHEST: Final = Decimal("0.5")
"""No quote stands further from the fair price than this fraction: its price stays positive whatever a model says."""
ONE: Final = Decimal(1)


class Distances(msgspec.Struct, frozen=True, kw_only=True):
    """How far the first bid stands below the fair price and the first ask above, as fractions of it; negative is beyond it."""

    bid: Decimal
    ask: Decimal

    @property
    def half(self) -> Decimal:
        return (self.bid + self.ask) / 2


def distances_of_bps(bid_bps: float, ask_bps: float, max_half_spread_bps: float) -> Distances | Reason:
    """Cross from a model's opinion; the half-spread is kept from nothing to its cap, the skew within reason.

    No number gives a reason.
    """
    half, skew = (bid_bps + ask_bps) / 2, (bid_bps - ask_bps) / 2
    if not (math.isfinite(half) and math.isfinite(skew)):
        return Reason(code="no_number", text=f"the model gives no number: bid distance {bid_bps}, ask distance {ask_bps}")
    half = min(max(half, 0.0), max_half_spread_bps)  # a negative one would turn bid and ask around
    skew = min(max(skew, -2 * max_half_spread_bps), 2 * max_half_spread_bps)
    return Distances(bid=fraction_of_bps("bid distance", half + skew), ask=fraction_of_bps("ask distance", half - skew))


def assemble(
    *,
    fair: Decimal,
    anchor: Decimal,
    distances: Distances,
    picture: MarketPicture,
    settings: MakerSettings,
    quoting: QuotingSettings,
    breakdown: Breakdown,
    edge_bps: float = 0.0,
) -> WishedPrices:
    """Lay the levels behind the first pair, and withdraw a growing side that has no size left.

    Every quote keeps `edge_bps`, or the configured minimum where that is more, from the fair price.
    """
    bid, ask = _kept_apart(distances, max(edge_bps, quoting.min_edge_bps))
    step = _step(distances.half, fair, picture, quoting)
    factors = taper(picture, settings, quoting.soft_position)
    ratio = decimal_of("size ratio", quoting.size_ratio)
    levels: list[WishedLevel] = []
    withdrawn: dict[Side, Reason] = {}
    for side, first in ((Side.BUY, bid), (Side.SELL, ask)):
        if factors[side] <= 0:
            text = f"{side} withheld: position {plain(picture.position)} has reached the limit {plain(settings.max_position)}"
            withdrawn[side] = Reason(code="position_limit", text=text)
            continue
        for level in range(quoting.levels):
            away = min(first + step * level, FARTHEST)
            levels.append(WishedLevel(side=side, price=fair * (ONE - side.sign * away), orders=factors[side] * ratio**level))
    return WishedPrices(
        bid=fair * (ONE - bid),
        ask=fair * (ONE + ask),
        anchor=anchor,
        levels=tuple(levels),
        withdrawn=withdrawn,
        breakdown=breakdown,
    )


def _kept_apart(distances: Distances, edge_bps: float) -> tuple[Decimal, Decimal]:
    """Return the two distances with the minimum edge kept."""
    bid, ask = min(distances.bid, FARTHEST), min(distances.ask, FARTHEST)
    if edge_bps > 0:
        edge = fraction_of_bps("minimum edge", edge_bps)
        return max(bid, edge), max(ask, edge)
    return max(bid, -FARTHEST), max(ask, -FARTHEST)


def _step(half: Decimal, fair: Decimal, picture: MarketPicture, quoting: QuotingSettings) -> Decimal:
    """Return the distance between levels as a fraction: at least half of the half-spread and one tick."""
    tick = picture.rules.tick_size / fair if fair > 0 else Decimal(0)
    return max(fraction_of_bps("level step", quoting.level_step_bps), half / 2, tick)


def as_bps(fraction: Decimal) -> float:
    """Return a fraction as an opinion in basis points."""
    return float(fraction * BPS)
