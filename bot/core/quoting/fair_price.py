"""The fair price: one view of the value, or several blended, each shown with its age.

- mark: the exchange's price for margin. The default, because the documents quote around it; it may lag the book.
- mid, weighted_mid: of the touch.
- microprice: the expected later mid; before its table is estimated, the mid moved by the imbalance as far as configured.
- index: the outside price plus the usual distance of our mid from it.

Of the selected views those count that are present and fresh; when none is, there is no fair price, and the reason says so.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import msgspec

from bot.core.notes import Reason
from bot.core.numbers import BPS, bps_of
from bot.core.quoting.book_signals import imbalance
from bot.core.quoting.breakdown import FairPart
from bot.core.quoting.crossings import decimal_of
from bot.core.quoting.microprice import interpolated_offset_ticks
from bot.core.quoting.opinions import Opinions
from bot.core.quoting.parameters import QuotingSettings
from bot.core.settings import MakerSettings
from bot.core.snapshot import MarketPicture

MAX_INDEX_AGE_MS: Final = 10_000
ONE: Final = Decimal(1)


class FairPrice(msgspec.Struct, frozen=True, kw_only=True):
    """The value, and every view of it."""

    price: Decimal
    parts: tuple[FairPart, ...]


def fair_price(
    picture: MarketPicture, settings: MakerSettings, quoting: QuotingSettings, anchor: Decimal, opinions: Opinions
) -> FairPrice | Reason:
    """Return the fair price, or why there is none. `anchor` stands for the mark price: a renewal keeps the earlier one."""
    parts = tuple(_parts(picture, settings, quoting, anchor, opinions))
    chosen = [part for part in parts if part.weight > 0 and part.price is not None]
    if not chosen:
        missing = ", ".join(f"{part.name} {part.note or 'is missing'}" for part in parts if part.weight > 0)
        return Reason(code="no_fair_price", text=f"no fair price: {missing or 'no view is selected'}")
    price = _blend(chosen)
    if quoting.follow_index and opinions.lead_weight > 0:
        price = _led(price, parts, opinions.lead_weight)
    problem = divergence(price, picture, quoting.max_fair_divergence_bps)
    return problem or FairPrice(price=price, parts=parts)


def divergence(price: Decimal, picture: MarketPicture, allowed_bps: float) -> Reason | None:
    """Return why a fair price is too far from the mark to be believed, or None. The exchange's price band bounds it as well."""
    if not price.is_finite() or price <= 0:
        return Reason(code="bad_fair_price", text=f"fair price {price} is not a positive number")
    if picture.mark_price is None or picture.mark_price <= 0:
        return Reason(code="no_mark_price", text="no mark price to compare the fair price with")
    apart_bps = bps_of(abs(price - picture.mark_price), picture.mark_price)
    band_bps = float(min(picture.rules.price_cap, picture.rules.price_floor) * BPS)
    limit_bps = min(allowed_bps, band_bps) if band_bps > 0 else allowed_bps
    if apart_bps > limit_bps:
        text = f"fair price and mark are {apart_bps:.1f} bps apart, allowed {limit_bps:.1f}"
        return Reason(code="fair_divergence", text=text)
    return None


def _parts(
    picture: MarketPicture, settings: MakerSettings, quoting: QuotingSettings, anchor: Decimal, opinions: Opinions
) -> list[FairPart]:
    weights = quoting.fair_price
    mark_note = _staleness(picture.mark_age_ms, settings.max_mark_age_ms)
    mark = None if picture.mark_price is None or anchor <= 0 or mark_note else anchor
    return [
        FairPart(name="mark", price=mark, age_ms=picture.mark_age_ms, weight=weights.get("mark", 0.0), note=mark_note),
        *_book_parts(picture, settings, quoting, opinions),
        _index_part(picture, opinions, weights),
    ]


def _staleness(age_ms: int | None, allowed_ms: int) -> str:
    if age_ms is None:
        return "has not arrived yet"
    return f"is {age_ms} ms old, allowed {allowed_ms}" if age_ms > allowed_ms else ""


def _book_parts(picture: MarketPicture, settings: MakerSettings, quoting: QuotingSettings, opinions: Opinions) -> list[FairPart]:
    names = ("mid", "weighted_mid", "microprice")
    weights = quoting.fair_price
    bid, ask, age_ms = picture.best_bid, picture.best_ask, picture.touch_age_ms
    note = _staleness(age_ms, settings.max_touch_age_ms)
    if bid is None or ask is None or picture.mid is None:
        note = "has only one side of the book" if bid is not None or ask is not None else "has no book"
    elif bid.price >= ask.price:
        note = "has a crossed book"
    if note or bid is None or ask is None or picture.mid is None:
        return [FairPart(name=name, price=None, age_ms=age_ms, weight=weights.get(name, 0.0), note=note) for name in names]
    tick, mid = picture.rules.tick_size, picture.mid
    weighted = mid + tick * decimal_of("weighted mid", interpolated_offset_ticks(bid, ask, 1.0))
    offset, micro_note = opinions.microprice_offset_ticks, ""
    if offset is None:
        offset = interpolated_offset_ticks(bid, ask, quoting.imbalance_weight)
        micro_note = f"not estimated yet: mid and {quoting.imbalance_weight:g} of the imbalance"
    if imbalance(bid, ask) is None:
        micro_note = "sizes unknown: the mid"
    half = Decimal(ask.price - bid.price) / 2
    micro = mid + tick * max(-half, min(half, decimal_of("microprice", offset)))
    prices = zip(names, (mid, weighted, micro), ("", "", micro_note), strict=True)
    return [
        FairPart(name=name, price=price, age_ms=age_ms, weight=weights.get(name, 0.0), note=text) for name, price, text in prices
    ]


def _index_part(picture: MarketPicture, opinions: Opinions, weights: Mapping[str, float]) -> FairPart:
    note = _staleness(opinions.index_age_ms, MAX_INDEX_AGE_MS)
    price: Decimal | None = None
    if picture.index_price is None or picture.index_price <= 0:
        note = "has not arrived yet"
    elif opinions.basis is None:
        note = note or "has no measured basis yet"
    elif not note:
        price = picture.index_price * (ONE + decimal_of("basis", opinions.basis))
    return FairPart(name="index", price=price, age_ms=opinions.index_age_ms, weight=weights.get("index", 0.0), note=note)


def _blend(chosen: list[FairPart]) -> Decimal:
    """Return the weighted mean; a single view is taken as it is, digit for digit."""
    prices = [part.price for part in chosen if part.price is not None]
    if len(prices) == 1:
        return prices[0]
    weights = [decimal_of("weight", part.weight) for part in chosen]
    total = sum(weights, start=Decimal(0))
    return sum((price * weight for price, weight in zip(prices, weights, strict=True)), start=Decimal(0)) / total


def _led(price: Decimal, parts: tuple[FairPart, ...], weight: float) -> Decimal:
    """Return the price moved by what the index says the mid will follow."""
    found = {part.name: part.price for part in parts}
    mid, index = found["mid"], found["index"]
    if mid is None or index is None:
        return price
    return price + decimal_of("lead weight", min(1.0, max(0.0, weight))) * (index - mid)
