"""The quotes that other settings would give now: the same strategy, rounding and sizes as a decision, and nothing of it is kept.

What risk adds to a real decision (tiers, breakers, held sides, orders that are still in flight) is not part of it.
"""

from decimal import Decimal
from typing import Final

import msgspec

from bot.core.market_view import MarketView
from bot.core.notes import Reason
from bot.core.orders import Side
from bot.core.quoting.breakdown import Breakdown
from bot.core.quoting.guards import reason_not_to_quote
from bot.core.quoting.ladder import DesiredQuotes, Quote
from bot.core.quoting.level_sizes import lay_levels
from bot.core.quoting.opinions import NO_OPINIONS, Opinions
from bot.core.quoting.parameters import QuotingSettings
from bot.core.quoting.senses import MarketSense
from bot.core.quoting.strategies import strategy_of
from bot.core.risk.exposure import capacity
from bot.core.settings import MakerSettings
from bot.core.snapshot import MarketPicture, picture_of

NOTHING_LIVE: Final = Decimal(0)


class DryRun(msgspec.Struct, frozen=True, kw_only=True):
    """What would be shown, and why not. `fair_price` is None where nothing would be quoted at all."""

    reason: Reason | None
    mid: Decimal | None = None
    fair_price: Decimal | None = None
    quotes: tuple[Quote, ...] = ()
    withheld: dict[Side, Reason] = {}
    breakdown: Breakdown | None = None


def dry_run(
    view: MarketView | None,
    sense: MarketSense | None,
    *,
    position: Decimal,
    settings: MakerSettings,
    quoting: QuotingSettings,
    now_ms: int,
    exchange_offset_ms: int = 0,
) -> DryRun:
    """Return the quotes of these settings on what is known now; `sense` holds what was learnt, None: nothing was."""
    if view is None:
        return DryRun(reason=Reason(code="unknown_market", text=f"the rules of {settings.market} are not read yet"))
    picture = picture_of(view, position, now_ms)
    reason = reason_not_to_quote(picture, settings)
    if reason is not None:
        return DryRun(reason=reason, mid=picture.mid)
    opinions = NO_OPINIONS
    if sense is not None and quoting.strategy != "simple":
        learnt = sense.opinions(view, settings, now_ms, exchange_offset_ms=exchange_offset_ms)
        opinions = msgspec.structs.replace(learnt, gamma=None)  # the slewed one belongs to the settings in force
    desired, breakdown = _wished(view, picture, settings, quoting, opinions)
    first = next(iter(desired.withheld.values()), None)
    return DryRun(
        reason=None if desired.quotes else first,
        mid=picture.mid,
        fair_price=None if not desired.quotes and breakdown is None else _fair(breakdown, desired),
        quotes=desired.quotes,
        withheld=desired.withheld,
        breakdown=breakdown,
    )


def _fair(breakdown: Breakdown | None, desired: DesiredQuotes) -> Decimal:
    return desired.anchor if breakdown is None else breakdown.fair_price


def _wished(
    view: MarketView, picture: MarketPicture, settings: MakerSettings, quoting: QuotingSettings, opinions: Opinions
) -> tuple[DesiredQuotes, Breakdown | None]:
    assert picture.mark_price is not None, "the guard has seen to it"
    room = {side: capacity(picture.position, NOTHING_LIVE, side, settings.max_position) for side in Side}
    wish = strategy_of(quoting).wish(picture, settings, picture.mark_price, opinions)
    return lay_levels(wish, view, settings, room), wish.breakdown
