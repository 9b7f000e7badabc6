"""One market watched from its events: what the estimators come to believe."""

import random
from decimal import Decimal

import pytest

from bot.core.events import (
    BestQuoteSeen,
    BookSnapshot,
    FundingRateSeen,
    IndexPriceSeen,
    Level,
    MarketDataEvent,
    MarkPriceSeen,
    TradeSeen,
)
from bot.core.market_view import MarketView
from bot.core.numbers import Lots, Ticks
from bot.core.orders import Fill, Order, Owner, Side, Status, TimeInForce
from bot.core.quoting.opinions import Opinions
from bot.core.quoting.senses import MarketSense
from bot.core.settings import MakerSettings
from tests.unit.core.quoting.stage import NOW_MS, maker, market, quoting


class Watch:
    """A view and a sense of one market, and a hand that lets things happen."""

    def __init__(self, **changes: object) -> None:
        self.view = MarketView(market())
        self.sense = MarketSense(quoting(**changes))
        self.settings: MakerSettings = maker()
        self.now_ms = NOW_MS
        self.trade_id = 0

    def apply(self, event: MarketDataEvent) -> None:
        self.view.apply(event)
        self.sense.apply(event, self.view)

    def touch(self, bid: int, ask: int, bids: int = 500, asks: int = 500) -> None:
        self.apply(
            BestQuoteSeen(
                market="BTC-USD",
                bid=Level(Ticks(bid), Lots(bids)),
                ask=Level(Ticks(ask), Lots(asks)),
                exchange_ms=self.now_ms,
                received_ms=self.now_ms,
            )
        )

    def book(self, bids: dict[int, int], asks: dict[int, int]) -> None:
        self.apply(
            BookSnapshot(
                market="BTC-USD",
                bids=tuple(Level(Ticks(price), Lots(size)) for price, size in bids.items()),
                asks=tuple(Level(Ticks(price), Lots(size)) for price, size in asks.items()),
                exchange_ms=self.now_ms,
                received_ms=self.now_ms,
            )
        )

    def trade(self, side: Side, price: int, size: int = 10) -> int:
        self.trade_id += 1
        self.apply(
            TradeSeen(
                market="BTC-USD",
                trade_id=self.trade_id,
                side=side,
                price=Ticks(price),
                size=Lots(size),
                exchange_ms=self.now_ms,
                received_ms=self.now_ms,
            )
        )
        return self.trade_id

    def fill(self, side: Side, price: str, trade_id: int = 9_000, order_id: str = "a", *, is_maker: bool = True) -> None:
        fill = Fill(
            trade_id=trade_id,
            market="BTC-USD",
            exchange_order_id=1,
            client_order_id=order_id,
            side=side,
            price=Decimal(price),
            size=Decimal("0.01"),
            fee=Decimal(0),
            is_maker=is_maker,
            kind="TRADE",
            exchange_ms=self.now_ms,
        )
        self.sense.filled(fill, self.now_ms)

    def believed(self) -> Opinions:
        return self.sense.opinions(self.view, self.settings, self.now_ms)


def order(side: Side, price: int, order_id: str = "a", status: Status = Status.RESTING) -> Order:
    return Order(
        client_order_id=order_id,
        nonce=1,
        market="BTC-USD",
        side=side,
        price=Ticks(price),
        size=Lots(1_000),
        time_in_force=TimeInForce.GTT,
        post_only=True,
        reduce_only=False,
        owner=Owner.BOT,
        created_ms=NOW_MS,
        expires_ms=NOW_MS + 90_000,
        status=status,
    )


def test_before_anything_was_seen_only_the_prior_is_believed() -> None:
    believed = Watch().believed()

    assert believed.volatility is None
    assert believed.intensity is not None
    assert believed.intensity.source == "prior"
    assert believed.gamma is None
    assert (believed.imbalance, believed.markout_bps, believed.basis, believed.vpin) == (None, None, None, None)


def test_a_walking_mid_teaches_volatility_and_from_it_aversion() -> None:
    watch, random_, mid = Watch(), random.Random(1), 862_000.0
    for _ in range(1_200):
        mid *= 1 + random_.gauss(0, 1.5e-4)
        watch.touch(round(mid) - 1, round(mid) + 1)
        watch.now_ms += 1_000
    believed = watch.believed()

    assert believed.volatility is not None
    assert believed.volatility.slow == pytest.approx(1.5, rel=0.15)
    assert believed.gamma is not None
    assert believed.gamma > 0


