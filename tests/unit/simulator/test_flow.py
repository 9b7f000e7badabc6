"""The background flow on a virtual clock: alive, fair, the same for the same seed."""

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from math import ceil, floor, log, sqrt
from statistics import fmean, pstdev
from typing import Any

import pytest

from simulator.accounts import derive_accounts
from simulator.events import FillBooked, IndexMoved, MarkMoved, OrderChanged, TradePrinted
from simulator.exchange import EventLog, Exchange, synthetic_exchange
from simulator.flow import SyntheticFlow
from simulator.markets import BTC_USD
from simulator.matching import Side
from simulator.orders import Kind, OrderRequest, SelfTrade, TimeInForce
from simulator.refusals import Refused
from simulator.regimes import REGIMES

D = Decimal
START_MS = 1_790_000_000_000
ME = 3001
SEEDS = range(1, 21)


def btc_exchange(seed: int, **more: Any) -> Exchange:
    return synthetic_exchange(
        seed=seed,
        accounts=derive_accounts(seed, 1, None),
        start_ms=START_MS,
        specs=[BTC_USD],
        **more,
    )


class PatientPair:
    """A post-only pair around the mark, placed again only when the mark has moved by 0.2 %."""

    def __init__(self, exchange: Exchange, spread: str) -> None:
        self.exchange, self.spread = exchange, D(spread)
        self.sent = 0
        self.rejected = 0
        self.placed_at = D(0)

    def place(self) -> None:
        venue = self.exchange.venue
        venue.mass_cancel(ME, everything=True)
        mark = self.placed_at = venue.markets["BTC-USD"].mark
        for side, price in ((Side.BUY, floor(mark * (1 - self.spread))), (Side.SELL, ceil(mark * (1 + self.spread)))):
            self.sent += 1
            venue.submit(ME, quote(side, price, f"pair-{self.sent}", venue.now_ms))

    def seconds_to_first_fill(self, limit_s: int) -> float | None:
        self.place()
        for elapsed_ms in range(100, limit_s * 1000 + 1, 100):
            for event in self.exchange.advance(START_MS + elapsed_ms):
                if isinstance(event, FillBooked):
                    return elapsed_ms / 1000
                self.rejected += isinstance(event, OrderChanged) and event.order.status == "REJECTED"
            if abs(self.exchange.venue.markets["BTC-USD"].mark / self.placed_at - 1) > D("0.002"):
                self.place()
        return None


def quote(side: Side, price: int, name: str, now_ms: int, size: str = "0.01") -> OrderRequest:
    return OrderRequest(
        external_id=name,
        market="BTC-USD",
        kind=Kind.LIMIT,
        side=side,
        size=D(size),
        price=D(price),
        time_in_force=TimeInForce.GTT,
        expiry_ms=now_ms + 900_000,
        fee=D(0),
        nonce=1,
        settlement=None,
        self_trade=SelfTrade.ACCOUNT,
        reduce_only=False,
        post_only=True,
    )


@pytest.mark.parametrize(("spread", "limit_s"), [("0.001", 300), ("0.0002", 15)])
def test_a_quoted_pair_gets_its_first_fill_in_time_in_nineteen_of_twenty_seeds(spread: str, limit_s: int) -> None:
    waits = {seed: PatientPair(btc_exchange(seed), spread).seconds_to_first_fill(limit_s) for seed in SEEDS}

    late = [seed for seed, wait in waits.items() if wait is None]
    assert len(late) <= 1, f"no fill within {limit_s} s with seeds {late}"


def test_the_doors_open_on_a_full_book_around_the_start_price() -> None:
    exchange = btc_exchange(1)

    market = exchange.venue.markets["BTC-USD"]

    assert market.mark == market.index == D("86198.85")
    assert exchange.venue.now_ms == START_MS
    for side in Side:
        assert len(list(market.book.levels(side))) >= 20
    bid, ask = market.best_price(Side.BUY), market.best_price(Side.SELL)
    assert bid is not None
    assert ask is not None
    assert bid < market.mark < ask
    assert len(market.trades) > 10
    assert max(trade.T for trade in market.trades) <= START_MS


def test_the_market_is_alive_and_its_spread_is_a_few_ticks() -> None:
    exchange = btc_exchange(2)
    book = exchange.venue.markets["BTC-USD"].book
    spreads, trades, marks = [], 0, []

    for second in range(1, 301):
        for event in exchange.advance(START_MS + second * 1000):
            trades += isinstance(event, TradePrinted)
            if isinstance(event, MarkMoved):
                marks.append(event.ms)
        bid, ask = book.best(Side.BUY), book.best(Side.SELL)
        assert bid is not None
        assert ask is not None
        spreads.append(ask - bid)

    assert 2 <= fmean(spreads) <= 6
    assert trades > 1_000
    assert max(later - sooner for sooner, later in pairwise(marks)) <= 1_000


def test_the_efficient_price_moves_about_1_2_basis_points_per_root_second() -> None:
    returns, distances = [], []
    for seed in range(5):
        exchange = btc_exchange(seed)
        flow, market = exchange.flows["BTC-USD"], exchange.venue.markets["BTC-USD"]
        assert isinstance(flow, SyntheticFlow)
        before = flow._price.value
        for second in range(1, 201):
            exchange.advance(START_MS + second * 1000)
            returns.append(log(flow._price.value / before) * 1e4)
            before = flow._price.value
            distances.append(float(market.mark) / before * 1e4 - 1e4)

    assert 1.05 < sqrt(fmean(each * each for each in returns)) < 1.35
    assert 0.2 < pstdev(distances) < 1.5  # the mark follows, and is never the price itself
    assert all(distance != 0 for distance in distances)


