"""The fair price, its parts with their ages, and when there is none."""

import math
import random
from decimal import Decimal

import pytest

from bot.core.events import Level
from bot.core.notes import Reason
from bot.core.numbers import Lots, Ticks
from bot.core.quoting.breakdown import FairPart
from bot.core.quoting.fair_price import FairPrice, divergence, fair_price
from bot.core.quoting.lead import IndexLead
from bot.core.quoting.opinions import NO_OPINIONS, Opinions
from bot.core.snapshot import MarketPicture
from tests.unit.core.quoting.stage import MARK, maker, opinions, picture, quoting


def find(
    *, shown: MarketPicture | None = None, believed: Opinions | None = None, anchor: Decimal = MARK, **changes: object
) -> FairPrice | Reason:
    return fair_price(shown or picture(), maker(), quoting(**changes), anchor, believed or opinions())


def price(**changes: object) -> Decimal:
    found = find(**changes)  # type: ignore[arg-type]  # passed on as given
    assert isinstance(found, FairPrice), found
    return found.price


def code(**changes: object) -> str:
    found = find(**changes)  # type: ignore[arg-type]  # passed on as given
    assert isinstance(found, Reason), found
    return found.code


def part(name: str, **changes: object) -> FairPart:
    found = find(**changes)  # type: ignore[arg-type]  # passed on as given
    assert isinstance(found, FairPrice)
    return next(each for each in found.parts if each.name == name)


HEAVY_BID = {
    "best_bid": Level(Ticks(861_999), Lots(900)),
    "best_ask": Level(Ticks(862_001), Lots(100)),
}


def test_the_mark_is_taken_digit_for_digit() -> None:
    odd = Decimal("86198.8500000000000000000000000001")

    assert price(anchor=odd) == odd


def test_a_heavy_bid_pushes_the_weighted_mid_up() -> None:
    shown = picture(**HEAVY_BID)

    assert price(shown=shown, fair_price={"weighted_mid": 1.0}) == MARK + Decimal("0.08")
    assert price(shown=shown, fair_price={"mid": 1.0}) == MARK


def test_the_microprice_is_the_mid_moved_by_its_table() -> None:
    assert price(believed=opinions(microprice_offset_ticks=-0.5), fair_price={"microprice": 1.0}) == MARK - Decimal("0.05")


def test_a_microprice_never_leaves_the_touch() -> None:
    assert price(believed=opinions(microprice_offset_ticks=7.0), fair_price={"microprice": 1.0}) == MARK + Decimal("0.1")


def test_before_its_table_the_microprice_leans_as_configured_and_says_so() -> None:
    shown = picture(**HEAVY_BID)

    assert price(shown=shown, fair_price={"microprice": 1.0}) == MARK
    assert price(shown=shown, fair_price={"microprice": 1.0}, imbalance_weight=0.5) == MARK + Decimal("0.04")
    assert "not estimated yet" in part("microprice", shown=shown).note


def test_the_index_counts_with_its_usual_distance() -> None:
    assert float(price(fair_price={"index": 1.0})) == pytest.approx(86_200, abs=1e-3)


def test_views_are_blended_by_weight() -> None:
    shown = picture(mid=MARK + 10, best_bid=Level(Ticks(862_099), Lots(1)), best_ask=Level(Ticks(862_101), Lots(1)))

    assert price(shown=shown, fair_price={"mark": 0.75, "mid": 0.25}) == MARK + Decimal("2.5")


def test_every_view_is_shown_with_its_age_also_those_that_do_not_count() -> None:
    found = find()

    assert isinstance(found, FairPrice)
    assert [(each.name, each.age_ms, each.weight) for each in found.parts] == [
        ("mark", 100, 1.0),
        ("mid", 50, 0.0),
        ("weighted_mid", 50, 0.0),
        ("microprice", 50, 0.0),
        ("index", 500, 0.0),
    ]


