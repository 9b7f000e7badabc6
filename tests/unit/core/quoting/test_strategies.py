"""The strategies on one market: what moves their quotes, which way, and what they say about it."""

import math
from decimal import Decimal
from itertools import pairwise

import pytest

from bot.core.errors import InvalidInput
from bot.core.orders import Side
from bot.core.quoting.base import WishedPrices
from bot.core.quoting.breakdown import Breakdown
from bot.core.quoting.glft_formulas import GlftInputs, closed_distances, gamma_for, table
from bot.core.quoting.inventory import taper
from bot.core.quoting.opinions import NO_OPINIONS, Opinions
from bot.core.quoting.parameters import ALL_OFF, QuotingSettings
from bot.core.quoting.setting_table import SETTINGS
from bot.core.quoting.simple import Simple
from bot.core.quoting.skew import Slewed
from bot.core.quoting.strategies import strategy_of
from bot.core.quoting.widening import widened
from bot.core.settings import MakerSettings
from bot.core.snapshot import MarketPicture
from tests.unit.core.quoting.stage import MARK, maker, market, opinions, picture, quoting, volatility, with_position

MODELS = ("composite", "glft", "avellaneda_stoikov")


def wish(
    strategy: str = "composite",
    *,
    shown: MarketPicture | None = None,
    believed: Opinions | None = None,
    settings: MakerSettings | None = None,
    base: QuotingSettings | None = None,
    **changes: object,
) -> WishedPrices:
    made = strategy_of(quoting(strategy, base, **changes))
    return made.wish(shown or picture(), settings or maker(), MARK, opinions() if believed is None else believed)


def why(wished: WishedPrices) -> Breakdown:
    assert wished.breakdown is not None
    return wished.breakdown


def bps(wished: WishedPrices) -> tuple[float, float]:
    """Return how far bid and ask stand from the mark, in bps."""
    return float((MARK - wished.bid) / MARK) * 1e4, float((wished.ask - MARK) / MARK) * 1e4


# --- all of them ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", MODELS)
def test_being_long_lowers_both_quotes_and_being_short_raises_them(strategy: str) -> None:
    flat, long, short = (wish(strategy, shown=with_position(size)) for size in ("0", "0.03", "-0.03"))

    assert long.bid < flat.bid < short.bid
    assert long.ask < flat.ask < short.ask
    assert why(long).reservation_price < MARK < why(short).reservation_price
    assert why(long).skew_bps == pytest.approx(-why(short).skew_bps)


@pytest.mark.parametrize("strategy", MODELS)
def test_more_volatility_never_makes_quotes_tighter(strategy: str) -> None:
    gamma = 0.002
    widths = [
        sum(bps(wish(strategy, believed=opinions(volatility=volatility(sigma)), gamma=gamma, base_spread_share=0)))
        for sigma in (0.01, 0.5, 1.2, 5.0, 50.0)
    ]

    assert widths == sorted(widths)
    assert widths[-1] > widths[0]


@pytest.mark.parametrize("strategy", [*MODELS, "grid", "simple"])
def test_the_same_arguments_give_the_same_wish(strategy: str) -> None:
    assert wish(strategy, shown=with_position("0.02")) == wish(strategy, shown=with_position("0.02"))


@pytest.mark.parametrize("strategy", [*MODELS, "grid"])
def test_without_a_fair_price_nothing_is_shown_and_the_reason_said(strategy: str) -> None:
    wished = wish(strategy, shown=picture(mark_price=None, mark_age_ms=None))

    assert {side: reason.code for side, reason in wished.withdrawn.items()} == dict.fromkeys(Side, "no_fair_price")


@pytest.mark.parametrize(("missing", "code"), [({"volatility": None}, "no_volatility"), ({"intensity": None}, "no_intensity")])
def test_the_pure_models_withdraw_while_an_estimate_is_missing(missing: dict[str, object], code: str) -> None:
    for strategy in ("glft", "avellaneda_stoikov"):
        assert wish(strategy, believed=opinions(**missing)).withdrawn[Side.BUY].code == code


