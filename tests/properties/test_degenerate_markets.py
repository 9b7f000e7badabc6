"""A market that shows nothing useful is quoted wide or not at all, with a reason, by every strategy: never a crash, never a NaN.

The whole way is taken: events into view and estimators, opinions out, strategy, grid and sizes.
"""

import math
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.dry_run import DryRun, dry_run
from bot.core.events import (
    BestQuoteSeen,
    BookSnapshot,
    Event,
    FundingRateSeen,
    IndexPriceSeen,
    Level,
    MarkPriceSeen,
    TradeSeen,
)
from bot.core.market_view import MarketView
from bot.core.numbers import Lots, Ticks
from bot.core.orders import Side
from bot.core.quoting.parameters import STRATEGIES
from bot.core.quoting.senses import MarketSense
from tests.unit.core.quoting.stage import NOW_MS, maker, market, quoting

NAME, MID, SECONDS = "BTC-USD", 862_000, 90
Show = Callable[[int, int], tuple[Level | None, Level | None]]
"""From a second and a draw of 0 to 9 to the touch that is shown then."""


def touch(bid: int | None, ask: int | None, lots: int = 500) -> tuple[Level | None, Level | None]:
    def level(price: int | None) -> Level | None:
        return None if price is None else Level(Ticks(price), Lots(lots))

    return level(bid), level(ask)


SHOWN: dict[str, Show] = {
    "only bids": lambda _, away: touch(MID - 1 - away, None),
    "only asks": lambda _, away: touch(None, MID + 1 + away),
    "nothing": lambda _, __: touch(None, None),
    "crossed": lambda _, away: touch(MID + 1 + away, MID - 1),
    "locked": lambda _, __: touch(MID, MID),
    "constant": lambda _, away: touch(MID - 1 - away, MID + 1 + away),
    "without sizes": lambda _, away: touch(MID - 1 - away, MID + 1 + away, lots=0),
    "one lot, one tick": lambda _, __: touch(MID, MID + 1, lots=1),
    "comes and goes": lambda second, away: touch(MID - 1, MID + 1 + away) if second % 2 else touch(None, None),
    "sides in turn": lambda second, away: touch(MID - 1 - away, None) if second % 2 else touch(None, MID + 1),
}
UNQUOTABLE = {"only bids", "only asks", "nothing", "crossed", "locked", "sides in turn"}


def lived(shown: str, away: int, extras: set[str], price: Decimal) -> tuple[MarketView, MarketSense, int]:
    """Let view and estimators live through such a market; `extras` may add trades at a standing price, funding and an index."""
    view, sense, now_ms = MarketView(market()), MarketSense(quoting()), NOW_MS
    for second in range(SECONDS):
        now_ms = NOW_MS + second * 1_000
        bid, ask = SHOWN[shown](second, away)
        at = {"market": NAME, "exchange_ms": now_ms, "received_ms": now_ms}
        events: list[Event] = [MarkPriceSeen(price=price, **at), BestQuoteSeen(bid=bid, ask=ask, **at)]  # type: ignore[arg-type]  # one set of times for all
        if second == 0:
            sides = {"bids": (bid,) if bid else (), "asks": (ask,) if ask else ()}
            events.append(BookSnapshot(**sides, **at))  # type: ignore[arg-type]  # as above
        if "trades" in extras:
            events.append(TradeSeen(trade_id=second, side=Side.BUY, price=Ticks(MID), size=Lots(1), **at))  # type: ignore[arg-type]  # as above
        if "funding" in extras:
            events.append(FundingRateSeen(rate=Decimal("0.03"), **at))  # type: ignore[arg-type]  # as above
        if "index" in extras:
            events.append(IndexPriceSeen(price=price, **at))  # type: ignore[arg-type]  # as above
        for event in events:
            view.apply(event)  # type: ignore[arg-type]  # all of them are of the market
            sense.apply(event, view)  # type: ignore[arg-type]  # as above
    return view, sense, now_ms


def check_defined(run: DryRun, view: MarketView, shown: str) -> None:
    assert run.quotes or run.withheld or run.reason is not None
    if not run.quotes:
        assert run.reason is not None
        assert run.reason.code
        assert run.reason.text
    if shown in UNQUOTABLE:
        assert not run.quotes
        return
    bids = [quote.price for quote in run.quotes if quote.side is Side.BUY]
    asks = [quote.price for quote in run.quotes if quote.side is Side.SELL]
    best_bid, best_ask, _ = view.touch()
    assert not bids or best_ask is None or max(bids) < best_ask.price
    assert not asks or best_bid is None or min(asks) > best_bid.price
    assert not bids or not asks or max(bids) < min(asks)
    if run.breakdown is not None:
        numbers = [part.value for part in (*run.breakdown.candidates, *run.breakdown.widening, *run.breakdown.other)]
        assert all(math.isfinite(number) for number in (*numbers, run.breakdown.half_spread_bps, run.breakdown.skew_bps))


@pytest.mark.parametrize("shown", SHOWN)
@pytest.mark.parametrize("strategy", STRATEGIES)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    away=st.integers(0, 9),
    extras=st.sets(st.sampled_from(["trades", "funding", "index"])),
    position=st.sampled_from(["0", "0.05", "-0.1", "0.3"]),
    fair=st.sampled_from([{"mark": 1.0}, {"mid": 1.0}, {"microprice": 1.0}, {"index": 1.0}, {"weighted_mid": 0.5, "index": 0.5}]),
)
def test_every_strategy_has_a_defined_answer(
    *, shown: str, strategy: str, away: int, extras: set[str], position: str, fair: dict[str, float]
) -> None:
    view, sense, now_ms = lived(shown, away, extras, Decimal(86_200))

    run = dry_run(
        view,
        sense,
        position=Decimal(position),
        settings=maker(),
        quoting=quoting(strategy, fair_price=fair),
        now_ms=now_ms,
    )

    check_defined(run, view, shown)


@pytest.mark.parametrize("strategy", ["composite", "grid", "simple"])
def test_a_price_that_stands_still_is_quoted_no_closer_than_the_base_spread(strategy: str) -> None:
    view, sense, now_ms = lived("constant", 3, set(), Decimal(86_200))

    run = dry_run(view, sense, position=Decimal(0), settings=maker(), quoting=quoting(strategy), now_ms=now_ms)

    bid = max(quote.price for quote in run.quotes if quote.side is Side.BUY)
    ask = min(quote.price for quote in run.quotes if quote.side is Side.SELL)
    assert (ask - bid) / MID * 1e4 >= 4.0  # two base half-spreads of 2 bps


def test_missing_funding_makes_the_target_flat_and_says_so() -> None:
    view, sense, now_ms = lived("constant", 3, {"trades"}, Decimal(86_200))

    run = dry_run(view, sense, position=Decimal("0.05"), settings=maker(), quoting=quoting(), now_ms=now_ms)

    assert run.breakdown is not None
    assert run.breakdown.target_lots == 0
    assert "no_funding" in [note.code for note in run.breakdown.notes]
