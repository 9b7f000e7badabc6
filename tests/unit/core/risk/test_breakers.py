"""Every breaker: its limit, its lower mark, its cool-down, and what it says."""

from decimal import Decimal

import pytest

from bot.core.orders import Side
from bot.core.risk.breakers import MarketBreakers
from bot.core.risk.references import References, Sight
from bot.core.risk.settings import BreakerSettings
from tests.unit.core.risk.scene import START_MS, fill, sight

COOL_MS = 10_000


class Board:
    """Breakers, the references they use, and a clock."""

    def __init__(self, **changes: object) -> None:
        self.settings = BreakerSettings(**changes)  # type: ignore[arg-type]  # a test names only what it changes
        self.breakers = MarketBreakers("BTC-USD")
        self.references = References()
        self.now_ms = START_MS

    def see(self, price: object = 100_000, later_ms: int = 0, **changes: object) -> set[str]:
        """Let time pass, show the market, and return the codes of the breakers that hold."""
        self.now_ms += later_ms
        return self.look(sight(price, self.now_ms, **changes))

    def look(self, seen: Sight) -> set[str]:
        believed = self.references.judge(seen)
        return {reason.code for reason in self.breakers.see(seen, believed, self.settings)}

    def text(self, price: object = 100_000, **changes: object) -> str:
        seen = sight(price, self.now_ms, **changes)
        return self.breakers.see(seen, self.references.judge(seen), self.settings)[0].text


def test_a_quiet_market_trips_nothing() -> None:
    board = Board()

    assert all(not board.see(100_000 + each % 3, 100, sigma_fast_bps=1.0, sigma_slow_bps=1.0) for each in range(1_000))


@pytest.mark.parametrize(("moved", "holds"), [(100_300, set()), (100_301, {"breaker_move"}), (99_699, {"breaker_move"})])
def test_the_move_breaker_trips_beyond_30_bps_within_a_second(moved: int, holds: set[str]) -> None:
    board = Board()
    board.see()

    assert board.see(moved, 900) == holds


def test_the_same_move_over_a_longer_time_trips_nothing() -> None:
    board = Board()
    board.see()

    assert board.see(100_301, 1_100) == set()


def test_the_move_is_counted_in_slow_volatilities_from_a_floor_on() -> None:
    board = Board()
    board.see(sigma_slow_bps=1.5)

    assert board.see(100_099, 500, sigma_slow_bps=1.5) == set()  # 9.9 bps: below the floor, although it is 6.6 of them
    assert board.see(100_110, 400, sigma_slow_bps=1.5) == {"breaker_move_sigmas"}


def test_f137_a_crash_holds_the_quotes_back_until_it_is_over() -> None:
    """-20 % in 10 s and back: one trip, held throughout, and resumed only after a calm cool-down."""
    board = Board(basis_bps=None)
    board.see()
    path = [100_000 - 200 * step for step in range(1, 101)] + [80_000 + 200 * step for step in range(1, 101)]
    held = [board.see(price, 100) for price in path]
    after = [bool(board.see(100_000, 100)) for _ in range(400)]

    assert all("breaker_move" in codes for codes in held[2:])
    assert board.breakers.trips()["breaker_move"] == 1
    assert sum(after) * 100 >= COOL_MS
    assert not after[-1]


def test_the_volatility_ratio_resumes_at_its_lower_mark_only() -> None:
    board = Board()
    tripped = board.see(sigma_fast_bps=3.1, sigma_slow_bps=1.0)
    cooled = board.see(later_ms=COOL_MS + 1, sigma_fast_bps=2.0, sigma_slow_bps=1.0)
    below = board.see(later_ms=1, sigma_fast_bps=1.5, sigma_slow_bps=1.0)

    assert (tripped, cooled, below) == ({"breaker_sigma_ratio"}, {"breaker_sigma_ratio"}, set())


def test_a_number_at_its_limit_does_not_switch_on_and_off() -> None:
    board = Board()
    held = [bool(board.see(later_ms=500, sigma_fast_bps=2.9 + 0.2 * (each % 2), sigma_slow_bps=1.0)) for each in range(200)]

    assert held.index(True) == 1
    assert all(held[1:])
    assert board.breakers.trips()["breaker_sigma_ratio"] == 1


def test_zero_volatility_divides_nothing() -> None:
    assert Board().see(sigma_fast_bps=0.0, sigma_slow_bps=0.0) == set()


def test_the_spread_breaker_compares_with_the_median_of_the_last_minutes() -> None:
    board = Board()
    for _ in range(40):
        board.see(later_ms=1_000)  # 10 wide, which is 1 bps
    wide = {"best_bid": Decimal(99_970), "best_ask": Decimal(100_030)}

    assert board.see(later_ms=1_000, best_bid=Decimal(99_980), best_ask=Decimal(100_029)) == set()
    assert board.see(later_ms=1_000, **wide) == {"breaker_spread"}
    assert board.see(later_ms=COOL_MS + 1_000) == set()


