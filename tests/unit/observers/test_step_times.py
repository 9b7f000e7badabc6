"""Round trips of orders as an operator reads them."""

from bot.observers.step_times import StepTimes, quantile_ms


def test_nothing_is_said_of_requests_that_were_never_sent() -> None:
    steps = StepTimes()
    steps.saw("GET /user/orders", 0.5)

    assert steps.acknowledgements() == {}


def test_median_and_worst_of_placing_and_of_both_kinds_of_cancelling() -> None:
    steps = StepTimes()
    for milliseconds in (30, 10, 20, 90):
        steps.saw("POST /user/order", milliseconds / 1000)
    steps.saw("DELETE /user/order", 0.005)
    steps.saw("DELETE /user/order/{id}", 0.0071)

    assert steps.acknowledgements() == {
        "place_ms_p50": 20.0, "place_ms_p99": 90.0, "cancel_ms_p50": 5.0, "cancel_ms_p99": 7.1,
    }  # fmt: skip


def test_only_the_newest_two_hundred_count() -> None:
    steps = StepTimes()
    steps.saw("POST /user/order", 9.0)
    for _ in range(200):
        steps.saw("POST /user/order", 0.02)

    assert steps.acknowledgements() == {"place_ms_p50": 20.0, "place_ms_p99": 20.0}


def test_the_nearest_rank_decides() -> None:
    hundred = [each / 1000 for each in range(1, 101)]

    assert (quantile_ms(hundred, 0.5), quantile_ms(hundred, 0.99), quantile_ms(hundred, 1.0)) == (50.0, 99.0, 100.0)
    assert quantile_ms([0.004], 0.5) == 4.0