@pytest.mark.parametrize("strategy", [*MODELS, "grid"])
def test_a_full_position_withdraws_the_growing_side_and_never_the_reducing_one(strategy: str) -> None:
    for size, growing in (("0.1", Side.BUY), ("0.5", Side.BUY), ("-0.1", Side.SELL), ("-3", Side.SELL)):
        wished = wish(strategy, shown=with_position(size))

        assert {side: reason.code for side, reason in wished.withdrawn.items()} == {growing: "position_limit"}
        assert all(level.orders >= 1 for level in wished.levels if level.side is growing.opposite)


def test_sizes_taper_on_the_growing_side_only() -> None:
    settings = maker()
    factors = [taper(with_position(size), settings, 0.5)[Side.BUY] for size in ("0", "0.05", "0.075", "0.1", "0.2")]

    assert factors == [1, 1, Decimal("0.5"), 0, 0]
    assert taper(with_position("0.09"), settings, 0.5)[Side.SELL] == 1
    assert taper(with_position("-0.075"), settings, 0.5) == {Side.BUY: 1, Side.SELL: Decimal("0.5")}
    assert taper(with_position("0.0999"), settings, 1.0)[Side.BUY] == 1


# --- the models ----------------------------------------------------------------------------------------------------------------


def test_glft_quotes_its_closed_form_around_the_fair_price() -> None:
    gamma = gamma_for(1.0, 100, sigma=1.2, fill_rate=0.33, decay=0.85)
    assert gamma is not None
    roomy = maker(max_position=Decimal(1))
    wished = wish("glft", shown=with_position("0.03"), settings=roomy, prior_adverse_bps=0, gamma=gamma)
    expected = closed_distances(GlftInputs(sigma=1.2, fill_rate=0.33, decay=0.85, gamma=gamma), 3)

    assert bps(wished) == pytest.approx(expected, abs=1e-6)
    assert why(wished).half_spread_decided_by == "closed form"


def test_glft_takes_the_table_where_inventory_is_tight() -> None:
    tight = maker(max_position=Decimal("0.03"))
    wished = wish("glft", shown=with_position("0.01"), settings=tight, prior_adverse_bps=0)
    gamma = gamma_for(1.0, 3, sigma=1.2, fill_rate=0.33, decay=0.85)
    assert gamma is not None
    exact = table(GlftInputs(sigma=1.2, fill_rate=0.33, decay=0.85, gamma=gamma), 3)

    assert why(wished).half_spread_decided_by == "table"
    assert bps(wished) == pytest.approx(exact.distances(1), abs=1e-6)


@pytest.mark.parametrize("strategy", MODELS)
def test_a_maker_fee_adds_to_both_distances(strategy: str) -> None:
    free = bps(wish(strategy, base_spread_share=0))
    paid = bps(wish(strategy, shown=picture(rules=market(maker_fee_rate=Decimal("0.0002"))), base_spread_share=0))

    assert paid == pytest.approx([each + 2 for each in free], abs=1e-6)


def test_the_distance_that_a_fee_makes_optimal() -> None:
    """Under exponential intensity the best distance is c1 plus the fee; a search over distances agrees."""
    gamma, decay, fee = 0.5, 20.0, 2e-4 * 100
    best = max(
        (step * 1e-6 for step in range(20_000, 120_000)), key=lambda d: math.exp(-decay * d) * (1 - math.exp(-gamma * (d - fee)))
    )
    inputs = GlftInputs(sigma=0.0, fill_rate=1.0, decay=decay, gamma=gamma)

    assert closed_distances(inputs, 0)[0] + fee == pytest.approx(0.0693852, abs=1e-5)
    assert best == pytest.approx(0.0693852, abs=1e-5)


