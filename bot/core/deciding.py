"""The deciding half of the engine: what should be done now, given everything that was folded so far."""

from abc import ABC, abstractmethod
from decimal import Decimal
from typing import Final

from bot.core import doubts
from bot.core.account import Account, PositionLedger
from bot.core.actions import AnyAction, ApprovedOrder, PlaceOrder
from bot.core.day import DayBook
from bot.core.errors import IdsExhausted, InvalidInput, RiskRefused
from bot.core.exchange_clock import ExchangeClock
from bot.core.live_orders import LiveOrders
from bot.core.maker import Desk, Maker
from bot.core.market_view import MarketView
from bot.core.mode import BotState, Mode
from bot.core.nets import AccountSync, DeadManSwitch, Steadiness
from bot.core.notes import Note, Reason
from bot.core.numbers import plain
from bot.core.order_ids import OrderIds
from bot.core.orders import Order, OrderReport, Owner, Saw, StopOrder, TimeInForce
from bot.core.orphans import Orphans
from bot.core.pace import Pace
from bot.core.position_stop import Held, PositionStops, is_position_stop
from bot.core.risk.flatten import Exit
from bot.core.risk.state import RiskState
from bot.core.risk_loop import RiskLoop
from bot.core.settings import AccountSettings, MakerSettings

UNSETTLED: Final = "position_unsettled"
EXIT_LIFETIME_MS: Final = 60_000


