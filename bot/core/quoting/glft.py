"""Optimal quotes under limited inventory (Gueant, Lehalle, Fernandez-Tapia 2013): closed form, or the table out of its range.

The maker fee adds to each distance, adverse selection enters as impact of each fill, funding as drift.
"""

from decimal import Decimal

from bot.core.notes import Reason
from bot.core.quoting.assembly import assemble, distances_of_bps
from bot.core.quoting.base import WishedPrices, withdrawn
from bot.core.quoting.beliefs import Beliefs, beliefs_of
from bot.core.quoting.breakdown import Breakdown, Part
from bot.core.quoting.crossings import fraction_of_bps
from bot.core.quoting.fair_price import FairPrice, fair_price
from bot.core.quoting.glft_formulas import GlftInputs, closed_form, distances, drift_target
from bot.core.quoting.opinions import NO_OPINIONS, Opinions
from bot.core.quoting.parameters import QuotingSettings
from bot.core.settings import MakerSettings
from bot.core.snapshot import MarketPicture


def inputs_of(beliefs: Beliefs, funding_share: float) -> GlftInputs:
    """Return the model's inputs; the drift is cut so that its target stays within a share of the limit."""
    most = funding_share * beliefs.limit * beliefs.gamma * beliefs.sigma**2
    return GlftInputs(
        sigma=beliefs.sigma,
        fill_rate=beliefs.fill_rate,
        decay=beliefs.decay,
        gamma=beliefs.gamma,
        impact=beliefs.adverse,
        drift=min(max(beliefs.drift, -most), most),
    )


class Glft:
    """Quotes the model's distances around the fair price."""

    def __init__(self, quoting: QuotingSettings) -> None:
        self.quoting = quoting

    def wish(
        self, picture: MarketPicture, settings: MakerSettings, anchor: Decimal, opinions: Opinions = NO_OPINIONS
    ) -> WishedPrices:
        fair = fair_price(picture, settings, self.quoting, anchor, opinions)
        if isinstance(fair, Reason):
            return withdrawn(anchor, fair)
        beliefs = beliefs_of(picture, settings, self.quoting, opinions)
        if isinstance(beliefs, Reason):
            return withdrawn(anchor, beliefs)
        inputs = inputs_of(beliefs, self.quoting.funding_target)
        bid, ask, solution = distances(inputs, beliefs.inventory, beliefs.limit)
        apart = distances_of_bps(bid + beliefs.fee, ask + beliefs.fee, self.quoting.max_half_spread_bps)
        if isinstance(apart, Reason):
            return withdrawn(anchor, apart)
        return assemble(
            fair=fair.price,
            anchor=anchor,
            distances=apart,
            picture=picture,
            settings=settings,
            quoting=self.quoting,
            breakdown=_explained(fair, beliefs, inputs, (bid, ask), solution),
        )


def _explained(fair: FairPrice, beliefs: Beliefs, inputs: GlftInputs, apart: tuple[float, float], solution: str) -> Breakdown:
    bid, ask = apart
    form = closed_form(inputs)
    target = drift_target(inputs)
    skew_bps = (bid - ask) / 2
    return Breakdown(
        strategy="glft",
        fair_price=fair.price,
        fair_parts=fair.parts,
        reservation_price=fair.price * (1 - fraction_of_bps("skew", skew_bps)),
        inventory_lots=beliefs.inventory - target,
        target_lots=target,
        skew_bps=skew_bps,
        skew_decided_by=solution,
        half_spread_bps=(bid + ask) / 2 + beliefs.fee,
        half_spread_decided_by=solution,
        candidates=(
            Part("without risk", form.c1),
            Part("closed form", form.half_spread),
            Part("maker fee", beliefs.fee),
            Part("adverse selection", beliefs.adverse),
        ),
        other=(
            Part("volatility", beliefs.sigma, "bps per sqrt(s)"),
            Part("fill intensity", beliefs.fill_rate, "1/s"),
            Part("decay", beliefs.decay, "1/bps"),
            Part("gamma", beliefs.gamma, "1/(order size · bps)"),
            Part("kappa", form.kappa, ""),
        ),
    )
