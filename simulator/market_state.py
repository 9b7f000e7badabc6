"""One market while it runs: its rules, book, prices, and what traded lately."""

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from bot.core.numbers import Lots, Ticks
from simulator.candles import CandleKind, Candles
from simulator.markets import MarketSpec
from simulator.matching import OrderBook, Side
from simulator.rules import MarketStatus
from simulator.wire import PublicTradeRecord

TRADES_KEPT: Final = 1_000
OPEN_INTERESTS_KEPT: Final = 24 * 90
DAY_MS: Final = 86_400_000
BUCKET_MS: Final = 60_000


@dataclass(slots=True)
class _Minute:
    start_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    volume: Decimal = Decimal(0)
    base: Decimal = Decimal(0)


@dataclass(slots=True, kw_only=True)
class DayStats:
    """Rolling 24 hours in whole minutes, from trades alone."""

    minutes: deque[_Minute] = field(default_factory=deque)

    def add(self, price: Decimal, size: Decimal, now_ms: int) -> None:
        start = now_ms - now_ms % BUCKET_MS
        if not self.minutes or self.minutes[-1].start_ms != start:
            self.minutes.append(_Minute(start, price, price, price))
            while self.minutes[0].start_ms <= start - DAY_MS:
                self.minutes.popleft()
        minute = self.minutes[-1]
        minute.high = max(minute.high, price)
        minute.low = min(minute.low, price)
        minute.volume += price * size
        minute.base += size

    @property
    def volume(self) -> Decimal:
        return sum((minute.volume for minute in self.minutes), Decimal(0))

    @property
    def base(self) -> Decimal:
        return sum((minute.base for minute in self.minutes), Decimal(0))


@dataclass(slots=True, kw_only=True)
class MarketState:
    """Everything about one market that changes."""

    spec: MarketSpec
    mark: Decimal
    index: Decimal
    last: Decimal
    book: OrderBook = field(default_factory=OrderBook)
    status: MarketStatus = MarketStatus.ACTIVE
    is_off_hours: bool = False
    maker_fee: Decimal = Decimal(0)
    taker_fee: Decimal = Decimal(0)
    trades: deque[PublicTradeRecord] = field(default_factory=lambda: deque(maxlen=TRADES_KEPT))
    trade_low: Decimal = Decimal(0)
    trade_high: Decimal = Decimal(0)
    """The range of trades since triggers were last looked at; equal to the last price when there were none."""
    day: DayStats = field(default_factory=DayStats)
    candles: Candles = field(default_factory=Candles)
    open_interest: deque[tuple[int, Decimal, Decimal]] = field(default_factory=lambda: deque(maxlen=OPEN_INTERESTS_KEPT))
    """(ms, in collateral, in base), by the hour."""
    funding_rate: Decimal = Decimal(0)
    next_funding_ms: int = 0

    def __post_init__(self) -> None:
        self.trade_low = self.trade_high = self.last

    @property
    def trading_status(self) -> MarketStatus:
        """What the status amounts to for an order: outside its hours a market is as good as halted."""
        return MarketStatus.DISABLED if self.is_off_hours else self.status

    def forget_range(self) -> None:
        """Begin a new range of trades."""
        self.trade_low = self.trade_high = self.last

    def best_price(self, side: Side) -> Decimal | None:
        best = self.book.best(side)
        return None if best is None else self.spec.price(best)

    def note_trade(self, price: Ticks, lots: Lots, now_ms: int) -> None:
        self.last = self.spec.price(price)
        self.trade_low = min(self.trade_low, self.last)
        self.trade_high = max(self.trade_high, self.last)
        size = self.spec.size(lots)
        self.day.add(self.last, size, now_ms)
        self.candles.add(CandleKind.TRADES, self.last, size, now_ms)
