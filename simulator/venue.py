"""The exchange without its sockets: gateway, engine and timers over one set of books. Pure: time and seeds are arguments.

A request is judged by the gateway at once (raises `Refused`, or is accepted) and reaches the engine a little later; requests
never overtake each other on that way. `advance` runs what is due; `drain` hands over what happened since the last call.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from bot.core.numbers import Lots, Ticks
from simulator.accounts import HOUSE_ACCOUNT, INSURANCE_ACCOUNT, OPENING_BALANCE, Account
from simulator.agenda import Action, Agenda
from simulator.candles import CandleKind
from simulator.chance import seeded
from simulator.clearing import Clearing
from simulator.engine import Engine
from simulator.events import Event, FlowEnded, IndexMoved, MarkMoved, SwitchFired
from simulator.faucet import Faucet
from simulator.funding import HOUR_MS, SAMPLE_MS, TELL_MS, FundingDesk
from simulator.ids import Snowflakes
from simulator.ledger import MONEY_GRID, ZERO, Ledger, Position
from simulator.liquidation import LiquidationDesk
from simulator.market_state import MarketState
from simulator.markets import MarketSpec
from simulator.matching import Side
from simulator.options import VenueOptions
from simulator.order_store import OrderStore
from simulator.orders import Kind, Order, OrderRequest, Status, new_order
from simulator.rebates import DAY_MS, RebateDesk
from simulator.refusals import Code, Refused
from simulator.rules import MarketStatus, Mode, check_fee, check_mode, check_reducing, check_request
from simulator.standing import Standings
from simulator.views import order_record
from simulator.wire import OrderRecord, text

HOUSE_MONEY: Final = Decimal(1_000_000_000)
INSURANCE_MONEY: Final = Decimal(1_000_000)
MARGIN_CHECK_MS: Final = 250


class Venue:
    """One exchange: markets, customers, orders and money."""

    def __init__(
        self,
        *,
        specs: Iterable[MarketSpec],
        accounts: Sequence[Account],
        options: VenueOptions,
        seed: int,
        start_ms: int,
    ) -> None:
        self.options = options
        self.now_ms = start_ms
        self.start_ms = start_ms
        self.accounts = {account.account_id: account for account in accounts}
        self.markets = {
            spec.name: MarketState(
                spec=spec,
                mark=spec.start_price,
                index=spec.start_price,
                last=spec.start_price,
                maker_fee=options.maker_fee,
                taker_fee=options.taker_fee,
            )
            for spec in specs
        }
        self.ids = Snowflakes()
        self.store = OrderStore(options.unfilled_orders_kept, options.filled_orders_kept)
        self.ledger = Ledger({name: state.spec for name, state in self.markets.items()}, self.ids)
        self.standings = Standings(self.markets, self.ledger, self.store, options.default_leverage)
        self.standings.closed_word = "OPENED" if options.closed_positions_say_opened else "CLOSED"
        self._outbox: list[Event] = []
        self.clearing = Clearing(self.standings, self.ids, self._outbox.append)
        self.engine = Engine(self.standings, self.clearing, self.ids, options)
        self.agenda = Agenda()
        self._delays = seeded(seed, "accept delay")
        self._engine_free_ms = start_ms
        self._switches: dict[int, int] = {}
        self._mark_told_ms: dict[str, int] = {}
        self._quiet: set[str] = set()
        self._skip_until_ms = start_ms
        self.rebates = RebateDesk(self.ledger, self.accounts, options, self.clearing.tell_balance)
        self.clearing.note_made = self.rebates.note
        self.faucet = Faucet(self.ledger, self.ids)
        self.funding = FundingDesk(self.markets, self.ledger, self.ids, self._outbox.append)
        self.ledger.deposit(HOUSE_ACCOUNT, HOUSE_MONEY)
        self.ledger.deposit(INSURANCE_ACCOUNT, INSURANCE_MONEY)
        for account_id in self.accounts:
            self.ledger.deposit(account_id, OPENING_BALANCE)
        self.liquidation = LiquidationDesk(self.standings, self.engine, self.clearing, self.ids)
        self.liquidation.tells_reasons = options.risk_reasons
        self._start_timers()

    # ── the gateway ──

    def market(self, name: str) -> MarketState:
        """Return a market by its name.

        Raises: Refused 1001.
        """
        state = self.markets.get(name)
        if state is None:
            raise Refused(Code.MARKET_NOT_FOUND, f"market {name} is not listed")
        return state

    def submit(self, account_id: int, request: OrderRequest) -> Order:
        """Accept a create or edit request and send it on to the engine.

        Raises: Refused; then nothing has happened, and a replaced order still stands.
        """
        state = self.market(request.market)
        check_mode(self.engine.mode, state.trading_status, post_only=request.post_only, reduce_only=request.reduce_only)
        if state.spec.is_rfq:
            raise Refused(Code.ORDER_TYPE, f"{request.market} trades by quotes: its orders go to /user/order/rfq")
        known = self.store.by_external.get((account_id, request.external_id))
        if known is not None and not (self.options.ids_unique_among_open and known.is_final):
            raise Refused(Code.DUPLICATE_ORDER, f"id {request.external_id} is known already")
        check_fee(request.fee, state.maker_fee if request.post_only else state.taker_fee)
        counted = check_request(request, state.spec, state.mark, self.options, self.now_ms)
        replaced = self._replaced(account_id, request)
        live = self.store.live(account_id, request.market)
        limit = self.options.max_orders or state.spec.max_orders
        if len(live) - (replaced is not None) >= limit:
            raise Refused(Code.TOO_MANY_ORDERS, f"{len(live)} open orders on {request.market}")
        if request.reduce_only:
            held = self.ledger.position_lots(account_id, request.market)
            check_reducing(request.side, counted.lots if request.kind is not Kind.TPSL else Lots(0), held)
        elif request.kind is not Kind.CONDITIONAL:  # its margin is asked for when it triggers
            self.standings.check_funds(
                account_id, request.market, request.side, price=counted.price, lots=counted.lots, replaced=replaced
            )
        self.standings.check_leg_loss(account_id, request.market, request)
        order = new_order(
            request, self.accounts[account_id], self.ids.next(self.now_ms), counted.price, counted.lots, now_ms=self.now_ms
        )
        self.store.add(order)
        self._to_engine(lambda now_ms: self.engine.place(order, now_ms))
        return order

    def _replaced(self, account_id: int, request: OrderRequest) -> Order | None:
        if request.cancel_id is None:
            return None
        order = self.store.by_external.get((account_id, request.cancel_id))
        if order is None or order.is_final:
            raise Refused(Code.EDIT_NOT_FOUND, f"no open order has the id {request.cancel_id}")
        if (order.market, order.side) != (request.market, request.side):
            raise Refused(Code.ORDER_PARAMETERS, "an edit cannot change market or side")
        return order

    def cancel(self, account_id: int, *, order_id: int | None = None, external_id: str | None = None) -> None:
        """Accept a cancel by either id.

        Raises: Refused 1142 when there is no such live order.
        """
        if external_id is not None:
            order = self.store.by_external.get((account_id, external_id))
        else:
            order = self.store.by_id.get(order_id) if order_id is not None else None
        if order is None or order.account_id != account_id or order.is_final:
            raise Refused(Code.EDIT_NOT_FOUND, "order not found", http_status=404)

        def run(now_ms: int) -> None:
            self.engine.cancel(order, now_ms)

        self._to_engine(run)

    def mass_cancel(
        self,
        account_id: int,
        *,
        order_ids: Iterable[int] = (),
        external_ids: Iterable[str] = (),
        markets: Iterable[str] = (),
        everything: bool = False,
        spares_newest: bool = False,
    ) -> None:
        """Accept a mass cancel: the union of its selectors, evaluated when the engine gets to it."""
        ids, externals, names = set(order_ids), set(external_ids), set(markets)

        def run(now_ms: int) -> None:
            live = self.store.live(account_id)
            for order in live[:-1] if spares_newest else live:
                if everything or order.order_id in ids or order.external_id in externals or order.market in names:
                    self.engine.cancel(order, now_ms)

        self._to_engine(run)

    def arm_switch(self, account_id: int, seconds: int) -> None:
        """Set the account's dead-man's switch; every call replaces the one before, 0 disarms."""
        token = self._switches.get(account_id, 0) + 1
        self._switches[account_id] = token
        if seconds:
            self.agenda.add(self.now_ms + seconds * 1000, lambda _: self._fire_switch(account_id, token))

    def _fire_switch(self, account_id: int, token: int) -> None:
        if self._switches.get(account_id) != token:
            return

        def run(now_ms: int) -> None:
            cancelled = self.engine.cancel_all(
                account_id, now_ms, reason=self.options.deadman_reason, spares_waiting=self.options.deadman_spares_stops
            )
            self._outbox.append(SwitchFired(ms=now_ms, account_id=account_id, cancelled=cancelled))

        self._to_engine(run)

    # ── time ──

    def _to_engine(self, action: Action) -> None:
        shortest, longest = self.options.accept_delay_ms
        due_ms = max(self._engine_free_ms, self.now_ms + self._delays.randint(shortest, longest))
        self._engine_free_ms = due_ms
        self.agenda.add(due_ms, action)

    def next_due_ms(self) -> int | None:
        """Return when something will happen by itself."""
        dues = [due for due in (self.agenda.next_due_ms(), self.store.next_expiry_ms()) if due is not None]
        return min(dues, default=None)

    def advance(self, now_ms: int) -> None:
        """Let time pass: run everything due up to and including `now_ms`, in order. Time never goes back."""
        while True:
            expiry_ms, due_ms = self.store.next_expiry_ms(), self.agenda.next_due_ms()
            if expiry_ms is not None and expiry_ms <= now_ms and (due_ms is None or expiry_ms <= due_ms):
                self.now_ms = max(self.now_ms, expiry_ms)
                self._expire()
            elif due_ms is not None and due_ms <= now_ms:
                self.now_ms = max(self.now_ms, due_ms)
                self.agenda.run_next()
                self.engine.look_at_triggers(self.now_ms)
            else:
                break
        self.now_ms = max(self.now_ms, now_ms)

    def _expire(self) -> None:
        order = self.store.pop_expired(self.now_ms)
        assert order is not None
        self.engine.cancel(order, self.now_ms, status=Status.EXPIRED)

    def drain(self) -> list[Event]:
        """Return what happened since the last call, in order."""
        events = self._outbox[:]
        self._outbox.clear()
        return events

    # ── prices, modes, timers ──

    def set_mark(self, market: str, price: Decimal) -> None:
        state = self.markets[market]
        state.candles.add(CandleKind.MARK, price, ZERO, self.now_ms)
        if price != state.mark:
            state.mark = price
            self._tell_mark(market)

    def set_index(self, market: str, price: Decimal) -> None:
        state = self.markets[market]
        state.candles.add(CandleKind.INDEX, price, ZERO, self.now_ms)
        if price != state.index:
            state.index = price
            self._outbox.append(IndexMoved(ms=self.now_ms, market=market, price=text(price)))

    def open_interest(self, market: str) -> Decimal:
        """Return the size of all long positions, in the base asset."""
        spec = self.markets[market].spec
        longs = sum(max(each.lots, 0) for each in self.ledger.positions.values() if each.market == market)
        return spec.lot_size * longs

    def order_record(self, order: Order) -> OrderRecord:
        return order_record(order, self.markets[order.market].spec)

    def look_at_triggers(self) -> None:
        """Release waiting orders after prices were set from outside; `advance` does it by itself."""
        self.engine.look_at_triggers(self.now_ms)

    def set_mode(self, mode: Mode) -> None:
        """Change the venue's mode; what follows a maintenance is an option."""
        before, wait_ms = self.engine.mode, self.options.post_only_after_maintenance_ms
        self.engine.mode = mode
        if mode is Mode.MAINTENANCE and self.options.maintenance_cancels_orders:
            for account_id in self.accounts:
                self.engine.cancel_all(account_id, self.now_ms)
        if before is Mode.MAINTENANCE and mode is Mode.NORMAL and wait_ms:
            self.engine.mode = Mode.POST_ONLY
            self.agenda.add(self.now_ms + wait_ms, self._back_to_normal)

    def _back_to_normal(self, now_ms: int) -> None:  # noqa: ARG002 - the agenda passes its time
        if self.engine.mode is Mode.POST_ONLY:
            self.engine.mode = Mode.NORMAL

    def set_market_status(self, market: str, status: MarketStatus) -> None:
        self.market(market).status = status

    def _tell_mark(self, market: str) -> None:
        self._mark_told_ms[market] = self.now_ms
        self._outbox.append(MarkMoved(ms=self.now_ms, market=market, price=text(self.markets[market].mark)))

    def _start_timers(self) -> None:
        self.funding.open(self.now_ms)
        self._every(self.options.mark_interval_ms, self._repeat_marks)
        if self.options.mark_balance_interval_ms:
            self._every(self.options.mark_balance_interval_ms, self._tell_standings)
        self._every(MARGIN_CHECK_MS, self._check_margins)
        self._every(SAMPLE_MS, self.funding.sample, on_the_clock=True)
        self._every(TELL_MS, self.funding.tell, on_the_clock=True)
        self._every(HOUR_MS, self._charge_funding, on_the_clock=True, skippable=False)
        self._every(DAY_MS, self.rebates.pay, on_the_clock=True, skippable=False)

    def _every(self, interval_ms: int, action: Action, *, on_the_clock: bool = False, skippable: bool = True) -> None:
        """Run an action again and again; `skippable` ones sit out a jump of the clock, see `sit_out`."""

        def run(now_ms: int) -> None:
            action(now_ms)
            due_ms = now_ms + interval_ms
            if skippable and due_ms < self._skip_until_ms:
                due_ms += -(-(self._skip_until_ms - due_ms) // interval_ms) * interval_ms
            self.agenda.add(due_ms, run)

        first_ms = self.now_ms - self.now_ms % interval_ms if on_the_clock else self.now_ms
        self.agenda.add(first_ms + interval_ms, run)

    def sit_out(self, skipped_ms: int) -> None:
        """Prepare for a jump of the clock: what only repeats or samples does not live through it."""
        self._skip_until_ms = self.now_ms + skipped_ms

    def _check_margins(self, now_ms: int) -> None:
        owners = dict.fromkeys(owner for owner, _ in self.ledger.positions)
        for account_id in owners:
            if account_id in self.accounts:
                self.liquidation.check(self.accounts[account_id], now_ms)

    def _charge_funding(self, now_ms: int) -> None:
        for name, state in self.markets.items():
            base = self.open_interest(name)
            state.open_interest.append((now_ms, (base * state.mark).quantize(MONEY_GRID), base))
        self._tell_paid(self.funding.charge(now_ms), now_ms)

    def charge_funding_now(self, market: str, rate: Decimal) -> int:
        """Charge a rate out of turn; return how many customers' positions paid or received."""
        touched = self.funding.charge_one(market, rate, self.now_ms)
        self._tell_paid(touched, self.now_ms)
        return len(touched)

    def _tell_paid(self, touched: list[Position], now_ms: int) -> None:
        for position in touched:
            self.clearing.tell_position(position, now_ms)
        for account_id in dict.fromkeys(position.account_id for position in touched):
            self.clearing.tell_balance(account_id, now_ms)

    def _repeat_marks(self, now_ms: int) -> None:
        for market in self.markets:
            told_ms = self._mark_told_ms.get(market, 0)
            if market not in self._quiet and now_ms - told_ms >= self.options.mark_interval_ms:
                self._tell_mark(market)

    def _tell_standings(self, now_ms: int) -> None:
        """Send positions and balances that moved with the mark alone."""
        owners: dict[int, None] = {}
        for (account_id, _), position in self.ledger.positions.items():
            if account_id != HOUSE_ACCOUNT:
                self.clearing.tell_position(position, now_ms)
                owners[account_id] = None
        for account_id in owners:
            self.clearing.tell_balance(account_id, now_ms)

    # ── the background flow ──

    def house_fill(self, market: str, order_id: int, lots: Lots) -> None:
        self.engine.house_fill(market, order_id, lots, self.now_ms)

    def print_trade(self, market: str, side: Side, price: Ticks, lots: Lots) -> None:
        """Show a trade between strangers, as a recording saw it."""
        self.clearing.print_trade(self.markets[market], side, price, lots, now_ms=self.now_ms)

    def end_flow(self, market: str) -> None:
        """Note that nothing more will happen on a market by itself."""
        self._quiet.add(market)
        self._outbox.append(FlowEnded(ms=self.now_ms, market=market))

    def house_rest(self, market: str, side: Side, price: Ticks, lots: Lots) -> int | None:
        return self.engine.house_rest(market, side, price, lots)

    def house_cancel(self, market: str, order_id: int) -> None:
        self.markets[market].book.remove(order_id)

    def house_take(self, market: str, side: Side, limit: Ticks, lots: Lots) -> Lots:
        return self.engine.house_take(market, side, limit, lots, self.now_ms)
