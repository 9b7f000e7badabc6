"""Everything known about one market: rules, book, touch, prices, and how fresh each of them is."""

from decimal import Decimal

import msgspec

from bot.core.book import Book
from bot.core.events import (
    BestQuoteSeen,
    BookDelta,
    BookSnapshot,
    DayStatsSeen,
    FundingRateSeen,
    IndexPriceSeen,
    Level,
    MarketDataEvent,
    MarkPriceSeen,
    TradeSeen,
)
from bot.core.market import Market
from bot.core.numbers import Ticks

TWO = Decimal(2)
FALLBACK_AFTER_MS = 2_000
"""The mark feed speaks every second; silent for longer, a position's own mark price is the better one."""


class Seen(msgspec.Struct, frozen=True):
    """A value with the local time at which it was seen."""

    value: Decimal
    received_ms: int

    def age_ms(self, now_ms: int) -> int:
        return max(0, now_ms - self.received_ms)


class MarketView:
    """One market, folded from its feeds. A feed that was lost shows nothing until its next frame."""

    def __init__(self, rules: Market) -> None:
        self.rules = rules
        self.book = Book(rules.name)
        self.mark: Seen | None = None
        self._position_mark: Seen | None = None
        self.index: Seen | None = None
        self.last_trade: Seen | None = None
        self.funding_rate: Seen | None = None
        self.day: DayStatsSeen | None = None
        """The exchange's own figures of the last 24 hours."""
        self._best_quote: BestQuoteSeen | None = None
        self.feeds_lost: dict[str, str] = {"book": "not connected", "best_quote": "not connected", "mark": "not connected"}

    def apply(self, event: MarketDataEvent) -> None:
        """Fold one market event."""
        match event:
            case BookSnapshot() | BookDelta():
                self.book.apply(event)
                self.feeds_lost.pop("book", None)
            case BestQuoteSeen():
                self._best_quote = event
                self.feeds_lost.pop("best_quote", None)
            case MarkPriceSeen():
                self.mark = Seen(event.price, event.received_ms)
                self.feeds_lost.pop("mark", None)
            case IndexPriceSeen():
                self.index = Seen(event.price, event.received_ms)
            case TradeSeen():
                self.last_trade = Seen(self.rules.price(event.price), event.received_ms)
            case FundingRateSeen():
                self.funding_rate = Seen(event.rate, event.received_ms)
            case DayStatsSeen():
                self.day = event

    def fall_back_to(self, price: Decimal, seen_ms: int) -> None:
        """Take the mark price of a position, where the mark feed itself has been silent; its age stays visible.

        A position repeats its mark whether or not the mark still lives, so an unchanged price is as old as when first seen.
        """
        if self._position_mark is None or self._position_mark.value != price:
            self._position_mark = Seen(price, seen_ms)
        known = self._position_mark
        if price > 0 and (self.mark is None or known.received_ms - self.mark.received_ms > FALLBACK_AFTER_MS):
            self.mark = known

    def lose(self, feed: str, reason: str) -> None:
        """Stop believing a feed until it speaks again."""
        self.feeds_lost[feed] = reason
        if feed == "book":
            self.book.invalidate(reason)
        elif feed == "best_quote":
            self._best_quote = None

    def touch(self) -> tuple[Level | None, Level | None, int]:
        """Return best bid, best ask and the local time of the newer of the two sources; crossed or lost sources are skipped."""
        quote = self._best_quote
        book_ok = not self.book.problem
        if (
            quote is not None
            and not _crossed(quote.bid, quote.ask)
            and (not book_ok or quote.received_ms >= self.book.received_ms)
        ):
            return quote.bid, quote.ask, quote.received_ms
        if book_ok:
            return self.book.best_bid, self.book.best_ask, self.book.received_ms
        return None, None, 0

    def mid(self) -> Decimal | None:
        """Return the middle of the touch, None when a side is missing."""
        bid, ask, _ = self.touch()
        if bid is None or ask is None:
            return None
        return (self.rules.price(bid.price) + self.rules.price(ask.price)) / TWO

    def shy_of_touch(self, bid: Ticks, ask: Ticks) -> tuple[Ticks, Ticks]:
        """Return the two prices moved away where they would meet the opposite touch: post-only orders never take."""
        best_bid, best_ask, _ = self.touch()
        if best_ask is not None:
            bid = min(bid, Ticks(best_ask.price - 1))
        if best_bid is not None:
            ask = max(ask, Ticks(best_bid.price + 1))
        return bid, ask


def _crossed(bid: Level | None, ask: Level | None) -> bool:
    return bid is not None and ask is not None and bid.price >= ask.price
