"""Whatever happens, the worst case over all markets never passes a limit, and the side that reduces is never blocked.

The test keeps its own truth: an order that passed the gate may fill until it is ended, in any part, in any order.
"""

from decimal import Decimal

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.errors import RiskRefused
from bot.core.orders import Order, Owner, Saw, Side, Status
from bot.core.risk.settings import UNLIMITED, MarketLimits
from tests.unit.core.risk.scene import BTC, ETH, Scene, eth, sight

PRICES = {BTC: Decimal(100_000), ETH: Decimal(3_000)}
TICKS = {BTC: 100_000, ETH: 30_000}
UNIT = {BTC: Decimal("0.01"), ETH: Decimal("0.3")}
LIMITS = {
    BTC: MarketLimits(max_long=Decimal("0.05"), max_short=Decimal("0.03"), orders_per_minute=None),
    ETH: MarketLimits(max_long=Decimal(2), max_short=Decimal(2), max_market_notional=Decimal(5_000), orders_per_minute=None),
}
GROSS = Decimal(8_000)
NET = Decimal(6_000)
ACCOUNT = msgspec.structs.replace(UNLIMITED, max_gross_exposure=GROSS, max_net_exposure=NET)
REFUSED_FOR_SIZE = {"position_limit", "exposure_limit", "too_many_orders", "daily_loss", "position_above_limit", "gross_exposure"}


class Truth:
    """What may still fill, whatever anybody believes."""

    def __init__(self) -> None:
        self.scene = Scene(ACCOUNT, LIMITS[BTC], more={ETH: LIMITS[ETH]})
        self.scene.see(sight(3_000, rules=eth()))
        self.left: dict[str, Decimal] = {}
        self.orders: dict[str, Order] = {}
        self.position = {BTC: Decimal(0), ETH: Decimal(0)}

    def place(self, market: str, side: Side, units: int, owner: Owner) -> str:
        """Ask the gate; returns the code of the refusal, "" when the order lives."""
        rules = self.scene.sights[market].rules
        distance = 10 if side is Side.SELL else -10
        new = self.scene.new(side, str(UNIT[market] * units), price=TICKS[market] + distance, market=rules, owner=owner)
        try:
            self.scene.approve(new)
        except RiskRefused as refusal:
            return refusal.code
        self.scene.orders.saw(new.client_order_id, Saw.SENT, self.scene.now_ms)
        self.orders[new.client_order_id] = new
        self.left[new.client_order_id] = rules.size(new.size)
        return ""

    def fill(self, which: int, share: int) -> None:
        """Let a live order fill, wholly or partly."""
        if not self.left:
            return
        order_id = list(self.left)[which % len(self.left)]
        order, rules = self.orders[order_id], self.scene.sights[self.orders[order_id].market].rules
        lots = rules.floor_lots(self.left[order_id])
        part = rules.size(lots if share > 5 else lots * share // 10)  # type: ignore[arg-type]  # lots of lots
        self.left[order_id] -= part
        self.position[order.market] += order.side.sign * part
        self.scene.account.ledger(order.market).trade(order.side.sign * part, PRICES[order.market], Decimal(0))
        self.scene.orders.filled_at_least(order_id, rules.floor_lots(rules.size(order.size) - self.left[order_id]))
        if not self.left[order_id]:
            self.end(order_id, Saw.FILLED)

    def end(self, order_id: str, saw: Saw) -> None:
        del self.left[order_id]
        self.scene.orders.saw(order_id, saw, self.scene.now_ms)

    def doubt(self, which: int) -> None:
        """The answer to a live order is lost: it may fill all the same."""
        for order_id in list(self.left)[which % len(self.left) :][:1] if self.left else []:
            held = self.scene.orders.get(order_id)
            if held is not None and held.status is Status.PLACING:
                self.scene.orders.saw(order_id, Saw.ANSWER_LOST, self.scene.now_ms)

    def cancel(self, which: int) -> None:
        for order_id in list(self.left)[which % len(self.left) :][:1] if self.left else []:
            self.end(order_id, Saw.CANCELLED)

    def live(self, market: str, side: Side) -> Decimal:
        chosen = (left for order_id, left in self.left.items() if self._is(order_id, market, side))
        return sum(chosen, start=Decimal(0))

    def _is(self, order_id: str, market: str, side: Side) -> bool:
        order = self.orders[order_id]
        return order.market == market and order.side is side

    def extreme(self, market: str, side: Side) -> Decimal:
        """Return the position should everything on one side fill, counted in that side's direction."""
        return side.sign * self.position[market] + self.live(market, side)

    def worst_gross(self) -> Decimal:
        worst = {
            market: max(abs(self.position[market]), *(abs(self.extreme(market, side)) for side in Side)) for market in PRICES
        }
        return sum((worst[market] * PRICES[market] for market in PRICES), start=Decimal(0))

    def may_only_shrink(self, market: str, side: Side, units: int) -> bool:
        held = self.position[market] * side.sign
        return held < 0 and UNIT[market] * units + self.live(market, side) <= abs(held)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["place", "place", "place", "place", "hand", "fill", "fill", "cancel", "doubt", "decide"]),
        st.sampled_from([BTC, ETH]),
        st.sampled_from(list(Side)),
        st.integers(1, 6),
        st.integers(0, 9),
    ),
    min_size=5,
    max_size=50,
)


