"""Whatever customers do, in whatever order, with every kind of order: what must always hold at the exchange holds."""

import os
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.core.numbers import Lots, Ticks
from simulator.accounts import HOUSE_ACCOUNT, derive_accounts
from simulator.events import Event, FillBooked, OrderChanged
from simulator.exchange import EventLog
from simulator.markets import LISTED
from simulator.matching import SelfTradeRule, Side
from simulator.options import VenueOptions
from simulator.orders import (
    FINAL,
    Execution,
    Kind,
    Leg,
    OrderRequest,
    PriceSource,
    Scope,
    SelfTrade,
    Status,
    TimeInForce,
    Trigger,
)
from simulator.refusals import Refused
from simulator.venue import Venue

D = Decimal
START_MS = 1_790_000_000_000
MARKET, ACCOUNTS = "BTC-USD", (3001, 3002, 3003)
HOME = 86_000
FINAL_WORDS = {status.value for status in FINAL}

accounts = st.sampled_from(ACCOUNTS)
sides = st.sampled_from(list(Side))
away = st.integers(-6, 6)
sizes = st.integers(10, 3_000)
flags = st.booleans()


def new_venue(rule_: SelfTradeRule = SelfTradeRule.STOP_TAKER, **options: Any) -> Venue:
    return Venue(
        specs=[LISTED[MARKET]],
        accounts=derive_accounts(3, len(ACCOUNTS), None),
        options=VenueOptions(accept_delay_ms=(0, 0), mark_balance_interval_ms=0, self_trade_rule=rule_, **options),
        seed=3,
        start_ms=START_MS,
    )


