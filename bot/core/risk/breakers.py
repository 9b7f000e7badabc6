"""Circuit breakers of one market: each stops quoting by itself, says why with its number and limit, and resumes by itself.

A breaker trips when its number passes its limit. It resumes when its cool-down, counted from the last moment above the limit,
is over and the number is no higher than a lower mark (half the limit unless said otherwise): hysteresis, so that a number at the
limit does not switch quotes on and off. Trips that follow each other closely double the cool-down, up to a ceiling. What a
person must look at is not a breaker but the red tier.
"""

from collections import deque
from statistics import median
from typing import Final

import msgspec

from bot.core.notes import Note, Reason
from bot.core.orders import Fill, Side
from bot.core.risk.references import OLDEST_MS, Believed, Sight
from bot.core.risk.settings import BreakerSettings

CLOSELY_MS: Final = 300_000
MOVE_MS: Final = 1_000
SAMPLE_MS: Final = 50
MINUTE_MS: Final = 60_000
SPREADS_KEPT: Final = 300
SPREADS_NEEDED: Final = 30
MOST_COUNTED: Final = 200
BPS: Final = 10_000.0


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """A breaker's number now; `value` None: it cannot be measured, which never trips and never holds."""

    value: float | None
    limit: float
    resume: float
    cool_down_ms: int | None = None
    """None: the market's usual one."""


class Breaker:
    """One breaker; `reason` while it holds."""

    def __init__(self, code: str, words: str, unit: str) -> None:
        self.code = code
        self.trips = 0
        self._words, self._unit = words, unit
        self._until_ms: int | None = None
        self._pause_ms = 0
        self._ended_ms: int | None = None
        self._streak = 0
        self._tripped = Measure(value=None, limit=0.0, resume=0.0)

    @property
    def holds(self) -> bool:
        return self._until_ms is not None

    def see(self, measure: Measure, now_ms: int, settings: BreakerSettings) -> bool:
        """Take in the number now; True when the breaker tripped or resumed."""
        value = measure.value
        if self._until_ms is None:
            if value is None or value <= measure.limit:
                return False
            self._trip(measure, now_ms, settings)
            return True
        if value is not None and value > measure.limit:
            self._tripped, self._until_ms = measure, now_ms + self._pause_ms
        if now_ms < self._until_ms or (value is not None and value > measure.resume):
            return False
        self._until_ms, self._ended_ms = None, now_ms
        return True

    def _trip(self, measure: Measure, now_ms: int, settings: BreakerSettings) -> None:
        again = self._ended_ms is not None and now_ms - self._ended_ms <= CLOSELY_MS
        self._streak = min(self._streak + 1, 16) if again else 0
        pause = measure.cool_down_ms
        if pause is None:
            pause = min(settings.cool_down_ms * 2**self._streak, settings.cool_down_most_ms)
        self._tripped, self._pause_ms, self._until_ms = measure, pause, now_ms + pause
        self.trips += 1

    def reason(self, now_ms: int) -> Reason | None:
        """Return why it holds and when it lets go, None while it does not hold."""
        if self._until_ms is None or self._tripped.value is None:
            return None
        left = max(0, self._until_ms - now_ms) / 1000
        when = f"resumes in {left:.0f} s" if left else "resumes"
        text = (
            f"{self._words} is {self._tripped.value:.4g} {self._unit}, limit {self._tripped.limit:.4g}; "
            f"{when} once it is at most {self._tripped.resume:.4g}"
        )
        return Reason(code=self.code, text=text)


