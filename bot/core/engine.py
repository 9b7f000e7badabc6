"""The engine: `apply(event)` folds what happened, `decide(now_ms)` returns what to do.

It owns every piece of state that decisions rest on, and touches nothing else: time arrives in events and arguments, effects leave
as actions, things worth telling as notes. The same events in the same order give the same actions.
"""

from collections.abc import Iterable, Mapping
from typing import assert_never, get_args

from bot.core import doubts
from bot.core.account import Account
from bot.core.counters import BROKEN_ORDER_CODES, EDIT_NOT_FOUND, Counters
from bot.core.day import DayBook, booked, day_of
from bot.core.deciding import Deciding
from bot.core.events import (
    AccountRead,
    AccountReadFailed,
    BalanceReported,
    BestQuoteSeen,
    BookDelta,
    BookSnapshot,
    CancelAcknowledged,
    CancelFailed,
    CancelNotFound,
    CreatesHeld,
    DayRead,
    DayReadFailed,
    DayStatsSeen,
    DeadManSwitchArmed,
    DeadManSwitchFailed,
    Event,
    FeedLost,
    FeedRestored,
    FillsReported,
    FundingRateSeen,
    FundingReported,
    IndexPriceSeen,
    LeverageReported,
    LoopSlept,
    MarketDataEvent,
    MarketRulesLoaded,
    MarkPriceSeen,
    MoneyMovesReported,
    OrderLookedUp,
    OrdersReported,
    PastRecovered,
    PlaceAcknowledged,
    PlaceNotSent,
    PlaceOutcomeUnknown,
    PlaceRefused,
    PositionsReported,
    QuotingHalted,
    QuotingPaused,
    QuotingStarted,
    QuotingStopped,
    RebateTold,
    RequestsLimited,
    StreamAlive,
    TaskFailed,
    TradeSeen,
    VenueRefusedKey,
)
from bot.core.exchange_clock import ExchangeClock
from bot.core.live_orders import LiveOrders
from bot.core.maker import Maker
from bot.core.market_view import MarketView
from bot.core.mode import BotState, Mode
from bot.core.nets import AccountSync, DeadManSwitch, Steadiness
from bot.core.notes import Note, Reason
from bot.core.numbers import plain
from bot.core.order_ids import OrderIds
from bot.core.orders import ExchangeStatus, Fill, Order, OrderReport, Owner, Saw, Status
from bot.core.orphans import Orphans
from bot.core.pace import Pace
from bot.core.position_stop import PositionStops, is_position_stop
from bot.core.quoting.parameters import QuotingSettings
from bot.core.risk.caps import NO_CAPS, HardCaps
from bot.core.risk.settings import RiskSettings, position_only
from bot.core.risk_loop import RiskLoop
from bot.core.settings import AccountSettings, MakerSettings

MARKET_EVENTS = get_args(MarketDataEvent)
FORCED = {"LIQUIDATION": "liquidation", "DELEVERAGE": "auto-deleveraging"}


