"""Orders that a person makes through us: the same gate as the bot's own, one way in for API, CLI and Python.

An order that can take liquidity first pulls our quotes on the other side and waits until they are gone: which of two own orders
the exchange's self-trade protection cancels is not known.
"""

import asyncio
import contextlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import msgspec

from bot.core.actions import CancelOrder
from bot.core.engine import Engine
from bot.core.errors import ExchangeError, InvalidInput, RiskRefused
from bot.core.events import Level
from bot.core.market import market_name
from bot.core.market_view import MarketView
from bot.core.mode import BotState
from bot.core.notes import Reason
from bot.core.numbers import Lots, Ticks, parse_decimal, plain
from bot.core.order_ids import OrderId, OrderIds
from bot.core.orders import Order, Owner, Saw, Side, Status, TimeInForce
from bot.core.risk.exposure import possibly_live
from bot.observers.feed import orders_part
from bot.order_manager import OrderManager
from bot.ports import Clock, Exchange

LONGEST_EXPIRY_DAYS: Final = 28
"""The longest that testnet accepts; mainnet accepts 90. The end date is shown."""
DAY_MS: Final = 86_400_000
IOC_LIFETIME_MS: Final = 60_000
PULL_TIMEOUT_S: Final = 5.0
OUTCOME_TIMEOUT_S: Final = 2.0
LOOK_EVERY_S: Final = 0.01
LEVERAGE_KEPT_MS: Final = 60_000
NO_ID: Final = OrderId(text="check", nonce=0)
"""An order that is only judged never leaves, so it needs no id of its own."""
KINDS: Final = ("POST_ONLY", "GTC", "GTT", "IOC", "FOK")


class Taken(msgspec.Struct, frozen=True):
    """What an order would take from the book at once."""

    lots: Lots
    value: Decimal
    average: Decimal | None


NOTHING_TAKEN: Final = Taken(Lots(0), Decimal(0), None)


