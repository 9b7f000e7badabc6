"""The position stop: one order at the exchange that closes a market's whole position although nobody of ours is awake.

It stands beside the order table: it only reduces, it counts in no exposure, and it is no quote, so that what cancels quotes
leaves it alone. What the exchange lists is the only memory of it; a restart finds it there, or places it before the first quote.
It is placed and moved only while the bot quotes, taken away when the position is closed or the setting is off, and left standing
when the bot stops, halts or dies.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final

import msgspec

from bot.core.actions import AnyAction, CancelOrder, PlaceStop
from bot.core.market import Market
from bot.core.notes import Reason
from bot.core.numbers import Ticks, plain
from bot.core.order_ids import OrderId, owner_of
from bot.core.orders import POSITION_STOP, OrderReport, Owner, Side, StopOrder

RETRY_MS: Final = 5_000
"""What was asked for and is not seen is asked for again after this time; a second stop is refused by the exchange."""
REFUSED_MS: Final = 30_000
PATIENCE_MS: Final = 10_000
"""A position may be without its stop for this long; then only what reduces it is quoted."""
LIFETIME_MS: Final = 27 * 86_400_000
RENEW_MS: Final = 7 * 86_400_000
MATERIAL: Final = Decimal("0.1")
"""The stop moves when its place is off by more than this share of its distance."""
WORST: Final = Decimal("0.05")
"""How far beyond its trigger the stop may take, where the market's band does not allow less."""
ONE: Final = Decimal(1)