def test_a_stale_view_does_not_count() -> None:
    believed = opinions(index_age_ms=60_000)
    assert price(believed=believed, fair_price={"mid": 0.5, "index": 0.5}) == MARK
    assert "60000 ms old" in part("index", believed=believed).note
    assert code(believed=believed, fair_price={"index": 1.0}) == "no_fair_price"


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"best_bid": None, "mid": None}, "only one side"),
        ({"best_bid": None, "best_ask": None, "mid": None, "touch_age_ms": None}, "no book"),
        ({"best_bid": Level(Ticks(862_002), Lots(5))}, "crossed"),
        ({"touch_age_ms": 60_000}, "60000 ms old"),
    ],
)
def test_a_degenerate_book_has_no_mid_and_says_why(changes: dict[str, object], note: str) -> None:
    shown = picture(**changes)

    assert note in part("mid", shown=shown).note
    assert code(shown=shown, fair_price={"mid": 1.0}) == "no_fair_price"
    assert price(shown=shown) == MARK


def test_without_a_mark_there_is_nothing_to_compare_with() -> None:
    assert code(shown=picture(mark_price=None, mark_age_ms=None), fair_price={"mid": 1.0}) == "no_mark_price"
    assert code(shown=picture(mark_age_ms=60_000)) == "no_fair_price"


def test_a_fair_price_far_from_the_mark_is_not_believed() -> None:
    shown = picture(mid=MARK + 500, best_bid=Level(Ticks(866_999), Lots(1)), best_ask=Level(Ticks(867_001), Lots(1)))

    assert code(shown=shown, fair_price={"mid": 1.0}) == "fair_divergence"
    assert price(shown=shown, fair_price={"mid": 1.0}, max_fair_divergence_bps=60) == MARK + 500


def test_the_exchanges_band_is_a_bound_whatever_is_allowed() -> None:
    narrow = picture(rules=picture().rules.__class__(**{**_fields(), "price_cap": Decimal("0.0001")}))

    reason = divergence(MARK + 10, narrow, 500)

    assert reason is not None
    assert "allowed 1.0" in reason.text


def _fields() -> dict[str, object]:
    rules = picture().rules
    return {name: getattr(rules, name) for name in rules.__struct_fields__}


@pytest.mark.parametrize("bad", [Decimal("NaN"), Decimal("Infinity"), Decimal(0), Decimal(-1)])
def test_what_is_no_price_is_refused(bad: Decimal) -> None:
    reason = divergence(bad, picture(), 50)

    assert reason is not None
    assert reason.code == "bad_fair_price"


def test_the_mid_is_led_by_the_index_only_when_switched_on_and_measured() -> None:
    lifted = opinions(basis=10 / 86_195, lead_weight=0.5)

    assert price(believed=lifted) == MARK
    assert float(price(believed=lifted, follow_index=True)) == pytest.approx(86_202.5, abs=1e-3)
    assert price(believed=opinions(basis=10 / 86_195), follow_index=True) == MARK
    assert price(believed=NO_OPINIONS, follow_index=True) == MARK


def lead_of(*, follows: float, seconds: int = 900, seed: int = 3) -> IndexLead:
    """Return a lead that watched a mid making up `follows` of the gap each second, and noise."""
    random_, lead = random.Random(seed), IndexLead()
    index = mid = 100.0
    for second in range(seconds):
        lead.see(mid, index, 1000 * second)
        mid += follows * (index - mid) + random_.gauss(0, 0.002)
        index += random_.gauss(0, 0.01)
    return lead


def test_a_mid_that_follows_is_recognised_and_its_share_measured() -> None:
    assert lead_of(follows=0.4).weight == pytest.approx(0.4, abs=0.08)


def test_a_mid_that_does_not_follow_gets_no_weight() -> None:
    assert all(lead_of(follows=0.0, seed=seed).weight < 0.05 for seed in range(5))
    assert IndexLead().weight == 0.0


def test_the_basis_is_the_usual_distance_of_the_mid_from_the_index() -> None:
    lead = IndexLead()
    for second in range(600):
        lead.see(100.1, 100.0, 1000 * second)
    for bad in (0.0, -1.0, math.nan, math.inf):
        lead.see(bad, 100.0, 700_000)
        lead.see(100.0, bad, 700_000)

    assert lead.basis == pytest.approx(0.001)