class HandOrders:
    """Makes, lists and cancels orders for a person."""

    def __init__(self, engine: Engine, orders: OrderManager, exchange: Exchange, clock: Clock, ids: OrderIds) -> None:
        self._engine = engine
        self._orders = orders
        self._exchange = exchange
        self._clock = clock
        self._ids = ids
        self.longest_expiry_days = LONGEST_EXPIRY_DAYS
        self._leverages: dict[str, tuple[Decimal | None, int]] = {}

    async def create(
        self,
        *,
        market: str,
        side: str,
        price: object,
        size: object,
        time_in_force: str,
        reduce_only: bool = False,
        shy: bool = False,
    ) -> dict[str, Any]:
        """Make one order and return what became of it within two seconds.

        `shy` rounds a price that is off the tick away from the touch instead of refusing it.

        Raises: InvalidInput, RiskRefused, IdsExhausted; what the exchange says comes back in the answer.
        """
        self._require_running(reduce_only=reduce_only)
        view = self._engine.view_of(market_name(market))
        wanted = _side(side)
        kind = _kind(time_in_force)
        ticks = _ticks(view, wanted, parse_decimal("price", price), shy=shy)
        lots = view.rules.exact_lots(parse_decimal("size", size))
        if kind == "FOK":
            self._require_fillable(view, wanted, ticks, lots)
        order_id = self._ids.take(Owner.HAND)
        order = self._order(view, wanted, ticks, lots, kind=kind, reduce_only=reduce_only, order_id=order_id)
        maker = self._engine.makers.get(view.rules.name)
        pulls = maker is not None and kind != "POST_ONLY" and _may_take(view, order)
        if not pulls or maker is None:
            return await self._send(order, view, kind)
        maker.hold(
            wanted.opposite, Reason(code="hand_order", text=f"{wanted.opposite} pulled: a {kind} order by hand could meet it")
        )
        try:
            await self._wait(lambda: not self._engine.orders.of(order.market, Owner.BOT, wanted.opposite), PULL_TIMEOUT_S)
            if self._engine.orders.of(order.market, Owner.BOT, wanted.opposite):
                raise RiskRefused(
                    "own_quotes_in_the_way", "our own quotes on the other side could not be pulled in time; nothing was sent"
                )
            return await self._send(order, view, kind)
        finally:
            maker.release(wanted.opposite, self._clock.now_ms())

    async def check(
        self, *, market: str, side: str, price: object, size: object, time_in_force: str, reduce_only: bool = False
    ) -> dict[str, Any]:
        """Say what the gate would say to an order now; nothing is sent, and no id is used.

        `verdict` is PASS, TAKES (it would pass, and can fill at once) or REFUSED with code and reason. Amounts are text.

        Raises: InvalidInput as `create` would.
        """
        view = self._engine.view_of(market_name(market))
        wanted, kind = _side(side), _kind(time_in_force)
        ticks = view.rules.exact_ticks(parse_decimal("price", price))
        lots = view.rules.exact_lots(parse_decimal("size", size))
        order = self._order(view, wanted, ticks, lots, kind=kind, reduce_only=reduce_only, order_id=NO_ID)
        taken = _taken(view, order) if kind != "POST_ONLY" else NOTHING_TAKEN
        answer = {
            "market": view.rules.name,
            "verdict": "TAKES" if kind != "POST_ONLY" and _may_take(view, order) else "PASS",
            "notional": plain(view.rules.notional(ticks, lots)),
            "takes": plain(view.rules.size(taken.lots)),
            "takes_average": None if taken.average is None else plain(taken.average),
            "fee": plain(taken.value * view.rules.taker_fee_rate),
            "pulls": len(self._engine.orders.of(order.market, Owner.BOT, wanted.opposite)),
            "leverage": await self._leverage(view.rules.name),
            **self._worst(view, order),
        }
        try:
            self._require_running(reduce_only=reduce_only)
            if kind == "FOK":
                self._require_fillable(view, wanted, ticks, lots)
            if kind == "POST_ONLY":
                _require_resting(view, order)
            self._engine.judge(order, view, self._clock.now_ms())
        except RiskRefused as refusal:
            return answer | {"verdict": "REFUSED", "code": refusal.code, "reason": str(refusal)}
        return answer

    async def cancel(self, order_id: str) -> dict[str, Any]:
        """Cancel one order by the exchange's id or ours, whoever made it.

        Raises: NotFound when neither we nor the exchange know it; the exchange's refusals.
        """
        order = self._find(order_id)
        if order is None:
            await self._exchange.cancel(
                client_order_id=order_id, exchange_order_id=int(order_id) if order_id.isascii() and order_id.isdigit() else None
            )
            return {"status": "CANCELLING", "id": order_id}
        if order.is_live:
            self._engine.orders.saw(order.client_order_id, Saw.CANCEL_SENT, self._clock.now_ms())
            self._orders.execute(
                [
                    CancelOrder(
                        client_order_id=order.client_order_id, exchange_order_id=order.exchange_order_id, market=order.market
                    )
                ]
            )
            await self._wait(lambda: not self._known(order).is_live, OUTCOME_TIMEOUT_S)
        now = self._known(order)
        return {
            "status": now.status.value,
            "id": _id_text(now),
            "externalId": now.client_order_id,
            "filled": self._size(now, now.filled),
        }

    def open(self, market: str | None = None) -> list[dict[str, Any]]:
        """Return every order that may be live, ours and strangers', newest first."""
        name = market_name(market) if market else None
        if name is not None:
            self._engine.view_of(name)
        rows = orders_part(self._engine).values()
        chosen = [row for row in rows if name in (None, row["market"])]
        return sorted(chosen, key=lambda row: -int(row["createdTime"]))

    # --- what a check says ------------------------------------------------------------------------------------------------

    def _require_running(self, *, reduce_only: bool) -> None:
        if self._engine.state is BotState.HALTED and not reduce_only:
            why = self._engine.state_reason.text
            raise RiskRefused("halted", f"the bot is halted: {why}; only orders that reduce the position are taken")

    def _worst(self, view: MarketView, order: Order) -> dict[str, str | None]:
        """Return the position if everything that may still fill on the order's side does, without and with it, and its limit."""
        settings = self._engine.settings.get(view.rules.name)
        live = possibly_live(self._engine.orders, view.rules, order.side)
        worst = self._engine.account.position(view.rules.name) + order.side.sign * live
        added = Decimal(0) if order.reduce_only else order.side.sign * view.rules.size(order.size)
        return {
            "worst_now": plain(worst),
            "worst_then": plain(worst + added),
            "max_position": None if settings is None else plain(settings.max_position),
        }

    async def _leverage(self, market: str) -> str | None:
        """Return the leverage set for a market, asked for at most once a minute; None while it is not known."""
        known = self._leverages.get(market)
        now_ms = self._clock.monotonic_ms()
        if known is None or now_ms - known[1] > LEVERAGE_KEPT_MS:
            try:
                found = (await self._exchange.leverage((market,))).get(market)
            except ExchangeError:
                found = None
            known = self._leverages[market] = (found, now_ms)
        return None if known[0] is None else plain(known[0])

    # --- steps ------------------------------------------------------------------------------------------------------------

    def _order(
        self, view: MarketView, side: Side, ticks: Ticks, lots: Lots, *, kind: str, reduce_only: bool, order_id: OrderId
    ) -> Order:
        now_ms = self._clock.now_ms()
        takes = kind in ("IOC", "FOK")
        ends_ms = now_ms + (IOC_LIFETIME_MS if takes else self.longest_expiry_days * DAY_MS - IOC_LIFETIME_MS)
        return Order(
            client_order_id=order_id.text,
            nonce=order_id.nonce,
            market=view.rules.name,
            side=side,
            price=ticks,
            size=lots,
            time_in_force=TimeInForce.IOC if takes else TimeInForce.GTT,
            post_only=kind == "POST_ONLY",
            reduce_only=reduce_only,
            owner=Owner.HAND,
            created_ms=now_ms,
            expires_ms=ends_ms // 1000 * 1000,
            since_ms=now_ms,
        )

    async def _send(self, order: Order, view: MarketView, kind: str) -> dict[str, Any]:
        action = self._engine.admit(order, self._clock.now_ms())
        await self._orders.place(action)
        waits = (Status.PLACING, Status.ACKED) if kind not in ("IOC", "FOK") else (Status.PLACING, Status.ACKED, Status.RESTING)
        await self._wait(lambda: self._known(order).status not in waits, OUTCOME_TIMEOUT_S)
        now = self._known(order)
        return {
            "status": _outcome(now),
            "id": _id_text(now),
            "externalId": now.client_order_id,
            "market": now.market,
            "side": now.side.value,
            "price": plain(view.rules.price(now.price)),
            "size": plain(view.rules.size(now.size)),
            "filled": self._size(now, now.filled),
            "timeInForce": kind,
            "reduceOnly": now.reduce_only,
            "expires": now.expires_ms,
            "reason": now.reason,
        }

    def _require_fillable(self, view: MarketView, side: Side, ticks: Ticks, lots: Lots) -> None:
        """FOK is a checked IOC: it is refused here unless the live book can fill all of it within the price."""
        if view.book.problem:
            raise RiskRefused("fok_no_book", f"fill-or-kill needs a live book: {view.book.problem}")
        available = sum(level.size for level in _within(view, side, ticks))
        if available < lots:
            there, asked = plain(view.rules.size(Lots(available))), plain(view.rules.size(lots))
            raise RiskRefused(
                "fok_not_fillable", f"the book offers {there} within the price, {asked} was asked; nothing was sent"
            )

    def _find(self, order_id: str) -> Order | None:
        order = self._engine.orders.get(order_id)
        if order is not None:
            return order
        return next((each for each in self._engine.orders if _id_text(each) == order_id), None)

    def _known(self, order: Order) -> Order:
        return self._engine.orders.get(order.client_order_id) or order

    def _size(self, order: Order, lots: Lots) -> str:
        return plain(self._engine.views[order.market].rules.size(lots))

    async def _wait(self, holds: Callable[[], bool], seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not holds():  # noqa: ASYNC110 - the loop's own rhythm changes the state; it rings no bell for each fact
                    await asyncio.sleep(LOOK_EVERY_S)


def _side(text: str) -> Side:
    try:
        return Side(text)
    except ValueError:
        raise InvalidInput("side", text, "BUY or SELL") from None


def _kind(text: str) -> str:
    if text not in KINDS:
        raise InvalidInput("timeInForce", text, ", ".join(KINDS))
    return text


def _ticks(view: MarketView, side: Side, price: Decimal, *, shy: bool) -> Ticks:
    if not shy:
        return view.rules.exact_ticks(price)
    ticks = view.rules.bid_ticks(price) if side is Side.BUY else view.rules.ask_ticks(price)
    if ticks <= 0:
        raise InvalidInput("price", plain(price), f"at least one tick of {plain(view.rules.tick_size)}")
    return ticks


def _may_take(view: MarketView, order: Order) -> bool:
    """True unless the live touch shows that the price rests on its own side."""
    best_bid, best_ask, _ = view.touch()
    if order.side is Side.BUY:
        return best_ask is None or order.price >= best_ask.price
    return best_bid is None or order.price <= best_bid.price


def _require_resting(view: MarketView, order: Order) -> None:
    """Refuse a post-only order that the exchange's book would refuse, as far as the live touch shows it."""
    best_bid, best_ask, _ = view.touch()
    opposite = best_ask if order.side is Side.BUY else best_bid
    if opposite is not None and _may_take(view, order):
        met = plain(view.rules.price(opposite.price))
        raise RiskRefused("post_only_would_cross", f"a POST_ONLY order at this price would meet the other side at {met}")


def _within(view: MarketView, side: Side, ticks: Ticks) -> list[Level]:
    """Return the other side's levels that an order at this price can meet, best first."""
    levels = view.book.asks(200) if side is Side.BUY else view.book.bids(200)
    return [level for level in levels if (level.price <= ticks if side is Side.BUY else level.price >= ticks)]


def _taken(view: MarketView, order: Order) -> Taken:
    """Walk the live book as far as the order's price and size go; nothing on a broken book."""
    if view.book.problem:
        return NOTHING_TAKEN
    lots, value = 0, Decimal(0)
    for level in _within(view, order.side, order.price):
        part = min(level.size, order.size - lots)
        lots, value = lots + part, value + view.rules.notional(level.price, Lots(part))
        if lots >= order.size:
            break
    if not lots:
        return NOTHING_TAKEN
    average = (value / view.rules.size(Lots(lots))).quantize(view.rules.tick_size / 100)
    return Taken(Lots(lots), value, average)


def _outcome(order: Order) -> str:
    if order.status in (Status.PLACING, Status.ACKED):
        return "PLACED"
    if order.status is Status.RESTING and order.filled > 0:
        return "PARTIALLY_FILLED"
    return order.status.value


def _id_text(order: Order) -> str | None:
    return None if order.exchange_order_id is None else str(order.exchange_order_id)
