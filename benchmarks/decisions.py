"""What a market event costs until its decision is made, with one market in the process and with ten.

    python -m benchmarks.decisions [--events=12000]

Every market is quoted by the composite strategy with three levels on each side; its orders are taken, replaced and cancelled by
an exchange that answers at once. One event is a new touch of one market; the engine folds it and decides. Every market has one
event in a millisecond, however many there are: what happens by time (a model thinks five times a second, risk looks four times)
happens to each market, and must not be spread over fewer events where there are more markets. Peer in the same run: one market,
played in turn with the ten. Target: with ten the cost of an event is at most a quarter larger.
"""

import argparse
import gc
import sys
import time
from collections.abc import Sequence
from decimal import Decimal
from statistics import median
from typing import Final

import msgspec

from benchmarks.stage.outcome import Target, conclude, say
from bot.config import BotConfig
from bot.core.actions import AnyAction, CancelOrder, PlaceOrder
from bot.core.engine import Engine
from bot.core.events import (
    AccountRead,
    BestQuoteSeen,
    DeadManSwitchArmed,
    FeedRestored,
    FillsReported,
    Level,
    MarketRulesLoaded,
    MarkPriceSeen,
    OrdersReported,
    PlaceAcknowledged,
    PositionsReported,
    QuotingStarted,
)
from bot.core.market import Market
from bot.core.numbers import Lots, Ticks
from bot.core.order_ids import OrderIds
from bot.core.orders import ExchangeStatus, OrderReport, Status
from bot.core.settings import AccountSettings
from bot.shadow import resting_report

START_MS: Final = 1_790_000_000_000
GROWTH: Final = Target("cost of an event with ten markets, in that with one", 1.25, at_most=True)
MID: Final = 860_000
ROUND: Final = 200
"""Events timed together; the median over rounds is told, so that a pause of the machine does not count."""


