"""The invariants of every run in the virtual world.

Those that can be are checked at every step: after each round of a bot's loop, at each request as it leaves, at each event of the
exchange. The others need calm: `at_the_end` ends all trouble, waits, compares both sides, kills the bots and waits once more.
A test in which one of them cannot hold, because the test itself told a lie, says so with `allow` and the reason beside it.
"""

import json
from collections import deque
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, get_args

from bot.core.actions import AnyAction, PlaceOrder
from bot.core.events import AccountEvent, AnswerEvent, Event, FeedEvent
from bot.core.mode import BotState
from bot.core.order_ids import epoch_of, owner_of
from bot.core.orders import Owner, Side, Status
from simulator.events import Event as VenueEvent
from simulator.events import FillBooked, OrderChanged
from simulator.inprocess import Asked

if TYPE_CHECKING:
    from tests.support.virtual_world import VirtualBot, World

CALM_S: Final = 20.0
COUNTDOWN_S: Final = 31.0
PULL_WITHIN_MS: Final = 300
BLOCKED_S: Final = 90.0 + 10.0 + 15.0
"""An order's lifetime, the grace after it, and the time to notice."""
OFF_GRID_CODES: Final = frozenset({1120, 1121, 1122, 1123, 1124, 1125, 1130, 1135, 1141})
TELLING: Final = get_args(AccountEvent) + get_args(AnswerEvent) + get_args(FeedEvent)


class InvariantViolated(AssertionError):
    """One of I1 to I16 does not hold."""