def test_avellaneda_and_stoikov_with_its_own_horizon_skews_by_it() -> None:
    wished = wish("avellaneda_stoikov", shown=with_position("0.03"), gamma=0.002, horizon_s=100.0)

    assert why(wished).skew_bps == pytest.approx(3 * 0.002 * 1.2**2 * 100)
    assert next(part.value for part in why(wished).other if part.name == "horizon") == 100


def test_funding_that_longs_pay_makes_them_want_to_be_short() -> None:
    paid = opinions(funding_rate=0.001, seconds_to_funding=0.0)

    for strategy in ("glft", "composite"):
        wished = wish(strategy, believed=paid)
        assert -3.0 <= why(wished).target_lots < 0
        assert why(wished).skew_bps > 0
        assert wish(strategy, believed=paid, funding_target=0.0).bid > wished.bid
    assert "no_funding" in {note.code for note in why(wish(believed=opinions(funding_rate=None))).notes}


def test_a_payment_that_is_far_away_moves_the_target_less() -> None:
    def target(strategy: str, seconds: float) -> float:
        small = opinions(funding_rate=0.000_01, seconds_to_funding=seconds)
        return why(wish(strategy, believed=small, holding_time_s=600.0)).target_lots

    for strategy in ("glft", "composite"):
        assert -3.0 < target(strategy, 0.0) < 0
        assert target(strategy, 600.0) == pytest.approx(target(strategy, 0.0) * math.exp(-1))


# --- the composite quote -------------------------------------------------------------------------------------------------------


def test_with_every_part_switched_off_it_is_the_documents_rule() -> None:
    for size in ("0", "0.03", "-0.09"):
        shown, settings = with_position(size), maker()
        simple = Simple().wish(shown, settings, MARK)
        plain = strategy_of(ALL_OFF).wish(shown, settings, MARK, opinions(markout_bps=-9.0))

        assert (plain.bid, plain.ask, plain.anchor) == (simple.bid, simple.ask, simple.anchor)
        assert [level.orders for level in plain.levels] == [1, 1]


def test_the_largest_claim_decides_the_half_spread() -> None:
    decided = why(wish())
    claims = {part.name: part.value for part in decided.candidates}

    assert decided.half_spread_bps == pytest.approx(max(claims.values()))
    assert claims[decided.half_spread_decided_by] == max(claims.values())
    assert claims["base"] == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("changes", "believed", "decided_by"),
    [
        ({"model_spread": False, "stale_z": 0.0}, {}, "base"),
        ({"model_spread": False, "stale_z": 0.0}, {"adverse_bps": 5.0}, "costs"),
        ({}, {"adverse_bps": 2.0}, "model"),
        ({"cover_costs": False, "stale_z": 2.0, "latency_ms": 4_000.0}, {"volatility": volatility(5.0)}, "stale quote"),
        ({"model_spread": False}, {"volatility": volatility(5.0)}, "costs and stale quote"),
        ({"max_half_spread_bps": 1.5}, {}, "largest half-spread"),
    ],
)
def test_each_part_can_decide(changes: dict[str, object], believed: dict[str, object], decided_by: str) -> None:
    assert why(wish(believed=opinions(**believed), **changes)).half_spread_decided_by == decided_by


def test_measured_latency_replaces_the_assumed_one() -> None:
    def stale(latency_ms: float | None) -> float:
        claims = why(wish(believed=opinions(latency_ms=latency_ms))).candidates
        return next(part.value for part in claims if part.name == "stale quote")

    assert stale(None) == pytest.approx(1.2 * math.sqrt(0.35))
    assert stale(900.0) == pytest.approx(1.2)


def test_own_fills_that_aged_badly_widen_up_to_the_cap() -> None:
    calm = why(wish()).half_spread_bps
    worse = why(wish(believed=opinions(markout_bps=-calm / 2, markout_fills=1e9)))
    worst = why(wish(believed=opinions(markout_bps=-100.0, markout_fills=10.0)))

    assert worse.half_spread_bps == pytest.approx(1.5 * calm)
    assert worst.half_spread_bps == pytest.approx(3 * calm)
    assert [part.name for part in worst.widening] == ["own markouts"]
    assert why(wish(believed=opinions(markout_bps=+100.0, markout_fills=10.0))).half_spread_bps == pytest.approx(calm)