class Hall:
    """An engine with some markets, and an exchange that takes everything at once."""

    def __init__(self, markets: int) -> None:
        self.names = [f"M{number}-USD" for number in range(markets)]
        self.now_ms = START_MS
        quoted = {"strategy": "composite", "spread_percentage": 0.001, "price_move_threshold": 0.0005}
        first, *others = [{"market": name, **quoted} for name in self.names]
        config = BotConfig.model_validate({**first, "more_markets": others})
        ids = OrderIds(START_MS)
        ids.extend(1, 2**30)
        self.engine = Engine(
            [each.settings() for each in config.markets()],
            AccountSettings(use_switch=False, requests_per_minute=1_000_000),
            ids,
            {each.market: each.models() for each in config.markets()},
        )
        self._exchange_id = 0
        self._open()

    def _open(self) -> None:
        now_ms, tell = self.now_ms, self.engine.apply
        for name in self.names:
            tell(MarketRulesLoaded(market=_rules(name), received_ms=now_ms))
            self.mark(name)
            self.touch(name, 0)
        tell(FeedRestored(feed="account", market=None, received_ms=now_ms))
        tell(FillsReported(fills=(), source="rest", received_ms=now_ms))
        tell(OrdersReported(orders=(), is_snapshot=True, source="rest", asked_ms=now_ms, received_ms=now_ms))
        tell(PositionsReported(positions=(), is_snapshot=True, source="rest", asked_ms=now_ms, received_ms=now_ms))
        tell(AccountRead(asked_ms=now_ms, received_ms=now_ms))
        tell(DeadManSwitchArmed(countdown_s=30, asked_ms=now_ms, received_ms=now_ms))
        tell(QuotingStarted(received_ms=now_ms))

    def mark(self, name: str) -> None:
        price = Decimal(MID) / 10
        self.engine.apply(MarkPriceSeen(market=name, price=price, exchange_ms=self.now_ms, received_ms=self.now_ms))

    def touch(self, name: str, number: int) -> None:
        """Show a touch that wanders by a few ticks."""
        shift = (number * 7) % 5 - 2
        bid, ask = (Level(Ticks(MID + shift + side), Lots(500 + number % 9)) for side in (-1, 1))
        self.engine.apply(BestQuoteSeen(market=name, bid=bid, ask=ask, exchange_ms=self.now_ms, received_ms=self.now_ms))

    def answer(self, actions: Sequence[AnyAction]) -> None:
        """Take every order, and end those that are cancelled or replaced."""
        for action in actions:
            if isinstance(action, PlaceOrder):
                self._take(action)
            elif isinstance(action, CancelOrder):
                self._end(action.client_order_id)

    def _end(self, order_id: str) -> None:
        order = self.engine.orders.get(order_id)
        if order is None or order.exchange_order_id is None:
            return
        standing = resting_report(order, self.engine.views[order.market].rules, order.exchange_order_id, self.now_ms)
        self._tell(msgspec.structs.replace(standing, status=ExchangeStatus.CANCELLED))

    def _tell(self, report: OrderReport) -> None:
        now_ms = self.now_ms
        self.engine.apply(
            OrdersReported(orders=(report,), is_snapshot=False, source="stream", asked_ms=now_ms, received_ms=now_ms)
        )

    def _take(self, action: PlaceOrder) -> None:
        order = action.approved.order
        self._exchange_id += 1
        rules = self.engine.views[order.market].rules
        self.engine.apply(
            PlaceAcknowledged(client_order_id=order.client_order_id, exchange_order_id=self._exchange_id, received_ms=self.now_ms)
        )
        self._tell(resting_report(order, rules, self._exchange_id, self.now_ms))
        if order.replaces is not None:
            self._end(order.replaces)

    def round_us(self, rounds: int) -> float:
        """Return the mean cost of one event with its decision in the next round, in microseconds of the processor."""
        for name in self.names:
            self.mark(name)
        began_ns = time.thread_time_ns()
        for each in range(rounds * ROUND, (rounds + 1) * ROUND):
            self.now_ms += each % len(self.names) == 0
            self.touch(self.names[each % len(self.names)], each)
            actions = self.engine.decide(self.now_ms)
            if actions:
                self.answer(actions)
        spent_ns = time.thread_time_ns() - began_ns
        self.engine.take_notes()
        return spent_ns / ROUND / 1_000

    def resting(self) -> int:
        """Return how many orders rest."""
        return sum(order.status is Status.RESTING for order in self.engine.orders)


def _rules(name: str) -> Market:
    return Market(
        name=name,
        tick_size=Decimal("0.1"),
        lot_size=Decimal("0.00001"),
        min_size=Decimal("0.0001"),
        max_order_value=Decimal(10_000_000),
        max_position_value=Decimal(10_000_000),
        max_open_orders=200,
        price_cap=Decimal("0.05"),
        price_floor=Decimal("0.05"),
        max_leverage=Decimal(50),
        status="ACTIVE",
        is_tradable=True,
        synthetic_id="0x1",
        synthetic_resolution=10**10,
        collateral_id="0x1",
        collateral_resolution=10**6,
    )


def costs_us(counts: Sequence[int], events: int) -> list[float]:
    """Return the median cost of an event for each number of markets, played in turn so that all meet the same machine."""
    halls = [Hall(count) for count in counts]
    found = [[hall.round_us(number) for hall in halls] for number in range(-(-events // ROUND))]
    usual = [median(costs) for costs in zip(*found, strict=True)]
    for hall, cost in zip(halls, usual, strict=True):
        say(f"{len(hall.names)} market(s): {cost:.0f} us for one event and its decision, {hall.resting()} orders rest")
        assert hall.resting() == 6 * len(hall.names), (
            f"every market must be quoted, or nothing was measured: {hall.engine.makers}"
        )
    return usual


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="What a market event costs with one market and with ten.")
    parser.add_argument("--events", type=int, default=12_000)
    asked = parser.parse_args(arguments)
    gc.disable()
    one, ten = costs_us((1, 10), asked.events)
    return conclude([GROWTH.reached(ten / one)])


if __name__ == "__main__":
    sys.exit(main())