def step(truth: Truth, what: str, market: str, side: Side, numbers: tuple[int, int]) -> str | None:
    """Let one thing happen; returns what the gate said when an order was asked for."""
    units, which = numbers
    match what:
        case "place":
            return truth.place(market, side, units, Owner.BOT)
        case "hand":
            return truth.place(market, side, units, Owner.HAND)
        case "fill":
            truth.fill(which, units)
        case "cancel":
            truth.cancel(which)
        case "doubt":
            truth.doubt(which)
        case _:
            truth.scene.decide()
    return None


@settings(max_examples=300, deadline=None)
@given(steps=STEPS)
def test_the_worst_case_never_passes_a_limit(steps: list[tuple[str, str, Side, int, int]]) -> None:
    truth = Truth()
    for what, market, side, units, which in steps:
        step(truth, what, market, side, (units, which))
        for name, limits in LIMITS.items():
            assert limits.max_long is not None
            assert limits.max_short is not None
            assert truth.extreme(name, Side.BUY) <= limits.max_long
            assert truth.extreme(name, Side.SELL) <= limits.max_short
        assert truth.extreme(ETH, Side.BUY) * PRICES[ETH] <= 5_000
        assert truth.extreme(ETH, Side.SELL) * PRICES[ETH] <= 5_000
        assert truth.worst_gross() <= GROSS


@settings(max_examples=300, deadline=None)
@given(steps=STEPS)
def test_an_order_that_opens_never_takes_the_net_past_its_limit(steps: list[tuple[str, str, Side, int, int]]) -> None:
    truth = Truth()
    for what, market, side, units, which in steps:
        shrinks = truth.may_only_shrink(market, side, units)
        if step(truth, what, market, side, (units, which)) == "" and not shrinks:
            net = sum((truth.extreme(name, side) * PRICES[name] for name in PRICES), start=Decimal(0))
            assert net <= NET


@settings(max_examples=300, deadline=None)
@given(steps=STEPS, lowered=st.integers(0, 49), loss=st.booleans())
def test_the_side_that_reduces_is_never_blocked(
    steps: list[tuple[str, str, Side, int, int]],
    lowered: int,
    loss: bool,
) -> None:
    """Also after every limit was lowered below what is held, and in the tiers in which nothing may be opened."""
    truth = Truth()
    for number, (what, market, side, units, which) in enumerate(steps):
        if number == lowered:
            tight = MarketLimits(max_long=Decimal("0.001"), max_short=Decimal("0.001"), max_open_orders=1)
            account = msgspec.structs.replace(ACCOUNT, max_gross_exposure=Decimal(1), max_daily_loss=Decimal(1))
            truth.scene.risk.configure(account, {BTC: tight, ETH: tight})
            truth.scene.pnl -= 100 if loss else 0
            truth.scene.decide()
        shrinks = truth.may_only_shrink(market, side, units)
        answer = step(truth, what, market, side, (units, which))
        if answer is not None and shrinks:
            assert answer not in REFUSED_FOR_SIZE
        verdicts = truth.scene.decide().markets
        for name, position in truth.position.items():
            verdict = verdicts[name]
            if position:
                reducing = Side.SELL if position > 0 else Side.BUY
                assert verdict.allowance[reducing] >= abs(position)


@settings(max_examples=200, deadline=None)
@given(steps=STEPS)
def test_what_no_longer_fits_is_taken_back_and_nothing_else(steps: list[tuple[str, str, Side, int, int]]) -> None:
    truth = Truth()
    for what, market, side, units, which in steps:
        step(truth, what, market, side, (units, which))
        verdicts = truth.scene.decide().markets
        assert all(verdict.cancel == () for verdict in verdicts.values() if verdict.reduce_only is None)
    truth.scene.risk.configure(ACCOUNT, {BTC: MarketLimits(max_long=Decimal(0), max_short=Decimal(0)), ETH: LIMITS[ETH]})
    for order_id in truth.scene.decide().markets[BTC].cancel:
        truth.end(order_id, Saw.CANCELLED)
    position = truth.position[BTC]
    hand = {order.side for order_id, order in truth.orders.items() if order_id in truth.left and order.owner is Owner.HAND}
    for side in Side:
        if side not in hand:
            assert truth.live(BTC, side) <= max(Decimal(0), -position * side.sign)
