"""What the model strategies need to believe before they can quote, gathered in one unit: bps and order sizes."""

from typing import Final

import msgspec

from bot.core.notes import Reason
from bot.core.quoting.carry import funding_drift, still_held
from bot.core.quoting.glft_formulas import gamma_for
from bot.core.quoting.inventory import inventory_lots, limit_lots
from bot.core.quoting.opinions import Opinions
from bot.core.quoting.parameters import QuotingSettings
from bot.core.settings import MakerSettings
from bot.core.snapshot import MarketPicture

PRIOR_FILLS: Final = 10.0
"""How many fills the priors of adverse selection and of markouts are worth."""


class Beliefs(msgspec.Struct, frozen=True, kw_only=True):
    """Volatility, intensity and taste, all known. Inventory and limit in order sizes, distances in bps, times in seconds."""

    sigma: float
    fill_rate: float
    decay: float
    gamma: float
    """0 where nothing moves or no skew is wanted."""
    inventory: float
    limit: float
    fee: float
    """The maker fee, positive when we pay; a rebate is negative."""
    adverse: float
    """Expected move against us after a fill, never negative."""
    drift: float
    """What funding pays a long position for each second, as far as it is likely to be held until then."""


def beliefs_of(picture: MarketPicture, settings: MakerSettings, quoting: QuotingSettings, opinions: Opinions) -> Beliefs | Reason:
    """Return what is believed, or which estimate does not exist yet."""
    if (unknown := no_volatility(opinions)) is not None:
        return unknown
    if opinions.intensity is None:
        return Reason(code="no_intensity", text="the fill intensity is not known yet")
    assert opinions.volatility is not None, "just found to be known"
    sigma, intensity = opinions.volatility.used, opinions.intensity
    limit = limit_lots(settings)
    gamma = quoting.gamma or opinions.gamma
    if gamma is None:
        gamma = gamma_for(quoting.rho, limit, sigma=sigma, fill_rate=intensity.fills_per_s, decay=intensity.decay_per_bps)
    return Beliefs(
        sigma=sigma,
        fill_rate=intensity.fills_per_s,
        decay=intensity.decay_per_bps,
        gamma=gamma or 0.0,
        inventory=inventory_lots(picture, settings),
        limit=limit,
        fee=fee_bps(picture),
        adverse=adverse_bps(quoting, opinions),
        drift=expected_drift(quoting, opinions),
    )


def no_volatility(opinions: Opinions) -> Reason | None:
    """Return why no volatility is known, None when one is. A price that never moved has told nothing: zero is no estimate."""
    if opinions.volatility is None:
        return Reason(code="no_volatility", text="the price has not been watched long enough to know its volatility")
    if opinions.volatility.used <= 0:
        return Reason(code="no_volatility", text="the price has not moved since it is watched: its volatility is not known")
    return None


def fee_bps(picture: MarketPicture) -> float:
    """Return the maker fee in bps; positive: we pay."""
    return float(picture.rules.maker_fee_rate) * 1e4


def adverse_bps(quoting: QuotingSettings, opinions: Opinions) -> float:
    """Return the expected move against us within 5 s of a fill: what is measured, shrunk to the prior; never a gain."""
    if opinions.adverse_bps is None:
        return quoting.prior_adverse_bps
    believed = PRIOR_FILLS * quoting.prior_adverse_bps + opinions.adverse_fills * opinions.adverse_bps
    return max(0.0, believed / (PRIOR_FILLS + opinions.adverse_fills))


def expected_markout(opinions: Opinions) -> float | None:
    """Return the 5 s markout to expect of the next fill in bps: what is measured, shrunk to nothing lost; None before any fill.

    The noise of one markout is the volatility of five seconds, several half-spreads in a wild market: one fill proves nothing.
    """
    if opinions.markout_bps is None:
        return None
    return opinions.markout_fills * opinions.markout_bps / (PRIOR_FILLS + opinions.markout_fills)


def expected_drift(quoting: QuotingSettings, opinions: Opinions) -> float:
    """Return the drift from funding in bps a second, weighted by the chance that inventory is held until the payment."""
    if opinions.funding_rate is None or quoting.funding_target <= 0:
        return 0.0
    chance = 1.0
    if opinions.seconds_to_funding is not None:
        chance = still_held(opinions.seconds_to_funding, quoting.holding_time_s)
    return chance * funding_drift(opinions.funding_rate, 1e4)