def test_one_fill_that_aged_badly_proves_little() -> None:
    calm = why(wish()).half_spread_bps

    def widened(fills: float) -> float:
        return why(wish(believed=opinions(markout_bps=-2 * calm, markout_fills=fills))).half_spread_bps / calm

    assert widened(0.0) == pytest.approx(1)
    assert widened(1.0) == pytest.approx(1 + 2 / 11)
    assert widened(10.0) == pytest.approx(2)


def test_the_skew_grows_with_the_widening() -> None:
    def skew(**believed: object) -> float:
        shown = with_position("0.05")
        return why(wish(shown=shown, believed=opinions(**believed), model_spread=False, rho=1.5, funding_target=0.0)).skew_bps

    assert skew(markout_bps=-100.0, markout_fills=10.0) == pytest.approx(3 * skew())


def test_one_sided_volume_widens_when_switched_on() -> None:
    calm = why(wish()).half_spread_bps

    assert why(wish(believed=opinions(vpin=1.0))).half_spread_bps == pytest.approx(calm)
    assert why(wish(believed=opinions(vpin=1.0), vpin_strength=1.0)).half_spread_bps == pytest.approx(2 * calm)


def test_what_is_not_known_yet_makes_it_wide_and_is_named() -> None:
    blind = why(wish(believed=NO_OPINIONS, funding_target=0.0))

    assert blind.half_spread_bps == pytest.approx(4.0)
    assert [note.code for note in blind.notes] == ["no_volatility"]
    assert [part.name for part in blind.widening] == ["not known yet"]


def test_the_full_base_spread_is_kept_while_blind() -> None:
    assert why(wish(believed=NO_OPINIONS, base_spread_share=0.1)).half_spread_bps == pytest.approx(4.0)
    assert why(wish(base_spread_share=0.1)).half_spread_bps < 2.0


def test_skew_at_full_inventory_is_rho_half_spreads() -> None:
    for rho in (0.5, 1.0, 1.5):
        full = why(wish(shown=with_position("0.1"), rho=rho, funding_target=0.0))

        assert full.skew_bps == pytest.approx(rho * full.half_spread_bps, rel=0.02)


def test_a_model_that_fears_inventory_more_than_rho_decides_the_skew_up_to_a_bound() -> None:
    afraid = why(wish(shown=with_position("0.02"), gamma=0.05))
    terrified = why(wish(shown=with_position("0.09"), gamma=50.0, model_spread=False))

    assert afraid.skew_decided_by == "model"
    assert terrified.skew_decided_by == "largest skew"
    assert terrified.skew_bps == pytest.approx(1.5 * terrified.half_spread_bps)


def test_a_minimum_edge_holds_against_the_skew() -> None:
    bid, ask = bps(wish(shown=with_position("0.1"), rho=1.5, min_edge_bps=0.7))

    assert ask == pytest.approx(0.7)
    assert bid > 0.7


def test_skew_never_gives_away_what_a_fill_costs() -> None:
    costly = opinions(adverse_bps=1.5)

    assert bps(wish(shown=with_position("0.1"), believed=costly))[1] == pytest.approx(1.5)
    assert bps(wish(shown=with_position("0.1"), believed=costly, cost_edge=0.5))[1] == pytest.approx(0.75)
    assert bps(wish(shown=with_position("0.1"), believed=costly, cost_edge=0.0))[1] < 0.5


def test_a_few_fills_hardly_move_the_expected_adverse_selection() -> None:
    def costs(fills: float) -> float:
        claims = why(wish(believed=opinions(adverse_bps=6.3, adverse_fills=fills), prior_adverse_bps=0.3)).candidates
        return next(part.value for part in claims if part.name == "costs")

    assert costs(0) == pytest.approx(0.3)
    assert costs(10) == pytest.approx(3.3)
    assert costs(1e9) == pytest.approx(6.3)