class MarketBreakers:
    """Every breaker of one market, fed with what is seen and what befalls our orders."""

    def __init__(self, market: str) -> None:
        self.market = market
        self.notes: list[Note] = []
        self._breakers = {
            code: Breaker(f"breaker_{code}", words, unit)
            for code, words, unit in (
                ("move", "the price's move within 1 s", "bps"),
                ("move_sigmas", "the price's move within 1 s", "slow volatilities"),
                ("sigma_ratio", "fast over slow volatility", "times"),
                ("spread", "the spread over its median", "times"),
                ("basis", "the distance of mark and index", "bps"),
                ("feed", "the age of the freshest price", "ms"),
                ("book", "the market without a whole touch", "(1 is yes)"),
                ("same_side", "the number of orders filled on one side", "orders"),
                ("rejects", "the number of our orders refused within a minute", "orders"),
            )
        }
        self._prices: deque[tuple[int, str, float]] = deque(maxlen=4 * MOVE_MS // SAMPLE_MS)
        self._spreads: deque[float] = deque(maxlen=SPREADS_KEPT)
        self._spread_ms = 0
        self._median: float | None = None
        self._fills: dict[Side, dict[str, int]] = {side: {} for side in Side}
        self._rejects: deque[int] = deque(maxlen=MOST_COUNTED)
        self._was_whole = False

    def filled(self, fill: Fill, now_ms: int) -> None:
        """One of our orders was filled, wholly or partly."""
        orders = self._fills[fill.side]
        orders[fill.client_order_id or str(fill.trade_id)] = now_ms
        while len(orders) > MOST_COUNTED:
            del orders[next(iter(orders))]

    def refused(self, now_ms: int) -> None:
        """One of our orders was refused by the exchange or rejected by its book."""
        self._rejects.append(now_ms)

    def see(self, sight: Sight, believed: Believed, settings: BreakerSettings) -> tuple[Reason, ...]:
        """Measure everything and return why the market must not be quoted, empty when it may be."""
        now_ms = sight.now_ms
        for code, measure in self._measures(sight, believed, settings).items():
            breaker = self._breakers[code]
            held = breaker.reason(now_ms)
            if breaker.see(measure, now_ms, settings):
                self._tell(breaker, held, now_ms)
        return tuple(reason for breaker in self._breakers.values() if (reason := breaker.reason(now_ms)) is not None)

    def trips(self) -> dict[str, int]:
        """Return how often each breaker has tripped in this run."""
        return {breaker.code: breaker.trips for breaker in self._breakers.values()}

    def _tell(self, breaker: Breaker, held: Reason | None, now_ms: int) -> None:
        reason = breaker.reason(now_ms)
        event = "breaker_tripped" if reason is not None else "breaker_resumed"
        shown = reason or held
        assert shown is not None, "a breaker that changed has held before or holds now"
        fields: dict[str, object] = {"breaker": breaker.code, "text": shown.text}
        self.notes.append(Note(level="WARNING" if reason else "INFO", event=event, market=self.market, fields=fields))

    def _measures(self, sight: Sight, believed: Believed, settings: BreakerSettings) -> dict[str, Measure]:
        move = self._move_bps(sight, believed)
        found: dict[str, Measure] = {
            "feed": self._feed(sight, settings),
            "book": self._book(sight, settings),
        }
        if settings.move_bps is not None:
            found["move"] = _halved(move, settings.move_bps)
        if settings.move_sigmas is not None:
            found["move_sigmas"] = _halved(_in_sigmas(move, sight, settings), settings.move_sigmas)
        if settings.sigma_ratio is not None:
            ratio = _ratio(sight.sigma_fast_bps, sight.sigma_slow_bps)
            found["sigma_ratio"] = Measure(value=ratio, limit=settings.sigma_ratio, resume=settings.sigma_ratio_resume)
        if settings.spread_ratio is not None:
            found["spread"] = _halved(self._spread_ratio(sight, settings), settings.spread_ratio)
        if settings.basis_bps is not None:
            found["basis"] = _halved(_basis_bps(sight), settings.basis_bps)
        if settings.same_side_fills is not None:
            # "Five fills": the limit is what trips, so the largest number that does not is one less.
            most = float(settings.same_side_fills) - 1
            found["same_side"] = Measure(value=self._same_side(sight.now_ms, settings), limit=most, resume=most)
        if settings.rejects_per_minute is not None:
            found["rejects"] = self._rejected(sight.now_ms, float(settings.rejects_per_minute))
        return found

    def _move_bps(self, sight: Sight, believed: Believed) -> float | None:
        """Return the widest move within the last second, of the mid or of the mark, each compared with itself alone."""
        now_ms = sight.now_ms
        told = {voice: float(believed.good[voice]) for voice in ("mid", "mark") if voice in believed.good}
        if not told:
            return None
        if not self._prices or now_ms - self._prices[-1][0] >= SAMPLE_MS:
            self._prices += ((now_ms, voice, price) for voice, price in told.items())
        while self._prices and self._prices[0][0] < now_ms - MOVE_MS:
            self._prices.popleft()
        moves = (abs(told[voice] / before - 1) * BPS for _, voice, before in self._prices if voice in told)
        return max(moves, default=0.0)

    def _feed(self, sight: Sight, settings: BreakerSettings) -> Measure:
        """Measure how far the fresher of mark and touch is past its limit; the limits differ, so each counts in its own."""
        ages = ((sight.mark_age_ms, settings.mark_age_ms), (sight.touch_age_ms, settings.touch_age_ms))
        seen = [(age / limit, age, limit) for age, limit in ages if age is not None]
        if not seen:
            return Measure(value=None, limit=0.0, resume=0.0)
        _, age, limit = min(seen)
        return Measure(value=float(age), limit=float(limit), resume=float(limit), cool_down_ms=settings.feed_stable_ms)

    def _book(self, sight: Sight, settings: BreakerSettings) -> Measure:
        """Measure whether a touch that was whole is missing, one-sided or crossed; before the first one nothing is broken."""
        whole = sight.mid is not None and sight.best_bid is not None and sight.best_ask is not None
        whole = whole and sight.best_bid < sight.best_ask  # type: ignore[operator]  # both were just found not to be None
        self._was_whole = self._was_whole or whole
        value = float(not whole) if self._was_whole else None
        return Measure(value=value, limit=0.0, resume=0.0, cool_down_ms=settings.feed_stable_ms)

    def _spread_ratio(self, sight: Sight, settings: BreakerSettings) -> float | None:
        if sight.best_bid is None or sight.best_ask is None or not 0 < sight.best_bid < sight.best_ask:
            return None
        spread = float((sight.best_ask - sight.best_bid) / sight.best_bid) * BPS
        before = self._median
        if sight.now_ms - self._spread_ms >= MOVE_MS:
            self._spreads.append(spread)
            self._spread_ms = sight.now_ms
            self._median = median(self._spreads) if len(self._spreads) >= SPREADS_NEEDED else None
        return None if before is None or spread < settings.spread_floor_bps else spread / before

    def _same_side(self, now_ms: int, settings: BreakerSettings) -> float:
        for orders in self._fills.values():
            for order_id in [each for each, at_ms in orders.items() if now_ms - at_ms > settings.same_side_window_ms]:
                del orders[order_id]
        return float(max(len(orders) for orders in self._fills.values()))

    def _rejected(self, now_ms: int, limit: float) -> Measure:
        while self._rejects and now_ms - self._rejects[0] > MINUTE_MS:
            self._rejects.popleft()
        return _halved(float(len(self._rejects)), limit)


def _halved(value: float | None, limit: float) -> Measure:
    return Measure(value=value, limit=limit, resume=limit / 2)


def _in_sigmas(move_bps: float | None, sight: Sight, settings: BreakerSettings) -> float | None:
    if move_bps is None or move_bps < settings.move_floor_bps or not sight.sigma_slow_bps:
        return None
    return move_bps / sight.sigma_slow_bps


def _ratio(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


def _basis_bps(sight: Sight) -> float | None:
    """Return the distance of mark and index as they are told: a wrong tick of either is a reason to stop, too."""
    told = ((sight.mark, sight.mark_age_ms, "mark"), (sight.index, sight.index_age_ms, "index"))
    prices = [price for price, age_ms, name in told if price and price > 0 and age_ms is not None and age_ms <= OLDEST_MS[name]]
    return abs(float(prices[0] / prices[1] - 1)) * BPS if len(prices) == len(told) else None
