"""A random day at the simulated exchange: every order type, several customers and markets, prices that walk and jump.

Everything follows from the seed. Most of what is asked is sensible enough to be accepted; what is refused counts as asked.
"""

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any, Final

from bot.core.numbers import Lots, Ticks
from simulator.accounts import derive_accounts
from simulator.events import Event, FillBooked
from simulator.markets import LISTED, MarketSpec
from simulator.matching import SelfTradeRule, Side
from simulator.options import VenueOptions
from simulator.orders import Execution, Kind, Leg, Order, OrderRequest, PriceSource, Scope, SelfTrade, TimeInForce, Trigger
from simulator.refusals import Refused
from simulator.venue import Venue

START_MS: Final = 1_790_000_000_000
FEE: Final = Decimal("0.0005")
HOUR_MS: Final = 3_600_000
MOST_LIVE: Final = 12
"""Beyond this many open orders an account cancels before it places."""


class RandomTrade:
    """A venue, and somebody who does something random to it."""

    def __init__(self, seed: int, *, accounts: int = 12) -> None:
        self._random = Random(f"random trade:{seed}")  # noqa: S311 - reproducible on purpose
        self.venue = Venue(
            specs=LISTED.values(),
            accounts=derive_accounts(seed, accounts, None),
            options=VenueOptions(
                accept_delay_ms=(0, 3),
                fill_or_kill=True,
                mark_interval_ms=60_000,
                mark_balance_interval_ms=0,
                maker_fee=Decimal("0.00002"),
                self_trade_rule=self._random.choice(list(SelfTradeRule)),
                unfilled_orders_kept=200,
                filled_orders_kept=200,
            ),
            seed=seed,
            start_ms=START_MS,
        )
        self.accounts = list(self.venue.accounts)
        self.specs: list[MarketSpec] = list(LISTED.values())
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.events: Counter[str] = Counter()
        self.liquidations = 0
        self.bought: Counter[tuple[int, str]] = Counter()
        """Signed lots by account and market, counted from the fills that were told: the ledger must agree."""
        self.fees = Decimal(0)
        self.house_orders: dict[str, list[int]] = {spec.name: [] for spec in self.specs}
        self._number = 0
        deeds = self._deeds()
        self._deeds_known, self._weights = [each for each, _ in deeds], [weight for _, weight in deeds]

    def _deeds(self) -> list[tuple[Callable[[], None], int]]:
        return [
            (self.limit, 260), (self.post_only, 80), (self.take, 110), (self.fill_or_kill, 10), (self.market_order, 60),
            (self.edit, 80),
            (self.reduce, 60), (self.conditional, 40), (self.stop_alone, 30), (self.guarded, 30), (self.cancel, 100),
            (self.mass_cancel, 8), (self.switch, 4), (self.leverage, 6), (self.claim, 4), (self.house_rests, 90),
            (self.house_takes, 30), (self.house_leaves, 20), (self.price_walks, 60), (self.price_jumps, 1),
            (self.time_passes, 60),
        ]  # fmt: skip

    def step(self) -> str:
        """Do one random thing, let it reach the book, and return its name."""
        deed = self._random.choices(self._deeds_known, self._weights)[0]
        name = deed.__name__
        self.done[name] += 1
        try:
            deed()
        except Refused as refusal:
            self.refused[refusal.message] += 1
        self.let_pass(self._random.randrange(5))
        return name

    def let_pass(self, ms: int) -> None:
        """Let time pass and count what happened."""
        self.venue.advance(self.venue.now_ms + ms)
        for event in self.venue.drain():
            self._count(event)

    def _count(self, event: Event) -> None:
        self.events[type(event).__name__] += 1
        if isinstance(event, FillBooked):
            trade = event.trade
            lots = int(Decimal(trade.qty) / LISTED[trade.market].lot_size)
            self.bought[event.account_id, trade.market] += lots if trade.side == "BUY" else -lots
            self.fees += Decimal(trade.fee)
            self.liquidations += trade.trade_type == "LIQUIDATION"

    # ── chance ──

    def _account(self) -> int:
        return self._random.choice(self.accounts)

    def _spec(self) -> MarketSpec:
        return self._random.choice(self.specs)

    def _side(self) -> Side:
        return self._random.choice((Side.BUY, Side.SELL))

    def _size(self, spec: MarketSpec, largest_value: float = 30_000.0) -> Decimal:
        value = largest_value * self._random.random() ** 3 + 20
        lots = int(Decimal(value) / (spec.lot_size * self.venue.markets[spec.name].mark))
        return max(spec.lot_size * lots, spec.min_order_size)

    def _price(self, spec: MarketSpec, away: float) -> Decimal:
        """Return a price on the grid, a fraction `away` from the mark."""
        wanted = self.venue.markets[spec.name].mark * Decimal(1 + away)
        return max(spec.tick_size, spec.tick_size * int(wanted / spec.tick_size))

    def _near(self) -> float:
        return self._random.gauss(0.0, 0.0004)

    def _live(self, account: int) -> list[Order]:
        return self.venue.store.live(account)

    def _send(self, account: int, spec: MarketSpec, side: Side, **more: Any) -> None:
        if len(self._live(account)) > MOST_LIVE:
            self.venue.mass_cancel(account, everything=True)
        self._number += 1
        fields: dict[str, Any] = {
            "external_id": f"r{self._number}",
            "market": spec.name,
            "kind": Kind.LIMIT,
            "side": side,
            "size": self._size(spec),
            "price": self._price(spec, self._near()),
            "time_in_force": TimeInForce.GTT,
            "expiry_ms": self.venue.now_ms + self._random.randint(50, 60_000),
            "fee": FEE,
            "nonce": self._number,
            "settlement": None,
            "self_trade": self._random.choice(list(SelfTrade)),
            "reduce_only": False,
            "post_only": False,
        }
        self.venue.submit(account, OrderRequest(**(fields | more)))

    # ── orders ──

    def limit(self) -> None:
        self._send(self._account(), self._spec(), self._side())

    def post_only(self) -> None:
        spec, side = self._spec(), self._side()
        away = abs(self._near()) * -side.sign
        self._send(self._account(), spec, side, price=self._price(spec, away), post_only=True)

    def take(self) -> None:
        spec, side = self._spec(), self._side()
        price = self._price(spec, 0.002 * side.sign)
        self._send(self._account(), spec, side, price=price, time_in_force=TimeInForce.IOC)

    def fill_or_kill(self) -> None:
        spec, side = self._spec(), self._side()
        price = self._price(spec, 0.002 * side.sign)
        self._send(self._account(), spec, side, price=price, time_in_force=TimeInForce.FOK)

    def market_order(self) -> None:
        spec, side = self._spec(), self._side()
        price = self._price(spec, 0.03 * side.sign)
        self._send(self._account(), spec, side, price=price, time_in_force=TimeInForce.IOC, kind=Kind.MARKET)

    def edit(self) -> None:
        account = self._account()
        orders = self._live(account)
        if orders:
            old = self._random.choice(orders)
            if old.kind is Kind.LIMIT:
                self._send(account, LISTED[old.market], old.side, cancel_id=old.external_id, post_only=old.post_only)

    def reduce(self) -> None:
        account, spec, side, held = self._held()
        if held:
            lots = Lots(self._random.randint(1, abs(held)))
            self._send(account, spec, side, size=max(spec.size(lots), spec.min_order_size), reduce_only=True)

    def _held(self) -> tuple[int, MarketSpec, Side, Lots]:
        """Return an account, a market, the side that closes its position there, and the position."""
        account, spec = self._account(), self._spec()
        held = self.venue.ledger.position_lots(account, spec.name)
        return account, spec, Side.SELL if held > 0 else Side.BUY, held

    def conditional(self) -> None:
        spec, side, up = self._spec(), self._side(), self._random.random() < 0.5
        trigger = self._price(spec, 0.001 * (1 if up else -1))
        execution = self._random.choice(list(Execution))
        self._send(
            self._account(), spec, side,
            kind=Kind.CONDITIONAL, price=spec.tick_size * int(trigger * Decimal(1 + 0.002 * side.sign) / spec.tick_size),
            trigger=Trigger(price=trigger, source=self._source(), direction="UP" if up else "DOWN", execution=execution),
        )  # fmt: skip

    def _source(self) -> PriceSource:
        return self._random.choice(list(PriceSource))

    def _legs(self, spec: MarketSpec, closing: Side) -> dict[str, Any]:
        """Return a take-profit, a stop-loss or both, a little away from the mark."""
        wanted = self._random.choice((("take_profit",), ("stop_loss",), ("take_profit", "stop_loss")))
        legs: dict[str, Any] = {"scope": self._random.choice(list(Scope))}
        for name in wanted:
            away = 0.002 * (1 if name == "take_profit" else -1) * -closing.sign
            legs[name] = Leg(
                trigger_price=self._price(spec, away),
                source=self._source(),
                price=self._price(spec, away + 0.003 * closing.sign),
                execution=self._random.choice(list(Execution)),
            )
        return legs

    def stop_alone(self) -> None:
        account, spec, side, held = self._held()
        if held:
            legs = self._legs(spec, side)
            size = spec.size(Lots(abs(held))) if legs["scope"] is Scope.ORDER else Decimal(0)
            self._send(account, spec, side, kind=Kind.TPSL, size=size, price=None, reduce_only=True, **legs)

    def guarded(self) -> None:
        spec, side = self._spec(), self._side()
        self._send(self._account(), spec, side, price=self._price(spec, 0.0005 * side.sign), **self._legs(spec, side.opposite))

    # ── the rest of a customer's day ──

    def cancel(self) -> None:
        account = self._account()
        orders = self._live(account)
        self.venue.cancel(account, order_id=self._random.choice(orders).order_id if orders else 1)

    def mass_cancel(self) -> None:
        account = self._account()
        if self._random.random() < 0.5:
            self.venue.mass_cancel(account, everything=True)
        else:
            self.venue.mass_cancel(account, markets=[self._spec().name])

    def switch(self) -> None:
        self.venue.arm_switch(self._account(), self._random.choice((0, 1, 5, 60)))

    def leverage(self) -> None:
        spec = self._spec()
        leverage = Decimal(self._random.choice((1, 2, 5, 10, 25, 50)))
        self.venue.standings.set_leverage(self._account(), spec.name, leverage)

    def claim(self) -> None:
        self.venue.faucet.claim(self.venue.accounts[self._account()], self.venue.now_ms)

    # ── the market ──

    def house_rests(self) -> None:
        spec, side = self._spec(), self._side()
        price = self._price(spec, -side.sign * self._random.expovariate(2_000.0))
        lots = Lots(int(self._size(spec, 60_000.0) / spec.lot_size))
        order_id = self.venue.house_rest(spec.name, side, Ticks(int(price / spec.tick_size)), lots)
        if order_id is not None:
            self.house_orders[spec.name].append(order_id)

    def house_takes(self) -> None:
        spec, side = self._spec(), self._side()
        price = self._price(spec, 0.001 * side.sign)
        lots = Lots(int(self._size(spec, 60_000.0) / spec.lot_size))
        self.venue.house_take(spec.name, side, Ticks(int(price / spec.tick_size)), lots)

    def house_leaves(self) -> None:
        market = self._spec().name
        orders = self.house_orders[market]
        for order_id in orders[: max(1, len(orders) - 40)]:
            self.venue.house_cancel(market, order_id)
        del orders[: max(1, len(orders) - 40)]

    def price_walks(self) -> None:
        self._move(self._spec(), self._near())

    def price_jumps(self) -> None:
        self._move(self._spec(), self._random.choice((-1, 1)) * self._random.uniform(0.02, 0.12))

    def _move(self, spec: MarketSpec, by: float) -> None:
        state = self.venue.markets[spec.name]
        home = float(spec.start_price)
        pull = 0.02 * (home - float(state.mark)) / home  # so that a long walk stays in the neighbourhood
        index = max(spec.tick_size, (state.index * Decimal(1 + by + pull)).quantize(Decimal("0.0001")))
        self.venue.set_index(spec.name, index)
        self.venue.set_mark(spec.name, (index * Decimal(1 + self._random.gauss(0.0, 0.00005))).quantize(Decimal("0.0001")))
        self.venue.look_at_triggers()

    def time_passes(self) -> None:
        if self._random.random() < 0.01:  # most of an hour, so that funding comes round often
            skipped = self._random.randint(HOUR_MS // 2, HOUR_MS)
            self.venue.sit_out(skipped)
            self.let_pass(skipped)
        else:
            self.let_pass(self._random.randint(0, 200))
