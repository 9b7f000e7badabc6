"""Risk wired into the engine: whatever happens, its limits hold, an exit is never blocked, and the books are exact.

Prices, fills, lost answers, equities that jump, money that moves and starts come in any order. The test keeps its own truth of
what may still fill, as in `test_exposure`.
"""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.events import FundingPayment, FundingReported, MoneyMoved, MoneyMovesReported, QuotingStarted
from bot.core.numbers import Ticks
from bot.core.orders import Order, Owner, Side, TimeInForce
from bot.core.risk.settings import AccountLimits, MarketLimits, RiskSettings
from tests.properties.test_exposure import Truth

LONG, SHORT = Decimal("0.04"), Decimal("0.02")
NOTIONAL = Decimal(2_600)
EXPOSURE = Decimal(3_000)
LIMITS = RiskSettings(
    account=AccountLimits(max_gross_exposure=EXPOSURE, max_leverage=Decimal(1), orders_per_minute=None),
    markets={
        "BTC-USD": MarketLimits(
            max_long=LONG, max_short=SHORT, max_market_notional=NOTIONAL, orders_per_minute=None, stop_loss=Decimal(40)
        )
    },
)
ORDERS = ["acknowledge", "rest", "rest", "lose", "cancel", "not found", "not sent", "fill", "fill", "price", "price", "time"]
MONEY = ["equity", "margin", "move", "funding", "start"]
HAPPENINGS = st.lists(
    st.tuples(st.sampled_from(ORDERS + ORDERS + MONEY), st.integers(0, 7), st.integers(1, 10)), min_size=5, max_size=60
)


class Money(Truth):
    """The exchange's truth, with money and people in it."""

    def __init__(self) -> None:
        super().__init__(limit=LONG, edit_in_place=True, limits=LIMITS)
        self.play.tell_equity(10_000)
        self.number = 0

    def happen(self, what: str, which: int, share: int) -> None:
        play, self.number = self.play, self.number + 1
        match what:
            case "equity":
                play.tell_equity(10_000 - 60 * share * (which - 2))
            case "margin":
                play.tell_equity(10_000, margin_ratio=f"0.{share - 1}5")
            case "move":
                moved = MoneyMoved(
                    move_id=str(which), amount=Decimal(100 * share - 500), is_undone=False, exchange_ms=play.now_ms
                )
                play.engine.apply(MoneyMovesReported(moves=(moved,), received_ms=play.now_ms))
            case "funding":
                play.engine.apply(FundingReported(payments=(self.payment(share),), received_ms=play.now_ms))
            case "start":
                play.engine.apply(QuotingStarted(received_ms=play.now_ms, by_person=bool(which % 2)))
            case _:
                super().happen(what, which, share)

    def payment(self, share: int) -> FundingPayment:
        return FundingPayment(
            payment_id=self.number,
            market="BTC-USD",
            size=Decimal(1),
            value=Decimal(1),
            mark_price=Decimal(1),
            rate=Decimal("0.0001"),
            amount=Decimal(share - 5) / 3,
            exchange_ms=self.play.now_ms,
        )

    def exit_order(self, *, reduce_only: bool) -> Order:
        """Return the order that would close the position at mark."""
        view = self.play.engine.views["BTC-USD"]
        assert view.mark is not None
        side = Side.SELL if self.position > 0 else Side.BUY
        return Order(
            client_order_id="mmh-exit-1",
            nonce=1,
            market="BTC-USD",
            side=side,
            price=Ticks(int(view.mark.value)),
            size=self.play.market.floor_lots(abs(self.position)),
            time_in_force=TimeInForce.IOC,
            post_only=False,
            reduce_only=reduce_only,
            owner=Owner.HAND,
            created_ms=self.play.now_ms,
            expires_ms=self.play.now_ms + 60_000,
        )


@settings(max_examples=150, deadline=None)
@given(happenings=HAPPENINGS)
def test_no_order_of_events_takes_the_worst_case_past_any_limit(happenings: list[tuple[str, int, int]]) -> None:
    world = Money()
    world.decide()
    for what, which, share in happenings:
        world.happen(what, which, share)
        before = dict(world.left)
        world.decide()
        assert world.worst(Side.BUY) <= LONG
        assert world.worst(Side.SELL) <= SHORT
        new = [order for order_id, order in world.orders.items() if order_id in world.left and order_id not in before]
        view = world.play.engine.views["BTC-USD"]
        assert view.mark is not None
        for order in new:
            worst = world.worst(order.side)
            if worst > 0 and order.side.sign * world.position >= 0:
                assert worst * view.mark.value <= min(NOTIONAL, EXPOSURE), f"{order.side} in {what}"


@settings(max_examples=80, deadline=None)
@given(happenings=HAPPENINGS)
def test_an_exit_is_never_blocked_whatever_the_tier(happenings: list[tuple[str, int, int]]) -> None:
    world = Money()
    world.decide()
    for what, which, share in happenings:
        world.happen(what, which, share)
        world.decide()
        if abs(world.position) < world.play.market.min_size:
            continue
        engine, now_ms = world.play.engine, world.play.now_ms
        engine.judge(world.exit_order(reduce_only=True), engine.views["BTC-USD"], now_ms)
        side = Side.SELL if world.position > 0 else Side.BUY
        if not any(world.orders[order_id].side is side for order_id in world.left):
            engine.judge(world.exit_order(reduce_only=False), engine.views["BTC-USD"], now_ms)


@settings(max_examples=80, deadline=None)
@given(happenings=HAPPENINGS)
def test_the_books_are_exact_after_every_step(happenings: list[tuple[str, int, int]]) -> None:
    world = Money()
    world.decide()
    pnl = world.play.engine.risk.pnl
    for what, which, share in happenings:
        world.happen(what, which, share)
        world.decide()
        pnl.check()
        assert pnl.of("BTC-USD").position == world.position
        assert world.play.engine.risk.broken is None
        day = pnl.day(world.play.now_ms // 86_400_000)
        assert Fraction(day.total) == sum(map(Fraction, (day.spread, day.inventory, -day.fees, day.funding)))


@settings(max_examples=80, deadline=None)
@given(happenings=HAPPENINGS)
def test_red_shows_nothing_and_only_a_person_ends_it(happenings: list[tuple[str, int, int]]) -> None:
    world = Money()
    world.decide()
    for what, which, share in happenings:
        was_red = world.play.engine.risk.manager.latched is not None
        world.happen(what, which, share)
        before = set(world.left)
        world.decide()
        is_red = world.play.engine.risk.manager.latched is not None
        by_person = what == "start" and which % 2
        if was_red and not by_person:
            assert is_red
            assert set(world.left) <= before, "nothing new leaves"
