"""Reservation price and spread of Avellaneda and Stoikov (2008), with an end that always stays the same time away."""

from decimal import Decimal

from bot.core.notes import Reason
from bot.core.quoting.as_formulas import risk_term, rolling_horizon
from bot.core.quoting.assembly import assemble, distances_of_bps
from bot.core.quoting.base import WishedPrices, withdrawn
from bot.core.quoting.beliefs import Beliefs, beliefs_of
from bot.core.quoting.breakdown import Breakdown, Part
from bot.core.quoting.crossings import fraction_of_bps
from bot.core.quoting.fair_price import FairPrice, fair_price
from bot.core.quoting.glft_formulas import GlftInputs, nearest_distance
from bot.core.quoting.opinions import NO_OPINIONS, Opinions
from bot.core.quoting.parameters import QuotingSettings
from bot.core.settings import MakerSettings
from bot.core.snapshot import MarketPicture


class AvellanedaStoikov:
    """Quotes half of the spread on each side of the reservation price; the maker fee adds to each distance."""

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
        inputs = GlftInputs(sigma=beliefs.sigma, fill_rate=beliefs.fill_rate, decay=beliefs.decay, gamma=beliefs.gamma)
        risk = risk_term(inputs, self.quoting.horizon_s)
        half = risk / 2 + nearest_distance(inputs) + beliefs.fee
        skew = risk * beliefs.inventory
        apart = distances_of_bps(half + skew, half - skew, self.quoting.max_half_spread_bps)
        if isinstance(apart, Reason):
            return withdrawn(anchor, apart)
        return assemble(
            fair=fair.price,
            anchor=anchor,
            distances=apart,
            picture=picture,
            settings=settings,
            quoting=self.quoting,
            breakdown=self._explained(fair, beliefs, inputs, half, skew),
        )

    def _explained(self, fair: FairPrice, beliefs: Beliefs, inputs: GlftInputs, half: float, skew: float) -> Breakdown:
        horizon = self.quoting.horizon_s or rolling_horizon(inputs)
        return Breakdown(
            strategy="avellaneda_stoikov",
            fair_price=fair.price,
            fair_parts=fair.parts,
            reservation_price=fair.price * (1 - fraction_of_bps("skew", skew)),
            inventory_lots=beliefs.inventory,
            target_lots=0.0,
            skew_bps=skew,
            skew_decided_by="reservation price",
            half_spread_bps=half,
            half_spread_decided_by="model",
            candidates=(Part("without risk", nearest_distance(inputs)), Part("maker fee", beliefs.fee)),
            other=(
                Part("volatility", beliefs.sigma, "bps per sqrt(s)"),
                Part("fill intensity", beliefs.fill_rate, "1/s"),
                Part("decay", beliefs.decay, "1/bps"),
                Part("gamma", beliefs.gamma, "1/(order size · bps)"),
                Part("horizon", min(horizon, 1e9), "s"),
            ),
        )