def test_levels_step_away_with_growing_sizes() -> None:
    wished = wish(levels=3, size_ratio=1.3, level_step_bps=3.0)
    bids = [level for level in wished.levels if level.side is Side.BUY]

    assert [level.orders for level in bids] == [1, Decimal("1.3"), Decimal("1.69")]
    assert all(after.price < before.price for before, after in pairwise(bids))
    assert float((bids[0].price - bids[1].price) / MARK) * 1e4 == pytest.approx(3.0)


def test_f116_a_price_that_never_moved_tells_no_volatility() -> None:
    """Zero is what an estimator says of a constant price: no reason to quote closely, and nothing to divide by."""
    for strategy in MODELS:
        still = wish(strategy, shown=with_position("0.05"), believed=opinions(volatility=volatility(0.0)))

        if strategy == "composite":
            assert all(map(math.isfinite, bps(still)))
            assert sum(bps(still)) == pytest.approx(2 * 2 * 2.0), "the base spread on both sides, twice as wide while blind"
            assert [note.code for note in why(still).notes] == ["no_volatility"]
        else:
            assert {reason.code for reason in still.withdrawn.values()} == {"no_volatility"}


@pytest.mark.parametrize("strategy", [*MODELS, "grid", "simple"])
def test_risk_widens_any_strategy_around_its_own_middle(strategy: str) -> None:
    calm = wish(strategy, shown=with_position("0.03"))
    wide = widened(calm, 1.5)

    assert float(wide.ask - wide.bid) == pytest.approx(1.5 * float(calm.ask - calm.bid))
    assert float(wide.ask + wide.bid) == pytest.approx(float(calm.ask + calm.bid))
    assert [level.orders for level in wide.levels] == [level.orders for level in calm.levels]
    assert widened(calm, 1.0) is calm
    assert widened(calm, 1e9).bid > 0
    if calm.breakdown is not None:
        assert why(wide).widening[-1].name == "risk"


# --- settings ------------------------------------------------------------------------------------------------------------------


def test_every_number_of_the_settings_has_a_range_a_unit_and_a_meaning() -> None:
    words = {"strategy", "fair_price", "follow_index", "queue_model", "gamma", "horizon_s"}

    assert set(SETTINGS) == set(QuotingSettings.__struct_fields__) - words
    for name, rule in SETTINGS.items():
        default = getattr(QuotingSettings(), name)
        assert rule.low <= default <= rule.high, name
        assert rule.unit, name
        assert rule.meaning.endswith("."), name


@pytest.mark.parametrize("name", SETTINGS)
def test_a_number_out_of_range_is_refused(name: str) -> None:
    rule = SETTINGS[name]
    for bad in (rule.low - 1, rule.high * 1.01 + 1, math.nan, math.inf):
        with pytest.raises(InvalidInput, match=name):
            quoting(**{name: bad})


@pytest.mark.parametrize(
    "wrong",
    [
        {"strategy": "martingale"},
        {"queue_model": "hope"},
        {"fair_price": {"last": 1.0}},
        {"fair_price": {"mark": 0.0}},
        {"fair_price": {"mark": math.nan}},
        {"gamma": 0.0},
        {"horizon_s": -1.0},
        {"base_spread_share": 0.0, "model_spread": False},
    ],
)
def test_what_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        quoting(**({"strategy": "composite"} | wrong))  # type: ignore[arg-type]  # wrong on purpose


def test_aversion_moves_by_a_tenth_in_a_minute_at_most() -> None:
    slewed = Slewed()
    assert slewed.toward(None, 0) is None
    assert slewed.toward(1.0, 0) == 1.0
    assert slewed.toward(5.0, 60_000) == pytest.approx(1.1)
    assert slewed.toward(0.0001, 120_000) == pytest.approx(1.0)
    assert slewed.toward(math.nan, 180_000) == pytest.approx(1.0)
    assert slewed.toward(1.01, 240_000) == pytest.approx(1.01)
