"""Several markets in one engine, each with settings of its own."""

import sys
from decimal import Decimal

import pytest

from bot.core.actions import AnyAction, CancelOrder, PlaceOrder
from bot.core.events import BestQuoteSeen, Level, MarketRulesLoaded, MarkPriceSeen
from bot.core.maker import Desk, Maker
from bot.core.notes import Reason
from bot.core.numbers import Lots, Ticks
from bot.core.orders import ExchangeStatus
from tests.unit.core.play import Play, btc, settings

ETH = btc(name="ETH-USD", tick_size=Decimal("0.1"), lot_size=Decimal("0.001"), min_size=Decimal("0.01"))


def both() -> Play:
    """Return a play that quotes BTC-USD and ETH-USD."""
    play = Play().ready()
    eth = settings(market="ETH-USD", order_size=Decimal("0.1"), max_position=Decimal("0.5"), spread=Decimal("0.002"))
    play.engine.apply(MarketRulesLoaded(market=ETH, received_ms=play.now_ms))
    play.engine.configure([play.engine.settings["BTC-USD"], eth])
    see_eth(play, "3000")
    return play


def see_eth(play: Play, mark: str) -> None:
    see(play, "ETH-USD", mark)


def see(play: Play, market: str, mark: str) -> None:
    now_ms, ticks = play.now_ms, int(Decimal(mark) * 10)
    play.engine.apply(MarkPriceSeen(market=market, price=Decimal(mark), exchange_ms=now_ms, received_ms=now_ms))
    play.engine.apply(
        BestQuoteSeen(
            market=market,
            bid=Level(Ticks(ticks - 5), Lots(100)),
            ask=Level(Ticks(ticks + 5), Lots(100)),
            exchange_ms=now_ms,
            received_ms=now_ms,
        )
    )


def test_each_market_is_quoted_with_its_own_settings() -> None:
    placed = [action.approved.order for action in both().decide() if isinstance(action, PlaceOrder)]

    assert {(order.market, order.side.value, order.price, order.size) for order in placed} == {
        ("BTC-USD", "BUY", 86_112, 1_000),
        ("BTC-USD", "SELL", 86_286, 1_000),
        ("ETH-USD", "BUY", 29_940, 100),
        ("ETH-USD", "SELL", 30_060, 100),
    }


def test_an_event_costs_a_decision_on_its_own_market_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    play = both()
    play.decide()
    decided: list[str] = []
    decide = Maker.decide

    def noted(maker: Maker, desk: Desk, blocked: Reason | None) -> list[AnyAction]:
        decided.append(maker.market)
        return decide(maker, desk, blocked)

    monkeypatch.setattr(Maker, "decide", noted)
    play.now_ms += 1
    see_eth(play, "3001")
    play.decide()
    assert decided == ["ETH-USD"]

    play.now_ms += 200
    play.decide()
    assert sorted(decided) == ["BTC-USD", "ETH-USD", "ETH-USD"], "and on every market soon, whatever happens"


def test_a_stale_market_pulls_its_own_quotes_and_not_the_others() -> None:
    play = both()
    placed = [action.approved.order for action in play.decide() if isinstance(action, PlaceOrder)]
    for order in placed:
        play.acknowledge(order)
    play.later(5_500)
    cancelled = {action.market for action in play.decide() if isinstance(action, CancelOrder)}

    assert cancelled == {"ETH-USD"}
    eth, bitcoin = play.engine.makers["ETH-USD"].reason, play.engine.makers["BTC-USD"].reason
    assert eth is not None
    assert eth.code == "stale_mark_price"
    assert bitcoin is None


def test_a_market_that_is_removed_has_its_orders_cancelled() -> None:
    play = both()
    for action in play.decide():
        if isinstance(action, PlaceOrder):
            play.acknowledge(action.approved.order)
    play.engine.configure([play.engine.settings["BTC-USD"]])
    play.later(100)

    assert {action.market for action in play.decide() if isinstance(action, CancelOrder)} == {"ETH-USD"}
    assert play.engine.switch.left_ms(play.now_ms) > 0


def calls_of_an_event(markets: int) -> int:
    """Return how many functions run for one new touch of one of so many quoted markets, and the decision on it."""
    play = Play().ready()
    names = [f"M{number}-USD" for number in range(markets)]
    for name in names:
        rules = btc(name=name, tick_size=Decimal("0.1"), lot_size=Decimal("0.001"), min_size=Decimal("0.01"))
        play.engine.apply(MarketRulesLoaded(market=rules, received_ms=play.now_ms))
    like = {"order_size": Decimal("0.1"), "max_position": Decimal("0.5"), "spread": Decimal("0.002")}
    play.engine.configure([settings(market=name, **like) for name in names])
    for _ in range(3):
        for name in names:
            see(play, name, "3000")
        for action in play.decide():
            if isinstance(action, PlaceOrder):
                play.acknowledge(action.approved.order)
                play.report(action.approved.order, ExchangeStatus.NEW)
        play.now_ms += 1
    assert all(len(play.engine.orders.of(name)) == 2 for name in names)
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        see(play, names[-1], "3000.1")
        play.decide()
    finally:
        sys.setprofile(None)
    return calls


def test_the_work_of_an_event_hardly_grows_with_the_number_of_markets() -> None:
    one, twenty = calls_of_an_event(1), calls_of_an_event(20)

    assert one > 100
    assert twenty < 1.25 * one