def test_a_spread_of_a_few_ticks_is_never_wide() -> None:
    board = Board()
    for _ in range(40):
        board.see(later_ms=1_000, best_bid=Decimal(99_999), best_ask=Decimal(100_000))

    assert board.see(later_ms=1_000, best_bid=Decimal(99_990), best_ask=Decimal(100_010)) == set()


@pytest.mark.parametrize(("index", "holds"), [(100_500, set()), (100_504, {"breaker_basis"}), (99_500, {"breaker_basis"})])
def test_the_basis_breaker_trips_beyond_50_bps(index: int, holds: set[str]) -> None:
    assert Board().see(index=Decimal(index)) == holds


def test_the_basis_breaker_needs_no_index() -> None:
    assert Board().see(index=None) == set()


@pytest.mark.parametrize(
    ("mark_age_ms", "touch_age_ms", "holds"),
    [
        (5_000, 60_000, set()),
        (60_000, 2_000, set()),
        (5_001, 2_001, {"breaker_feed"}),
        (None, 2_001, {"breaker_feed"}),
        (None, None, set()),
    ],
)
def test_the_feed_breaker_trips_when_mark_and_touch_are_both_old(
    mark_age_ms: int | None, touch_age_ms: int | None, holds: set[str]
) -> None:
    assert Board().see(mark_age_ms=mark_age_ms, touch_age_ms=touch_age_ms) == holds


@pytest.mark.parametrize(
    "broken",
    [
        {"mid": None, "best_ask": None},
        {"mid": None, "best_bid": None, "best_ask": None},
        {"best_bid": Decimal(100_010), "best_ask": Decimal(100_000)},
    ],
)
def test_f075_after_a_broken_touch_the_market_must_be_whole_for_a_while(broken: dict[str, object]) -> None:
    board = Board()
    board.see()

    assert board.see(later_ms=100, **broken) == {"breaker_book"}
    assert board.see(later_ms=1_900) == {"breaker_book"}
    assert board.see(later_ms=10, **broken) == {"breaker_book"}
    assert board.see(later_ms=1_999) == {"breaker_book"}
    assert board.see(later_ms=1) == set()


def test_before_the_first_touch_nothing_is_broken() -> None:
    assert Board().see(mid=None, best_bid=None, best_ask=None) == set()


def test_five_orders_filled_on_one_side_within_ten_seconds_trip() -> None:
    board = Board()
    for trade_id in range(4):
        board.breakers.filled(fill(Side.BUY, "0.01", trade_id=trade_id), board.now_ms)
    board.breakers.filled(fill(Side.SELL, "0.01", trade_id=9), board.now_ms)
    assert board.see() == set()

    board.breakers.filled(fill(Side.BUY, "0.01", trade_id=4), board.now_ms + 9_000)

    assert board.see(later_ms=9_000) == {"breaker_same_side"}
    assert "is 5 orders" in board.text()
    assert board.see(later_ms=COOL_MS + 2_000) == set()


def test_several_executions_of_one_order_count_once() -> None:
    board = Board()
    for trade_id in range(20):
        board.breakers.filled(fill(Side.BUY, "0.001", trade_id=trade_id, order_id="mmb-a-1"), board.now_ms)

    assert board.see() == set()


def test_more_than_five_rejects_within_a_minute_trip_and_half_of_them_let_go() -> None:
    board = Board()
    for each in range(5):
        board.breakers.refused(board.now_ms + 1_000 * each)
    assert board.see(later_ms=5_000) == set()

    board.breakers.refused(board.now_ms)

    assert board.see() == {"breaker_rejects"}
    assert board.see(later_ms=20_000) == {"breaker_rejects"}  # six are still within the minute
    assert board.see(later_ms=38_000) == {"breaker_rejects"}  # three are more than half of five
    assert board.see(later_ms=2_000) == set()


def test_a_breaker_says_its_number_its_limit_and_when_it_resumes() -> None:
    board = Board()
    board.see()

    board.see(100_420, 500)

    assert board.text(100_420) == ("the price's move within 1 s is 42 bps, limit 30; resumes in 10 s once it is at most 15")


def test_trips_that_follow_each_other_cool_down_longer_up_to_a_ceiling() -> None:
    board = Board()
    pauses = []
    for _ in range(4):
        board.see(later_ms=1, sigma_fast_bps=4.0, sigma_slow_bps=1.0)
        waited = 0
        while board.see(later_ms=500, sigma_fast_bps=1.0, sigma_slow_bps=1.0):
            waited += 500
        pauses.append(waited + 500)

    assert pauses == [10_000, 20_000, 30_000, 30_000]


def test_a_breaker_that_is_switched_off_measures_nothing() -> None:
    off = Board(
        move_bps=None, move_sigmas=None, sigma_ratio=None, spread_ratio=None, basis_bps=None, same_side_fills=None,
        rejects_per_minute=None,
    )  # fmt: skip
    off.see()

    assert off.see(101_000, 100, sigma_fast_bps=9.0, sigma_slow_bps=1.0, index=Decimal(90_000)) == set()


def test_trips_and_resumptions_are_told_once() -> None:
    board = Board()
    board.see()
    for _ in range(150):
        board.see(101_000, 100)

    assert [note.event for note in board.breakers.notes] == ["breaker_tripped", "breaker_resumed"]
