"""Faults of numbers: coarse and tiny grids, estimators that know nothing, skew beyond the touch, floats at the door."""

from dataclasses import replace
from decimal import Decimal

import pytest

from bot.core.errors import InvalidInput
from bot.core.mode import BotState
from bot.core.orders import Owner, Side
from simulator.inprocess import Setting
from simulator.markets import BTC_USD, MarketSpec
from tests.support.virtual_checks import OFF_GRID_CODES
from tests.support.virtual_world import MARKET, VirtualBot, World


def off_grid(world: World) -> list[object]:
    """Return the requests that the exchange refused for their numbers."""
    return [line for line in world.exchange.site.requests.recent if line.code in OFF_GRID_CODES]


def half_spread_bps(bot: VirtualBot) -> float:
    breakdown = bot.engine.makers[MARKET].breakdown
    assert breakdown is not None
    return breakdown.half_spread_bps


def test_f113_a_float_that_is_not_what_it_seems_never_becomes_an_order() -> None:
    with World(seed=113) as world:
        bot = world.quoting_bot()
        for price, size in ((86_000 + 0.1 + 0.2, 0.01), (86_000, 0.1 + 0.2 + 0.000001), (float("nan"), 0.01)):
            with pytest.raises(InvalidInput):
                world.do(bot.maker.create_order(market=MARKET, side="BUY", price=price, size=size, time_in_force="GTT"), bot)
        assert world.orders(Owner.HAND) == []

        world.do(bot.maker.create_order(market=MARKET, side="BUY", price=86_000.0, size=0.01, time_in_force="GTT"), bot)
        world.run_for(1)
        (order,) = world.orders(Owner.HAND)
        assert (order.price, order.left) == (86_000, 1_000), "one that is on the grid is taken for what it says"


def test_f114_on_a_coarse_tick_bid_and_ask_never_meet_and_every_order_has_a_size() -> None:
    """The configured spread is a hundredth of a tick."""
    tick = Decimal(100)
    spec = BTC_USD.on_grid(
        tick_size=tick, lot_size=Decimal("0.001"), min_order_size=Decimal("0.001"), start_price=Decimal(86_000)
    )
    with World(seed=114, setting=Setting(specs=(spec,), with_flow=True)) as world:
        bot = world.bot(spread_percentage=0.00001, order_size="0.0109")
        for _ in range(60):
            world.run_for(0.25)
            bids, asks = ([order.price for order in world.resting(side)] for side in ("BUY", "SELL"))
            assert not bids or not asks or max(bids) < min(asks)

        world.do(bot.maker.stop(), bot)
        sent = world.requests("create", "edit")
        assert len(sent) >= 10
        assert {Decimal(each.body["qty"]) for each in sent} == {Decimal("0.010")}, "floored to the step"
        assert not [line for line in bot.said("order_withheld") if line["code"] == "self_cross"]
        assert off_grid(world) == []


def test_f114_a_size_below_the_smallest_order_is_never_sent_and_named() -> None:
    spec = BTC_USD.on_grid(
        tick_size=Decimal(1), lot_size=Decimal("0.01"), min_order_size=Decimal("0.01"), start_price=Decimal(86_000)
    )
    with World(seed=1140, setting=Setting(specs=(spec,), with_flow=True)) as world:
        bot = world.bot(order_size="0.004", strategy="composite")
        world.run_for(10)

        assert world.orders() == []
        assert bot.why_not_quoting == "size_below_minimum"
        reason = bot.engine.makers[MARKET].withheld[Side.BUY]
        assert "an order of 0.004 is below 0.01, the smallest one on BTC-USD" in reason.text


def test_f116_a_market_that_never_moved_is_quoted_wide_until_it_has() -> None:
    with World(seed=116) as world:
        assert world.quiet is not None
        bot = world.bot(strategy="composite")
        world.until(lambda: len(world.resting()) == 6, 15, "three levels on each side")
        assert half_spread_bps(bot) == pytest.approx(20.0), "the base spread, twice as wide while nothing is known"
        breakdown = bot.engine.makers[MARKET].breakdown
        assert breakdown is not None
        assert "no_volatility" in [note.code for note in breakdown.notes]
        assert bot.state is BotState.RUNNING

        world.run_for(60)
        assert half_spread_bps(bot) == pytest.approx(20.0), "many looks at a price that stands still tell no more than one"
        for step in range(8):
            world.quiet.move_to(86_200 + 6 * (step % 2))
            world.run_for(2)
        assert half_spread_bps(bot) < 15, "it knows a volatility, and quotes closer"


