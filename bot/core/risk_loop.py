"""Risk and its books beside the engine: told what happens, asked before every decision and before every order.

The engine tells it each fill once, each refusal, each order that rests, money and prices; `decide` marks the books and returns
the verdict on the account and on each market. Only markets in which something happened are measured at once, all of them four
times a second, so that the cost of an event does not grow with the number of markets.
"""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Final

import msgspec

from bot.core.account import Account
from bot.core.actions import ApprovedOrder
from bot.core.errors import InvariantBroken
from bot.core.events import BalanceReported, FundingReported, LeverageReported, MoneyMovesReported, RebateTold
from bot.core.live_orders import LiveOrders
from bot.core.market_view import MarketView
from bot.core.markout import Markouts
from bot.core.notes import Note, Reason
from bot.core.orders import Fill, Order, Owner, Side, Status
from bot.core.pnl import Pnl, PnlRecord, Reconciled
from bot.core.presence import Presence, PresenceLine, Resting, Shown, Uptime
from bot.core.quoting.volatility import VolatilityPair
from bot.core.risk.caps import NO_CAPS, HardCaps
from bot.core.risk.manager import RiskManager
from bot.core.risk.references import Sight, sight_of
from bot.core.risk.settings import RiskSettings
from bot.core.risk.state import RiskRecord, RiskState

LOOK_MS: Final = 250
"""Every market is looked at this often, whether or not anything happened in it."""
CHECK_MS: Final = 1_000
"""The two sets of books are compared this often."""
SURE_AFTER_MS: Final = 300_000
"""The slow volatility says nothing before it has watched for half of its half-life."""
LATENCY_WEIGHT: Final = 0.1
CROSSED: Final = "POST_ONLY"
"""The exchange's reason for an order that would have taken begins with this."""
FRESH_TOUCH_MS: Final = 5_000
UP_WITHIN_BPS: Final = Decimal(25)
"""Quotes count as up while both sides stand within this distance of mark."""


class RiskMemory(msgspec.Struct, frozen=True, kw_only=True):
    """What a restart must know."""

    risk: RiskRecord
    books: PnlRecord
    presence: dict[str, dict[int, PresenceLine]]
    began_ms: int