class AnyTrading(RuleBasedStateMachine):
    """Three customers of one client, one market, and the house."""

    @initialize(
        self_trade=st.sampled_from(list(SelfTradeRule)),
        keeps=flags,
        total=flags,
        tells=flags,
        maker=st.sampled_from(["0", "-0.0001"]),
    )
    def open(self, self_trade: SelfTradeRule, keeps: bool, total: bool, tells: bool, maker: str) -> None:
        self.venue = new_venue(
            self_trade,
            fill_or_kill=True,
            edit_keeps_priority=keeps,
            edit_qty_is_total=total,
            tell_triggered=tells,
            maker_fee=D(maker),
        )
        self.ended: dict[int, str] = {}
        self.bought: Counter[int] = Counter()
        self.trades: Counter[tuple[int, int]] = Counter()
        self.number = 0

    def send(self, account: int, side: Side, offset: int, lots: int, **more: Any) -> None:
        self.number += 1
        spec = LISTED[MARKET]
        fields: dict[str, Any] = {
            "external_id": f"o{self.number}", "market": MARKET, "kind": Kind.LIMIT, "side": side, "size": spec.size(Lots(lots)),
            "price": D(HOME + offset * 10), "time_in_force": TimeInForce.GTT, "expiry_ms": self.venue.now_ms + 30_000,
            "fee": D("0.001"), "nonce": self.number, "settlement": None, "self_trade": SelfTrade.ACCOUNT, "reduce_only": False,
            "post_only": False,
        }  # fmt: skip
        with suppress(Refused):  # whatever is refused has not happened
            self.venue.submit(account, OrderRequest(**(fields | more)))
        self.let_pass(0)

    def let_pass(self, ms: int) -> None:
        self.venue.advance(self.venue.now_ms + ms)
        for event in self.venue.drain():
            self.note(event)

    def note(self, event: Event) -> None:
        if isinstance(event, OrderChanged):
            order = event.order
            assert self.ended.get(order.id, order.status) == order.status, "a final status never changes"
            assert 0 <= D(order.filled_qty or 0) <= D(order.qty)
            if order.status in FINAL_WORDS:
                assert order.time_in_force != "FOK" or D(order.filled_qty or 0) in (0, D(order.qty))
                self.ended[order.id] = order.status
        elif isinstance(event, FillBooked):
            trade = event.trade
            lots = int(D(trade.qty) / LISTED[MARKET].lot_size)
            self.bought[event.account_id] += lots if trade.side == "BUY" else -lots
            self.trades[trade.id, event.account_id] += 1

    # ── orders ──

    @rule(account=accounts, side=sides, offset=away, lots=sizes, post=flags, level=st.sampled_from(list(SelfTrade)))
    def rests_or_takes(self, *, account: int, side: Side, offset: int, lots: int, post: bool, level: SelfTrade) -> None:
        self.send(account, side, offset, lots, post_only=post, self_trade=level)

    @rule(account=accounts, side=sides, offset=away, lots=sizes, kind=st.sampled_from([Kind.LIMIT, Kind.MARKET]))
    def takes(self, account: int, side: Side, offset: int, lots: int, kind: Kind) -> None:
        self.send(account, side, offset, lots, kind=kind, time_in_force=TimeInForce.IOC)

    @rule(account=accounts, side=sides, offset=away, lots=sizes, level=st.sampled_from(list(SelfTrade)))
    def takes_all_or_nothing(self, account: int, side: Side, offset: int, lots: int, level: SelfTrade) -> None:
        self.send(account, side, offset, lots, time_in_force=TimeInForce.FOK, self_trade=level)

    @rule(account=accounts, side=sides, offset=away, lots=sizes)
    def reduces(self, account: int, side: Side, offset: int, lots: int) -> None:
        self.send(account, side, offset, lots, reduce_only=True)

    @rule(account=accounts, side=sides, offset=away, lots=sizes, up=flags, source=st.sampled_from(list(PriceSource)),
          execution=st.sampled_from(list(Execution)))  # fmt: skip
    def waits(
        self, *, account: int, side: Side, offset: int, lots: int, up: bool, source: PriceSource, execution: Execution
    ) -> None:
        trigger = Trigger(price=D(HOME + offset * 10), source=source, direction="UP" if up else "DOWN", execution=execution)
        self.send(account, side, offset, lots, kind=Kind.CONDITIONAL, trigger=trigger)

    @rule(account=accounts, side=sides, offset=away, lots=sizes, scope=st.sampled_from(list(Scope)), alone=flags,
          which=st.sampled_from(["take_profit", "stop_loss"]), execution=st.sampled_from(list(Execution)))  # fmt: skip
    def guards(
        self, *, account: int, side: Side, offset: int, lots: int, scope: Scope, alone: bool, which: str, execution: Execution
    ) -> None:
        gains = (which == "take_profit") == ((side is Side.SELL) if alone else (side is Side.BUY))
        price = D(HOME + offset * 10 + (50 if gains else -50))
        leg = Leg(trigger_price=price, source=PriceSource.LAST, price=price, execution=execution)
        more: dict[str, Any] = {"scope": scope, which: leg}
        if alone:
            whole = {"size": D(0)} if scope is Scope.POSITION else {}
            more |= {"kind": Kind.TPSL, "reduce_only": True, "price": None} | whole
        self.send(account, side, offset, lots, **more)

    @rule(account=accounts, pick=st.integers(0, 20), offset=away, lots=sizes, post=flags)
    def edits(self, account: int, pick: int, offset: int, lots: int, post: bool) -> None:
        live = self.venue.store.live(account)
        if live:
            old = live[pick % len(live)]
            self.send(account, old.side, offset, lots, cancel_id=old.external_id, post_only=post)

    @rule(account=accounts, pick=st.integers(0, 20), every=flags)
    def cancels(self, account: int, pick: int, every: bool) -> None:
        live = self.venue.store.live(account)
        if every:
            self.venue.mass_cancel(account, everything=True)
        elif live:
            self.venue.cancel(account, order_id=live[pick % len(live)].order_id)
        self.let_pass(0)

    # ── everything else ──

    @rule(side=sides, offset=away, lots=sizes, takes=flags)
    def house(self, side: Side, offset: int, lots: int, takes: bool) -> None:
        price = Ticks(HOME + offset * 10)
        if takes:
            self.venue.house_take(MARKET, side, price, Lots(lots))
        else:
            self.venue.house_rest(MARKET, side, price, Lots(lots))
        self.let_pass(0)

    @rule(price=st.integers(74_000, 98_000))
    def price_moves(self, price: int) -> None:
        self.venue.set_index(MARKET, D(price))
        self.venue.set_mark(MARKET, D(price))
        self.venue.look_at_triggers()
        self.let_pass(250)

    @rule(ms=st.sampled_from([1, 300, 31_000, 3_600_000]))
    def time_passes(self, ms: int) -> None:
        self.venue.sit_out(ms)
        self.let_pass(ms)

    @rule(account=accounts, leverage=st.sampled_from([1, 10, 50]))
    def leverage(self, account: int, leverage: int) -> None:
        try:
            self.venue.standings.set_leverage(account, MARKET, D(leverage))
        except Refused:
            return

    # ── what always holds ──

    @precondition(lambda self: hasattr(self, "venue"))
    @invariant()
    def money_and_positions_add_up(self) -> None:
        self.venue.ledger.check()
        held = {account: self.venue.ledger.position_lots(account, MARKET) for account in ACCOUNTS}
        assert held == {account: self.bought[account] for account in ACCOUNTS}
        assert all(count == 1 or count == 2 for count in self.trades.values())  # noqa: PLR1714 - 2: with oneself

    @precondition(lambda self: hasattr(self, "venue"))
    @invariant()
    def the_book_holds_what_the_orders_say(self) -> None:
        book = self.venue.markets[MARKET].book
        bid, ask = book.best(Side.BUY), book.best(Side.SELL)
        assert bid is None or ask is None or bid < ask
        resting = {
            each.order_id: each.lots
            for side in Side for price, _ in book.levels(side) for each in book.orders_at(side, price)
            if each.owner != HOUSE_ACCOUNT
        }  # fmt: skip
        live = [order for account in ACCOUNTS for order in self.venue.store.live(account)]
        assert set(resting) == {order.order_id for order in live if order.is_open and order.status is not Status.UNTRIGGERED}
        for order in live:
            assert order.expiry_ms >= self.venue.now_ms
            if order.order_id in resting:
                assert 0 < resting[order.order_id] <= order.left
                assert order.reduce_only or resting[order.order_id] == order.left