def test_f118_skew_beyond_the_opposite_touch_stops_before_it() -> None:
    """Long to the limit and asked to sell below the best bid: the ask waits above it, as near as it keeps a place."""
    quoting = {"rho": 1.5, "cost_edge": 0.0, "levels": 1}
    with World(seed=118) as world:
        assert world.quiet is not None
        bot = world.quoting_bot(strategy="composite", max_position="0.01", quoting=quoting)
        world.hit("BUY")
        world.until(lambda: bot.position == Decimal("0.01"), 5)
        for price in (86_200, 86_190, 86_180, 86_150):
            world.quiet.move_to(price)
            world.run_for(6)
            breakdown = bot.engine.makers[MARKET].breakdown
            best_bid = bot.engine.views[MARKET].touch()[0]
            assert breakdown is not None
            assert best_bid is not None
            assert breakdown.reservation_price * (1 + Decimal(breakdown.half_spread_bps) / 10_000) < best_bid.price, "the wish"
            (ask,) = world.resting("SELL")
            assert best_bid.price < ask.price <= best_bid.price + 60

        assert not [order for order in world.orders() if order.reason is not None and "POST_ONLY" in order.reason.value]


def test_f118_a_skewed_quote_never_gives_away_what_a_fill_costs() -> None:
    """With the costs kept, the same skew goes no further than they allow, and a floor that is set holds, too."""
    for edge_bps, quoting in ((0.3, {"rho": 1.5, "levels": 1}), (6.0, {"rho": 1.5, "levels": 1, "min_edge_bps": 6.0})):
        with World(seed=1180) as world:
            bot = world.quoting_bot(strategy="composite", max_position="0.01", quoting=quoting)
            world.hit("BUY")
            world.until(lambda bot=bot: bot.position == Decimal("0.01"), 5)
            world.run_for(6)
            (ask,) = world.resting("SELL")
            mark = bot.engine.views[MARKET].mark

            assert mark is not None
            assert ask.price >= mark.value * (1 + Decimal(str(edge_bps)) / 10_000)


TINY: MarketSpec = replace(
    BTC_USD.on_grid(
        tick_size=Decimal("0.000001"), lot_size=Decimal(1_000), min_order_size=Decimal(10_000), start_price=Decimal("0.001234")
    ),
    asset_precision=0,
)


@pytest.mark.parametrize("strategy", ["simple", "composite", "glft"])
def test_f119_a_tiny_price_and_a_huge_size_are_quoted_like_any_other(strategy: str) -> None:
    with World(seed=119, setting=Setting(specs=(TINY,), with_flow=True)) as world:
        bot = world.bot(order_size="500000", strategy=strategy)
        world.run_for(40)
        assert bot.state is BotState.RUNNING
        world.do(bot.maker.stop(), bot)
        world.run_for(2)

        assert bot.engine.counters.fills >= 4
        assert bot.position == world.true_position()
        assert off_grid(world) == []
        for each in world.requests("create", "edit"):
            assert Decimal(each.body["price"]) % TINY.tick_size == 0
            assert abs(Decimal(each.body["price"]) / TINY.start_price - 1) < Decimal("0.05")
            assert Decimal(each.body["qty"]) % 1_000 == 0
        found = bot.engine.risk.reconciled
        assert found is not None
        assert abs(found.residual) < Decimal("0.01"), "the books agree to the cent at a price of a tenth of a cent"


def test_f119_a_refusal_names_a_tiny_price_and_not_zero() -> None:
    with World(seed=1190, setting=Setting(specs=(TINY,), with_flow=True)) as world:
        bot = world.bot(order_size="500000")
        world.run_for(5)
        said = world.do(bot.maker.check_order(market=MARKET, side="BUY", price="0.0014", size="10000", time_in_force="GTT"), bot)
        world.do(bot.maker.stop(), bot)

        assert said["code"] == "price_band"
        assert "at most at 0.0012" in said["reason"]
