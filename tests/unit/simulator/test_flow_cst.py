"""The cst and extended flows inside the exchange: selectable, alive, fair to customers, the same for the same seed."""

import xml.etree.ElementTree as ET
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from simulator.__main__ import main
from simulator.accounts import derive_accounts
from simulator.events import FillBooked, MarkMoved, TradePrinted
from simulator.exchange import EventLog, Exchange, synthetic_exchange
from simulator.flow_cst import CstFlow, ExtendedFlow
from simulator.flow_play import figures, play
from simulator.markets import BTC_USD
from simulator.matching import Side
from simulator.orders import Kind, OrderRequest, SelfTrade, TimeInForce
from simulator.refusals import Refused
from simulator.regimes import NORMAL, REGIMES, Regime

D = Decimal
START_MS = 1_790_000_000_000
ME = 3001


def exchange_with(flow_name: str, seed: int = 1, speed: float = 1.0, regime: Regime = NORMAL) -> Exchange:
    return synthetic_exchange(
        seed=seed,
        accounts=derive_accounts(seed, 1, None),
        start_ms=START_MS,
        specs=[BTC_USD],
        flow_name=flow_name,
        speed=speed,
        regime=regime,
    )


def bid(exchange: Exchange, price: int) -> OrderRequest:
    return OrderRequest(
        external_id="mine",
        market="BTC-USD",
        kind=Kind.LIMIT,
        side=Side.BUY,
        size=D("0.01"),
        price=D(price),
        time_in_force=TimeInForce.GTT,
        expiry_ms=exchange.venue.now_ms + 900_000,
        fee=D(0),
        nonce=1,
        settlement=None,
        self_trade=SelfTrade.ACCOUNT,
        reduce_only=False,
        post_only=True,
    )


@pytest.mark.parametrize(("flow_name", "speed"), [("cst", 60.0), ("extended", 1.0)])
def test_the_market_is_alive_around_its_start_price_with_a_tick_or_two_of_spread(flow_name: str, speed: float) -> None:
    exchange = exchange_with(flow_name, speed=speed)
    book, spreads, trades, marks = exchange.venue.markets["BTC-USD"].book, [], 0, 0

    for second in range(1, 121):
        for event in exchange.advance(START_MS + second * 1000):
            trades += isinstance(event, TradePrinted)
            marks += isinstance(event, MarkMoved)
        best_bid, best_ask = book.best(Side.BUY), book.best(Side.SELL)
        assert best_bid is not None
        assert best_ask is not None
        spreads.append(best_ask - best_bid)

    assert 1.0 <= sum(spreads) / len(spreads) <= 2.5
    assert 100 < trades < 1_500
    assert marks >= 120
    assert abs(exchange.venue.markets["BTC-USD"].mark - BTC_USD.start_price) < 200
    assert exchange.flow_name == flow_name


def test_the_cst_flow_lives_by_the_minute() -> None:
    exchange = exchange_with("cst")

    trades = sum(isinstance(event, TradePrinted) for event in exchange.advance(START_MS + 30 * 60_000))

    assert trades == pytest.approx(2 * 0.94 * 30, abs=30)


def test_a_customer_at_the_touch_is_filled_by_the_flow_and_money_is_conserved() -> None:
    exchange = exchange_with("extended")
    venue = exchange.venue
    best = venue.markets["BTC-USD"].book.best(Side.BUY)
    assert best is not None
    venue.submit(ME, bid(exchange, best))

    events = exchange.advance(START_MS + 60_000)

    fills = [event.trade for event in events if isinstance(event, FillBooked)]
    assert fills
    assert all(fill.price == str(best) and not fill.is_taker for fill in fills)
    assert venue.ledger.position_lots(ME, "BTC-USD") == 1_000
    venue.ledger.check()


@pytest.mark.parametrize("flow_name", ["cst", "extended"])
def test_the_same_seed_gives_the_same_event_log(flow_name: str) -> None:
    def digest(seed: int, stride_ms: int) -> str:
        exchange, log = exchange_with(flow_name, seed), EventLog()
        for now_ms in range(START_MS, START_MS + 30_001, stride_ms):
            log.add(exchange.advance(now_ms))
        return log.hexdigest()

    assert digest(3, 1_000) == digest(3, 100)
    assert digest(3, 1_000) != digest(4, 1_000)


