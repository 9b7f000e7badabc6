"""How present our quotes were: uptime, time at the best price, and size within a distance of mark, weighted by time.

A state is counted for as long as it lasted, until the next look. When nobody looked for too long, nobody knows: that time is left
out of the watched time, and shown apart. A day is a UTC day, split exactly at midnight.

Exchanges pay makers by share of volume; `RebateStanding` says which tier a share has reached and how far the next one is.
"""

from collections import OrderedDict
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

import msgspec

from bot.core.orders import Side

DAY_MS: Final = 86_400_000
DAYS_KEPT: Final = 40
LONGEST_LOOK_MS: Final = 5_000
"""Longer than this between two looks means that nobody looked."""
BANDS_BPS: Final = (2, 5, 10, 25, 50, 100)
ZERO: Final = Decimal(0)
BPS: Final = Decimal(10_000)
ONE: Final = Decimal(1)


class Resting(msgspec.Struct, frozen=True):
    """One resting order of ours: price in collateral, size in the base asset."""

    side: Side
    price: Decimal
    size: Decimal


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What stands on the market at one moment."""

    ours: tuple[Resting, ...]
    mark: Decimal | None
    best_bid: Decimal | None
    best_ask: Decimal | None


class Uptime(msgspec.Struct, frozen=True, kw_only=True):
    """What counts as being up: both sides, at least `size` each, within `within_bps` of mark."""

    within_bps: Decimal = Decimal(10)
    size: Decimal = ZERO


class PresenceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One day. Times in milliseconds; sizes times milliseconds."""

    watched_ms: int = 0
    unwatched_ms: int = 0
    up_ms: int = 0
    best_ms: dict[str, int] = {}
    """By side: time for which our best price was the market's best price."""
    quoted_ms: dict[str, int] = {}
    """By side: time for which anything of ours was shown."""
    size_ms: dict[str, Decimal] = {}
    """By "side band": size within so many basis points of mark, times how long."""
    spread_bps_ms: Decimal = ZERO
    both_ms: int = 0

    @property
    def uptime(self) -> float | None:
        """Return the share of the watched time for which the quotes counted as up; None before the first look."""
        return self.up_ms / self.watched_ms if self.watched_ms else None

    def at_best(self, side: Side) -> float | None:
        """Return the share of the watched time for which one side was at the best price."""
        return self.best_ms.get(side, 0) / self.watched_ms if self.watched_ms else None

    def quoted(self, side: Side) -> float | None:
        """Return the share of the watched time for which one side was shown."""
        return self.quoted_ms.get(side, 0) / self.watched_ms if self.watched_ms else None

    def mean_size(self, side: Side, band_bps: int) -> Decimal | None:
        """Return the time-weighted size on one side within `band_bps` of mark, in the base asset."""
        total = self.size_ms.get(f"{side} {band_bps}", ZERO)
        return total / self.watched_ms if self.watched_ms else None

    @property
    def mean_spread_bps(self) -> float | None:
        """Return the time-weighted width between our best prices while both sides were shown."""
        return float(self.spread_bps_ms / self.both_ms) if self.both_ms else None


class Presence:
    """One market's ledger of presence."""

    def __init__(self, uptime: Uptime) -> None:
        self.uptime = uptime
        self.days: OrderedDict[int, PresenceLine] = OrderedDict()
        self._shown: Shown | None = None
        self._since_ms = 0

    def see(self, shown: Shown, now_ms: int) -> None:
        """Take in what stands now; what stood until now is counted for the time since the last look."""
        if self._shown is not None and now_ms > self._since_ms:
            self._count(self._shown, self._since_ms, now_ms)
        self._shown, self._since_ms = shown, max(now_ms, self._since_ms)

    def restore(self, days: dict[int, PresenceLine]) -> None:
        """Go on from the days that an earlier run wrote down."""
        self.days = OrderedDict(sorted(days.items()))

    def _count(self, shown: Shown, from_ms: int, to_ms: int) -> None:
        is_watched = to_ms - from_ms <= LONGEST_LOOK_MS
        while from_ms < to_ms:
            day = from_ms // DAY_MS
            until_ms = min(to_ms, (day + 1) * DAY_MS)
            line = self.days.get(day, PresenceLine())
            if is_watched:
                self.days[day] = _added(line, shown, self.uptime, until_ms - from_ms)
            else:
                self.days[day] = msgspec.structs.replace(line, unwatched_ms=line.unwatched_ms + until_ms - from_ms)
            from_ms = until_ms
        while len(self.days) > DAYS_KEPT:
            self.days.popitem(last=False)


def size_within(ours: Sequence[Resting], side: Side, mark: Decimal, band_bps: Decimal | int) -> Decimal:
    """Return the size on one side whose price lies within `band_bps` of mark, the edge included."""
    reach = mark * band_bps / BPS
    return sum((each.size for each in ours if each.side is side and abs(each.price - mark) <= reach), start=ZERO)


