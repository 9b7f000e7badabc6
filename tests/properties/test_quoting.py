"""Whatever the market shows and the estimators believe, a wish is a number or a reason."""

import math
from decimal import Decimal

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bot.core.events import Level
from bot.core.numbers import Lots, Ticks
from bot.core.orders import Side
from bot.core.quoting.base import WishedPrices
from bot.core.quoting.book_signals import FlowReading
from bot.core.quoting.intensity import Intensity
from bot.core.quoting.level_sizes import lay_levels
from bot.core.quoting.opinions import Opinions
from bot.core.quoting.parameters import ALL_OFF, STRATEGIES, QuotingSettings
from bot.core.quoting.setting_table import SETTINGS
from bot.core.quoting.simple import Simple
from bot.core.quoting.strategies import strategy_of
from bot.core.quoting.volatility import Volatility
from bot.core.settings import MakerSettings
from bot.core.snapshot import MarketPicture
from tests.unit.core.quoting.stage import maker, market, picture, view_of

WHOLE = {"levels"}
SWITCHES = {"model_spread", "cover_costs"}


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    return st.one_of(st.sampled_from([low, high]), st.floats(low, high, allow_nan=False))


sizes = st.integers(0, 10**9)
levels = st.one_of(
    st.none(), st.builds(lambda price, size: Level(Ticks(price), Lots(size)), st.integers(1, 2_000_000), st.integers(0, 10**7))
)
prices = st.one_of(st.none(), st.decimals("0.00001", "10000000", places=5, allow_nan=False))
ages = st.one_of(st.none(), st.integers(0, 120_000))
sigmas = numbers(0.0, 1e4)


@st.composite
def pictures(draw: st.DrawFn) -> MarketPicture:
    """A market in any state, degenerate ones included; often near one price, as real ones are."""
    usual = picture()
    if draw(st.booleans()):
        return picture(position=draw(positions), touch_age_ms=draw(ages), mark_age_ms=draw(ages))
    bid, ask = draw(levels), draw(levels)
    mid = (usual.rules.price(bid.price) + usual.rules.price(ask.price)) / 2 if bid and ask else None
    mark = draw(prices)
    return picture(
        rules=market(maker_fee_rate=draw(st.sampled_from([Decimal(0), Decimal("0.0002"), Decimal("-0.0001")]))),
        mark_price=mark,
        mark_age_ms=draw(ages) if mark is not None else None,
        index_price=draw(prices),
        mid=mid,
        best_bid=bid,
        best_ask=ask,
        touch_age_ms=draw(ages),
        position=draw(positions),
    )


positions = st.decimals("-1", "1", places=5, allow_nan=False)
maybe_small = st.one_of(st.none(), numbers(-500.0, 500.0))
beliefs = st.builds(
    Opinions,
    volatility=st.one_of(
        st.none(),
        st.builds(lambda fast, slow: Volatility(fast=fast, slow=slow, used=max(fast, slow), decided_by="x"), sigmas, sigmas),
    ),
    intensity=st.one_of(
        st.none(),
        st.builds(
            Intensity, fills_per_s=numbers(1e-6, 1e6), decay_per_bps=numbers(1e-3, 50.0), orders=sizes, source=st.just("x")
        ),
    ),
    gamma=st.one_of(st.none(), numbers(1e-12, 1e6)),
    flow=st.one_of(st.none(), st.builds(FlowReading, flow_lots=sizes, depth_lots=sigmas, pressure_ticks=sigmas)),
    microprice_offset_ticks=maybe_small,
    index_age_ms=ages,
    basis=st.one_of(st.none(), numbers(-0.5, 0.5)),
    lead_weight=numbers(0.0, 1.0),
    funding_rate=st.one_of(st.none(), numbers(-0.03, 0.03)),
    seconds_to_funding=st.one_of(st.none(), numbers(0.0, 3600.0)),
    markout_bps=maybe_small,
    adverse_bps=maybe_small,
    adverse_fills=numbers(0.0, 200.0),
    vpin=st.one_of(st.none(), numbers(0.0, 1.0)),
    latency_ms=st.one_of(st.none(), numbers(0.0, 1e5)),
)


@st.composite
def models(draw: st.DrawFn) -> QuotingSettings:
    """Any settings that are accepted."""
    given_: dict[str, object] = {"strategy": draw(st.sampled_from(STRATEGIES))}
    for name in draw(st.sets(st.sampled_from(sorted(SETTINGS)), max_size=8)):
        rule = SETTINGS[name]
        if name in SWITCHES:
            given_[name] = draw(st.booleans())
        elif name in WHOLE:
            given_[name] = draw(st.integers(int(rule.low), int(rule.high)))
        else:
            given_[name] = draw(numbers(rule.low, rule.high))
    given_["fair_price"] = draw(st.sampled_from([{"mark": 1.0}, {"mid": 1.0}, {"microprice": 0.5, "index": 0.5}]))
    given_["gamma"] = draw(st.one_of(st.none(), numbers(1e-9, 1e6)))
    given_["horizon_s"] = draw(st.one_of(st.none(), numbers(1e-3, 1e6)))
    assume(given_.get("base_spread_share") != 0 or given_.get("model_spread", True))
    assume(given_.get("fast_half_life_s", 15.0) <= given_.get("slow_half_life_s", 600.0))  # type: ignore[operator]  # both numbers
    return QuotingSettings(**given_)  # type: ignore[arg-type]  # drawn within the accepted ranges