AnyTrading.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestAnyTrading = AnyTrading.TestCase


def test_the_same_commands_give_a_byte_identical_event_log() -> None:
    """Every kind of operation, two thousand of them, twice over; another seed differs."""
    from proofs.stage.random_trade import RandomTrade

    def digest(seed: int) -> tuple[str, int]:
        trade, log = RandomTrade(seed), EventLog()
        drain = trade.venue.drain

        def drain_into_log() -> list[Event]:
            events = drain()
            log.add(events)
            return events

        trade.venue.drain = drain_into_log  # type: ignore[method-assign]  # every event is written down
        for _ in range(2_000):
            trade.step()
        return log.hexdigest(), log.count

    first = digest(1)
    assert first == digest(1)
    assert first != digest(2)
    assert first[1] > 2_000


DIGESTS = """
from proofs.stage.random_trade import RandomTrade
from simulator.accounts import derive_accounts
from simulator.exchange import EventLog, synthetic_exchange

trade, log = RandomTrade(3), EventLog()
drain = trade.venue.drain
def drain_into_log():
    events = drain()
    log.add(events)
    return events
trade.venue.drain = drain_into_log
for _ in range(500):
    trade.step()
print(log.hexdigest())
for flow in ("synthetic", "extended", "cst"):
    began_ms = 1_790_000_000_000
    exchange = synthetic_exchange(seed=3, accounts=derive_accounts(3, 1, None), start_ms=began_ms, flow_name=flow)
    log = EventLog()
    log.add(exchange.advance(began_ms + 3_000))
    print(log.hexdigest(), log.count)
"""


def test_other_hashes_in_another_process_change_not_a_byte(repository: Path) -> None:
    told = set()
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(repository)}
        command = [sys.executable, "-c", DIGESTS]
        ran = subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, check=False, timeout=100)
        assert ran.returncode == 0, ran.stderr
        told.add(ran.stdout)

    assert len(told) == 1
    assert len(set(told.pop().splitlines())) == 4