def _added(line: PresenceLine, shown: Shown, uptime: Uptime, ms: int) -> PresenceLine:
    best_ms, quoted_ms, size_ms = dict(line.best_ms), dict(line.quoted_ms), dict(line.size_ms)
    best = {side: _best(shown.ours, side) for side in Side}
    for side, market_best in ((Side.BUY, shown.best_bid), (Side.SELL, shown.best_ask)):
        price = best[side]
        if price is None:
            continue
        quoted_ms[side] = quoted_ms.get(side, 0) + ms
        if market_best is None or (price - market_best) * side.sign >= 0:
            best_ms[side] = best_ms.get(side, 0) + ms
        if shown.mark is not None:
            for band in BANDS_BPS:
                key = f"{side} {band}"
                size_ms[key] = size_ms.get(key, ZERO) + ms * size_within(shown.ours, side, shown.mark, band)
    bid, ask = best[Side.BUY], best[Side.SELL]
    both = bid is not None and ask is not None
    spread = (ask - bid) * 2 / (ask + bid) * BPS if bid is not None and ask is not None else ZERO
    return msgspec.structs.replace(
        line,
        watched_ms=line.watched_ms + ms,
        up_ms=line.up_ms + (ms if _is_up(shown, uptime) else 0),
        best_ms=best_ms,
        quoted_ms=quoted_ms,
        size_ms=size_ms,
        spread_bps_ms=line.spread_bps_ms + spread * ms,
        both_ms=line.both_ms + (ms if both else 0),
    )


def _is_up(shown: Shown, uptime: Uptime) -> bool:
    if shown.mark is None:
        return False
    sizes = [size_within(shown.ours, side, shown.mark, uptime.within_bps) for side in Side]
    return all(size > 0 and size >= uptime.size for size in sizes)


def _best(ours: Sequence[Resting], side: Side) -> Decimal | None:
    prices = [each.price for each in ours if each.side is side]
    if not prices:
        return None
    return max(prices) if side is Side.BUY else min(prices)


# --- the rebate ---------------------------------------------------------------------------------------------------------

REBATE_TIERS: Final = (
    (Decimal("0.005"), Decimal("0.00002")),
    (Decimal("0.01"), Decimal("0.00004")),
    (Decimal("0.025"), Decimal("0.00008")),
    (Decimal("0.05"), Decimal("0.00013")),
)
"""From this share of the exchange's maker volume of 30 days on, this rebate as a fraction of our maker volume."""
LEAST_REBATE: Final = Decimal(10)
"""A day's rebate below this, in collateral, is not paid."""


class RebateStanding(msgspec.Struct, frozen=True, kw_only=True):
    """Where a maker share stands; fractions, and volumes in collateral."""

    share: Decimal
    rate: Decimal
    """Rebate of the tier reached; 0 below the first. Never quote on a tier that is not reached yet."""
    next_share: Decimal | None
    next_rate: Decimal | None
    share_to_next: Decimal | None
    volume_to_next: Decimal | None
    """How much more we would have to make, were everybody else's volume to stay as it is."""


def rebate_standing(our_volume: Decimal, exchange_volume: Decimal) -> RebateStanding:
    """Return the tier of our maker volume within the exchange's, both over 30 days; the exchange's includes ours."""
    share = our_volume / exchange_volume if exchange_volume > 0 else ZERO
    rate = max((rate for begins, rate in REBATE_TIERS if share >= begins), default=ZERO)
    following = next(((begins, each) for begins, each in REBATE_TIERS if begins > share), None)
    if following is None:
        return RebateStanding(share=share, rate=rate, next_share=None, next_rate=None, share_to_next=None, volume_to_next=None)
    begins, next_rate = following
    return RebateStanding(
        share=share,
        rate=rate,
        next_share=begins,
        next_rate=next_rate,
        share_to_next=begins - share,
        # (ours + x) / (all + x) = begins
        volume_to_next=max(ZERO, (begins * exchange_volume - our_volume) / (ONE - begins)),
    )


def standing_told(share: Decimal, rate: Decimal, next_share: Decimal, next_rate: Decimal) -> RebateStanding:
    """Return the standing that the exchange tells, by its own tiers; above the last one there is no next.

    How much volume is missing is not known, because the exchange's whole volume is not told.
    """
    if next_share <= share:
        return RebateStanding(share=share, rate=rate, next_share=None, next_rate=None, share_to_next=None, volume_to_next=None)
    return RebateStanding(
        share=share,
        rate=rate,
        next_share=next_share,
        next_rate=next_rate,
        share_to_next=next_share - share,
        volume_to_next=None,
    )


def rebate_of_day(maker_volume: Decimal, rate: Decimal) -> Decimal:
    """Return what the exchange pays for one day's maker volume; nothing below the least amount."""
    rebate = maker_volume * rate
    return rebate if rebate >= LEAST_REBATE else ZERO
