"""What the book does with an order once it gets there: refuse, trade, rest, cancel, expire.

The gateway has already said yes to everything that arrives here; the world may have moved since, so the engine checks again
what can change, and answers on the account stream only.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from bot.core.numbers import Lots, Ticks
from simulator.accounts import HOUSE_ACCOUNT
from simulator.clearing import Clearing
from simulator.ids import Snowflakes
from simulator.market_state import MarketState
from simulator.matching import OPEN_TO_ALL, RestingOrder, Side, TakerShield
from simulator.options import VenueOptions
from simulator.orders import Execution, Kind, Leg, Order, Reason, Scope, SelfTrade, Status, TimeInForce
from simulator.refusals import Refused
from simulator.rules import ENGINE_REASONS, Mode, check_mode, check_reducing
from simulator.standing import Standings
from simulator.triggers import TriggerDesk


class _Taker(NamedTuple):
    """Who takes: an order, or the background flow when `order` is None."""

    order: Order | None
    side: Side
    limit: Ticks
    shield: TakerShield


class Engine:
    """The matching side of the venue."""

    def __init__(self, standings: Standings, clearing: Clearing, ids: Snowflakes, options: VenueOptions) -> None:
        self.mode = Mode.NORMAL
        self._markets = standings.markets
        self._standings = standings
        self._ledger = standings.ledger
        self._store = standings.store
        self._clearing = clearing
        self._options = options
        self._ids = ids
        self._triggers = TriggerDesk()
        self._house_id = 0
        self.trouble: Callable[[Order], Reason | None] = lambda _order: None
        """Asked about every order that comes to the book: a reason to refuse it that nobody else would see."""

    # ── customers' orders ──

    def place(self, order: Order, now_ms: int) -> None:
        """Take an accepted order into the book; a replaced order leaves it first, whatever becomes of the new one."""
        state = self._markets[order.market]
        previous = self._previous(order)
        behind: list[RestingOrder] = []
        reason: Reason | None = None
        if previous is not None:
            reason = self._count_total(order, previous)
            behind = self._queue_behind(order, previous, state)
            state.book.remove(previous.order_id)
        reason = reason or self._refusal(order, previous, state, now_ms)
        if previous is not None:
            self._clearing.finish(previous, state, Status.CANCELLED, None if reason else Reason.ORDER_REPLACED, now_ms=now_ms)
        if reason is not None:
            self._clearing.finish(order, state, Status.REJECTED, reason, now_ms=now_ms)
        elif order.waits:
            self._wait(order, state, now_ms)
        else:
            self._execute(order, state, now_ms)
            for each in behind if order.is_open else ():
                behind_it = state.book.remove(each.order_id)
                if behind_it is not None:
                    state.book.rest(behind_it)

    def _count_total(self, order: Order, previous: Order) -> Reason | None:
        """Take what was filled off an edit whose size includes it; return a reason when nothing is left."""
        order.previous_id = previous.order_id
        if self._options.edit_qty_is_total and order.lots:
            if order.lots <= previous.filled:
                return Reason.INVALID_QTY
            order.lots = Lots(order.lots - previous.filled)
        return None

    def _queue_behind(self, order: Order, previous: Order, state: MarketState) -> list[RestingOrder]:
        """Return who must step behind an edit that keeps the place of the order before it."""
        keeps = self._options.edit_keeps_priority and order.price == previous.price and order.lots <= previous.left
        queue = state.book.orders_at(order.side, order.price) if keeps else []
        places = [number for number, each in enumerate(queue) if each.order_id == previous.order_id]
        return queue[places[0] + 1 :] if places else []

    def _execute(self, order: Order, state: MarketState, now_ms: int) -> None:
        """Trade what can be traded; the rest rests, or ends."""
        if order.time_in_force is TimeInForce.FOK and not self._can_fill(order, state):
            self._clearing.finish(order, state, Status.CANCELLED, Reason.NO_LIQUIDITY, now_ms=now_ms)
            return
        stopped = self._trade(order, state, now_ms)
        if order.is_final:
            return
        if stopped:
            self._clearing.finish(order, state, Status.CANCELLED, Reason.SELF_TRADE_PROTECTION, now_ms=now_ms)
        elif order.time_in_force is not TimeInForce.GTT:
            expired = self._options.unfilled_ioc_expires and not order.filled
            status = Status.EXPIRED if expired else Status.CANCELLED
            self._clearing.finish(order, state, status, Reason.NO_LIQUIDITY, now_ms=now_ms)
        else:
            self._rest(order, state, now_ms)

    def run_now(self, order: Order, now_ms: int) -> None:
        """Execute an order of the exchange itself: no gateway, no refusal."""
        self._store.add(order)
        self._execute(order, self._markets[order.market], now_ms)

    def fillable(self, state: MarketState, side: Side, limit: Ticks) -> int:
        """Return how many lots a taker could get no worse than `limit`."""
        total = 0
        for price, lots in state.book.levels(side.opposite):
            if (limit - price) * side.sign < 0:
                break
            total += lots
        return total

    def _can_fill(self, order: Order, state: MarketState) -> bool:
        """Return whether the book holds all of an order from makers who are sure to trade with it."""
        shield, wanted = _shield(order, self._options), order.left
        for price, _ in state.book.levels(order.side.opposite):
            if (order.price - price) * order.side.sign < 0 or wanted <= 0:
                break
            queue = state.book.orders_at(order.side.opposite, price)
            wanted = Lots(wanted - sum(each.lots for each in queue if not each.guarded and not shield.forbids(each)))
        return wanted <= 0

    # ── orders that wait for a price ──

    def _wait(self, order: Order, state: MarketState, now_ms: int) -> None:
        order.status, order.updated_ms = Status.UNTRIGGERED, now_ms
        self._store.watch_expiry(order)
        if not self._triggers.any:
            state.forget_range()  # nobody looked at it until now
        self._triggers.add(order)
        self._clearing.tell_order(order, state, now_ms)

    def look_at_triggers(self, now_ms: int) -> None:
        """Release every waiting order whose price has come; what they do may release more."""
        if not self._triggers.any:
            return
        for state in self._markets.values():
            while released := self._triggers.due(state):
                state.forget_range()
                for each in released:
                    if not each.order.is_final:  # one released before it may have ended it
                        self._release(each.order, each.leg, state, now_ms)
            state.forget_range()

    def _release(self, order: Order, leg: Leg | None, state: MarketState, now_ms: int) -> None:
        execution = order.trigger.execution if order.trigger is not None else None
        if leg is not None:
            execution = leg.execution
            order.price = self._ticks(leg.price, state)
        if order.reduce_only:
            held = -self._ledger.position_lots(order.account_id, order.market) * order.side.sign
            order.lots = Lots(max(held, 0) if order.scope is Scope.POSITION else min(order.lots, max(held, 0)))
        if self._options.tell_triggered:
            order.status, order.updated_ms = Status.TRIGGERED, now_ms
            self._clearing.tell_order(order, state, now_ms)
        order.waits, order.status = False, Status.PENDING
        if execution is Execution.MARKET:
            order.time_in_force = TimeInForce.IOC
        reason = Reason.REDUCE_ONLY_FAILED if not order.lots else self._refusal(order, None, state, now_ms)
        if reason is not None:
            self._clearing.finish(order, state, Status.REJECTED, reason, now_ms=now_ms)
        else:
            self._execute(order, state, now_ms)

    def _ticks(self, price: Decimal, state: MarketState) -> Ticks:
        return Ticks(int(price / state.spec.tick_size))  # exact: the gateway has counted it, whatever the step is now

    def _guard_fills(self, order: Order, state: MarketState, now_ms: int) -> None:
        """Let an order's take-profit and stop-loss grow with its fills; the first fill creates them."""
        if order.scope is None or not order.filled or order.kind is Kind.TPSL:
            return
        guard = self._store.by_id.get(order.guard_id) if order.guard_id is not None else None
        if guard is None:
            guard = guarding_order(order, self._ids.next(now_ms), now_ms)
            order.guard_id = guard.order_id
            self._store.add(guard)
            if guard.scope is Scope.POSITION and self._guards_position(guard):
                self._clearing.finish(guard, state, Status.REJECTED, Reason.POSITION_TPSL_CONFLICT, now_ms=now_ms)
            else:
                self._wait(guard, state, now_ms)
        elif guard.waits and guard.scope is Scope.ORDER:
            guard.lots, guard.updated_ms = order.filled, now_ms
            self._clearing.tell_order(guard, state, now_ms)

    def _guards_position(self, order: Order) -> bool:
        """Return whether another order already closes this whole position."""
        live = self._store.live(order.account_id, order.market)
        return any(each.scope is Scope.POSITION and each.waits and each.is_open and each is not order for each in live)

    def _previous(self, order: Order) -> Order | None:
        if order.replaces is None:
            return None
        previous = self._store.by_external.get((order.account_id, order.replaces))
        return previous if previous is not None and previous.is_open else None

    def _refusal(self, order: Order, previous: Order | None, state: MarketState, now_ms: int) -> Reason | None:
        if order.replaces is not None and previous is None:
            return Reason.PREV_ORDER_NOT_FOUND
        meant = self.trouble(order) or _misfit(order, state)
        if meant is not None:
            return meant
        try:
            check_mode(self.mode, state.trading_status, post_only=order.post_only, reduce_only=order.reduce_only)
        except Refused as refused:
            return ENGINE_REASONS[refused.code]
        if order.expiry_ms <= now_ms:
            return Reason.INVALID_EXPIRE_TIME
        if order.waits:
            conflict = order.scope is Scope.POSITION and order.kind is Kind.TPSL and self._guards_position(order)
            return Reason.POSITION_TPSL_CONFLICT if conflict and previous is None else None
        if order.post_only and state.book.would_cross(order.side, order.price):
            return Reason.POST_ONLY_FAILED
        if order.reduce_only:
            try:
                check_reducing(order.side, order.lots, self._ledger.position_lots(order.account_id, order.market))
            except Refused:
                return Reason.REDUCE_ONLY_FAILED
        elif self._standings.margin(order.account_id, previous).available_for_trade < 0:
            return Reason.NOT_ENOUGH_FUNDS
        return None

    def _rest(self, order: Order, state: MarketState, now_ms: int) -> None:
        state.book.rest(
            RestingOrder(
                order_id=order.order_id,
                owner=order.account_id,
                side=order.side,
                price=order.price,
                lots=order.left,
                client=order.client_id,
                guarded=order.reduce_only,
            )
        )
        self._store.watch_expiry(order)
        if order.status is Status.PENDING:
            order.status, order.updated_ms = Status.NEW, now_ms
            self._clearing.tell_order(order, state, now_ms)

    def _trade(self, order: Order, state: MarketState, now_ms: int) -> bool:
        """Match an order against the book; return whether self-trade protection stopped it."""
        if order.post_only:
            return False
        taker = _Taker(order, order.side, order.price, _shield(order, self._options))
        stopped, _ = self._take(state, taker, order.left, now_ms)
        return stopped

    def _take(self, state: MarketState, taker: "_Taker", lots: Lots, now_ms: int) -> tuple[bool, Lots]:
        """Match, book and tell; return (stopped by self-trade protection, what is left)."""
        cleared: int | None = None
        left = lots
        while True:
            taken = state.book.take(taker.side, taker.limit, left, taker.shield, cleared)
            left = taken.left
            for match in taken.matches:
                self._clearing.settle(state, taker.side, taker.order, match, now_ms=now_ms)
                maker = self._store.by_id.get(match.maker_id)
                if maker is not None:
                    self._guard_fills(maker, state, now_ms)
            if taker.order is not None:
                self._guard_fills(taker.order, state, now_ms)
            for order_id in taken.removed_makers:
                died = self._store.by_id[order_id]
                self._clearing.finish(died, state, Status.CANCELLED, Reason.SELF_TRADE_PROTECTION, now_ms=now_ms)
            for account_id in dict.fromkeys(match.maker_owner for match in taken.matches):
                self._drop_unreducing(account_id, state, now_ms)
            if taken.waiting_for is None:
                break
            cleared = self._fit_reducing(taken.waiting_for, state, now_ms)
        if taker.order is not None and left < lots:
            self._drop_unreducing(taker.order.account_id, state, now_ms)
        return taken.stopped, left

    # ── reduce-only orders at rest ──

    def _fit_reducing(self, order_id: int, state: MarketState, now_ms: int) -> int:
        """Make a reduce-only maker fit the position it is about to reduce, or cancel it; return its id, cleared to trade."""
        order = self._store.by_id[order_id]
        position = self._ledger.position_lots(order.account_id, order.market) * -order.side.sign
        resting = state.book.find(order_id)
        if resting is None:
            return order_id  # the matches before it have used its position up, and it went with it
        if position <= 0:
            self.cancel(order, now_ms, reason=Reason.REDUCE_ONLY_FAILED)
        elif position < resting.lots:
            state.book.shrink(order_id, Lots(position))
        return order_id

    def _drop_unreducing(self, account_id: int, state: MarketState, now_ms: int) -> None:
        """Cancel resting reduce-only orders that can no longer reduce anything."""
        if account_id == HOUSE_ACCOUNT:
            return
        position = self._ledger.position_lots(account_id, state.spec.name)
        for order in self._store.live(account_id, state.spec.name):
            if order.reduce_only and order.is_open and position * order.side.sign >= 0:
                self.cancel(order, now_ms, reason=Reason.REDUCE_ONLY_FAILED)

    # ── endings ──

    def cancel(self, order: Order, now_ms: int, *, status: Status = Status.CANCELLED, reason: Reason | None = None) -> bool:
        """End an open order; False when it has ended already or not begun."""
        if not order.is_open:
            return False
        state = self._markets[order.market]
        state.book.remove(order.order_id)
        self._clearing.finish(order, state, status, reason, now_ms=now_ms)
        return True

    def cancel_all(self, account_id: int, now_ms: int, *, reason: Reason | None = None, spares_waiting: bool = False) -> int:
        """Cancel every open order of an account, or those that wait for no trigger; return how many there were."""
        live = self._store.live(account_id)
        return sum(self.cancel(order, now_ms, reason=reason) for order in live if not (spares_waiting and order.waits))

    # ── the background flow ──

    def house_rest(self, market: str, side: Side, price: Ticks, lots: Lots) -> int | None:
        """Put a background order to rest and return its id; None when it would cross."""
        state = self._markets[market]
        book, price = state.book, state.spec.snapped(price, side.sign)
        if price <= 0 or book.would_cross(side, price):
            return None
        self._house_id -= 1  # negative: never mixed up with a customer's order
        book.rest(RestingOrder(self._house_id, HOUSE_ACCOUNT, side, price, lots))
        return self._house_id

    def house_fill(self, market: str, order_id: int, lots: Lots, now_ms: int) -> None:
        """Let a recorded trade fill one customer's order, at its own price."""
        state, order = self._markets[market], self._store.by_id[order_id]
        if order.reduce_only:
            self._fit_reducing(order_id, state, now_ms)
        resting = state.book.find(order_id)
        if resting is not None:
            match = state.book.fill(order_id, Lots(min(lots, resting.lots)))
            self._clearing.settle(state, order.side.opposite, None, match, now_ms=now_ms)
            self._guard_fills(order, state, now_ms)
            self._drop_unreducing(order.account_id, state, now_ms)

    def house_take(self, market: str, side: Side, limit: Ticks, lots: Lots, now_ms: int) -> Lots:
        """Let the background flow take, no worse than `limit`; return the size that traded."""
        _, left = self._take(self._markets[market], _Taker(None, side, limit, OPEN_TO_ALL), lots, now_ms)
        return Lots(lots - left)


