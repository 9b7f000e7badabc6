"""Orders by hand pass the bot's own gate, and a halted bot takes only those that reduce."""

import asyncio

import pytest

from bot.clock import TurnableClock
from bot.core.errors import InvalidInput, RiskRefused
from bot.core.events import BookSnapshot, Event, Level, QuotingHalted
from bot.core.numbers import Lots, Ticks
from bot.core.orders import Owner
from bot.hand_orders import HandOrders
from bot.order_manager import OrderManager
from tests.unit.bot.fake_exchange import FakeExchange
from tests.unit.core.play import Play


class Counter:
    """A person's way in, over an engine that quotes and an exchange that takes everything."""

    def __init__(self) -> None:
        self.play = Play().ready()
        self.exchange = FakeExchange()
        self.clock = TurnableClock(self.play.now_ms)
        self.events: list[Event] = []
        orders = OrderManager(self.exchange, self._apply, self.clock, lambda *_, **__: None, lambda _order: False)
        self.hand = HandOrders(self.play.engine, orders, self.exchange, self.clock, self.play.ids)

    def _apply(self, event: Event) -> None:
        self.events.append(event)
        self.play.engine.apply(event)

    def ask(self, **changes: object) -> dict[str, object]:
        given: dict[str, object] = {
            "market": "BTC-PERP", "side": "BUY", "price": "86000", "size": "0.001", "time_in_force": "POST_ONLY",
        }  # fmt: skip
        return asyncio.run(self.hand.create(**(given | changes)))  # type: ignore[arg-type]  # a test names only what it changes


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch) -> Counter:
    monkeypatch.setattr("bot.hand_orders.OUTCOME_TIMEOUT_S", 0.01)
    return Counter()


def test_an_order_by_hand_carries_its_owner_and_the_exchanges_market_name(counter: Counter) -> None:
    answer = counter.ask()

    assert str(answer["externalId"]).startswith("mmh-")
    assert (answer["market"], answer["price"], answer["size"]) == ("BTC-USD", "86000", "0.001")


def test_a_halted_bot_takes_only_orders_that_reduce(counter: Counter) -> None:
    counter.play.engine.apply(QuotingHalted(code="test", reason="a person must look", received_ms=counter.play.now_ms))

    with pytest.raises(RiskRefused, match="halted: a person must look"):
        counter.ask()
    assert counter.ask(reduce_only=True)["reduceOnly"] is True
    assert [verb for verb, _ in counter.exchange.calls] == ["place"]


def test_a_price_off_the_tick_names_the_two_nearest_and_the_shy_way_rounds_it(counter: Counter) -> None:
    with pytest.raises(InvalidInput) as caught:
        counter.ask(price="86000.4")
    assert "86000 or 86001" in caught.value.hint

    assert counter.ask(price="86000.4", shy=True)["price"] == "86000"
    assert counter.ask(side="SELL", price="86400.4", shy=True)["price"] == "86401"


