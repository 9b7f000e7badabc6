"""Texts become steps exactly, or not at all."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import ProtocolError
from bot.extended.grid import Grid

STEPS = ["1", "0.1", "0.5", "10", "100", "0.00001", "0.0000001", "0.25", "0.00005", "2.5"]


@given(step=st.sampled_from(STEPS), count=st.integers(min_value=-(10**9), max_value=10**9))
def test_any_multiple_of_the_step_is_counted_exactly(step: str, count: int) -> None:
    text = format(Decimal(step) * count, "f")

    assert Grid("price", Decimal(step)).steps(text) == count
    assert Grid("price", Decimal(step)).steps(text + ("00" if "." in text else ".00")) == count


@given(
    step=st.sampled_from(STEPS),
    count=st.integers(min_value=0, max_value=10**9),
    part=st.sampled_from(["0.5", "0.001", "0.999"]),
)
def test_f112_what_lies_between_two_steps_is_refused(step: str, count: int, part: str) -> None:
    text = format(Decimal(step) * (count + Decimal(part)), "f")

    with pytest.raises(ProtocolError):
        Grid("price", Decimal(step)).steps(text)


@pytest.mark.parametrize(
    "text", ["NaN", "Infinity", "-Infinity", "", " ", "1_000", "12 ", "0x10", "١٢", "1,5", "--1", "1e400", "9" * 61]
)
def test_f110_what_is_no_finite_number_is_refused(text: str) -> None:
    with pytest.raises(ProtocolError):
        Grid("price", Decimal(1)).steps(text)


def test_json_numbers_count_like_texts() -> None:
    grid = Grid("price", Decimal("0.1"))

    assert grid.steps(84077.1) == grid.steps("84077.1") == 840771
    assert grid.steps(84077) == 840770
    assert grid.steps("1E+2") == 1000


def test_the_memory_of_texts_is_bounded() -> None:
    grid = Grid("price", Decimal(1))

    for number in range(50_000):
        grid.steps(str(number))

    assert len(grid._known) <= 20_000
    assert grid.steps("7") == 7