def _misfit(order: Order, state: MarketState) -> Reason | None:
    """Return why an order does not fit steps that changed while it was on its way."""
    if order.trigger is not None or order.scope is not None:
        return None  # what waited for a price keeps the steps it came with
    if not state.spec.is_on_step(order.price):
        return Reason.INVALID_PRICE
    return Reason.INVALID_QTY if state.spec.lots_of(state.spec.size(order.lots)) is None else None


def _shield(order: Order, options: VenueOptions) -> TakerShield:
    if order.self_trade is SelfTrade.DISABLED:
        return OPEN_TO_ALL
    client = order.client_id if order.self_trade is SelfTrade.CLIENT else None
    return TakerShield(order.account_id, client, options.self_trade_rule)


def guarding_order(parent: Order, order_id: int, now_ms: int) -> Order:
    """Return the order that closes what `parent` opened, at its take-profit or stop-loss."""
    return Order(
        order_id=order_id,
        external_id=f"{parent.external_id[:70]}-tpsl",
        account_id=parent.account_id,
        client_id=parent.client_id,
        market=parent.market,
        kind=Kind.TPSL,
        side=parent.side.opposite,
        price=Ticks(0),
        lots=Lots(0) if parent.scope is Scope.POSITION else parent.filled,
        time_in_force=TimeInForce.GTT,
        expiry_ms=parent.expiry_ms,
        self_trade=parent.self_trade,
        reduce_only=True,
        post_only=False,
        fee_rate=parent.fee_rate,
        scope=parent.scope,
        take_profit=parent.take_profit,
        stop_loss=parent.stop_loss,
        waits=True,
        created_ms=now_ms,
        updated_ms=now_ms,
    )
