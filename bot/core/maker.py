"""One market's quoting: when to refresh, and the cancels and placements that a refresh consists of.

The rule is the documents' own: cancel the old orders, calculate, place. A refresh begins by asking for the end of every order of
the bot; the new pair is placed when each of them has ended, or is in doubt, in which case it is counted as live in the exposure
and looked up elsewhere. Nothing here reads a clock.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Final

import msgspec

from bot.core.actions import AnyAction, ApprovedOrder, PlaceOrder, cancel_of
from bot.core.errors import IdsExhausted, RiskRefused
from bot.core.live_orders import LiveOrders
from bot.core.market_view import MarketView
from bot.core.notes import Note, Reason
from bot.core.numbers import plain
from bot.core.order_ids import OrderIds
from bot.core.orders import Order, Owner, Saw, Side, Status, TimeInForce
from bot.core.quoting.base import Strategy
from bot.core.quoting.guards import reason_not_to_quote
from bot.core.quoting.ladder import DesiredQuotes, Quote, lay
from bot.core.risk.exposure import capacity, possibly_live
from bot.core.settings import MakerSettings
from bot.core.snapshot import MarketPicture, picture_of

CANCEL_RETRY_MS: Final = 1_500
"""A cancel that the exchange has not confirmed is sent again after this time."""
COOL_DOWN_MS: Final = 1_000
"""Pause of a side after a rejected order; doubles with each rejection in a row."""
COOL_DOWN_MAX_MS: Final = 60_000

Approve = Callable[[Order, MarketView], ApprovedOrder]


class Cooling(msgspec.Struct):
    """A side that was refused lately."""

    streak: int = 0
    until_ms: int = 0


class Maker:
    """Quotes one market. `reason` says why nothing is shown, None while quoting."""

    def __init__(self, view: MarketView, settings: MakerSettings, strategy: Strategy) -> None:
        self.view = view
        self.settings = settings
        self.strategy = strategy
        self.reason: Reason | None = Reason(code="stopped", text="the bot is stopped")
        self.withheld: dict[Side, Reason] = {}
        self.last_quote_price: Decimal | None = None
        self.notes: list[Note] = []
        self._replacing = ""
        self._anchor: Decimal | None = None
        self._placed_ms = 0
        self._checked_ms = 0
        self._refill_at_ms: int | None = None
        self._cooling = {side: Cooling() for side in Side}
        self._cancel_sent_ms: dict[str, int] = {}
        self._held: dict[Side, Reason] = {}
        self._shown: set[str] = set()
        """Ids of the last refresh; any other order of the bot in this market came back late and is cancelled on sight."""
        self._unanswered: set[str] = set()
        self._answered: list[str] = []

    @property
    def market(self) -> str:
        return self.settings.market

    # --- what the engine tells us -----------------------------------------------------------------------------------------

    def filled(self, now_ms: int) -> None:
        """One of the bot's orders was filled, wholly or partly."""
        self._refill_at_ms = now_ms + self.settings.requote_after_fill_ms

    def refused(self, side: Side, now_ms: int) -> None:
        """An order on `side` was rejected: wait before the next one, longer each time."""
        cooling = self._cooling[side]
        pause = min(COOL_DOWN_MS * 2**cooling.streak, COOL_DOWN_MAX_MS)
        cooling.streak = min(cooling.streak + 1, 16)
        cooling.until_ms = now_ms + pause
        self._refill_at_ms = max(self._refill_at_ms or 0, now_ms + pause)

    def acknowledged(self, order: Order) -> None:
        """The exchange took an order of the last refresh; told once all of them are answered."""
        if order.client_order_id not in self._unanswered:
            return
        self._unanswered.discard(order.client_order_id)
        self._answered.append(f"{order.side} @ {plain(self.view.rules.price(order.price))}")
        if not self._unanswered:
            self._note("INFO", "orders_placed", orders=", ".join(self._answered))

    def rested(self, side: Side) -> None:
        """An order on `side` rests on the book: the streak is over."""
        self._cooling[side] = Cooling()

    def vanished(self, now_ms: int) -> None:
        """An order of ours ended without our asking: show quotes again after the usual pause."""
        self._refill_at_ms = self._refill_at_ms or now_ms + self.settings.requote_after_fill_ms

    def hold(self, side: Side, reason: Reason) -> None:
        """Pull one side, and keep it pulled until released: an order that can take must not meet our own quotes."""
        self._held[side] = reason

    def release(self, side: Side, now_ms: int) -> None:
        """Show a held side again."""
        if self._held.pop(side, None) is not None:
            self._refill_at_ms = now_ms

    # --- decisions --------------------------------------------------------------------------------------------------------

    def pull(self, orders: LiveOrders, reason: Reason, now_ms: int) -> list[AnyAction]:
        """Show nothing, and say why."""
        if self.reason is None or self.reason.code != reason.code:
            self._note("INFO", "quotes_pulled", reason=reason.code, text=reason.text)
        self.reason, self.withheld = reason, {}
        self._replacing, self._anchor, self._placed_ms = "", None, 0
        self.last_quote_price = None
        return self._cancels(orders, now_ms)

    def decide(
        self, orders: LiveOrders, position: Decimal, *, blocked: Reason | None, ids: OrderIds, approve: Approve, now_ms: int
    ) -> list[AnyAction]:
        """Return what this market wants done now."""
        picture = picture_of(self.view, position, now_ms)
        reason = blocked or reason_not_to_quote(picture, self.settings)
        if reason is not None:
            return self.pull(orders, reason, now_ms)
        self._replacing = self._replacing or self._why_refresh(picture)
        if not self._replacing:
            return self._cancels(
                orders, now_ms, lambda order: order.side in self._held or order.client_order_id not in self._shown
            )
        cancels = self._cancels(orders, now_ms)
        if any(order.status is not Status.UNKNOWN for order in orders.of(self.market, Owner.BOT)):
            return cancels
        return cancels + self._place(picture, orders, ids, approve)

    def _why_refresh(self, picture: MarketPicture) -> str:
        assert picture.mark_price is not None
        now_ms, last = picture.now_ms, self.last_quote_price
        if last is None:
            return "first quotes"
        if now_ms - self._placed_ms < self.settings.min_refresh_ms:
            return ""
        if abs(picture.mark_price - last) / last > self.settings.price_move_threshold:
            return "price moved"
        if self._refill_at_ms is not None and now_ms >= self._refill_at_ms:
            return "refill"
        if now_ms - self._placed_ms > self.settings.order_lifetime_ms - self.settings.renew_before_ms:
            return "renewal"
        if now_ms - self._checked_ms >= self.settings.refresh_interval_ms:
            self._checked_ms = now_ms
            self._note("DEBUG", "no_refresh_needed", price=picture.mark_price, last=last)
        return ""

    def _cancels(self, orders: LiveOrders, now_ms: int, unwanted: Callable[[Order], bool] = lambda _: True) -> list[AnyAction]:
        live = tuple(order for order in orders.of(self.market, Owner.BOT) if unwanted(order))
        self._cancel_sent_ms = {order.client_order_id: self._cancel_sent_ms.get(order.client_order_id, 0) for order in live}
        actions: list[AnyAction] = []
        for order in live:
            if now_ms - self._cancel_sent_ms[order.client_order_id] < CANCEL_RETRY_MS or order.status is Status.RESERVED:
                continue
            if order.status is Status.PLACING and order.exchange_order_id is None and now_ms - order.since_ms < CANCEL_RETRY_MS:
                continue  # its answer is on the way; a cancel could overtake it and find nothing
            self._cancel_sent_ms[order.client_order_id] = now_ms
            orders.saw(order.client_order_id, Saw.CANCEL_SENT, now_ms)
            actions.append(cancel_of(order))
        return actions

    def _place(self, picture: MarketPicture, orders: LiveOrders, ids: OrderIds, approve: Approve) -> list[AnyAction]:
        assert picture.mark_price is not None
        renewal = self._replacing == "renewal" and self._anchor is not None
        anchor = self._anchor if renewal and self._anchor is not None else picture.mark_price
        room = {
            side: capacity(picture.position, possibly_live(orders, self.view.rules, side), side, self.settings.max_position)
            for side in Side
        }
        desired = lay(self.strategy.wish(picture, self.settings, anchor), self.view, self.settings, room)
        self.withheld = dict(desired.withheld)
        actions: list[AnyAction] = [
            action for quote in desired.quotes if (action := self._order(quote, orders, ids, approve, picture)) is not None
        ]
        self._finish(desired, actions, picture.now_ms)
        return actions

    def _order(
        self, quote: Quote, orders: LiveOrders, ids: OrderIds, approve: Approve, picture: MarketPicture
    ) -> PlaceOrder | None:
        now_ms = picture.now_ms
        cooling = self._cooling[quote.side]
        if (held := self._held.get(quote.side)) is not None:
            self.withheld[quote.side] = held
            return None
        if now_ms < cooling.until_ms:
            text = f"{quote.side} cools down for {cooling.until_ms - now_ms} ms after {cooling.streak} refusals in a row"
            self.withheld[quote.side] = Reason(code="cooling_down", text=text)
            return None
        try:
            order = self._new_order(quote, ids, now_ms)
            approved = approve(order, self.view)
        except (RiskRefused, IdsExhausted) as refusal:
            self.withheld[quote.side] = Reason(code=refusal.code, text=f"{quote.side} withheld: {refusal}")
            self._note("WARNING", "order_withheld", side=quote.side, code=refusal.code, text=str(refusal))
            self._refill_at_ms = now_ms + COOL_DOWN_MS
            return None
        orders.add(approved.order)
        orders.saw(order.client_order_id, Saw.SENT, now_ms)
        return PlaceOrder(approved=approved, decided_ms=now_ms)

    def _new_order(self, quote: Quote, ids: OrderIds, now_ms: int) -> Order:
        order_id = ids.take(Owner.BOT)
        lifetime_ends = now_ms + self.settings.order_lifetime_ms
        return Order(
            client_order_id=order_id.text,
            nonce=order_id.nonce,
            market=self.market,
            side=quote.side,
            price=quote.price,
            size=quote.size,
            time_in_force=TimeInForce.GTT,
            post_only=True,
            reduce_only=False,
            owner=Owner.BOT,
            created_ms=now_ms,
            expires_ms=-(-lifetime_ends // 1000) * 1000,  # whole seconds: the signed expiry then has no rounding to differ in
            since_ms=now_ms,
        )

    def _finish(self, desired: DesiredQuotes, actions: list[AnyAction], now_ms: int) -> None:
        why, self._replacing = self._replacing, ""
        self.reason = None if actions else next(iter(self.withheld.values()), None)
        self.last_quote_price = self._anchor = desired.anchor
        self._placed_ms = self._checked_ms = now_ms
        if self._refill_at_ms is not None and self._refill_at_ms <= now_ms:
            self._refill_at_ms = None
        shown: dict[Side, str | None] = dict.fromkeys(Side)
        self._unanswered, self._answered, self._shown = set(), [], set()
        self._note("INFO", "price_found", price=desired.anchor)
        for action in actions:
            if isinstance(action, PlaceOrder):
                order = action.approved.order
                self._unanswered.add(order.client_order_id)
                self._shown.add(order.client_order_id)
                shown[order.side] = plain(self.view.rules.price(order.price))
        self._note("INFO", "quotes_updated", bid=shown[Side.BUY], ask=shown[Side.SELL], price=desired.anchor, why=why)

    def _note(self, level: str, event: str, **fields: object) -> None:
        self.notes.append(Note(level=level, event=event, market=self.market, fields=fields))