class Deciding(ABC):
    """State is the engine's; here it is only read, but for the orders and leases that a decision makes."""

    mode: Mode
    settings: dict[str, MakerSettings]
    account_settings: AccountSettings
    ids: OrderIds
    views: dict[str, MarketView]
    makers: dict[str, Maker]
    orders: LiveOrders
    account: Account
    sync: AccountSync
    switch: DeadManSwitch
    steadiness: Steadiness
    exchange_clock: ExchangeClock
    pace: Pace
    day: DayBook
    risk: RiskLoop
    hold: str
    paused_markets: dict[str, Reason]
    stops: PositionStops
    _orphans: Orphans
    _doubts: doubts.Doubts
    _notes: list[Note]
    _is_calm: bool = False
    """No position is in doubt, and none lacks its stop."""
    _risk_reduces: str = ""
    """The risk code for which the bot only reduces; "" when it does not."""

    def decide(self, now_ms: int) -> list[AnyAction]:
        """Return everything that should be done now; safe to call as often as one likes."""
        actions: list[AnyAction] = []
        risk = self.risk.decide(now_ms, views=self.views, quoted=self.makers, orders=self.orders, account=self.account)
        self._obey(risk)
        actions += self._keep_stops(now_ms)
        self._watch_positions(risk, now_ms)
        self.day.roll(self.account.ledgers, now_ms)
        blocked = self.sync.blocks() or self.switch.blocks(now_ms) or self._held()
        is_quoting = self.mode.is_quoting
        for market, maker in self.makers.items():
            if is_quoting and not maker.is_due(now_ms, risk.markets[market]):
                pass  # nothing happened to it: what one market costs must not grow with the number of the others
            elif is_quoting:
                alone = self.steadiness.blocks(market, now_ms) or self.paused_markets.get(market)
                alone = alone or self.stops.holds_back(market, now_ms)
                actions += maker.decide(self._desk(maker, risk, now_ms), blocked or alone)
            else:
                actions += maker.pull(self.orders, self.state_reason, now_ms)
            if maker.notes:
                self._notes += maker.notes
                maker.notes.clear()
        self.switch.lease(self.makers, now_ms)
        if risk.flatten and self.mode.state is BotState.HALTED and blocked is None:
            actions += self._exits(now_ms)
        actions += self.switch.decide(self._needs_switch(), now_ms)
        actions += self._orphans.decide(self.orders, self.makers, now_ms)
        actions += self._doubts.questions(self.orders, now_ms)
        self._close_doubts(now_ms)
        actions += self.sync.decide(now_ms)
        for market, held, truth in self.account.reconcile(now_ms, self.exchange_clock.offset_ms):
            self._note("ERROR", "position_adopted", market, held=held, exchange=truth)
            self.orders.settle(market)
            if (adopting := self.makers.get(market)) is not None:
                adopting.filled(now_ms)  # what each side may still hold has changed, as after a fill
        self._notes += self.risk.take_notes()
        return actions

    # --- risk -------------------------------------------------------------------------------------------------------------

    def _obey(self, risk: RiskState) -> None:
        """Halt on red, and show in the state when only the reducing side is quoted everywhere."""
        halt = self.risk.broken or risk.halt
        if halt is not None and self.mode.is_quoting:
            for market in self.makers:
                self.risk.manager.begin_exit(market)
            self.halt(halt)
        reduces = next((each for each in risk.findings if each.reduces), None) if self.sync.is_synced else None
        if self._risk_reduces and (reduces is None or reduces.code != self._risk_reduces):
            self.mode.settled(self._risk_reduces)
            self._risk_reduces = ""
        if reduces is not None and self.mode.reduce(Reason(code=reduces.code, text=reduces.text)):
            self._risk_reduces = reduces.code
            self._note("WARNING", "only_reducing", None, code=reduces.code, text=reduces.text)

    def _exits(self, now_ms: int) -> list[AnyAction]:
        """Close positions by taking: red, and a person has configured it so."""
        actions: list[AnyAction] = []
        for market in self.makers:
            found = self.risk.manager.exit(market, orders=self.orders, account=self.account, now_ms=now_ms)
            if not isinstance(found, Exit):
                continue
            try:
                actions.append(self.admit(self._exit_order(found, now_ms), now_ms))
            except (RiskRefused, IdsExhausted) as refusal:
                self._note("ERROR", "flatten_refused", market, code=refusal.code, text=str(refusal))
            else:
                price, size = self.views[market].rules.price(found.price), self.views[market].rules.size(found.size)
                self._note("ERROR", "flatten_attempt", market, side=found.side, price=price, size=size, attempt=found.attempt)
        return actions

    def _exit_order(self, found: Exit, now_ms: int) -> Order:
        order_id = self.ids.take(Owner.BOT)
        ends_ms = now_ms + self.exchange_clock.offset_ms + EXIT_LIFETIME_MS
        return Order(
            client_order_id=order_id.text,
            nonce=order_id.nonce,
            market=found.market,
            side=found.side,
            price=found.price,
            size=found.size,
            time_in_force=TimeInForce.IOC,
            post_only=False,
            reduce_only=True,
            owner=Owner.BOT,
            created_ms=now_ms,
            expires_ms=-(-ends_ms // 1000) * 1000,
            since_ms=now_ms,
        )

    # --- steps ------------------------------------------------------------------------------------------------------------

    def _needs_switch(self) -> bool:
        if self.mode.is_quoting:
            return True
        stays = self.mode.state is not BotState.STOPPED and any(self.position_stops())  # its countdown must not end a stop
        return stays or bool(self.bot_orders())

    def _watch_positions(self, risk: RiskState, now_ms: int) -> None:
        """While the exchange does not confirm a position, only let it shrink, and ask."""
        unsettled = self.account.unsettled(now_ms)
        was_calm, self._is_calm = self._is_calm, not unsettled and not self.stops.is_any_missing
        for market, maker in self.makers.items():
            verdict = risk.markets[market]
            if was_calm and self._is_calm and verdict is maker.obeyed:
                continue  # it was told already
            text = unsettled.get(market)
            held_back = verdict.reduce_only or self.stops.only_reduces(market, now_ms)
            maker.only_reduce(held_back if text is None else Reason(code=UNSETTLED, text=text), now_ms)
        if not unsettled:
            if self.mode.settled(UNSETTLED):
                self._note("INFO", "position_settled", None)
            return
        market, text = next(iter(unsettled.items()))
        if self.mode.reduce(Reason(code=UNSETTLED, text=f"the position of {market} is not confirmed: {text}")):
            self._note("ERROR", "position_unsettled", market, text=text)
            self.sync.hurry()

    def position_stops(self, market: str | None = None) -> tuple[OrderReport, ...]:
        """Return the position stops of ours that the exchange lists."""
        return tuple(
            report
            for report in self.orders.foreign.values()
            if market in (None, report.market) and is_position_stop(report) and self.mode.is_ours(report.client_order_id)
        )

    def _keep_stops(self, now_ms: int) -> list[AnyAction]:
        """Place, move and take away the stops that rest on the exchange for positions of the quoted markets."""
        listed = self.position_stops()
        guarded = {report.market for report in listed} | self.risk.manager.stop_markets
        concerned = [each for each in self.makers if each in guarded] if guarded else []
        if not concerned:
            return []
        is_known = self.sync.blocks() is None and self._held() is None
        unsettled = self.account.unsettled(now_ms)
        actions: list[AnyAction] = []
        for market in concerned:
            standing = tuple(report for report in listed if report.market == market)
            held = self._stake(market)
            if not is_known or market in unsettled or not self.mode.is_quoting:
                self.stops.rest(market)
            if not is_known or not (held.size or self.account.agrees):
                continue  # closed by our count alone: the stop stays until the exchange says so, too
            if self.mode.is_quoting and market not in unsettled:
                actions += self._stop_step(held, standing, now_ms)
            elif not held.size:
                actions += self.stops.clear(market, standing, now_ms)
        return actions

    def _stake(self, market: str) -> Held:
        view, ledger = self.makers[market].view, self.account.ledgers.get(market) or PositionLedger()
        return Held(
            rules=view.rules,
            size=ledger.size,
            entry_price=ledger.entry_price,
            fraction=self.risk.manager.limits_of(market).exchange_stop,
            mark=None if view.mark is None else view.mark.value,
        )

    def _stop_step(self, held: Held, standing: tuple[OrderReport, ...], now_ms: int) -> list[AnyAction]:
        try:
            return self.stops.decide(
                held,
                standing,
                lambda: self.ids.take(Owner.BOT),
                now_ms=now_ms,
                exchange_ms=now_ms + self.exchange_clock.offset_ms,
            )
        except IdsExhausted as refusal:
            self._note("ERROR", "position_stop_refused", held.rules.name, reason=str(refusal))
            return []

    def _held(self) -> Reason | None:
        if self.hold:
            return Reason(code="creates_held", text=self.hold)
        if (waiting := self.mode.waits_for(self.orders.foreign.values())) is not None:
            return waiting
        return self.exchange_clock.blocks(self.account_settings.max_clock_offset_ms)

    def _desk(self, maker: Maker, risk: RiskState, now_ms: int) -> Desk:
        market = maker.market
        return Desk(
            orders=self.orders,
            position=self.account.position(market),
            ids=self.ids,
            approve=lambda order, view: self.risk.approve(order, view, self.orders, self.account, now_ms),
            verdict=risk.markets[market],
            safety_ticks=self.risk.safety_ticks(market, now_ms),
            pauses=self.risk.pauses(market, now_ms),
            shortest_pause_ms=self.pace.pause_ms(sum(2 * each.quoting.levels for each in self.makers.values())),
            threshold=self.pace.threshold(market, maker.settings.price_move_threshold, 2 * len(self.makers)),
            clock_offset_ms=self.exchange_clock.offset_ms,
            now_ms=now_ms,
        )

    def _close_doubts(self, now_ms: int) -> None:
        for before, after in self._doubts.conclude(self.orders, now_ms):
            self._note("WARNING", "order_inferred_gone", after.market, order=after.client_order_id, reason=after.reason)
            self._ended(before, after, now_ms)

    def judge(self, order: Order, view: MarketView, now_ms: int) -> ApprovedOrder:
        """Put an order before the gate without taking it in; raises RiskRefused."""
        return self.risk.approve(order, view, self.orders, self.account, now_ms, is_sent=False)

    def admit(self, order: Order, now_ms: int) -> PlaceOrder:
        """Take in an order that a person asked for: through the same gate as the bot's own, and counted from now on.

        Raises: RiskRefused; InvalidInput for a market that does not exist.
        """
        approved = self.risk.approve(order, self.view_of(order.market), self.orders, self.account, now_ms)
        self.orders.add(order)
        self.orders.saw(order.client_order_id, Saw.SENT, now_ms)
        return PlaceOrder(approved=approved, decided_ms=now_ms)

    def view_of(self, market: str) -> MarketView:
        """Return a market's view.

        Raises: InvalidInput naming the markets that exist.
        """
        view = self.views.get(market)
        if view is None:
            known = ", ".join(sorted(self.views)[:10]) or "none yet: the exchange has not been reached"
            raise InvalidInput("market", market, f"a market of the exchange: {known}")
        return view

    def objection_to(self, order: Order | StopOrder) -> str:
        """Say why an order that was decided earlier must not leave now; "" when it may."""
        if isinstance(order, StopOrder):
            return "" if self.mode.is_quoting else f"the bot is {self.mode.state}: {self.state_reason.text}"
        is_exit = order.reduce_only and self.mode.state is BotState.HALTED
        if order.owner is Owner.BOT and not self.mode.is_quoting and not is_exit:
            return f"the bot is {self.mode.state}: {self.state_reason.text}"
        held = self.orders.get(order.client_order_id)
        return "its end was asked for before it left" if held is not None and held.cancel_asked else ""

    # --- what the engine lends --------------------------------------------------------------------------------------------

    @property
    def state_reason(self) -> Reason:
        """Return why the bot is in its state, and what goes on guarding a position while it is stopped."""
        reason = self.mode.reason
        if self.mode.state is not BotState.STOPPED or not (stops := self.position_stops()):
            return reason
        guarded = ", ".join(sorted({each.market for each in stops}))
        return Reason(code=reason.code, text=f"{reason.text}; a position stop stays on the exchange: {guarded}")

    def halt(self, reason: Reason) -> None:
        """Stop quoting until a person has looked."""
        if self.mode.halt(reason):
            self._note("ERROR", "bot_halted", None, code=reason.code, text=reason.text)

    def bot_orders(self) -> tuple[Order, ...]:
        """Return the bot's orders that may still be live on the exchange."""
        return tuple(order for order in self.orders if order.owner is Owner.BOT)

    @abstractmethod
    def _ended(self, before: Order, after: Order, now_ms: int) -> None:
        """Note what follows from the end of an order."""

    def _note(self, level: str, event: str, market: str | None, **fields: object) -> None:
        shown = {name: plain(value) if isinstance(value, Decimal) else value for name, value in fields.items()}
        self._notes.append(Note(level=level, event=event, market=market, fields=shown))
