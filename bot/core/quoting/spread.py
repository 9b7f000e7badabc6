"""The half-spread of the composite quote: everything that asks for room, and the largest decides.

    h = m · max(base, f + AS, model + f + AS, z·sigma·sqrt(tau), f + AS + z·sigma·sqrt(tau))

f is the maker fee, AS the expected adverse selection, model the distance of the inventory model, tau the time for which a quote
is stale before it can be moved, and m the widening by our own markouts, by one-sided volume, and by what is not known yet.
"""

import math
from decimal import Decimal
from typing import Final

import msgspec

from bot.core.notes import Reason
from bot.core.numbers import BPS
from bot.core.quoting.beliefs import Beliefs, adverse_bps, expected_markout, fee_bps, no_volatility
from bot.core.quoting.breakdown import Part
from bot.core.quoting.crossings import decimal_of, fraction_of_bps
from bot.core.quoting.opinions import Opinions
from bot.core.quoting.parameters import QuotingSettings
from bot.core.quoting.toxicity import markout_widening, vpin_widening
from bot.core.settings import MakerSettings
from bot.core.snapshot import MarketPicture

FEED_INTERVAL_MS: Final = 100.0
"""The book is told this often; nothing can be known sooner."""
ONE: Final = Decimal(1)


class HalfSpread(msgspec.Struct, frozen=True, kw_only=True):
    """The decision, exact where the base decided. Fractions of the fair price."""

    final: Decimal
    """What the quotes, and the skew with them, are measured in."""
    decided_by: str
    candidates: tuple[Part, ...]
    widening: tuple[Part, ...]
    notes: tuple[Reason, ...]


def half_spread(
    picture: MarketPicture,
    settings: MakerSettings,
    quoting: QuotingSettings,
    opinions: Opinions,
    model: float | Reason,
) -> HalfSpread:
    """Return the half-spread; `model` is the inventory model's own half-spread in bps, or why there is none.

    A part that is switched on and lacks its estimate leaves the whole base spread in force, widened, and says so.
    """
    notes = _missing(quoting, opinions, model)
    base = settings.spread if notes or quoting.base_spread_share == 1 else settings.spread * _share(quoting)
    asked = _asked(picture, settings, quoting, opinions, model)
    calm, decided_by = base, "base"
    for part in asked:
        distance = fraction_of_bps(part.name, part.value)
        if distance > calm:
            calm, decided_by = distance, part.name
    widening = _widening(quoting, opinions, float(calm * BPS), is_blind=bool(notes))
    final = calm
    for part in widening:
        final *= decimal_of(part.name, part.value)
    most = fraction_of_bps("largest half-spread", quoting.max_half_spread_bps)
    if final > most:
        final, decided_by = most, "largest half-spread"
    return HalfSpread(
        final=final,
        decided_by=decided_by,
        candidates=(Part("base", float(base * BPS)), *asked),
        widening=widening,
        notes=notes,
    )


def _share(quoting: QuotingSettings) -> Decimal:
    return decimal_of("base spread share", quoting.base_spread_share)


def _missing(quoting: QuotingSettings, opinions: Opinions, model: float | Reason) -> tuple[Reason, ...]:
    found: list[Reason] = []
    if quoting.model_spread and isinstance(model, Reason):
        found.append(model)
    if quoting.stale_z > 0 and not found and (unknown := no_volatility(opinions)) is not None:
        found.append(unknown)
    return tuple(found)


def stale_move_bps(settings: MakerSettings, quoting: QuotingSettings, opinions: Opinions) -> float:
    """Return how far the price moves, in standard deviations as configured, until a stale quote can be replaced."""
    if opinions.volatility is None:
        return 0.0
    latency_ms = quoting.latency_ms if opinions.latency_ms is None else max(0.0, opinions.latency_ms)
    stale_ms = latency_ms + max(FEED_INTERVAL_MS, float(settings.min_refresh_ms))
    return quoting.stale_z * opinions.volatility.used * math.sqrt(stale_ms / 1000)


def kept_edge(picture: MarketPicture, quoting: QuotingSettings, opinions: Opinions) -> float:
    """Return the distance from the fair price, in bps, that skew may not take away: what a fill costs, as far as configured.

    Inventory that is sold back for less than a fill costs is not reduced but churned.
    """
    return quoting.cost_edge * _costs(picture, quoting, opinions) if quoting.cost_edge > 0 else 0.0


def _costs(picture: MarketPicture, quoting: QuotingSettings, opinions: Opinions) -> float:
    return max(0.0, fee_bps(picture) + adverse_bps(quoting, opinions))


def _asked(
    picture: MarketPicture, settings: MakerSettings, quoting: QuotingSettings, opinions: Opinions, model: float | Reason
) -> tuple[Part, ...]:
    costs = _costs(picture, quoting, opinions)
    stale = stale_move_bps(settings, quoting, opinions)
    parts: list[Part] = []
    if quoting.cover_costs:
        parts.append(Part("costs", costs))
    if quoting.model_spread and not isinstance(model, Reason):
        parts.append(Part("model", model + (costs if quoting.cover_costs else 0.0)))
    if quoting.stale_z > 0:
        parts.append(Part("stale quote", stale))
        if quoting.cover_costs:
            parts.append(Part("costs and stale quote", costs + stale))
    most = quoting.max_half_spread_bps
    return tuple(Part(part.name, min(most, part.value), part.unit) for part in parts)


def _widening(quoting: QuotingSettings, opinions: Opinions, calm_bps: float, *, is_blind: bool) -> tuple[Part, ...]:
    factors = (
        Part("own markouts", markout_widening(expected_markout(opinions), calm_bps, quoting.markout_cap), "factor"),
        Part("one-sided volume", vpin_widening(opinions.vpin, quoting.vpin_strength), "factor"),
        Part("not known yet", quoting.unknown_widening if is_blind else 1.0, "factor"),
    )
    return tuple(part for part in factors if part.value > 1.0)


def model_half_spread(beliefs: Beliefs | Reason, distances: tuple[float, float]) -> float | Reason:
    """Return the model's half-spread at flat inventory, or why there is none; a model that gives no number is no model."""
    if isinstance(beliefs, Reason):
        return beliefs
    half = sum(distances) / 2
    if not math.isfinite(half):
        return Reason(code="no_number", text=f"the inventory model gives no number: {half}")
    return half
