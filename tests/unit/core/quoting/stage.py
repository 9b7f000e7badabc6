"""A market, a picture and opinions for the strategies, with only what a test names changed."""

from decimal import Decimal

from bot.core.events import BestQuoteSeen, Level, MarkPriceSeen
from bot.core.market import Market
from bot.core.market_view import MarketView
from bot.core.numbers import Lots, Ticks
from bot.core.quoting.intensity import Intensity
from bot.core.quoting.opinions import Opinions
from bot.core.quoting.parameters import QuotingSettings
from bot.core.quoting.volatility import Volatility
from bot.core.settings import MakerSettings
from bot.core.snapshot import MarketPicture
from tests.unit.core.play import btc, settings

NOW_MS = 1_790_000_000_000
MARK = Decimal(86_200)
TICK = Decimal("0.1")


def market(**changes: object) -> Market:
    return btc(**({"tick_size": TICK} | changes))


def maker(**changes: object) -> MakerSettings:
    """Return settings with a half-spread of 2 bps and room for ten orders."""
    given: dict[str, object] = {"spread": Decimal("0.0002"), "max_position": Decimal("0.1"), "edit_in_place": True}
    return settings(**(given | changes))


def picture(**changes: object) -> MarketPicture:
    given: dict[str, object] = {
        "rules": market(),
        "now_ms": NOW_MS,
        "mark_price": MARK,
        "mark_age_ms": 100,
        "index_price": MARK - 5,
        "mid": MARK,
        "best_bid": Level(Ticks(861_999), Lots(500)),
        "best_ask": Level(Ticks(862_001), Lots(500)),
        "touch_age_ms": 50,
        "book_problem": "",
        "position": Decimal(0),
    }
    return MarketPicture(**(given | changes))  # type: ignore[arg-type]  # a test names only what it changes


def volatility(used: float = 1.2, **changes: float) -> Volatility:
    return Volatility(fast=changes.get("fast", used), slow=changes.get("slow", used), used=used, decided_by="slow")


def opinions(**changes: object) -> Opinions:
    given: dict[str, object] = {
        "volatility": volatility(),
        "intensity": Intensity(fills_per_s=0.33, decay_per_bps=0.85, orders=500, source="trades"),
        "index_age_ms": 500,
        "basis": 5 / 86_195,
        "adverse_fills": 1e9,
        "funding_rate": 0.0,
        "seconds_to_funding": 1800.0,
    }
    return Opinions(**(given | changes))  # type: ignore[arg-type]  # a test names only what it changes


def quoting(strategy: str = "composite", base: QuotingSettings | None = None, **changes: object) -> QuotingSettings:
    """Return settings of one strategy; with `base`, that one changed."""
    given = {} if base is None else {name: getattr(base, name) for name in base.__struct_fields__}
    return QuotingSettings(**(given | {"strategy": strategy} | changes))  # type: ignore[arg-type]  # a test names only what it changes


def view_of(shown: MarketPicture) -> MarketView:
    """Return a view that shows what the picture shows."""
    view = MarketView(shown.rules)
    if shown.mark_price is not None:
        view.apply(MarkPriceSeen(market="BTC-USD", price=shown.mark_price, exchange_ms=NOW_MS, received_ms=NOW_MS))
    view.apply(BestQuoteSeen(market="BTC-USD", bid=shown.best_bid, ask=shown.best_ask, exchange_ms=NOW_MS, received_ms=NOW_MS))
    return view


def with_position(size: str, **changes: object) -> MarketPicture:
    return picture(position=Decimal(size), **changes)
