"""One market's quoting: when to decide on new quotes, and the steps that lead from what is live to what is wished.

A refresh decides two wishes. From then on every decision compares them with the orders that may be live and takes the next safe
step: amend in place, cancel, wait for an answer, place. An order in doubt is counted as live in the exposure and looked up
elsewhere. With `edit_in_place` off this is the documents' loop to the letter: cancel the old orders, calculate, place.
Nothing here reads a clock.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

import msgspec

from bot.core.actions import AnyAction, ApprovedOrder, PlaceOrder, cancel_of
from bot.core.errors import IdsExhausted, RiskRefused
from bot.core.live_orders import LiveOrders
from bot.core.market_view import MarketView
from bot.core.notes import Note, Reason
from bot.core.numbers import BPS, plain
from bot.core.order_ids import OrderIds
from bot.core.orders import Order, Owner, Saw, Side, Status, TimeInForce
from bot.core.quoting.base import WishedPrices
from bot.core.quoting.breakdown import Breakdown
from bot.core.quoting.guards import reason_not_to_quote
from bot.core.quoting.ladder import DesiredQuotes, Quote
from bot.core.quoting.level_sizes import lay_levels
from bot.core.quoting.parameters import QuotingSettings
from bot.core.quoting.refresh import keep_places, ticks_of_share
from bot.core.quoting.senses import MarketSense
from bot.core.quoting.strategies import strategy_of
from bot.core.quoting.widening import widened
from bot.core.reconcile import Amend, Plan, reconcile
from bot.core.risk.exposure import possibly_live
from bot.core.risk.state import MarketRisk
from bot.core.settings import MakerSettings
from bot.core.snapshot import MarketPicture, picture_of

CANCEL_RETRY_MS: Final = 1_500
"""A cancel that the exchange has not confirmed is sent again after this time."""
WITHHELD_MS: Final = 1_000
"""A side that our own gate refused is tried again after this time."""
LOOK_MS: Final = 50
"""Waits are looked at this often, also when nothing happens to the market."""
REMODEL_MS: Final = 200
"""A model thinks again this often at most."""
AGREED_MS: Final = 1_000
"""After mark and mid were too far apart, they must agree for this long: where our own quotes are the touch, pulling them
brings the mid back at once."""
CLAMPED_MS: Final = 60_000
"""A model that asks for more than the largest half-spread for this long is told to people."""
WITHIN_ROUNDING: Final = 1 - 1e-9
AMEND_DISTANCE_TICKS: Final = 2
"""An order closer than this to the opposite touch is not amended: the book might refuse it, and both would be gone."""

Approve = Callable[[Order, MarketView], ApprovedOrder]


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What a decision may use besides the market itself."""

    orders: LiveOrders
    position: Decimal
    ids: OrderIds
    approve: Approve
    verdict: MarketRisk
    """What risk leaves of this market."""
    safety_ticks: Mapping[Side, int]
    """How far each side stays from the opposite touch, at least 1."""
    pauses: Mapping[Side, Reason]
    """Sides that show nothing for a while, after refusals."""
    shortest_pause_ms: int
    """What the request budget can pay: a model's quotes are not thought over more often."""
    threshold: Decimal
    """The move that refreshes quotes: the configured one, or what the request budget can pay."""
    clock_offset_ms: int
    """Exchange time minus ours: an order's end is told in the exchange's time."""
    now_ms: int


