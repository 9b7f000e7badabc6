"""The composite quote: fair price, half-spread by whoever asks for most, skew by inventory, sizes that shrink near the limit.

Each part can be switched off by its setting. With every part off the half-spread is the base spread, the skew is nothing, there
is one level of one order size, and the wish is exactly that of `simple`.
"""

from decimal import Decimal

import msgspec

from bot.core.notes import Reason
from bot.core.quoting.assembly import Distances, as_bps, assemble
from bot.core.quoting.base import WishedPrices, withdrawn
from bot.core.quoting.beliefs import Beliefs, beliefs_of
from bot.core.quoting.breakdown import Breakdown, Part
from bot.core.quoting.crossings import fraction_of_bps
from bot.core.quoting.fair_price import FairPrice, fair_price
from bot.core.quoting.glft_formulas import GlftInputs, distances
from bot.core.quoting.inventory import inventory_lots, limit_lots
from bot.core.quoting.opinions import NO_OPINIONS, Opinions
from bot.core.quoting.parameters import QuotingSettings
from bot.core.quoting.skew import Skew, skew_of
from bot.core.quoting.spread import HalfSpread, half_spread, kept_edge, model_half_spread
from bot.core.settings import MakerSettings
from bot.core.snapshot import MarketPicture

ZERO = Decimal(0)


class _Model(msgspec.Struct, frozen=True):
    """What the inventory model says: half-spread at flat inventory or why not, and skew for each order size, in bps."""

    half_spread: float | Reason
    skew_per_lot: float
    solution: str


class Composite:
    """Decides fair price, half-spread, skew and sizes, each from its named parts."""

    def __init__(self, quoting: QuotingSettings) -> None:
        self.quoting = quoting

    def wish(
        self, picture: MarketPicture, settings: MakerSettings, anchor: Decimal, opinions: Opinions = NO_OPINIONS
    ) -> WishedPrices:
        quoting = self.quoting
        fair = fair_price(picture, settings, quoting, anchor, opinions)
        if isinstance(fair, Reason):
            return withdrawn(anchor, fair)
        beliefs = beliefs_of(picture, settings, quoting, opinions)
        inventory, limit = inventory_lots(picture, settings), limit_lots(settings)
        model = _model(beliefs, inventory, limit, is_wanted=quoting.rho > 0 or quoting.gamma is not None)
        half = half_spread(picture, settings, quoting, opinions, model.half_spread)
        skew = skew_of(
            beliefs,
            quoting,
            opinions,
            inventory=inventory,
            limit=limit,
            half_bps=as_bps(half.final),
            model_skew=model.skew_per_lot,
        )
        moved = fraction_of_bps("skew", skew.bps) if skew.bps else ZERO
        return assemble(
            fair=fair.price,
            anchor=anchor,
            distances=Distances(bid=half.final + moved, ask=half.final - moved),
            picture=picture,
            settings=settings,
            quoting=quoting,
            edge_bps=kept_edge(picture, quoting, opinions),
            breakdown=_explained(
                fair=fair,
                beliefs=beliefs,
                half=half,
                skew=skew,
                moved=moved,
                inventory=inventory,
                solution=model.solution,
            ),
        )


def _model(beliefs: Beliefs | Reason, inventory: float, limit: float, *, is_wanted: bool) -> _Model:
    """Ask the inventory model without its cost terms: those are parts of their own here."""
    if isinstance(beliefs, Reason):
        return _Model(beliefs, 0.0, "")
    gamma = beliefs.gamma if is_wanted else 0.0
    inputs = GlftInputs(sigma=beliefs.sigma, fill_rate=beliefs.fill_rate, decay=beliefs.decay, gamma=gamma)
    flat_bid, flat_ask, solution = distances(inputs, 0.0, limit)
    held = min(max(inventory, -limit + 1), limit - 1)
    bid, ask, _ = distances(inputs, held, limit)
    per_lot = (bid - ask) / 2 / held if held else (distances(inputs, 1.0, limit)[0] - flat_bid)
    return _Model(model_half_spread(beliefs, (flat_bid, flat_ask)), max(0.0, per_lot) if gamma else 0.0, solution)


def _explained(
    *,
    fair: FairPrice,
    beliefs: Beliefs | Reason,
    half: HalfSpread,
    skew: Skew,
    moved: Decimal,
    inventory: float,
    solution: str,
) -> Breakdown:
    other: tuple[Part, ...] = ()
    if not isinstance(beliefs, Reason):
        other = (
            Part("volatility", beliefs.sigma, "bps per sqrt(s)"),
            Part("fill intensity", beliefs.fill_rate, "1/s"),
            Part("decay", beliefs.decay, "1/bps"),
            Part("gamma", beliefs.gamma, "1/(order size · bps)"),
            Part(solution, 1.0, "model"),
        )
    return Breakdown(
        strategy="composite",
        fair_price=fair.price,
        fair_parts=fair.parts,
        reservation_price=fair.price * (1 - moved),
        inventory_lots=inventory - skew.target_lots,
        target_lots=skew.target_lots,
        skew_bps=skew.bps,
        skew_decided_by=skew.decided_by,
        half_spread_bps=as_bps(half.final),
        half_spread_decided_by=half.decided_by,
        candidates=half.candidates,
        widening=half.widening,
        other=other,
        notes=half.notes + skew.notes,
    )
