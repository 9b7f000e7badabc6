"""Where we stand in a queue of which only the size is published."""

import random

import pytest

from bot.core.quoting.queue_position import QUEUE_MODELS, RISK_AVERSE, QueuePlace, QueueWatch, Resting

EVENTS = ["L20", "L18", "T3", "L15", "L12", "L16", "L10", "T4", "L6"]
PATHS = {
    "risk_averse": [15, 15, 12, 12, 12, 12, 10, 6, 6],
    "power1": [15, 13.5, 10.5, 10.5, 8.4, 8.4, 5.25, 1.25, 1.25],
    "power2": [15, 13.2, 10.2, 10.2, 7.743909, 7.743909, 4.935781, 0.935781, 0.935781],
    "power3_complement": [15, 14.15625, 11.15625, 11.15625, 9.922003, 9.922003, 8.491168, 4.491168, 4.491168],
    "log": [15, 13.785111, 10.785111, 10.785111, 8.988153, 8.988153, 5.83722, 1.83722, 1.83722],
}


def follow(place: QueuePlace, event: str) -> float:
    size = float(event[1:])
    if event[0] == "T":
        place.traded(size)
    else:
        place.resized(size)
    return place.ahead


@pytest.mark.parametrize("model", PATHS)
def test_the_known_path_of_each_model(model: str) -> None:
    place = QueuePlace(15, model)

    assert [follow(place, event) for event in EVENTS] == pytest.approx(PATHS[model], abs=1e-6)


def test_nobody_is_more_careful_than_the_risk_averse() -> None:
    random_ = random.Random(6)
    for _ in range(200):
        level = random_.randint(1, 50)
        places = {model: QueuePlace(level, model) for model in QUEUE_MODELS}
        for _ in range(20):
            if random_.random() < 0.3 and level > 1:
                traded = random_.randint(1, max(1, level // 3))
                level -= traded
                events = [f"T{traded}", f"L{level}"]
            else:
                level = max(0, level + random_.randint(-8, 8))
                events = [f"L{level}"]
            for place in places.values():
                for event in events:
                    follow(place, event)
            for model, place in places.items():
                assert places[RISK_AVERSE].ahead >= place.ahead - 1e-9, model


def test_a_larger_power_helps_more_at_the_back_and_less_at_the_front() -> None:
    def after_cancels(model: str, ahead: float) -> float:
        place = QueuePlace(100, model)
        place.ahead = ahead
        place.resized(90)
        return place.ahead

    assert after_cancels("power2", 80) < after_cancels("power1", 80)
    assert after_cancels("power2", 20) > after_cancels("power1", 20)


def test_the_share_ahead_goes_from_last_to_next() -> None:
    place = QueuePlace(10)
    assert place.share_ahead == 1.0
    place.traded(4)
    place.resized(12)
    assert place.share_ahead == 0.5
    place.traded(7)

    assert place.ahead == -1
    assert place.share_ahead == 0.0
    assert QueuePlace(0).share_ahead == 0.0


def test_every_model_survives_an_empty_level() -> None:
    for model in QUEUE_MODELS:
        place = QueuePlace(0, model)
        place.resized(0)
        place.resized(5)
        place.resized(0)
        assert place.ahead == 0


def resting(price: int = 100, remaining: int = 3, order_id: str = "a", *, is_bid: bool = True) -> Resting:
    return Resting(order_id=order_id, is_bid=is_bid, price=price, remaining=remaining)


def test_our_own_size_is_not_ahead_of_us() -> None:
    watch = QueueWatch()
    watch.look((resting(),), lambda _is_bid, _price: 13)
    place = watch.place("a")

    assert place is not None
    assert place.ahead == 10


def test_trades_that_sell_at_our_price_move_our_bid_forward() -> None:
    watch = QueueWatch()
    watch.look((resting(), resting(order_id="b", price=101, is_bid=False)), lambda _is_bid, _price: 13)
    watch.traded(taker_sells=True, price=100, size=4)
    watch.traded(taker_sells=True, price=99, size=4)
    watch.traded(taker_sells=False, price=100, size=4)
    bid, ask = watch.place("a"), watch.place("b")

    assert bid is not None
    assert ask is not None
    assert (bid.ahead, ask.ahead) == (6, 10)


def test_a_moved_order_joins_the_end_and_a_gone_one_is_forgotten() -> None:
    watch = QueueWatch()
    watch.look((resting(),), lambda _is_bid, _price: 13)
    watch.traded(taker_sells=True, price=100, size=9)
    watch.look((resting(price=99),), lambda _is_bid, _price: 23)
    moved = watch.place("a")
    assert moved is not None
    assert moved.ahead == 20
    watch.look((), lambda _is_bid, _price: 23)

    assert watch.place("a") is None
