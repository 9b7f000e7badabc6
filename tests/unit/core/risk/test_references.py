"""Which prices are believed, and how far from them an order may stand."""

from decimal import Decimal

import pytest

from bot.core.errors import RiskRefused
from bot.core.orders import Side
from bot.core.risk.references import NOTHING, References, Sight, check_collar
from tests.unit.core.risk.scene import START_MS, sight

HUNDRED = Decimal(100)


def alone(mark: object, now_ms: int = START_MS) -> Sight:
    """Return a market whose mark is the only price."""
    return sight(mark, now_ms, mid=None, best_bid=None, best_ask=None, index=None, last=None)


@pytest.mark.parametrize("voice", ["mark", "mid", "index", "last"])
@pytest.mark.parametrize("factor", ["10", "0.1", "0", "-1"])
def test_f069_one_wrong_tick_is_outvoted(voice: str, factor: str) -> None:
    references = References()
    wrong = HUNDRED * Decimal(factor)

    believed = references.judge(sight(HUNDRED, **{voice: wrong}))

    assert believed.price == HUNDRED
    assert believed.bad == {voice: wrong}


def test_f069_of_two_voices_the_one_near_the_price_before_is_believed() -> None:
    references = References()
    references.judge(sight(HUNDRED))

    believed = references.judge(sight(HUNDRED, START_MS + 100, mark=HUNDRED * 10, index=None, last=None))

    assert (believed.good, believed.bad) == ({"mid": HUNDRED}, {"mark": HUNDRED * 10})


def test_of_two_voices_that_disagree_none_is_believed_without_a_price_before() -> None:
    believed = References().judge(sight(HUNDRED, mark=HUNDRED * 10, index=None, last=None))

    assert believed.price is None


def test_two_voices_against_two_are_decided_by_the_price_before() -> None:
    references = References()
    references.judge(sight(HUNDRED))

    believed = references.judge(sight(HUNDRED, START_MS + 100, mark=Decimal(150), index=Decimal(150)))

    assert believed.good == {"mid": HUNDRED, "last": HUNDRED}


def test_f069_a_single_voice_must_not_jump() -> None:
    references = References()
    references.judge(alone(HUNDRED))

    assert references.judge(alone("105.1", START_MS + 100)).price is None
    assert references.judge(alone("104.9", START_MS + 200)).price == Decimal("104.9")


def test_what_was_believed_a_minute_ago_binds_no_more() -> None:
    references = References()
    references.judge(alone(HUNDRED))

    assert references.judge(alone(150, START_MS + 60_001)).price == 150


def test_f137_a_crash_that_every_voice_tells_is_believed() -> None:
    references = References()
    references.judge(sight(HUNDRED))

    assert references.judge(sight(80, START_MS + 100)).price == 80


def test_old_voices_are_neither_good_nor_bad() -> None:
    believed = References().judge(sight(HUNDRED, mark=Decimal(500), mark_age_ms=5_001))

    assert (believed.price, believed.bad) == (HUNDRED, {})


def test_without_any_fresh_voice_there_is_no_price() -> None:
    nothing = sight(HUNDRED, mark=None, mid=None, index=None, last=None)

    assert References().judge(nothing).price is None


@pytest.mark.parametrize(
    ("side", "price", "is_refused"),
    [
        (Side.BUY, "102", False),
        (Side.BUY, "102.01", True),
        (Side.BUY, "1", False),
        (Side.SELL, "98", False),
        (Side.SELL, "97.99", True),
        (Side.SELL, "1000", False),
    ],
)
def test_a_price_may_not_pay_more_than_the_collar(side: Side, price: str, *, is_refused: bool) -> None:
    believed = References().judge(sight(HUNDRED))
    if not is_refused:
        check_collar(side, Decimal(price), believed, Decimal("0.02"))
        return

    with pytest.raises(RiskRefused, match=r"2\.00% from mark 100") as refusal:
        check_collar(side, Decimal(price), believed, Decimal("0.02"))
    assert refusal.value.code == "price_collar"


def test_the_collar_holds_against_the_last_trade_too() -> None:
    believed = References().judge(sight(HUNDRED, last=Decimal("98.5")))

    with pytest.raises(RiskRefused, match="from last"):
        check_collar(Side.BUY, Decimal("101.5"), believed, Decimal("0.02"))


def test_the_collar_fails_closed_without_a_reference() -> None:
    with pytest.raises(RiskRefused) as refusal:
        check_collar(Side.BUY, Decimal(1), NOTHING, Decimal("0.02"))

    assert refusal.value.code == "no_reference_price"