makers = st.builds(
    lambda spread, order_size, orders: maker(spread=spread, order_size=order_size, max_position=order_size * orders),
    st.decimals("0.00001", "0.05", places=5),
    st.decimals("0.0001", "1", places=4),
    st.integers(1, 50),
)


def anchor_of(shown: MarketPicture) -> Decimal:
    return shown.mark_price if shown.mark_price is not None else Decimal(1)


def check_numbers(wished: WishedPrices) -> None:
    shown = [level for level in wished.levels if level.side not in wished.withdrawn]
    for level in shown:
        assert level.price.is_finite()
        assert level.orders.is_finite()
        assert level.orders > 0
    if wished.breakdown is not None:
        for part in (*wished.breakdown.candidates, *wished.breakdown.widening, *wished.breakdown.other):
            assert math.isfinite(part.value), part
    for side in Side:
        assert side in wished.withdrawn or wished.levels or wished.breakdown is None


@settings(max_examples=400, deadline=None)
@given(shown=pictures(), believed=beliefs, model=models(), maker_settings=makers)
def test_a_wish_is_always_a_number_or_a_reason(
    shown: MarketPicture, believed: Opinions, model: QuotingSettings, maker_settings: MakerSettings
) -> None:
    wished = strategy_of(model).wish(shown, maker_settings, anchor_of(shown), believed)

    check_numbers(wished)
    for side, reason in wished.withdrawn.items():
        assert side in Side
        assert reason.code
        assert reason.text
    if not wished.withdrawn:
        assert 0 < wished.bid <= wished.ask


@settings(max_examples=300, deadline=None)
@given(shown=pictures(), believed=beliefs, model=models(), maker_settings=makers, room=positions)
def test_laid_quotes_stay_within_capacity_on_the_grid_and_apart(
    shown: MarketPicture, believed: Opinions, model: QuotingSettings, maker_settings: MakerSettings, room: Decimal
) -> None:
    capacity = {Side.BUY: room, Side.SELL: -room + Decimal("0.5")}
    view = view_of(shown)
    desired = lay_levels(
        strategy_of(model).wish(shown, maker_settings, anchor_of(shown), believed), view, maker_settings, capacity
    )
    bid, ask, _ = view.touch()

    for side in Side:
        quotes = [quote for quote in desired.quotes if quote.side is side]
        assert shown.rules.size(Lots(sum(quote.size for quote in quotes))) <= max(capacity[side], Decimal(0))
        assert len({quote.price for quote in quotes}) == len(quotes)
        assert quotes or side in desired.withheld
        for quote in quotes:
            assert quote.price > 0
            assert shown.rules.size(quote.size) >= shown.rules.min_size
            if side is Side.BUY and ask is not None:
                assert quote.price < ask.price
            if side is Side.SELL and bid is not None:
                assert quote.price > bid.price


@settings(max_examples=300, deadline=None)
@given(
    mark=st.decimals("0.001", "1000000", places=3),
    believed=beliefs,
    maker_settings=makers,
    position=positions,
    room=positions,
)
def test_with_every_part_off_the_composite_quote_is_the_documents_rule(
    mark: Decimal, believed: Opinions, maker_settings: MakerSettings, position: Decimal, room: Decimal
) -> None:
    shown = picture(mark_price=mark, position=position)
    capacity = {Side.BUY: room, Side.SELL: -room}

    plain = strategy_of(ALL_OFF).wish(shown, maker_settings, mark, believed)
    simple = Simple().wish(shown, maker_settings, mark)

    assert (plain.bid, plain.ask, plain.anchor) == (simple.bid, simple.ask, simple.anchor)
    laid, documented = (lay_levels(each, view_of(shown), maker_settings, capacity) for each in (plain, simple))
    assert laid.quotes == documented.quotes
    assert set(laid.withheld) == set(documented.withheld)


@settings(max_examples=200, deadline=None)
@given(shown=pictures(), believed=beliefs, model=models(), maker_settings=makers)
def test_a_reducing_side_is_never_withdrawn_for_the_position(
    shown: MarketPicture, believed: Opinions, model: QuotingSettings, maker_settings: MakerSettings
) -> None:
    wished = strategy_of(model).wish(shown, maker_settings, anchor_of(shown), believed)
    reducing = Side.SELL if shown.position > 0 else Side.BUY

    if reducing in wished.withdrawn:
        assert wished.withdrawn[reducing].code not in ("position_limit", "position_taper")