def test_prints_are_measured_from_the_mid_before_they_moved_it() -> None:
    watch = Watch()
    watch.touch(861_990, 862_010)
    watch.now_ms += 1_000
    watch.touch(862_110, 862_120)  # the book of this moment already shows what the order did
    watch.trade(Side.BUY, 862_100)
    watch.now_ms += 5_000
    watch.believed()

    (seen,) = watch.sense.intensity._orders
    assert seen.depth_bps == pytest.approx(100 / 862_000 * 1e4)


def test_prints_that_were_our_own_fills_do_not_count() -> None:
    watch = Watch()
    watch.touch(861_999, 862_001)
    watch.now_ms += 10
    trade_id = watch.trade(Side.BUY, 862_050)
    watch.fill(Side.SELL, "86205.0", trade_id)
    watch.now_ms += 5_000
    believed = watch.believed()

    assert believed.intensity is not None
    assert believed.intensity.orders == 0


def test_own_fills_are_followed_and_takers_of_ours_are_not() -> None:
    watch = Watch()
    watch.touch(861_999, 862_001)
    watch.fill(Side.BUY, "86195")
    watch.fill(Side.BUY, "86100", trade_id=9_001, is_maker=False)
    watch.now_ms += 1_000
    watch.touch(861_899, 861_901)
    watch.now_ms += 5_000
    believed = watch.believed()

    assert believed.markout_bps == pytest.approx((86_190 - 86_195) / 86_200 * 1e4, rel=1e-6)
    assert believed.adverse_bps == pytest.approx(10 / 86_200 * 1e4, rel=1e-6)


def test_funding_index_and_imbalance_are_passed_on_with_their_ages() -> None:
    watch = Watch()
    watch.touch(861_999, 862_001, bids=900, asks=100)
    watch.apply(MarkPriceSeen(market="BTC-USD", price=Decimal(86_200), exchange_ms=NOW_MS, received_ms=NOW_MS))
    watch.apply(IndexPriceSeen(market="BTC-USD", price=Decimal(86_190), exchange_ms=NOW_MS, received_ms=NOW_MS))
    watch.apply(FundingRateSeen(market="BTC-USD", rate=Decimal("0.00002"), exchange_ms=NOW_MS, received_ms=NOW_MS))
    watch.now_ms = NOW_MS + 1_500
    believed = watch.believed()

    assert believed.imbalance == 0.9
    assert believed.index_age_ms == 1_500
    assert believed.basis == pytest.approx(10 / 86_190)
    assert believed.funding_rate == 0.00002
    assert believed.seconds_to_funding == pytest.approx((3_600_000 - watch.now_ms % 3_600_000) / 1000)


def test_a_volume_clock_runs_only_when_a_bucket_is_configured() -> None:
    watch = Watch(vpin_bucket_lots=10)
    watch.touch(861_999, 862_001)
    for _ in range(60):
        watch.trade(Side.BUY, 862_001)

    assert watch.believed().vpin == 1.0
    assert Watch().sense.vpin is None


def test_our_place_in_the_queue_follows_book_and_trades() -> None:
    watch = Watch()
    watch.book({861_999: 5_000}, {862_001: 5_000})
    watch.sense.look([order(Side.BUY, 861_999), order(Side.SELL, 862_001, "b", Status.PLACING)], watch.view, watch.now_ms)
    assert watch.sense.share_ahead("a") == 1.0
    watch.trade(Side.SELL, 861_999, 1_000)
    watch.book({861_999: 6_000}, {862_001: 5_000})

    assert watch.sense.share_ahead("a") == pytest.approx(3_000 / 5_000)
    assert watch.sense.share_ahead("b") is None


def test_resting_orders_collect_exposure_at_their_distance() -> None:
    watch = Watch()
    watch.touch(861_999, 862_001)
    for _ in range(10):
        watch.sense.look([order(Side.BUY, 861_900)], watch.view, watch.now_ms)
        watch.now_ms += 1_000
    watch.fill(Side.BUY, "86190")

    assert watch.sense.exposure._exposure_s[2] == pytest.approx(9.0)  # 10 ticks of 862,000 are 1.16 bps
    assert watch.sense.exposure._fills[2] == 1


def test_an_empty_or_one_sided_touch_disturbs_nothing() -> None:
    watch = Watch()
    watch.touch(861_999, 862_001)
    for bid, ask in ((None, None), (Level(Ticks(861_999), Lots(5)), None)):
        watch.now_ms += 1_000
        watch.apply(BestQuoteSeen(market="BTC-USD", bid=bid, ask=ask, exchange_ms=watch.now_ms, received_ms=watch.now_ms))
        believed = watch.believed()

        assert believed.imbalance is None
        assert believed.microprice_offset_ticks is None