def is_position_stop(report: OrderReport) -> bool:
    """Say whether this is a position stop that a bot made."""
    return report.order_type == POSITION_STOP and owner_of(report.client_order_id) is Owner.BOT


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What a stop depends on. `size` signed; `fraction` None: no stop is wanted; `mark` None: no price is known."""

    rules: Market
    size: Decimal
    entry_price: Decimal
    fraction: Decimal | None
    mark: Decimal | None


class _Watch(msgspec.Struct):
    """One market's stop, as far as it is not the exchange's to tell."""

    asked: str = ""
    next_ms: int = 0
    cancel_ms: int = 0
    missing_ms: int | None = None
    is_confirmed: bool = False
    """True once the stop stood, or was not needed, since quoting began."""
    problem: str = ""


class PositionStops:
    """The stops of all markets."""

    def __init__(self) -> None:
        self._watches: dict[str, _Watch] = {}
        self._going: set[str] = set()
        """Stops whose end we have asked for: by a cancel, or by another one in their place."""

    def decide(
        self, held: Held, standing: Iterable[OrderReport], take_id: Callable[[], OrderId], *, now_ms: int, exchange_ms: int
    ) -> list[AnyAction]:
        """Return the next step while the bot quotes and its account is known; `standing` are the stops that the exchange lists.

        Raises: IdsExhausted.
        """
        watch = self._watches.setdefault(held.rules.name, _Watch())
        wanted = trigger_of(held)
        if wanted is None:
            watch.missing_ms, watch.is_confirmed, watch.problem = None, True, ""
            return self.clear(held.rules.name, standing, now_ms)
        side, trigger = wanted
        wrong = [report for report in standing if report.side is not side]
        there = next((report for report in standing if report.side is side), None)
        if there is None:
            watch.missing_ms = now_ms if watch.missing_ms is None else watch.missing_ms
        else:
            watch.missing_ms, watch.is_confirmed, watch.problem = None, True, ""
            if _serves(there, trigger, held, exchange_ms):
                return self.clear(held.rules.name, wrong, now_ms)
        if wrong:
            return self.clear(held.rules.name, wrong, now_ms)
        if now_ms < watch.next_ms or held.mark is None:
            return []
        if there is None and (held.mark - held.rules.price(trigger)) * side.sign >= 0:
            watch.problem = f"mark {plain(held.mark)} has passed {plain(held.rules.price(trigger))} already"
            return []
        order_id = take_id()
        watch.asked, watch.next_ms, watch.problem = order_id.text, now_ms + RETRY_MS, ""
        if there is not None:
            self._going.add(there.client_order_id)
        stop = StopOrder(
            client_order_id=order_id.text,
            nonce=order_id.nonce,
            market=held.rules.name,
            side=side,
            trigger=trigger,
            worst=_worst(held.rules, side, trigger),
            created_ms=now_ms,
            expires_ms=-(-(exchange_ms + LIFETIME_MS) // 1000) * 1000,
            replaces=None if there is None else there.client_order_id,
        )
        return [PlaceStop(stop=stop, decided_ms=now_ms)]

    def rest(self, market: str) -> None:
        """Nothing is quoted, or the account is not known: before the next quote the stop must be seen anew."""
        if (watch := self._watches.get(market)) is not None:
            watch.missing_ms, watch.is_confirmed, watch.problem = None, False, ""

    def clear(self, market: str, standing: Iterable[OrderReport], now_ms: int) -> list[AnyAction]:
        """Return the cancels of stops that must go, asked for again until they are gone."""
        chosen = list(standing)
        watch = self._watches.setdefault(market, _Watch())
        if not chosen or now_ms - watch.cancel_ms < RETRY_MS:
            return []
        watch.cancel_ms = now_ms
        self._going |= {each.client_order_id for each in chosen}
        return [
            CancelOrder(client_order_id=each.client_order_id, exchange_order_id=each.exchange_order_id, market=market)
            for each in chosen
        ]

    def refused(self, order_id: str, why: str, now_ms: int) -> str:
        """The exchange refused or ended a stop at once; returns its market, "" for an order that is none of ours."""
        for market, watch in self._watches.items():
            if watch.asked == order_id:
                watch.asked, watch.next_ms, watch.problem = "", now_ms + REFUSED_MS, why
                return market
        return ""

    def ended(self, order_id: str) -> bool:
        """A stop is gone; say whether we had asked for that. One that goes by itself leaves its position unguarded."""
        was_asked = order_id in self._going
        self._going.discard(order_id)
        return was_asked

    @property
    def is_any_missing(self) -> bool:
        """Say whether some stop that is wanted was not seen yet."""
        return any(watch.missing_ms is not None for watch in self._watches.values())

    def is_asked(self, order_id: str) -> bool:
        """Say whether this is the newest stop that was asked for in some market."""
        return any(watch.asked == order_id for watch in self._watches.values())

    def holds_back(self, market: str, now_ms: int) -> Reason | None:
        """Return why nothing is shown yet: the stop comes first."""
        watch = self._watches.get(market)
        if watch is None or watch.missing_ms is None or watch.is_confirmed or self.only_reduces(market, now_ms) is not None:
            return None
        return Reason(code="position_stop_first", text=f"the stop of the {market} position is being placed before any quote")

    def only_reduces(self, market: str, now_ms: int) -> Reason | None:
        """Return why only the reducing side is shown: the position is without the stop that was asked for."""
        watch = self._watches.get(market)
        if watch is None or watch.missing_ms is None or (not watch.problem and now_ms - watch.missing_ms < PATIENCE_MS):
            return None
        why = watch.problem or f"it was not seen for {(now_ms - watch.missing_ms) // 1000} s"
        return Reason(code="position_stop_missing", text=f"the {market} position has no stop on the exchange: {why}")


def trigger_of(held: Held) -> tuple[Side, Ticks] | None:
    """Return the closing side and the trigger, entry x (1 -/+ fraction), rounded towards the entry; None: no stop is wanted."""
    if held.fraction is None or not held.size or held.entry_price <= 0:
        return None
    side = Side.SELL if held.size > 0 else Side.BUY
    price = held.entry_price * (ONE + side.sign * held.fraction)
    ticks = held.rules.ask_ticks(price) if side is Side.SELL else held.rules.bid_ticks(price)
    return (side, ticks) if ticks > 0 else None


def _worst(rules: Market, side: Side, trigger: Ticks) -> Ticks:
    band = min(WORST, rules.price_cap if side is Side.BUY else rules.price_floor)
    price = rules.price(trigger) * (ONE + side.sign * band)
    return rules.bid_ticks(price) if side is Side.BUY else rules.ask_ticks(price)


def _serves(report: OrderReport, trigger: Ticks, held: Held, exchange_ms: int) -> bool:
    """Say whether a stop stands near enough to where it should, and long enough."""
    if report.expires_ms is not None and report.expires_ms - exchange_ms < RENEW_MS:
        return False
    if report.trigger_price is None or held.fraction is None:
        return False
    return abs(report.trigger_price - held.rules.price(trigger)) <= held.entry_price * held.fraction * MATERIAL