def test_the_mark_is_the_index_within_one_basis_point() -> None:
    exchange = btc_exchange(3)
    index = D("86198.85")

    for event in exchange.advance(START_MS + 120_000):
        if isinstance(event, IndexMoved):
            index = D(event.price)
        elif isinstance(event, MarkMoved):
            assert abs(D(event.price) / index - 1) <= D("0.000101")


def test_a_bid_above_the_efficient_price_is_hit_within_a_second() -> None:
    exchange = btc_exchange(4)
    exchange.advance(START_MS + 1_000)
    flow, venue = exchange.flows["BTC-USD"], exchange.venue
    assert isinstance(flow, SyntheticFlow)
    generous = quote(Side.BUY, floor(flow._price.value) + 40, "generous", venue.now_ms)
    venue.submit(ME, replace(generous, post_only=False, fee=D("0.00025")))

    exchange.advance(START_MS + 2_000)

    assert venue.ledger.position_lots(ME, "BTC-USD") == 1000


def test_speed_scales_the_flow_and_not_the_clock() -> None:
    slow, fast = btc_exchange(5), btc_exchange(5, speed=5.0)

    counts = []
    for exchange in (slow, fast):
        venue = exchange.venue
        venue.submit(ME, quote(Side.BUY, 80_000, "far", venue.now_ms))
        order = venue.store.by_external[ME, "far"]
        order.expiry_ms = START_MS + 30_000
        counts.append(sum(isinstance(event, TradePrinted) for event in exchange.advance(START_MS + 30_000)))
        assert order.status.value == "EXPIRED"

    assert 3 < counts[1] / counts[0] < 8


def test_the_same_seed_and_commands_give_the_same_event_log() -> None:
    def run(seed: int) -> str:
        exchange, log_ = btc_exchange(seed), EventLog()
        pair = PatientPair(exchange, "0.0003")
        for second in range(1, 61):
            if second % 7 == 1:
                pair.place()
            if second == 20:
                exchange.venue.arm_switch(ME, 5)
            log_.add(exchange.advance(START_MS + second * 1000))
        return log_.hexdigest()

    assert run(11) == run(11)
    assert run(11) != run(12)


def test_how_often_the_clock_is_read_changes_nothing() -> None:
    digests = set()
    for stride_ms in (10_000, 1_000, 70):
        exchange, log_ = btc_exchange(6), EventLog()
        for now_ms in range(START_MS + stride_ms, START_MS + 10_000 + stride_ms, stride_ms):
            log_.add(exchange.advance(min(now_ms, START_MS + 10_000)))
        digests.add(log_.hexdigest())

    assert len(digests) == 1


@pytest.mark.parametrize("name", sorted(REGIMES))
def test_every_regime_keeps_an_uncrossed_market_that_is_two_sided_nearly_always(name: str) -> None:
    exchange = btc_exchange(7, regime=REGIMES[name])
    book = exchange.venue.markets["BTC-USD"].book
    two_sided = 0

    for second in range(1, 61):
        exchange.advance(START_MS + second * 1000)
        bid, ask = book.best(Side.BUY), book.best(Side.SELL)
        if bid is not None and ask is not None:
            two_sided += 1
            assert bid < ask

    assert two_sided >= (48 if name in {"thin", "flash_crash"} else 60)


def test_volatile_moves_more_than_calm_and_a_flash_crash_falls_and_ends() -> None:
    def path(name: str) -> list[float]:
        exchange = btc_exchange(8, regime=REGIMES["normal"])
        exchange.set_regime(name)
        found = []
        for second in range(1, 61):
            exchange.advance(START_MS + second * 1000)
            found.append(float(exchange.venue.markets["BTC-USD"].mark))
        return found

    def roughness(prices: list[float]) -> float:
        return pstdev([log(after / before) for before, after in pairwise(prices)])

    crash = path("flash_crash")

    assert roughness(path("volatile")) > 2 * roughness(path("normal")) > 2 * roughness(path("calm"))
    assert min(crash) < 86_198.85 * 0.99
    assert crash[-1] > min(crash) * 1.005


def test_the_price_can_be_pushed_and_takers_trade_towards_it() -> None:
    exchange = btc_exchange(9)
    exchange.set_price("BTC-USD", D(87_000))

    exchange.advance(START_MS + 5_000)

    assert abs(exchange.venue.markets["BTC-USD"].mark - 87_000) < 100
    assert exchange.venue.markets["BTC-USD"].last > D(86_900)


def test_nonsense_to_the_controls_is_refused() -> None:
    exchange = btc_exchange(9)

    for command in (
        lambda: exchange.set_regime("sunny"),
        lambda: exchange.set_price("BTC-PERP", D(1)),
        lambda: exchange.set_price("BTC-USD", D("NaN")),
        lambda: exchange.set_price("BTC-USD", D(-1)),
    ):
        with pytest.raises(Refused):
            command()


def test_money_is_conserved_while_the_flow_trades_with_us() -> None:
    exchange = btc_exchange(10)
    pair = PatientPair(exchange, "0.0001")

    for second in range(1, 121):
        pair.place()
        exchange.advance(START_MS + second * 1000)

    assert exchange.venue.ledger.bookings > 30
    exchange.venue.ledger.check()


def test_time_sat_out_is_not_lived_through() -> None:
    exchange = btc_exchange(13)
    exchange.sit_out(3_600_000)

    events = exchange.advance(START_MS + 3_600_000)

    assert sum(isinstance(event, TradePrinted) for event in events) < 20
    assert sum(isinstance(event, TradePrinted) for event in exchange.advance(START_MS + 3_610_000)) > 50