@pytest.mark.parametrize("flow_name", ["cst", "extended"])
def test_time_sat_out_is_not_lived_through(flow_name: str) -> None:
    exchange = exchange_with(flow_name)
    exchange.sit_out(3_600_000)

    assert sum(isinstance(event, TradePrinted) for event in exchange.advance(START_MS + 3_600_000)) < 30


def test_the_plain_book_has_no_moods_and_no_price_to_push() -> None:
    with pytest.raises(ValueError, match="no moods"):
        exchange_with("cst", regime=REGIMES["volatile"])
    exchange = exchange_with("cst")

    with pytest.raises(Refused):
        exchange.set_regime("volatile")
    with pytest.raises(Refused):
        exchange.set_price("BTC-USD", D(90_000))


def test_an_unknown_flow_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="synthetic, cst, extended"):
        exchange_with("sunny")


def test_the_extended_flow_follows_a_pushed_price() -> None:
    exchange = exchange_with("extended")
    exchange.set_price("BTC-USD", D(86_300))

    exchange.advance(START_MS + 30_000)

    assert abs(exchange.venue.markets["BTC-USD"].last - 86_300) < 40


def test_a_flash_crash_from_the_start_waits_for_the_doors_falls_and_ends() -> None:
    exchange = exchange_with("extended", regime=REGIMES["flash_crash"])
    flow, lowest = exchange.flows["BTC-USD"], D(10**9)
    assert isinstance(flow, ExtendedFlow)

    for second in range(1, 61):
        exchange.advance(START_MS + second * 1000)
        lowest = min(lowest, exchange.venue.markets["BTC-USD"].last)

    assert lowest < BTC_USD.start_price - 300
    assert flow.regime is NORMAL
    assert exchange.venue.markets["BTC-USD"].last > lowest + 200


def test_a_unit_is_never_smaller_than_the_smallest_order() -> None:
    dear = replace(BTC_USD, start_price=D(86_000), min_order_size=D(1))
    exchange = synthetic_exchange(seed=1, accounts=(), start_ms=START_MS, specs=[dear], flow_name="cst")

    assert isinstance(exchange.flows["BTC-USD"], CstFlow)
    assert min(lots for _, lots in exchange.venue.markets["BTC-USD"].book.levels(Side.BUY)) >= 100_000


@pytest.mark.parametrize("flow_name", ["synthetic", "extended"])
def test_moods_differ_in_what_their_names_promise(flow_name: str) -> None:
    seen = {name: figures(play(name, seconds=60, seed=2, flow_name=flow_name)) for name in REGIMES}

    normal = seen["normal"]
    assert seen["calm"].volatility_bps < normal.volatility_bps < seen["volatile"].volatility_bps
    assert seen["calm"].trades_per_s < normal.trades_per_s
    assert seen["trending"].drift_bps > normal.drift_bps + 5
    assert seen["toxic"].signed_move_bps > normal.signed_move_bps
    assert seen["thin"].spread_bps > 1.3 * normal.spread_bps
    assert seen["thin"].depth < 0.6 * normal.depth
    assert seen["flash_crash"].largest_fall_bps > 4 * normal.largest_fall_bps


def test_one_command_draws_what_happened(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "moods.svg"

    code = main(["draw", "--regime", "normal", "--regime", "thin", "--seconds", "40", "--out", str(file)])

    assert code == 0
    assert "volatility" in capsys.readouterr().out
    picture = ET.parse(file).getroot()
    names = [each.get("class") for each in picture.iter()]
    assert names.count("mid") == names.count("spread") == 2
    played = [play(name, seconds=40, seed=1) for name in ("normal", "thin")]
    assert names.count("buy") + names.count("sell") == sum(len(each.fills) for each in played) > 0


def test_a_picture_too_short_for_its_mood_is_refused(tmp_path: Path) -> None:
    assert main(["draw", "--seconds", "10", "--out", str(tmp_path / "moods.svg")]) == 2