class Maker:
    """Quotes one market. `reason` says why nothing is shown, None while quoting."""

    def __init__(self, view: MarketView, settings: MakerSettings, quoting: QuotingSettings | None = None) -> None:
        self.view = view
        self.settings = settings
        self.sense = MarketSense(quoting or QuotingSettings())
        self.model(self.sense.quoting)
        self.reason: Reason | None = Reason(code="stopped", text="the bot is stopped")
        self.withheld: dict[Side, Reason] = {}
        self.last_quote_price: Decimal | None = None
        self.notes: list[Note] = []
        self.refreshes = 0
        self._wishes: tuple[Quote, ...] = ()
        self._why = ""
        """Why the present wishes were made; empty once what is live is what was wished."""
        self._decided_ms = 0
        self._checked_ms = 0
        self._refill_at_ms: int | None = None
        self._widening = 1.0
        self.is_stirred = True
        """Something happened that may change the decision; set by whoever lets it happen."""
        self.obeyed: MarketRisk | None = None
        """What the last decision made of what risk leaves; None before the first."""
        self._looked_ms = 0
        self._cancel_sent_ms: dict[str, int] = {}
        self._held: dict[Side, Reason] = {}
        self._only_reduce: Reason | None = None
        self._unanswered: set[str] = set()
        self._answered: list[str] = []

    def model(self, quoting: QuotingSettings) -> None:
        """Quote by these models from now on; an estimator starts afresh only where its own settings differ."""
        self.quoting = quoting
        self.strategy = strategy_of(quoting)
        self.sense = self.sense.under(quoting)
        self.breakdown: Breakdown | None = None
        """How the newest quotes came about, part by part; None for the documents' own rule."""
        self._modelled_ms = 0
        self._apart_ms: int | None = None
        """When mark and mid were last seen too far apart."""
        self._clamped_ms: int | None = None
        """Since when the model asks for more than the largest half-spread; None while it does not."""
        self._is_clamp_told = False

    @property
    def is_modelled(self) -> bool:
        """False for the documents' own rule, which looks at nothing but its price."""
        return self.quoting.strategy != "simple"

    @property
    def market(self) -> str:
        return self.settings.market

    @property
    def wishes(self) -> tuple[Quote, ...]:
        """What should be shown, whether or not an order of ours stands there already; empty while nothing should."""
        return self._wishes

    # --- what the engine tells us -----------------------------------------------------------------------------------------

    def filled(self, now_ms: int) -> None:
        """One of the bot's orders was filled, wholly or partly."""
        self._refill_at_ms = now_ms + self.settings.requote_after_fill_ms

    def refused(self, side: Side, until_ms: int) -> None:
        """An order on `side` was rejected: show nothing there before `until_ms`."""
        self._refill_at_ms = max(self._refill_at_ms or 0, until_ms)
        self.drop(side)

    def drop(self, side: Side) -> None:
        """The order on `side` has ended: show nothing there until the next refresh."""
        self._wishes = tuple(quote for quote in self._wishes if quote.side is not side)

    def acknowledged(self, order: Order) -> None:
        """The exchange took an order of the last refresh; told once all of them are answered."""
        if order.client_order_id not in self._unanswered:
            return
        self._unanswered.discard(order.client_order_id)
        self._answered.append(f"{order.side} @ {plain(self.view.rules.price(order.price))}")
        if not self._unanswered:
            bids_first = sorted(self._answered, key=lambda shown: shown.partition(" ")[0])  # answers come in any order
            self._note("INFO", "orders_placed", orders=", ".join(bids_first))

    def rested(self, order: Order) -> None:
        """An order rests on the book: one that was in doubt is wished for again if nothing else is there."""
        is_alone = all(quote.side is not order.side for quote in self._wishes)
        if is_alone and 0 < self._decided_ms <= order.created_ms and not order.filled:
            self._wishes += (Quote(side=order.side, price=order.price, size=order.size),)
            self.withheld.pop(order.side, None)

    def vanished(self, side: Side, now_ms: int) -> None:
        """An order of ours ended without our asking: show quotes again after the usual pause."""
        self.drop(side)
        self._refill_at_ms = self._refill_at_ms or now_ms + self.settings.requote_after_fill_ms

    def hold(self, side: Side, reason: Reason) -> None:
        """Pull one side, and keep it pulled until released: an order that can take must not meet our own quotes."""
        self._held[side] = reason
        self.is_stirred = True

    def only_reduce(self, reason: Reason | None, now_ms: int) -> None:
        """While there is a reason, show only what makes the position smaller; None ends it."""
        if (reason is None) is not (self._only_reduce is None):
            self._refill_at_ms = now_ms
            self.is_stirred = True
        self._only_reduce = reason

    def _kept_back(self, position: Decimal) -> dict[Side, Reason]:
        """Return the sides of which nothing may stand now."""
        if self._only_reduce is None:
            return self._held
        return {
            side: self._only_reduce
            for side in Side
            if all(self.view.rules.size(quote.size) > -position * side.sign for quote in self._wishes if quote.side is side)
        } | self._held

    def release(self, side: Side, now_ms: int) -> None:
        """Show a held side again."""
        if self._held.pop(side, None) is not None:
            self._refill_at_ms = now_ms
            self.is_stirred = True

    # --- decisions --------------------------------------------------------------------------------------------------------

    def pull(self, orders: LiveOrders, reason: Reason, now_ms: int) -> list[AnyAction]:
        """Show nothing, and say why."""
        if self.reason is None or self.reason.code != reason.code:
            self._note("INFO", "quotes_pulled", reason=reason.code, text=reason.text)
        self.reason, self.withheld = reason, {}
        self._wishes, self._why, self._decided_ms = (), "", 0
        self.last_quote_price = None
        live = orders.of(self.market, Owner.BOT)
        self._forget_cancels(live)
        return self._cancel(live, orders, now_ms)

    def is_due(self, now_ms: int, verdict: MarketRisk) -> bool:
        """Say whether a decision could differ from the last one: something happened, risk judges anew, or time has passed."""
        return self.is_stirred or verdict is not self.obeyed or now_ms - self._looked_ms >= LOOK_MS

    def decide(self, desk: Desk, blocked: Reason | None) -> list[AnyAction]:
        """Return the next safe step towards the quotes that should be shown."""
        self.is_stirred, self.obeyed, self._looked_ms = False, desk.verdict, desk.now_ms
        picture = picture_of(self.view, desk.position, desk.now_ms)
        reason = blocked or self._guarded(picture) or desk.verdict.pull
        if reason is not None:
            return self.pull(desk.orders, reason, desk.now_ms)
        self._obey(desk)
        self.sense.look(desk.orders.of(self.market, Owner.BOT), self.view, desk.now_ms)
        if why := self._why_refresh(picture, desk.threshold):
            self._refresh(picture, desk, why)
        elif self.is_modelled and desk.now_ms - self._modelled_ms >= max(REMODEL_MS, desk.shortest_pause_ms):
            self._refresh(picture, desk, "")
        return self._step(picture, desk)

    def _guarded(self, picture: MarketPicture) -> Reason | None:
        """Return why this picture must not be quoted on, or that it was so a moment ago."""
        reason = reason_not_to_quote(picture, self.settings)
        if reason is not None:
            self._apart_ms = picture.now_ms if reason.code == "divergence" else self._apart_ms
            return reason
        if self._apart_ms is None or picture.now_ms - self._apart_ms >= AGREED_MS:
            return None
        return Reason(code="divergence", text=f"mark and mid were too far apart within the last {AGREED_MS / 1000:g} s")

    def _obey(self, desk: Desk) -> None:
        """Take back what risk leaves no room for any more, and think again when it wants other widths."""
        too_much = {
            (order.side, order.price)
            for order in map(desk.orders.get, desk.verdict.cancel)
            if order is not None and order.is_live and not order.cancel_asked
        }
        if too_much:
            self._wishes = tuple(quote for quote in self._wishes if (quote.side, quote.price) not in too_much)
        if too_much or desk.verdict.widening != self._widening:
            self._refill_at_ms = desk.now_ms
        self._widening = desk.verdict.widening

    def _why_refresh(self, picture: MarketPicture, threshold: Decimal) -> str:
        assert picture.mark_price is not None
        now_ms, last = picture.now_ms, self.last_quote_price
        if last is None:
            return "first quotes"
        if now_ms - self._decided_ms < self.settings.min_refresh_ms:
            return ""
        if abs(picture.mark_price - last) / last > threshold:
            return "price moved"
        if self._refill_at_ms is not None and now_ms >= self._refill_at_ms:
            return "refill"
        if now_ms - self._decided_ms > self.settings.order_lifetime_ms - self.settings.renew_before_ms:
            return "renewal"
        if now_ms - self._checked_ms >= self.settings.refresh_interval_ms:
            self._checked_ms = now_ms
            self._note("DEBUG", "no_refresh_needed", price=picture.mark_price, last=last)
        return ""

    def _refresh(self, picture: MarketPicture, desk: Desk, why: str) -> None:
        """Decide what to show. A renewal keeps its anchor, so that the prices stay; without a `why` a model thinks again."""
        assert picture.mark_price is not None
        self._modelled_ms = picture.now_ms
        anchor = self.last_quote_price if why == "renewal" and self.last_quote_price is not None else picture.mark_price
        room = {side: self._room(side, desk) for side in Side}
        decide = self._modelled if self.is_modelled else self._documented
        desired = decide(picture, desk, anchor, room, why)
        if not why and set(desired.quotes) == set(self._wishes):
            return
        why = why or "the model moved"
        self._note("INFO", "price_found", price=picture.mark_price)
        self.withheld = dict(desired.withheld)
        self._wishes = desired.quotes
        self.last_quote_price = desired.anchor
        self._why, self._decided_ms, self._checked_ms = why, picture.now_ms, picture.now_ms
        self.refreshes += 1
        if self._refill_at_ms is not None and self._refill_at_ms <= picture.now_ms:
            self._refill_at_ms = None
        self._unanswered, self._answered = set(), []
        shown = {quote.side: plain(self.view.rules.price(quote.price)) for quote in reversed(desired.quotes)}
        self._note("INFO", "quotes_updated", bid=shown.get(Side.BUY), ask=shown.get(Side.SELL), price=desired.anchor, why=why)

    def _documented(
        self, picture: MarketPicture, desk: Desk, anchor: Decimal, room: dict[Side, Decimal], why: str
    ) -> DesiredQuotes:
        del why
        return self._lay(widened(self.strategy.wish(picture, self.settings, anchor), desk.verdict.widening), desk, room)

    def _lay(self, wish: WishedPrices, desk: Desk, room: dict[Side, Decimal]) -> DesiredQuotes:
        return lay_levels(
            wish,
            self.view,
            self.settings,
            room,
            safety_ticks=desk.safety_ticks,
            largest_order=desk.verdict.largest_order,
        )

    def _modelled(
        self, picture: MarketPicture, desk: Desk, anchor: Decimal, room: dict[Side, Decimal], why: str
    ) -> DesiredQuotes:
        """Wish by the models; a quote that is not worth moving keeps the place it has."""
        opinions = self.sense.opinions(self.view, self.settings, desk.now_ms, exchange_offset_ms=desk.clock_offset_ms)
        wish = self.strategy.wish(picture, self.settings, anchor, opinions)
        self._watch_clamp(0.0 if wish.breakdown is None else wish.breakdown.half_spread_bps, desk.now_ms)
        wish = widened(wish, desk.verdict.widening)
        self.breakdown = wish.breakdown
        desired = self._lay(wish, desk, room)
        if wish.breakdown is None or why == "renewal":
            return desired
        resting = [order for order in desk.orders.of(self.market, Owner.BOT) if order.status is Status.RESTING]
        kept = keep_places(
            desired.quotes,
            resting,
            threshold_ticks=ticks_of_share(
                wish.breakdown.half_spread_bps, self.quoting.refresh_share, anchor, self.view.rules.tick_size
            ),
            patience=self.quoting.queue_patience,
            share_ahead=self.sense.share_ahead,
        )
        return msgspec.structs.replace(desired, quotes=kept)

    def _watch_clamp(self, asked: float, now_ms: int) -> None:
        """Say once when the half-spread stands at its largest for long: the estimates, or the setting, are wrong."""
        most = self.quoting.max_half_spread_bps
        if asked < most * WITHIN_ROUNDING:
            self._clamped_ms, self._is_clamp_told = None, False
            return
        self._clamped_ms = now_ms if self._clamped_ms is None else self._clamped_ms
        if now_ms - self._clamped_ms >= CLAMPED_MS and not self._is_clamp_told:
            self._is_clamp_told = True
            text = f"the model has asked for the largest half-spread, {most:g} bps, for {(now_ms - self._clamped_ms) // 1000} s"
            self._note("WARNING", "spread_clamped", text=text, asked_bps=asked, largest_bps=most)

    def _room(self, side: Side, desk: Desk) -> Decimal:
        """Return how much this side may show when its resting orders, which the refresh will replace, are set aside."""
        rules = self.view.rules
        live = possibly_live(desk.orders, rules, side)
        for order in desk.orders.of(self.market, Owner.BOT, side):
            if order.status is not Status.UNKNOWN:
                live -= rules.size(order.remaining)
        return desk.verdict.allowance[side] - live

    def _step(self, picture: MarketPicture, desk: Desk) -> list[AnyAction]:
        live = desk.orders.of(self.market, Owner.BOT)
        self._forget_cancels(live)
        kept_back = self._kept_back(desk.position)
        wishes = tuple(quote for quote in self._wishes if quote.side not in kept_back)
        plan = reconcile(wishes, live, may_amend=self._may_amend, replace_all=self._must_replace(live))
        if not self.settings.edit_in_place and (plan.cancel or plan.wait):
            plan = msgspec.structs.replace(plan, place=())  # the documents' order: first cancel, then place
        actions = self._cancel(plan.cancel + self._stuck(plan, desk.now_ms), desk.orders, desk.now_ms)
        actions += self._amend_all(plan, picture, desk)
        actions += self._place_all(plan, picture, desk)
        if plan.is_done:
            self._why = ""
        pauses = {side: pause for side, pause in desk.pauses.items() if not any(quote.side is side for quote in self._wishes)}
        self.withheld |= pauses | kept_back
        self.reason = None if live or actions else next(iter(self.withheld.values()), self.reason)
        return actions

    def _must_replace(self, live: tuple[Order, ...]) -> bool:
        """True while orders of before the refresh must go although they may be as wished."""
        if self._why != "renewal" and self.settings.edit_in_place:
            return False
        return any(order.created_ms < self._decided_ms for order in live if order.replaced_by is None)

    def _may_amend(self, order: Order, quote: Quote) -> bool:
        if not self.settings.edit_in_place or order.exchange_order_id is None:
            return False
        best_bid, best_ask, _ = self.view.touch()
        opposite = best_ask if quote.side is Side.BUY else best_bid
        return opposite is not None and abs(opposite.price - quote.price) >= AMEND_DISTANCE_TICKS

    def _stuck(self, plan: Plan, now_ms: int) -> tuple[Order, ...]:
        """Return cancels that were asked for and not confirmed in time; a replacement is not one of them."""
        return tuple(
            order
            for order in plan.wait
            if order.status is Status.CANCELLING
            and order.replaced_by is None
            and now_ms - self._cancel_sent_ms.get(order.client_order_id, 0) >= CANCEL_RETRY_MS
        )

    def _forget_cancels(self, live: tuple[Order, ...]) -> None:
        known = {order.client_order_id for order in live}
        self._cancel_sent_ms = {order_id: sent for order_id, sent in self._cancel_sent_ms.items() if order_id in known}

    def _cancel(self, chosen: tuple[Order, ...], orders: LiveOrders, now_ms: int) -> list[AnyAction]:
        actions: list[AnyAction] = []
        for order in chosen:
            if now_ms - self._cancel_sent_ms.get(order.client_order_id, 0) < CANCEL_RETRY_MS or order.status is Status.RESERVED:
                continue
            if order.status is Status.PLACING and now_ms - order.since_ms < CANCEL_RETRY_MS:
                continue  # its answer is on the way; a cancel could overtake it and find nothing
            self._cancel_sent_ms[order.client_order_id] = now_ms
            orders.saw(order.client_order_id, Saw.CANCEL_SENT, now_ms)
            actions.append(cancel_of(order))
        return actions

    def _amend_all(self, plan: Plan, picture: MarketPicture, desk: Desk) -> list[AnyAction]:
        actions: list[AnyAction] = []
        for amend in sorted(plan.amend, key=_comes_closer):
            if not self._is_paused(amend.quote.side, desk):
                actions += self._amend(amend, picture, desk)
        return actions

    def _amend(self, amend: Amend, picture: MarketPicture, desk: Desk) -> list[AnyAction]:
        old = amend.order
        try:
            approved = desk.approve(self._new_order(amend.quote, desk, replaces=old.client_order_id), self.view)
        except RiskRefused as refusal:
            if refusal.code == "self_cross":
                return []  # our other side still stands there; it moves away first, and this one follows
            # Both legs would count while the exchange decides, and there is no room for both: one after the other.
            return self._cancel((old,), desk.orders, desk.now_ms)
        except IdsExhausted as refusal:
            self._withhold(amend.quote.side, refusal.code, str(refusal), picture.now_ms)
            return []
        desk.orders.replaced(old.client_order_id, approved.order.client_order_id, desk.now_ms)
        return [self._sent(approved, picture, desk, worth_bps=self._worth(old, amend.quote))]

    def _worth(self, old: Order, quote: Quote) -> float:
        return abs(old.price - quote.price) / max(1, old.price) * float(BPS)

    def _place_all(self, plan: Plan, picture: MarketPicture, desk: Desk) -> list[AnyAction]:
        actions: list[AnyAction] = []
        for quote in plan.place:
            if self._is_paused(quote.side, desk):
                continue
            try:
                approved = desk.approve(self._new_order(quote, desk), self.view)
            except (RiskRefused, IdsExhausted) as refusal:
                self._withhold(quote.side, refusal.code, str(refusal), picture.now_ms)
                continue
            actions.append(self._sent(approved, picture, desk))
        return actions

    def _sent(self, approved: ApprovedOrder, picture: MarketPicture, desk: Desk, worth_bps: float = 1e9) -> PlaceOrder:
        order = approved.order
        desk.orders.add(order)
        desk.orders.saw(order.client_order_id, Saw.SENT, picture.now_ms)
        self._unanswered.add(order.client_order_id)
        self.withheld.pop(order.side, None)
        return PlaceOrder(approved=approved, decided_ms=picture.now_ms, worth_bps=worth_bps)

    def _is_paused(self, side: Side, desk: Desk) -> bool:
        pause = desk.pauses.get(side)
        if pause is not None:
            self.withheld[side] = pause
        return pause is not None

    def _withhold(self, side: Side, code: str, text: str, now_ms: int) -> None:
        """Leave a side out for a while; said once, not at every decision."""
        held = self.withheld.get(side)
        if held is None or held.code != code:
            self._note("WARNING", "order_withheld", side=side, code=code, text=text)
        self.withheld[side] = Reason(code=code, text=f"{side} withheld: {text}")
        self.drop(side)
        self._refill_at_ms = now_ms + WITHHELD_MS

    def _new_order(self, quote: Quote, desk: Desk, replaces: str | None = None) -> Order:
        order_id = desk.ids.take(Owner.BOT)
        ends_ms = desk.now_ms + desk.clock_offset_ms + self.settings.order_lifetime_ms
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
            created_ms=desk.now_ms,
            expires_ms=-(-ends_ms // 1000) * 1000,  # whole seconds: the signed expiry then has no rounding to differ in
            since_ms=desk.now_ms,
            replaces=replaces,
        )

    def _note(self, level: str, event: str, **fields: object) -> None:
        self.notes.append(Note(level=level, event=event, market=self.market, fields=fields))


def _comes_closer(amend: Amend) -> bool:
    """Say whether an amended order moves towards our other side: those that move away go first and make room."""
    rises = amend.quote.price > amend.order.price
    return rises if amend.quote.side is Side.BUY else not rises