class RiskLoop:
    """One account's risk manager, its books, and how present its quotes are."""

    def __init__(self, settings: RiskSettings, caps: HardCaps = NO_CAPS) -> None:
        self.manager = RiskManager(settings.account, settings.markets, caps)
        self.pnl = Pnl()
        self.presence: dict[str, Presence] = {}
        self.markouts: dict[str, Markouts] = {}
        self.reconciled: Reconciled | None = None
        """Our books beside the newest word of the exchange about equity; None before the first."""
        self.rebate: RebateTold | None = None
        """The exchange's newest word about our share of its maker volume; None before the first."""
        self.state: RiskState | None = None
        self.latency_ms: float | None = None
        """Usual time between a decision and the exchange's answer to it."""
        self.broken: Reason | None = None
        """Why our own books cannot be believed: a bug of ours."""
        self.began_ms = 0
        """When these books began; money that moved before is part of what they began with."""
        self._volatility: dict[str, VolatilityPair] = {}
        self._watched_ms: dict[str, int] = {}
        self._before: dict[str, Decimal] = {}
        """Reference prices of markets that have no books yet: a first fill is measured against them."""
        self._touched: set[str] = set()
        self._looked_ms: int | None = None
        self._checked_ms = 0

    def configure(self, settings: RiskSettings) -> None:
        """Take new limits; they hold from the next decision and the next order on."""
        self.manager.configure(settings.account, settings.markets)
        self._looked_ms = None

    def acknowledge(self) -> frozenset[str]:
        """A person starts again, and has seen what was red; judged anew at the next decision. Returns the codes that were red."""
        self._looked_ms = None
        return self.manager.acknowledge()

    # --- what happens -----------------------------------------------------------------------------------------------------

    def seen(self, view: MarketView, now_ms: int) -> None:
        """A market's prices have changed."""
        market, mid = view.rules.name, view.mid()
        self._touched.add(market)
        if mid is not None and mid > 0:
            self._watched_ms.setdefault(market, now_ms)
            self._volatility_of(market).see(float(mid), now_ms)
            self._markouts_of(market).see(float(mid), now_ms)

    def filled(self, fill: Fill, now_ms: int) -> None:
        """A fill of ours was booked; call once for each trade id."""
        self._touched.add(fill.market)
        books, before = self.pnl.of(fill.market), self._before.pop(fill.market, None)
        if books.reference is None and before is not None:
            books.mark(before, now_ms)
        books.fill(fill, now_ms)
        self._markouts_of(fill.market).filled(fill.side, float(fill.price), float(fill.size), now_ms)
        self.manager.observe_fill(fill, now_ms)

    def funded(self, event: FundingReported) -> None:
        """Funding was paid or received; each payment is booked once."""
        for payment in event.payments:
            if payment.exchange_ms < self.began_ms:
                continue
            self.pnl.fund(str(payment.payment_id), payment.market, payment.amount, payment.exchange_ms, event.received_ms)

    def moved(self, event: MoneyMovesReported) -> None:
        """Somebody moved money in or out: no trading, and no loss. Each move is taken once, and its undoing once."""
        for move in event.moves:
            if move.is_undone and not self.pnl.knows_transfer(move.move_id):
                continue
            key = f"{move.move_id} undone" if move.is_undone else move.move_id
            amount = move.amount.copy_negate() if move.is_undone else move.amount
            if move.exchange_ms >= self.began_ms:
                self.pnl.transfer(key, amount, move.exchange_ms)
            self.manager.observe_transfer(key, amount, move.exchange_ms)

    def rebated(self, event: RebateTold) -> None:
        """The exchange told where our rebate stands; what it paid since its last word is booked."""
        self.rebate = event
        self.pnl.paid_rebates(event.total_paid, event.received_ms)

    def leveraged(self, event: LeverageReported) -> list[tuple[str, Decimal, Decimal]]:
        """The exchange told the leverages that are set; returns (market, before, after) of those that changed in this run."""
        changed = []
        for market, leverage in event.leverages.items():
            before = self.manager.observe_leverage(market, leverage)
            if before is not None and before != leverage:
                changed.append((market, before, leverage))
            if before != leverage:
                self._looked_ms = None  # what may be held has changed everywhere
        return changed

    def reported(self, event: BalanceReported, views: Mapping[str, MarketView]) -> None:
        """The exchange told the equity: compare it with our books."""
        self.reconciled = self.pnl.reconcile(event.equity, self._marks(views))

    def changed(self, order: Order) -> None:
        """An order of ours has changed its state: what may still fill on its market has changed, too."""
        self._touched.add(order.market)

    def answered(self, order: Order, now_ms: int) -> None:
        """The exchange took an order: how long that took says how far a price may run meanwhile."""
        took_ms = float(max(0, now_ms - order.created_ms))
        before = self.latency_ms
        self.latency_ms = took_ms if before is None else before + LATENCY_WEIGHT * (took_ms - before)

    def rested(self, order: Order, now_ms: int) -> None:
        """An order of ours rests on the book."""
        self.manager.observe_rest(order.market, order.side, now_ms)

    def refused(self, order: Order, now_ms: int) -> int:
        """An order of ours was refused or rejected; returns when its side may show something again."""
        crossed = order.reason.startswith(CROSSED)
        return self.manager.observe_rejection(order.market, order.side, now_ms, crossed=crossed)

    def doubted(self, order: Order, now_ms: int) -> int:
        """The answer to an order of ours was lost; returns when another one may stand beside it."""
        return self.manager.observe_doubt(order.market, order.side, now_ms)

    # --- before every decision, and before every order --------------------------------------------------------------------

    def decide(
        self,
        now_ms: int,
        *,
        views: Mapping[str, MarketView],
        quoted: Collection[str],
        orders: LiveOrders,
        account: Account,
    ) -> RiskState:
        """Mark the books, measure what has changed, and return the verdict."""
        is_due = self._looked_ms is None or now_ms - self._looked_ms >= LOOK_MS
        judged = self.state.markets if self.state is not None else {}
        chosen = [market for market in quoted if is_due or market in self._touched or market not in judged]
        if self.state is not None and not chosen and not is_due and not self._touched:
            return self.state
        self._mark({*chosen, *account.ledgers} if is_due else self._touched, views, account, now_ms)
        if is_due:
            self._looked_ms = now_ms
            self._show(quoted, views, orders, now_ms)
        self._touched.clear()
        self.state = self.manager.decide(
            now_ms,
            sights={market: self._sight(views[market], now_ms) for market in chosen},
            orders=orders,
            account=account,
            run_pnl=self.pnl.run_total(self._marks(views)),
        )
        self._check(now_ms)
        return self.state

    def approve(
        self, order: Order, view: MarketView, orders: LiveOrders, account: Account, now_ms: int, *, is_sent: bool = True
    ) -> ApprovedOrder:
        """Let an order pass, the bot's and a person's alike; counted from now on unless it is only asked about.

        Raises: RiskRefused with a code and a sentence that names the limit.
        """
        return self.manager.approve(order, sight=self._sight(view, now_ms), orders=orders, account=account, is_sent=is_sent)

    def safety_ticks(self, market: str, now_ms: int) -> dict[Side, int]:
        """Return how far from the opposite touch each side must stay so that it still rests when it arrives."""
        return {side: self.manager.safety_ticks(market, side, now_ms, latency_ms=self.latency_ms) for side in Side}

    def pauses(self, market: str, now_ms: int) -> dict[Side, Reason]:
        """Return the sides that show nothing after refusals, each with its reason."""
        found = ((side, self.manager.pause(market, side, now_ms)) for side in Side)
        return {side: reason for side, reason in found if reason is not None}

    def take_notes(self) -> list[Note]:
        """Return what is worth telling since the last call."""
        return self.manager.take_notes()

    # --- a restart --------------------------------------------------------------------------------------------------------

    def memory(self) -> RiskMemory:
        """Return what a restart must know; equal ones need not be written again."""
        presence = {market: dict(each.days) for market, each in self.presence.items()}
        return RiskMemory(risk=self.manager.record(), books=self.pnl.record(), presence=presence, began_ms=self.began_ms)

    def restore(self, memory: RiskMemory) -> None:
        """Go on from what an earlier run wrote down; call before the first decision."""
        self.manager.restore(memory.risk)
        self.pnl.restore(memory.books)
        self.began_ms = memory.began_ms
        for market, days in memory.presence.items():
            self._presence_of(market).restore(days)

    # --- steps ------------------------------------------------------------------------------------------------------------

    def _sight(self, view: MarketView, now_ms: int) -> Sight:
        market = view.rules.name
        believed = self._volatility_of(market).read()
        is_sure = now_ms - self._watched_ms.get(market, now_ms) >= SURE_AFTER_MS
        return sight_of(
            view,
            now_ms,
            sigma_fast_bps=believed.fast if believed is not None else None,
            sigma_slow_bps=believed.slow if believed is not None and is_sure else None,
        )

    def _volatility_of(self, market: str) -> VolatilityPair:
        if market not in self._volatility:
            self._volatility[market] = VolatilityPair()
        return self._volatility[market]

    def _markouts_of(self, market: str) -> Markouts:
        if market not in self.markouts:
            self.markouts[market] = Markouts()
        return self.markouts[market]

    def _presence_of(self, market: str) -> Presence:
        if market not in self.presence:
            self.presence[market] = Presence(Uptime(within_bps=UP_WITHIN_BPS))
        return self.presence[market]

    def _marks(self, views: Mapping[str, MarketView]) -> dict[str, Decimal]:
        found = ((name, views[name].mark) for name, books in self.pnl.markets.items() if books.position and name in views)
        return {name: mark.value for name, mark in found if mark is not None}

    def _mark(self, markets: Collection[str], views: Mapping[str, MarketView], account: Account, now_ms: int) -> None:
        """Let positions earn the move of their reference price, and take over what the account knows and the books do not."""
        for market in markets:
            view = views.get(market)
            reference = None if view is None else _reference(view, now_ms)
            if reference is None:
                continue
            held = account.position(market)
            known = self.pnl.markets.get(market)
            if known is None and not held:
                self._before[market] = reference
                continue
            books = known or self.pnl.of(market)
            if books.position != held:
                if account.knows_positions:
                    books.adopt(held, reference, now_ms)
            elif held or books.reference is None or reference != books.reference:
                books.mark(reference, now_ms)

    def _show(self, quoted: Collection[str], views: Mapping[str, MarketView], orders: LiveOrders, now_ms: int) -> None:
        """Write down what of ours stands where, for uptime and presence."""
        for market in quoted:
            view = views[market]
            bid, ask, _ = view.touch()
            resting = tuple(
                Resting(order.side, view.rules.price(order.price), view.rules.size(order.remaining))
                for order in orders.of(market, Owner.BOT)
                if order.status is Status.RESTING
            )
            shown = Shown(
                ours=resting,
                mark=view.mark.value if view.mark else None,
                best_bid=view.rules.price(bid.price) if bid else None,
                best_ask=view.rules.price(ask.price) if ask else None,
            )
            self._presence_of(market).see(shown, now_ms)
            self._markouts_of(market).settle(now_ms)

    def _check(self, now_ms: int) -> None:
        if now_ms - self._checked_ms < CHECK_MS:
            return
        self._checked_ms = now_ms
        try:
            self.pnl.check()
        except InvariantBroken as error:
            self.broken = Reason(code="pnl_identity", text=f"our own books contradict each other: {error}")


def _reference(view: MarketView, now_ms: int) -> Decimal | None:
    """Return the mid where it is fresh, else the mark."""
    mid, touched_ms = view.mid(), view.touch()[2]
    if mid is not None and mid > 0 and now_ms - touched_ms <= FRESH_TOUCH_MS:
        return mid
    return view.mark.value if view.mark is not None and view.mark.value > 0 else None
