"""Queue models: which is more cautious than which, on paper and in a real recording."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofs.stage.queue_trial import NEVER, ORDER, all_waits, overtaken
from simulator.__main__ import parser
from simulator.queue_models import QUEUE_MODELS, RISK_AVERSE, QueueModel, QueuePlace

SIZES = st.integers(0, 10**6).map(float)


def share_behind(model: QueueModel, ahead: float, behind: float) -> float:
    """Return the share of cancelled size that stood behind us; the risk-averse model says all of it."""
    return 1.0 if model.share_behind is None else model.share_behind(ahead, behind)


@given(SIZES, SIZES)
def test_of_two_ordered_models_the_slower_always_thinks_more_cancelled_behind_us(ahead: float, behind: float) -> None:
    for slower, faster in ORDER:
        assert share_behind(QUEUE_MODELS[slower], ahead, behind) >= share_behind(QUEUE_MODELS[faster], ahead, behind) - 1e-12


@given(st.lists(st.tuples(st.sampled_from("LT"), st.integers(0, 60)), max_size=40), st.integers(1, 60))
def test_no_model_ever_puts_us_further_back_than_the_risk_averse_one(steps: list[tuple[str, int]], level: int) -> None:
    careful = QueuePlace(float(level), level)
    others = {name: QueuePlace(float(level), level) for name in QUEUE_MODELS}
    for kind, size in steps:
        for name, place in [("", careful), *others.items()]:
            model = QUEUE_MODELS.get(name, RISK_AVERSE)
            if kind == "L":
                place.on_level(model, size)
            else:
                place.on_trade(size)
        assert all(place.ahead <= careful.ahead + 1e-9 for place in others.values())


def advance(name: str, ahead: float) -> float:
    """Return how far a level of 100 that loses 10 moves us."""
    place = QueuePlace(ahead, 100)
    place.on_level(QUEUE_MODELS[name], 90)
    return ahead - place.ahead


def test_a_larger_power_advances_us_more_at_the_back_and_less_at_the_front() -> None:
    assert advance("power2", 80.0) > advance("power1", 80.0)
    assert advance("power2", 20.0) < advance("power1", 20.0)
    assert advance("power2", 50.0) == pytest.approx(advance("power1", 50.0))


@pytest.mark.parametrize("name", sorted(QUEUE_MODELS))
def test_every_model_can_be_chosen_on_the_command_line(name: str) -> None:
    asked = parser().parse_args(["serve", "--flow", "replay:FILE", "--queue-model", name])

    assert asked.queue_model == name


def test_the_risk_averse_model_is_the_default() -> None:
    assert parser().parse_args(["serve"]).queue_model == RISK_AVERSE.name


@pytest.mark.slow
@pytest.mark.parametrize("name", ["btcusdt_20240808.gz", "ethusdt_20240808.gz"])
def test_in_a_real_recording_orders_fill_as_the_models_order_them(name: str) -> None:
    folder = os.environ.get("MMBOT_RECORDINGS")
    file = Path(folder) / name if folder else None
    if file is None or not file.exists():
        pytest.skip(f"MMBOT_RECORDINGS does not name a folder with {name}")

    found = all_waits(file, ["risk-averse", "power1", "power2", "log"], length_ms=60_000)

    for faster in ("power1", "power2", "log"):
        assert overtaken(found["risk-averse"], found[faster]) == []
    filled = {model: sum(wait.first_fill_ms < NEVER for wait in waits) for model, waits in found.items()}
    assert filled["risk-averse"] > 5
    assert any(one != other for one, other in zip(found["risk-averse"], found["log"], strict=True))
