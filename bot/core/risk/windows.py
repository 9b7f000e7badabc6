"""What is counted within a sliding window: orders sent, and sizes filled.

Fill protection is what other venues call market-maker protection, kept by ourselves: when too much is filled within a moment,
somebody knows something, and nothing is shown until the moment has passed. The worst case is bounded without it, because every
order that may fill is counted beforehand; it saves the second ladder, not the first.
"""

from collections import deque
from decimal import Decimal
from typing import Final

from bot.core.notes import Note, Reason
from bot.core.numbers import plain
from bot.core.orders import Fill
from bot.core.risk.settings import MarketLimits

MINUTE_MS: Final = 60_000
REDUCING_ROOM: Final = 2
"""Orders that shrink a position pass an order-rate cap up to this multiple of it: a loop must end, an exit must not wait."""
ZERO: Final = Decimal(0)


class OrderRate:
    """Orders sent within the last minute."""

    def __init__(self) -> None:
        self._sent_ms: deque[int] = deque()

    def sent(self, now_ms: int) -> None:
        """An order was let through."""
        self._sent_ms.append(now_ms)

    def count(self, now_ms: int) -> int:
        """Return how many orders left within the last minute."""
        while self._sent_ms and now_ms - self._sent_ms[0] >= MINUTE_MS:
            self._sent_ms.popleft()
        return len(self._sent_ms)

    def refusal(self, cap: int | None, now_ms: int, *, reduces: bool, whose: str) -> Reason | None:
        """Return why one more order may not leave now, None when it may."""
        if cap is None:
            return None
        count = self.count(now_ms)
        most = cap * REDUCING_ROOM if reduces else cap
        if count < most:
            return None
        left = (MINUTE_MS - (now_ms - self._sent_ms[0])) / 1000
        text = f"{count} orders left {whose} within a minute, limit {most}; the next may leave in {left:.0f} s"
        return Reason(code="order_rate", text=text)


class FillProtection:
    """Freezes one market when too much is filled within its window."""

    def __init__(self, market: str) -> None:
        self.market = market
        self.notes: list[Note] = []
        self._fills: deque[tuple[int, Decimal]] = deque()
        self._until_ms: int | None = None
        self._why = ""

    def filled(self, fill: Fill, now_ms: int, limits: MarketLimits) -> None:
        """Count a fill, and freeze when it was one too many."""
        self._fills.append((now_ms, fill.side.sign * fill.size))
        while self._fills and now_ms - self._fills[0][0] > limits.protect_window_ms:
            self._fills.popleft()
        if not (why := self._too_much(limits)):
            return
        frozen = self._until_ms is not None and now_ms < self._until_ms
        self._until_ms, self._why = now_ms + limits.protect_freeze_ms, why
        if not frozen:
            fields: dict[str, object] = {"text": why, "frozen_ms": limits.protect_freeze_ms}
            self.notes.append(Note(level="WARNING", event="fill_protection", market=self.market, fields=fields))

    def _too_much(self, limits: MarketLimits) -> str:
        quantity = sum((abs(size) for _, size in self._fills), start=ZERO)
        delta = abs(sum((size for _, size in self._fills), start=ZERO))
        within = f"within {limits.protect_window_ms} ms"
        if limits.protect_quantity is not None and quantity >= limits.protect_quantity:
            return f"{plain(quantity)} was filled {within}, limit {plain(limits.protect_quantity)}"
        if limits.protect_delta is not None and delta >= limits.protect_delta:
            return f"{plain(delta)} net was filled {within}, limit {plain(limits.protect_delta)}"
        return ""

    def reason(self, now_ms: int) -> Reason | None:
        """Return why the market is frozen, None when it is not."""
        if self._until_ms is None:
            return None
        if now_ms >= self._until_ms:
            self._until_ms = None
            return None
        return Reason(code="fill_protection", text=f"{self._why}; resumes in {(self._until_ms - now_ms) / 1000:.0f} s")