def test_fill_or_kill_is_refused_here_unless_the_live_book_can_fill_all_of_it(counter: Counter) -> None:
    now_ms = counter.play.now_ms
    counter.play.engine.apply(
        BookSnapshot(
            market="BTC-USD",
            bids=(Level(Ticks(86_190), Lots(50)),),
            asks=(Level(Ticks(86_208), Lots(50)), Level(Ticks(86_300), Lots(1_000))),
            exchange_ms=now_ms,
            received_ms=now_ms,
        )
    )

    with pytest.raises(RiskRefused, match=r"offers 0\.0005 within the price, 0\.001 was asked"):
        counter.ask(time_in_force="FOK", price="86208")
    assert counter.exchange.calls == []
    assert counter.ask(time_in_force="FOK", price="86300")["timeInForce"] == "FOK"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"market": "DOGE-USD"}, "market"),
        ({"side": "LONG"}, "side"),
        ({"time_in_force": "NOW"}, "timeInForce"),
        ({"size": "0.000001"}, "size"),
        ({"size": "0"}, "size"),
        ({"price": "NaN"}, "price"),
        ({"price": "-1"}, "price"),
        ({"price": "1e5"}, "price"),
        ({"size": "9" * 60}, "size"),
    ],
)
def test_what_cannot_be_used_is_named_and_nothing_is_sent(counter: Counter, changes: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        counter.ask(**changes)

    assert caught.value.field == field
    assert counter.exchange.calls == []


def put_book(counter: Counter) -> None:
    """Put 0.0005 at 86,208 and 0.01 at 86,300 on the offer, and as much at 86,190 on the bid."""
    now_ms = counter.play.now_ms
    asks = (Level(Ticks(86_208), Lots(50)), Level(Ticks(86_300), Lots(1_000)))
    bids = (Level(Ticks(86_190), Lots(50)),)
    counter.play.engine.apply(BookSnapshot(market="BTC-USD", bids=bids, asks=asks, exchange_ms=now_ms, received_ms=now_ms))


def checked(counter: Counter, **changes: object) -> dict[str, object]:
    given: dict[str, object] = {
        "market": "BTC-PERP", "side": "BUY", "price": "86000", "size": "0.001", "time_in_force": "POST_ONLY",
    }  # fmt: skip
    return asyncio.run(counter.hand.check(**(given | changes)))  # type: ignore[arg-type]  # a test names only what it changes


def test_a_check_sends_nothing_and_uses_no_id(counter: Counter) -> None:
    left = counter.play.ids.left

    answer = checked(counter)

    assert (answer["verdict"], answer["market"], answer["notional"]) == ("PASS", "BTC-USD", "86")
    assert counter.exchange.calls == []
    assert counter.play.ids.left == left
    assert all(order.owner is not Owner.HAND for order in counter.play.engine.orders)


def test_a_check_says_what_would_be_taken_and_what_it_costs(counter: Counter) -> None:
    put_book(counter)

    answer = checked(counter, price="86300", time_in_force="IOC")

    assert (answer["verdict"], answer["takes"], answer["takes_average"]) == ("TAKES", "0.001", "86254")
    assert answer["fee"] == "0.0215635"


def test_a_good_till_cancelled_order_takes_only_through_the_touch(counter: Counter) -> None:
    put_book(counter)

    assert checked(counter, price="86207", time_in_force="GTC")["verdict"] == "PASS"
    assert checked(counter, price="86208", time_in_force="GTC", size="0.0001")["verdict"] == "TAKES"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"price": "86208"}, "post_only_would_cross"),
        ({"price": "95000", "time_in_force": "GTC"}, "price_band"),
        ({"size": "4", "price": "86000"}, "position_limit"),
        ({"price": "86208", "size": "0.001", "time_in_force": "FOK"}, "fok_not_fillable"),
    ],
)
def test_a_check_is_refused_with_a_code(counter: Counter, changes: dict[str, object], code: str) -> None:
    put_book(counter)

    answer = checked(counter, **changes)

    assert (answer["verdict"], answer["code"]) == ("REFUSED", code)


def test_a_check_counts_what_may_still_fill(counter: Counter) -> None:
    counter.play.quoting()  # our own bid and ask of 0.01 stand

    answer = checked(counter)

    assert (answer["worst_now"], answer["worst_then"], answer["max_position"]) == ("0.01", "0.011", "0.05")
    assert checked(counter, side="SELL", price="86400", reduce_only=True)["worst_then"] == "-0.01"


def test_leverage_is_asked_for_once_a_minute(counter: Counter) -> None:
    assert checked(counter)["leverage"] == "10"
    checked(counter)
    assert [verb for verb, _ in counter.exchange.asked] == ["leverage"]

    counter.clock.turn(61_000)
    checked(counter)
    assert len(counter.exchange.asked) == 2