class Checks:
    """Watches both sides of one world."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.allowed: dict[str, str] = {}
        self.broken: list[str] = []
        self._rounds = 0
        self._ids: dict[str, str] = {}
        self._nonces: set[tuple[str, int]] = set()
        self._left_ms: deque[int] = deque()
        self._live: dict[str, set[str]] = {}
        self._ended: dict[str, set[str]] = {}
        self._empty_since_s: dict[tuple[str, str], float] = {}

    def allow(self, invariant: str, because: str) -> None:
        """Do not check an invariant in this world."""
        self.allowed[invariant] = because

    def fail(self, invariant: str, text: str) -> None:
        if invariant not in self.allowed:
            self.broken.append(f"{invariant} at {self.world.now_s:.3f} s: {text}")
            if len(self.broken) == 1:
                self.first_story = self.world.story()

    def verify(self) -> None:
        """Raise what was found broken so far."""
        if self.broken:
            raise InvariantViolated("\n".join([*self.broken[:10], self.first_story]))

    # --- at every step ---

    def after_round(self, bot: "VirtualBot", events: list[Event], actions: list[AnyAction]) -> None:
        """After one round of a bot's loop: I6, I7, I9, I11. Rounds in which nothing happened are looked at now and then."""
        self._rounds += 1
        if not (actions or any(isinstance(event, TELLING) for event in events) or self._rounds % 10 == 0):
            return
        self._absorbing(bot)
        self._nothing_forgotten(bot)
        for action in actions:
            if isinstance(action, PlaceOrder) and action.approved.order.owner is Owner.BOT:
                self._decided_on_good_data(bot, action)
        self._old_quotes_are_pulled(bot)
        self._no_slot_stays_empty(bot)

    def before_sending(self, bot: "VirtualBot", method: str, path: str, body: Any) -> None:
        """As a request leaves a bot: I3, I4, I8, I12."""
        now_ms = self.world.loop.elapsed_ms
        self._left_ms.append(now_ms)
        while self._left_ms[0] <= now_ms - 60_000:
            self._left_ms.popleft()
        if len(self._left_ms) > 1_000:
            self.fail("I12", f"{len(self._left_ms)} requests left within a minute")
        if method == "POST" and path.endswith("/user/order"):
            self._order_leaves(bot, body)

    def after_event(self, event: VenueEvent) -> None:
        """After something happened at the exchange: I2."""
        if isinstance(event, OrderChanged | FillBooked):
            self._exposure()

    def after_request(self, asked: Asked) -> None:
        """As a request arrives: I2, for what was accepted before it."""
        del asked
        self._exposure()

    def _exposure(self) -> None:
        limits = [bot.maker.config.position_limit for bot in self.world.bots]
        if not limits:
            return
        lot_size, limit = self.world.exchange.venue.markets["BTC-USD"].spec.lot_size, max(limits)
        position = self.world.true_position()
        for side in Side:
            live = lot_size * sum(order.left for order in self.world.live() if order.side.value == side.value)
            worst = position * side.sign + live
            if live and worst > limit:
                self.fail("I2", f"{side}: position {position}, live {live}, limit {limit}")

    def _order_leaves(self, bot: "VirtualBot", body: dict[str, Any]) -> None:
        order_id, nonce = str(body["id"]), int(body["nonce"])
        home = str(bot.home.path)
        if order_id in self._ids:
            self.fail("I4", f"order id {order_id} is used twice")
        if (home, nonce) in self._nonces:
            self.fail("I4", f"nonce {nonce} is used twice")
        self._ids[order_id] = bot.program.name
        self._nonces.add((home, nonce))
        reserved = int((bot.home.path / "id_blocks").read_text(encoding="utf-8"))
        if nonce >= reserved:
            self.fail("I3", f"nonce {nonce} is not below the durably reserved {reserved}")
        is_stop = body["type"] == "TPSL"
        if not (bot.engine.stops.is_asked(order_id) if is_stop else bot.engine.orders.get(order_id)):
            self.fail("I3", f"order {order_id} leaves and is not in the order table")
        is_exit = bot.state is BotState.HALTED and body.get("reduceOnly") and body["timeInForce"] == "IOC"
        if owner_of(order_id) is Owner.BOT and not bot.engine.mode.is_quoting and not is_exit:
            self.fail("I8", f"order {order_id} leaves while the bot is {bot.state} ({bot.engine.state_reason.code})")
        if bot.state is BotState.HALTED and not body.get("reduceOnly"):
            self.fail("I8", f"order {order_id} leaves while the bot is HALTED")

    def _absorbing(self, bot: "VirtualBot") -> None:
        name = bot.program.name
        now = {order.client_order_id for order in bot.engine.orders}
        ended = self._ended.setdefault(name, set())
        for order_id in now & ended:
            order = bot.engine.orders.get(order_id)
            if order is not None and order.reason != "came back":
                self.fail("I6", f"order {order_id} had ended and is {order.status} again")
            ended.discard(order_id)
        for order_id in self._live.get(name, set()) - now:
            ended.add(order_id)
            order = bot.engine.orders.get(order_id)
            if order is not None and order.reason == "EXPIRED (inferred)" and bot.clock.now_ms() < order.expires_ms + 10_000:
                self.fail("I7", f"order {order_id} was concluded gone before its expiry and grace had passed")
        self._live[name] = now

    def _nothing_forgotten(self, bot: "VirtualBot") -> None:
        for order in self.world.live():
            if epoch_of(order.external_id) == bot.maker.ids.epoch:
                held = bot.engine.orders.get(order.external_id)
                if held is None or not held.is_live:
                    self.fail("I7", f"{order.external_id} lives at the exchange and is {held and held.status} here")

    def _decided_on_good_data(self, bot: "VirtualBot", action: PlaceOrder) -> None:
        order, now_ms = action.approved.order, bot.clock.now_ms()
        view = bot.engine.views[order.market]
        settings = bot.engine.settings[order.market]
        bid, ask, _ = view.touch()
        if view.mark is None or view.mark.age_ms(now_ms) > settings.max_mark_age_ms:
            self.fail("I9", f"{order.client_order_id} was decided on an old mark price")
        elif bid is None or ask is None or bid.price >= ask.price:
            self.fail("I9", f"{order.client_order_id} was decided on the touch {bid} / {ask}")

    def _old_quotes_are_pulled(self, bot: "VirtualBot") -> None:
        for market, settings in bot.engine.settings.items():
            view = bot.engine.views.get(market)
            if view is None or view.mark is None:
                continue
            too_old_ms = view.mark.age_ms(bot.clock.now_ms()) - settings.max_mark_age_ms
            resting = [
                order
                for order in bot.live()
                if order.market == market and order.status is Status.RESTING and not order.cancel_asked
            ]
            if too_old_ms > PULL_WITHIN_MS and resting:
                self.fail("I9", f"{len(resting)} quotes stand although the mark price is {too_old_ms} ms older than allowed")

    def _no_slot_stays_empty(self, bot: "VirtualBot") -> None:
        maker = bot.engine.makers.get("BTC-USD")
        for side in Side:
            key = (bot.program.name, side.value)
            free = maker is not None and bot.state is BotState.RUNNING and maker.reason is None and side not in maker.withheld
            if not free or self.world.resting(side.value):
                self._empty_since_s.pop(key, None)
                continue
            since_s = self._empty_since_s.setdefault(key, self.world.now_s)
            if self.world.now_s - since_s > BLOCKED_S:
                self.fail("I11", f"nothing has stood on {side} for {self.world.now_s - since_s:.0f} s, for no reason")

    # --- when everything is calm ---

    def at_the_end(self) -> None:
        """End all trouble, wait, compare, kill, wait, look again; raises InvariantViolated."""
        world = self.world
        world.end_trouble()
        world.run_for(CALM_S)
        for bot in world.bots:
            if not bot.program.is_dead and bot.task is not None and not bot.task.done():
                self._agree(bot)
            self._no_secret(bot)
        if codes := {line.code for line in world.exchange.site.requests.recent if line.code in OFF_GRID_CODES}:
            self.fail("I10", f"the exchange refused prices or sizes: {sorted(codes)}")
        world.exchange.venue.ledger.check()
        for bot in world.bots:
            bot.kill()
        world.run_for(COUNTDOWN_S)
        if world.live():
            self.fail(
                "I15", f"{[order.external_id for order in world.live()]} live after the bots are dead and the countdown is over"
            )
        self.verify()

    def _agree(self, bot: "VirtualBot") -> None:
        """I1, I5, I14: both sides tell the same story of fills and position."""
        truth = self.world.true_position(bot.account)
        if bot.position != truth:
            self.fail("I1", f"{bot.program.name} counts a position of {bot.position}, the exchange holds {truth}")
        known = bot.engine.account.fills
        for event in self.world.exchange.fills_of(bot.account)[-400:]:
            fill = known.get(event.trade.id)
            if fill is None and bot.engine.account.knows(event.trade.id):
                continue  # an earlier run booked it, and its journal told so
            if fill is None:
                self.fail("I5", f"{bot.program.name} does not know the fill {event.trade.id} of {event.trade.external_order_id}")
            elif (fill.price, fill.size, fill.fee) != (
                Decimal(event.trade.price),
                Decimal(event.trade.qty),
                Decimal(event.trade.fee),
            ):
                self.fail("I14", f"fill {fill.trade_id} is {fill.size} @ {fill.price} here and {event.trade} there")
        real = {event.trade.id for event in self.world.exchange.fills_of(bot.account)}
        if invented := set(known) - real:
            self.fail("I5", f"{bot.program.name} counts fills that never happened: {sorted(invented)}")
        here = {order.client_order_id for order in bot.live() if order.status is not Status.UNKNOWN}
        there = {order.external_id for order in self.world.live()}
        if here - there and bot.account is self.world.account:
            self.fail("I1", f"{sorted(here - there)} count as live here and are gone there")

    def _no_secret(self, bot: "VirtualBot") -> None:
        key = f"{bot.account.private_key:x}"
        told = bot.text.getvalue() + json.dumps([line.fields for line in bot.logger.lines(limit=10_000)], default=str)
        told += json.dumps(bot.maker.status(), default=str) + repr(bot.exchange.__dict__)
        for secret in (bot.account.api_key, key):
            if secret in told:
                self.fail("I13", "a secret stands in the log, the status or a representation")
