"""A ladder around the fair price: fixed distances, growing sizes, no opinion about inventory but the taper of its sizes."""

from decimal import Decimal

from bot.core.notes import Reason
from bot.core.quoting.assembly import Distances, as_bps, assemble
from bot.core.quoting.base import WishedPrices, withdrawn
from bot.core.quoting.breakdown import Breakdown, Part
from bot.core.quoting.fair_price import fair_price
from bot.core.quoting.inventory import inventory_lots
from bot.core.quoting.opinions import NO_OPINIONS, Opinions
from bot.core.quoting.parameters import QuotingSettings
from bot.core.settings import MakerSettings
from bot.core.snapshot import MarketPicture


class Grid:
    """The first level stands `spread` away, each further one a step behind it."""

    def __init__(self, quoting: QuotingSettings) -> None:
        self.quoting = quoting

    def wish(
        self, picture: MarketPicture, settings: MakerSettings, anchor: Decimal, opinions: Opinions = NO_OPINIONS
    ) -> WishedPrices:
        fair = fair_price(picture, settings, self.quoting, anchor, opinions)
        if isinstance(fair, Reason):
            return withdrawn(anchor, fair)
        half_bps = as_bps(settings.spread)
        breakdown = Breakdown(
            strategy="grid",
            fair_price=fair.price,
            fair_parts=fair.parts,
            reservation_price=fair.price,
            inventory_lots=inventory_lots(picture, settings),
            target_lots=0.0,
            skew_bps=0.0,
            skew_decided_by="off",
            half_spread_bps=half_bps,
            half_spread_decided_by="base",
            candidates=(Part("base", half_bps),),
        )
        return assemble(
            fair=fair.price,
            anchor=anchor,
            distances=Distances(bid=settings.spread, ask=settings.spread),
            picture=picture,
            settings=settings,
            quoting=self.quoting,
            breakdown=breakdown,
        )
