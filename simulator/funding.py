"""Funding: longs pay shorts, or the other way round, so that the market stays near its index.

Source: the exchange's funding rules. Every 5 s the premium is sampled: how far the price at which a set notional could be
sold lies above the index, or bought below it. The hourly rate is
(average premium + clamp(0.01 % - average premium, -0.05 %, +0.05 %)) / 8, the average weighted linearly towards the end of
the hour, capped by the market. Each full hour a position of signed size q pays q x mark x rate; when the rate is positive
longs pay.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from simulator.accounts import HOUSE_ACCOUNT
from simulator.events import Event, FundingEstimated
from simulator.ids import Snowflakes
from simulator.ledger import MONEY_GRID, ZERO, Ledger, Position
from simulator.market_state import MarketState
from simulator.matching import Side
from simulator.wire import rounded, text

SAMPLE_MS: Final = 5_000
TELL_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
BASE_RATE: Final = Decimal("0.0001")
BASE_BAND: Final = Decimal("0.0005")
RATE_GRID: Final = Decimal("1e-8")
PAYMENTS_KEPT: Final = 10_000
RATES_KEPT: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedRate:
    """One hour's rate as it was charged."""

    rate_id: int
    market: str
    ms: int
    rate: Decimal


@dataclass(slots=True)
class _Hour:
    """The running weighted average of the premium."""

    weight: int = 0
    weights: int = 0
    total: Decimal = ZERO

    def add(self, premium: Decimal) -> None:
        self.weight += 1
        self.weights += self.weight
        self.total += premium * self.weight

    @property
    def average(self) -> Decimal:
        return self.total / self.weights if self.weights else ZERO


def hourly_rate(average_premium: Decimal, cap_percent: Decimal) -> Decimal:
    """Return the hourly rate as a fraction; `cap_percent` is in percent per hour."""
    pull = max(-BASE_BAND, min(BASE_BAND, BASE_RATE - average_premium))
    cap = cap_percent / 100
    return max(-cap, min(cap, (average_premium + pull) / 8)).quantize(RATE_GRID, ROUND_HALF_EVEN)


def impact_price(state: MarketState, side: Side) -> Decimal | None:
    """Return the average price of the first `impact_notional` of a side, or of all there is; None when it is empty."""
    wanted, size, value = state.spec.impact_notional, ZERO, ZERO
    for price, lots in state.book.levels(side):
        level_price, level_size = state.spec.price(price), state.spec.size(lots)
        taken = min(level_size, (wanted - value) / level_price)
        size += taken
        value += taken * level_price
        if value >= wanted:
            break
    return value / size if size else None


def premium(state: MarketState) -> Decimal:
    """Return how far the market's impact prices lie outside the index, as a fraction; 0 without a two-sided book."""
    bid, ask = impact_price(state, Side.BUY), impact_price(state, Side.SELL)
    if bid is None or ask is None:
        return ZERO
    return (max(ZERO, bid - state.index) - max(ZERO, state.index - ask)) / state.index


@dataclass(slots=True)
class FundingDesk:
    """Sample, tell and charge funding on all markets."""

    markets: dict[str, MarketState]
    ledger: Ledger
    ids: Snowflakes
    emit: Callable[[Event], None]
    applied: dict[str, deque[AppliedRate]] = field(default_factory=dict)
    payments: dict[int, deque[dict[str, object]]] = field(default_factory=dict)
    _hours: dict[str, _Hour] = field(default_factory=dict)

    def open(self, now_ms: int) -> None:
        """Set the first funding time."""
        for name, state in self.markets.items():
            state.next_funding_ms = now_ms - now_ms % HOUR_MS + HOUR_MS
            self._hours[name] = _Hour()
            self.applied[name] = deque(maxlen=RATES_KEPT)

    def sample(self, now_ms: int) -> None:  # noqa: ARG002 - a timer passes its time
        for name, state in self.markets.items():
            hour = self._hours[name]
            hour.add(premium(state))
            state.funding_rate = hourly_rate(hour.average, state.spec.hourly_funding_cap)

    def tell(self, now_ms: int) -> None:
        """Say what the rate would be if the hour ended now."""
        for name, state in self.markets.items():
            self.emit(FundingEstimated(ms=now_ms, market=name, rate=text(state.funding_rate)))

    def charge(self, now_ms: int) -> list[Position]:
        """Apply the hour's rates; return the customers' positions that paid or received."""
        touched = []
        for name, state in self.markets.items():
            state.next_funding_ms = now_ms - now_ms % HOUR_MS + HOUR_MS
            self._hours[name] = _Hour()
            touched += self.charge_one(name, state.funding_rate, now_ms)
        return touched

    def charge_one(self, market: str, rate: Decimal, now_ms: int) -> list[Position]:
        """Apply a rate to one market; return the customers' positions that paid or received."""
        state, touched = self.markets[market], []
        self.applied[market].append(AppliedRate(rate_id=self.ids.next(now_ms), market=market, ms=now_ms, rate=rate))
        self.emit(FundingEstimated(ms=now_ms, market=market, rate=text(rate), applied=True))
        for position in [each for each in self.ledger.positions.values() if each.market == market]:
            amount = -(state.spec.lot_size * position.lots * state.mark * rate).quantize(MONEY_GRID, ROUND_HALF_EVEN)
            self.ledger.book_funding(position, amount, now_ms)
            if position.account_id != HOUSE_ACCOUNT:
                self._record(state, position, rate, amount)
                touched.append(position)
        return touched

    def _record(self, state: MarketState, position: Position, rate: Decimal, amount: Decimal) -> None:
        size, now_ms = state.spec.lot_size * position.lots, position.updated_ms
        rows = self.payments.setdefault(position.account_id, deque(maxlen=PAYMENTS_KEPT))
        rows.append(
            {
                "id": self.ids.next(now_ms),
                "accountId": position.account_id,
                "market": position.market,
                "positionId": position.position_id,
                "side": "LONG" if position.lots > 0 else "SHORT",
                "size": text(abs(size)),
                "value": rounded(abs(size) * state.mark),
                "markPrice": text(state.mark),
                "fundingFee": text(amount),
                "fundingRate": text(rate),
                "paidTime": now_ms,
            }
        )