class Engine(Deciding):
    """State, and the two verbs."""

    def __init__(
        self,
        settings: Iterable[MakerSettings],
        account_settings: AccountSettings,
        ids: OrderIds,
        quoting: Mapping[str, QuotingSettings] | None = None,
        *,
        limits: RiskSettings | None = None,
        caps: HardCaps = NO_CAPS,
    ) -> None:
        """Without `limits` a market has only its position limit, and the account none."""
        self.quoting = dict(quoting or {})
        """The models of each market; a market without any is quoted by the documents' own rule."""
        self.mode = Mode(ids.epoch)
        self.settings = {each.market: each for each in settings}
        self.account_settings = account_settings
        self.ids = ids
        self.views: dict[str, MarketView] = {}
        self.makers: dict[str, Maker] = {}
        self.orders = LiveOrders(self.mode.is_ours)
        self.account = Account()
        self.risk = RiskLoop(limits or _position_limits(self.settings), caps)
        self.counters = Counters()
        self.sync = AccountSync(account_settings)
        self.switch = DeadManSwitch(account_settings)
        self.steadiness = Steadiness()
        self.exchange_clock = ExchangeClock()
        self.pace = Pace(account_settings.requests_per_minute)
        self.day = DayBook()
        self.hold = ""
        """Why nothing may be created, for a reason of our own process; "" when it may."""
        self.feed_seen_ms: dict[str, int] = {}
        self.paused_markets: dict[str, Reason] = {}
        """Markets that a person took out while the others go on; a start of the whole bot leaves them out, too."""
        self._has_fills_baseline = False
        self.stops = PositionStops()
        self._orphans = Orphans()
        self._doubts = doubts.Doubts()
        self._notes: list[Note] = []

    @property
    def state(self) -> BotState:
        return self.mode.state

    # --- fold -------------------------------------------------------------------------------------------------------------

    def apply(self, event: Event) -> None:  # noqa: C901, PLR0912 - one flat row per kind of event reads better than a registry
        """Fold one event into the state."""
        if not isinstance(event, MARKET_EVENTS):  # an event of one market stirs that one; see `_apply_market`
            self._stir_all()
        match event:
            case (
                BookSnapshot()
                | BookDelta()
                | BestQuoteSeen()
                | MarkPriceSeen()
                | IndexPriceSeen()
                | TradeSeen()
                | FundingRateSeen()
                | DayStatsSeen()
            ):
                self._apply_market(event)
            case MarketRulesLoaded():
                self._load_rules(event)
            case FeedLost() | FeedRestored() | StreamAlive():
                self._apply_feed(event)
            case OrdersReported() | OrderLookedUp() | FillsReported() | PositionsReported() | BalanceReported():
                self._apply_account(event)
            case FundingReported():
                for payment in self.account.apply_funding(event):
                    self.day.fund(payment, event.received_ms)
                self.risk.funded(event)
            case MoneyMovesReported():
                self.risk.moved(event)
            case RebateTold():
                self.risk.rebated(event)
            case LeverageReported():
                for market, before, after in self.risk.leveraged(event):
                    self._note("WARNING", "leverage_changed", market, before=before, after=after)
            case PlaceAcknowledged() | PlaceRefused() | PlaceNotSent() | PlaceOutcomeUnknown():
                self._apply_stop_answer(event) if self.stops.is_asked(event.client_order_id) else self._apply_place_answer(event)
            case CancelAcknowledged() | CancelNotFound():
                saw = Saw.CANCEL_NOT_FOUND if isinstance(event, CancelNotFound) else Saw.CANCEL_ANSWERED
                self.orders.saw(event.client_order_id, saw, event.received_ms)
            case CancelFailed():
                self.orders.saw(event.client_order_id, Saw.CANCEL_LOST, event.received_ms)
                self._note("WARNING", "cancel_failed", None, order=event.client_order_id, reason=event.reason)
            case AccountRead() | AccountReadFailed():
                self._apply_account_read(event)
            case DeadManSwitchArmed() | DeadManSwitchFailed():
                self.switch.apply(event)
                if isinstance(event, DeadManSwitchFailed):
                    self._note("WARNING", "dead_man_switch_failed", None, reason=event.reason)
            case VenueRefusedKey():
                self.halt(
                    Reason(code="key_refused", text=f"the exchange refuses the key ({event.exchange_code}): {event.message}")
                )
            case RequestsLimited():
                self.pace.limited(event.received_ms)
                self._note("WARNING", "requests_limited", None, reprices_per_minute=round(self.pace.reprices_per_minute))
            case PastRecovered():
                self._recover(event)
            case DayRead() | DayReadFailed():
                self.day.apply(event, self.account.ledgers)
            case LoopSlept() | TaskFailed() | CreatesHeld():
                self._apply_process(event)
            case QuotingStarted() | QuotingPaused() | QuotingHalted() | QuotingStopped():
                self._apply_command(event)
            case _:
                assert_never(event)

    def _apply_market(self, event: MarketDataEvent) -> None:
        view = self.views.get(event.market)
        if view is None:
            return
        view.apply(event)
        self.risk.seen(view, event.received_ms)
        if event.exchange_ms > 0:
            self.exchange_clock.see(event.exchange_ms, event.received_ms)
        maker = self.makers.get(event.market)
        if maker is not None:
            maker.is_stirred = True
            maker.sense.apply(event, view)  # also where no model decides: a change of strategy knows the market at once
        if isinstance(event, MarkPriceSeen) and maker is not None:
            self.pace.observe(view, event.received_ms)

    def _stir_all(self) -> None:
        for maker in self.makers.values():
            maker.is_stirred = True

    def _recover(self, event: PastRecovered) -> None:
        self.account.recover(event.trade_ids, event.positions)
        self.day.recover(event.day, event.figures, event.received_ms, is_whole=event.is_whole_day)
        for order in event.open_orders:
            self.orders.restore(order, event.received_ms)
        if event.open_orders:
            self._note("WARNING", "orders_in_doubt", None, orders=len(event.open_orders))

    def _apply_process(self, event: LoopSlept | TaskFailed | CreatesHeld) -> None:
        now_ms = event.received_ms
        match event:
            case LoopSlept():
                self._note("ERROR", "loop_slept", None, gap_ms=event.gap_ms)
                self._forget_the_world(f"the process did not run for {event.gap_ms} ms", now_ms)
            case TaskFailed():
                self._note("ERROR", "task_failed", None, task=event.task, reason=event.reason)
                self._forget_the_world(f"{event.task} failed: {event.reason}", now_ms)
                if event.is_final:
                    self.halt(Reason(code="task_failed", text=f"{event.task} fails again and again: {event.reason}"))
            case CreatesHeld():
                if event.reason != self.hold:
                    level = "ERROR" if event.reason else "INFO"
                    self._note(level, "creates_held" if event.reason else "creates_released", None, reason=event.reason)
                self.hold = event.reason

    def _forget_the_world(self, reason: str, now_ms: int) -> None:
        """Believe nothing until it was heard again: prices, books, and the completeness of the account."""
        for view in self.views.values():
            for feed in ("book", "best_quote", "mark"):
                view.lose(feed, reason)
        self.sync.apply(FeedLost(feed="account", market=None, reason=reason, received_ms=now_ms))

    def _load_rules(self, event: MarketRulesLoaded) -> None:
        name = event.market.name
        if (view := self.views.get(name)) is None:
            self.views[name] = view = MarketView(event.market)
        elif (view.rules.tick_size, view.rules.lot_size) != (event.market.tick_size, event.market.lot_size):
            view.book.invalidate("tick or lot size changed")
        view.rules = event.market
        if name in self.settings and name not in self.makers:
            self.makers[name] = Maker(view, self.settings[name], self.quoting.get(name))

    def _apply_feed(self, event: FeedLost | FeedRestored | StreamAlive) -> None:
        self.feed_seen_ms[event.feed] = event.received_ms
        if isinstance(event, StreamAlive):
            return
        if lost := isinstance(event, FeedLost):
            self.steadiness.lost(event)
        self._note(
            "WARNING" if lost else "INFO",
            "feed_lost" if lost else "feed_restored",
            event.market,
            feed=event.feed,
            reason=event.reason if isinstance(event, FeedLost) else "",
        )
        if event.feed == "account":
            self.sync.apply(event)
        elif isinstance(event, FeedLost):
            for name, view in self.views.items():
                if event.market in (None, name):
                    view.lose(event.feed, event.reason)

    def _apply_account(self, event: OrdersReported | OrderLookedUp | FillsReported | PositionsReported | BalanceReported) -> None:
        if event.__class__ is not OrderLookedUp and getattr(event, "source", "") == "stream":
            self.feed_seen_ms["account"] = event.received_ms
        match event:
            case OrdersReported():
                self._apply_orders(event)
            case OrderLookedUp():
                if event.report is not None:
                    self._apply_report(event.report, event.received_ms, event.asked_ms)
                self._doubts.looked_up(event)
            case FillsReported():
                self._apply_fills(event)
            case PositionsReported():
                self.account.apply_positions(event)
                for position in event.positions:
                    if (view := self.views.get(position.market)) is not None:
                        view.fall_back_to(position.mark_price, event.asked_ms)
            case BalanceReported():
                self.account.apply_balance(event)
                self.risk.reported(event, self.views)

    def _apply_orders(self, event: OrdersReported) -> None:
        for report in event.orders:
            self._apply_report(report, event.received_ms, event.asked_ms if event.source == "rest" else None)
        if event.is_snapshot:
            self._doubts.absent(self.orders, event)
            self.orders.forget_strangers(event)
            for order in self.orders.revive(event):
                self._note("ERROR", "order_came_back", order.market, order=order.client_order_id)

    def _apply_report(self, report: OrderReport, now_ms: int, asked_ms: int | None) -> None:
        view = self.views.get(report.market)
        before = self.orders.get(report.client_order_id)
        if before is None and (second := self.mode.met(report)) is not None:
            self.halt(second)
        if view is None:
            if before is None and report.status.is_open:
                self.orders.foreign[report.exchange_order_id] = report
            elif not report.status.is_open:
                self.orders.foreign.pop(report.exchange_order_id, None)
            return
        if is_position_stop(report) and not report.status.is_open:
            self._stop_ended(report, now_ms)
        after = self.orders.report(report, view.rules, now_ms, asked_ms)
        if after is not None:
            self.risk.changed(after)
            self._told(before, after, now_ms)

    def _stop_ended(self, report: OrderReport, now_ms: int) -> None:
        """A position stop has done its work, was moved, or is gone: say so; one that never stood waits before the next."""
        was_asked = self.stops.ended(report.client_order_id)
        level = "INFO" if was_asked and not report.filled else "WARNING"
        reason = report.reason or report.status.value
        self._note(level, "position_stop_ended", report.market, order=report.client_order_id, reason=reason, filled=report.filled)
        if report.status is ExchangeStatus.REJECTED:
            self._stop_refused(report.client_order_id, reason, now_ms)

    def _apply_stop_answer(self, event: PlaceAcknowledged | PlaceRefused | PlaceNotSent | PlaceOutcomeUnknown) -> None:
        """Hear a refusal; whether a stop stands, the exchange's list and the stream tell."""
        self.counters.orders_placed += isinstance(event, PlaceAcknowledged)
        if isinstance(event, PlaceRefused):
            self._stop_refused(event.client_order_id, f"{event.exchange_code} {event.message}", event.received_ms)

    def _stop_refused(self, order_id: str, reason: str, now_ms: int) -> None:
        if market := self.stops.refused(order_id, reason, now_ms):
            self._note("ERROR", "position_stop_refused", market, order=order_id, reason=reason)
            self.sync.hurry()  # another one may stand already, and only a fresh list tells

    def _told(self, before: Order | None, after: Order, now_ms: int) -> None:
        """Draw the consequences of a change that the exchange reported."""
        if before is None:
            self._note("WARNING", "order_adopted", after.market, order=after.client_order_id, owner=after.owner)
            return
        if before.status == after.status or after.owner is not Owner.BOT:
            return
        if after.status is Status.RESTING:
            self.risk.rested(after, now_ms)
            if (maker := self.makers.get(after.market)) is not None:
                maker.rested(after)
        if after.status.is_ended:
            self._ended(before, after, now_ms)

    def _ended(self, before: Order, after: Order, now_ms: int) -> None:
        maker = self.makers.get(after.market)
        if after.owner is Owner.BOT:
            self.counters.orders_ended += 1
            self.counters.orders_filled += after.filled > 0
        self._note("DEBUG", "order_ended", after.market, order=after.client_order_id, status=after.status, reason=after.reason)
        if maker is None or after.owner is not Owner.BOT:
            return
        if after.status is Status.REJECTED:
            code = after.reason or "REJECTED"
            self.counters.rejects[code] = self.counters.rejects.get(code, 0) + 1
            self._note("WARNING", "order_rejected", after.market, order=after.client_order_id, side=after.side, reason=code)
            maker.refused(after.side, self.risk.refused(after, now_ms))
        elif after.status is Status.FILLED:
            maker.drop(after.side)
        elif not before.cancel_asked:
            maker.vanished(after.side, now_ms)
            if after.status is Status.CANCELLED and before.status is Status.RESTING and self.mode.vanished(now_ms):
                self._note("ERROR", "bot_paused", None, reason=self.mode.reason.text)

    def _apply_fills(self, event: FillsReported) -> None:
        if event.source == "rest" and not self._has_fills_baseline:
            self._has_fills_baseline = True
            if not self.account.is_recovered:
                self.account.remember_only(event.fills)
                return
            missed = [fill for fill in event.fills if not self.account.knows(fill.trade_id)]
            self._note("INFO", "missed_fills_booked", None, fills=len(missed))
            before, today = booked(self.account.ledgers), day_of(event.received_ms)
            self._book([fill for fill in missed if day_of(fill.exchange_ms) < today], event.received_ms)
            self.day.leave_out(before, self.account.ledgers, event.received_ms)
        self._book(event.fills, event.received_ms)

    def _book(self, fills: Iterable[Fill], now_ms: int) -> None:
        for fill in sorted(fills, key=lambda fill: fill.trade_id):
            if self.account.apply_fill(fill, now_ms):
                self._filled(fill, now_ms)
            elif self.account.contradicts(fill):
                known = self.account.fills[fill.trade_id]
                self._note("ERROR", "fill_contradicts", fill.market, trade=fill.trade_id, size=fill.size, known=known.size)
                self.sync.hurry()

    def _filled(self, fill: Fill, now_ms: int) -> None:
        order = self.orders.get(fill.client_order_id or "")
        view = self.views.get(fill.market)
        if order is not None and view is not None:
            filled = view.rules.floor_lots(self.account.filled_of(order.client_order_id))
            self.orders.filled_at_least(order.client_order_id, filled)
            if filled > order.size:
                self.account.doubt(fill.market, now_ms)
                self._note("ERROR", "overfilled", fill.market, order=order.client_order_id, lots=filled, ordered=order.size)
        if order is not None and order.owner is Owner.BOT:
            self.counters.fills += 1
        self.risk.filled(fill, now_ms)
        if (maker := self.makers.get(fill.market)) is not None:
            maker.filled(now_ms)
            maker.sense.filled(fill, now_ms)
        self._note(
            "INFO",
            "filled",
            fill.market,
            side=fill.side,
            price=fill.price,
            size=fill.size,
            fee=fill.fee,
            maker=fill.is_maker,
            order=fill.client_order_id,
            position=self.account.position(fill.market),
        )
        if fill.kind in FORCED:
            text = f"the exchange closed {plain(fill.size)} {fill.market} of ours by {FORCED[fill.kind]}; look before you start"
            self.halt(Reason(code=fill.kind.lower(), text=text))

    def _apply_place_answer(self, event: PlaceAcknowledged | PlaceRefused | PlaceNotSent | PlaceOutcomeUnknown) -> None:
        now_ms, order_id = event.received_ms, event.client_order_id
        before = self.orders.get(order_id)
        match event:
            case PlaceAcknowledged():
                self.counters.orders_placed += before is not None and before.owner is Owner.BOT
                self.orders.saw(order_id, Saw.ACKNOWLEDGED, now_ms, exchange_order_id=event.exchange_order_id)
                if before is not None:
                    self.risk.answered(before, now_ms)
                if before is not None and (maker := self.makers.get(before.market)) is not None:
                    maker.acknowledged(before)
            case PlaceOutcomeUnknown():
                market = before.market if before else None
                self._note("WARNING", "order_outcome_unknown", market, order=order_id, reason=event.reason)
                after = self.orders.saw(order_id, Saw.ANSWER_LOST, now_ms)
                if after is not None and after.status is Status.UNKNOWN and after.owner is Owner.BOT:
                    self.risk.doubted(after, now_ms)
            case PlaceNotSent():
                after = self.orders.saw(order_id, Saw.NOT_SENT, now_ms, reason=f"not sent: {event.reason}")
                self._not_placed(before, after, now_ms)
                if before is not None:
                    self.orders.replacement_failed(before, Saw.REPLACE_REFUSED, now_ms)
            case PlaceRefused():
                reason = f"{event.exchange_code} {event.message}"
                after = self.orders.saw(order_id, Saw.REFUSED, now_ms, reason=reason)
                self._not_placed(before, after, now_ms)
                if before is not None:
                    gone = event.exchange_code == EDIT_NOT_FOUND
                    self.orders.replacement_failed(before, Saw.CANCEL_NOT_FOUND if gone else Saw.REPLACE_REFUSED, now_ms)
                if event.exchange_code in BROKEN_ORDER_CODES and after is not None and after.owner is Owner.BOT:
                    code = f"refused_{event.exchange_code}"
                    self.halt(Reason(code=code, text=f"the exchange refuses our orders: {reason}"))

    def _not_placed(self, before: Order | None, after: Order | None, now_ms: int) -> None:
        if before is None or after is None or before.status.is_ended or after.status is not Status.REJECTED:
            return
        maker = self.makers.get(after.market)
        self._note("WARNING", "order_refused", after.market, order=after.client_order_id, side=after.side, reason=after.reason)
        self.counters.rejects[after.reason] = self.counters.rejects.get(after.reason, 0) + 1
        if after.owner is Owner.BOT and maker is not None:
            maker.refused(after.side, self.risk.refused(after, now_ms))

    def _apply_account_read(self, event: AccountRead | AccountReadFailed) -> None:
        if isinstance(event, AccountReadFailed):
            self._note("WARNING", "account_read_failed", None, reason=event.reason)
        elif self.sync.read(event):
            self._note("INFO", "account_synced", None, positions=len(self.account.reported), orders=len(self.bot_orders()))

    def _apply_command(self, event: QuotingStarted | QuotingPaused | QuotingHalted | QuotingStopped) -> None:
        if isinstance(event, QuotingStarted | QuotingPaused) and event.market is not None:
            self._apply_market_command(event, event.market)
            return
        self.mode.apply(event)
        match event:
            case QuotingStarted():
                self._note("INFO", "bot_started", None)
                if event.by_person and (seen := self.risk.acknowledge()):
                    self._note("WARNING", "risk_acknowledged", None, codes=", ".join(sorted(seen)))
            case QuotingPaused():
                self._note("WARNING", "bot_paused", None, reason=event.reason)
            case QuotingHalted():
                self._note("ERROR", "bot_halted", None, code=event.code, text=event.reason)
            case QuotingStopped():
                self._note("INFO", "bot_stopping", None, reason=event.reason)

    def _apply_market_command(self, event: QuotingStarted | QuotingPaused, market: str) -> None:
        if isinstance(event, QuotingPaused):
            self.paused_markets[market] = Reason(code="market_paused", text=event.reason)
            self._note("WARNING", "market_paused", market, reason=event.reason)
        elif self.paused_markets.pop(market, None) is not None:
            self._note("INFO", "market_resumed", market)

    def configure(
        self,
        settings: Iterable[MakerSettings],
        quoting: Mapping[str, QuotingSettings] | None = None,
        limits: RiskSettings | None = None,
    ) -> None:
        """Take new settings for all markets; the orders of a market that is quoted no longer are cancelled as leftovers."""
        if quoting is not None:
            self.quoting = dict(quoting)
        wanted = {each.market: each for each in settings}
        for market in set(self.settings) - set(wanted):
            self.makers.pop(market, None)
            self.switch.end_lease(market)
        self.settings = wanted
        self.risk.configure(limits or _position_limits(wanted))
        for market, each in wanted.items():
            if (maker := self.makers.get(market)) is not None:
                maker.settings = each
                if (models := self.quoting.get(market, maker.quoting)) != maker.quoting:
                    maker.model(models)
            elif (view := self.views.get(market)) is not None:
                self.makers[market] = Maker(view, each, self.quoting.get(market))
        self._stir_all()

    # --- what others read -------------------------------------------------------------------------------------------------

    def take_notes(self) -> list[Note]:
        """Return what is worth telling since the last call."""
        notes, self._notes = self._notes, []
        return notes


def _position_limits(settings: Mapping[str, MakerSettings]) -> RiskSettings:
    return RiskSettings(markets={market: position_only(each.max_position) for market, each in settings.items()})
