"""A shadow run: everything is read, decided and shown, and nothing is sent.

Stands in for the exchange's port. Reads go to the exchange; an order that the bot makes rests here, at once and for ever
unfilled, until the bot cancels or replaces it. What a person asks for is refused. No request that changes anything at the
exchange leaves, the dead-man's switch included: it would cancel orders that are not the shadow's.
"""

from collections.abc import Collection
from decimal import Decimal
from typing import Final

import msgspec

from bot.core.errors import NotFound, NotSent
from bot.core.events import BalanceReported, DayStatsSeen, Event, OrdersReported, PositionReport
from bot.core.market import Market
from bot.core.orders import ExchangeStatus, Fill, Order, OrderReport, Owner, StopOrder
from bot.ports import AccountIdentity, Clock, Emit, Exchange, FeeRates, Objection, nobody_objects

FIRST_ID: Final = 1
UNSENT: Final = "this is a shadow run: it decides and shows, and sends nothing"


def resting_report(order: Order, rules: Market, exchange_order_id: int, now_ms: int) -> OrderReport:
    """Return what an exchange says of an order that has just come to rest, whole."""
    return OrderReport(
        exchange_order_id=exchange_order_id,
        client_order_id=order.client_order_id,
        market=order.market,
        side=order.side,
        price=rules.price(order.price),
        size=rules.size(order.size),
        filled=Decimal(0),
        average_price=None,
        status=ExchangeStatus.NEW,
        reason="",
        order_type="LIMIT",
        time_in_force=order.time_in_force.value,
        post_only=order.post_only,
        reduce_only=order.reduce_only,
        created_ms=now_ms,
        updated_ms=now_ms,
        expires_ms=order.expires_ms,
    )


class ShadowExchange:
    """Implements `bot.ports.Exchange` on top of another one."""

    def __init__(self, real: Exchange, clock: Clock) -> None:
        self._real = real
        self._clock = clock
        self._emit: Emit | None = None
        self._rules: dict[str, Market] = {}
        self._resting: dict[str, OrderReport] = {}
        self._leverage: dict[str, Decimal] = {}
        self._next_id = FIRST_ID

    # --- what would be sent -----------------------------------------------------------------------------------------------

    async def place(self, order: Order, *, objection: Objection = nobody_objects) -> int:
        """Let an order of the bot rest here; one that takes, or that a person made, is not sent."""
        if why := objection():
            raise NotSent(why)
        rules = self._rules.get(order.market)
        if order.owner is not Owner.BOT or not order.post_only or rules is None:
            raise NotSent(UNSENT)
        if order.replaces is not None and order.replaces in self._resting:
            self._end(order.replaces, "ORDER_REPLACED")
        exchange_order_id, self._next_id = self._next_id, self._next_id + 1
        report = resting_report(order, rules, exchange_order_id, self._clock.now_ms())
        self._resting[order.client_order_id] = report
        self._tell(report)
        return exchange_order_id

    async def place_stop(self, stop: StopOrder, *, objection: Objection = nobody_objects) -> int:
        """Send nothing: a stop that rests nowhere protects nothing, and must not look as if it did."""
        del stop, objection
        raise NotSent(UNSENT)

    async def cancel(self, *, client_order_id: str, exchange_order_id: int | None) -> None:
        """End an order that rests here; the exchange's own are left alone."""
        del exchange_order_id
        if client_order_id not in self._resting:
            raise NotFound(1142, UNSENT, http_status=404)
        self._end(client_order_id, "")

    async def mass_cancel(
        self, *, markets: Collection[str] = (), client_order_ids: Collection[str] = (), everything: bool = False
    ) -> None:
        """End what rests here and is meant."""
        for report in tuple(self._resting.values()):
            if everything or report.market in markets or report.client_order_id in client_order_ids:
                self._end(report.client_order_id, "")

    async def arm_dead_man_switch(self, countdown_s: int) -> None:
        """Do nothing: there is nothing that it would have to remove."""

    async def set_leverage(self, market: str, leverage: Decimal) -> None:
        """Remember it, so that what is read back is what would have been set."""
        self._leverage[market] = leverage

    # --- what is read -----------------------------------------------------------------------------------------------------

    async def load_markets(self, names: Collection[str] = ()) -> dict[str, Market]:
        found = await self._real.load_markets(names)
        self._rules.update(found)
        return found

    async def open_orders(self, market: str | None = None) -> tuple[OrderReport, ...]:
        listed = await self._real.open_orders(market)
        return (*listed, *(each for each in self._resting.values() if market in (None, each.market)))

    async def order_by_client_id(self, client_order_id: str) -> OrderReport | None:
        return self._resting.get(client_order_id) or await self._real.order_by_client_id(client_order_id)

    async def leverage(self, markets: Collection[str] = ()) -> dict[str, Decimal]:
        return {**await self._real.leverage(markets), **self._leverage}

    async def identity(self) -> AccountIdentity:
        return await self._real.identity()

    async def fees(self, markets: Collection[str]) -> dict[str, FeeRates]:
        return await self._real.fees(markets)

    async def mark_price(self, market: str) -> Decimal:
        return await self._real.mark_price(market)

    async def day_stats(self, market: str) -> DayStatsSeen:
        return await self._real.day_stats(market)

    async def fills(self, markets: Collection[str] = (), *, limit: int = 100, before_id: int | None = None) -> tuple[Fill, ...]:
        return await self._real.fills(markets, limit=limit, before_id=before_id)

    async def positions(self) -> tuple[PositionReport, ...]:
        return await self._real.positions()

    async def balance(self) -> BalanceReported | None:
        return await self._real.balance()

    async def stream(self, markets: Collection[str], emit: Emit, *, with_account: bool = True) -> None:
        self._emit = emit
        await self._real.stream(markets, lambda event: emit(self._completed(event)), with_account=with_account)

    async def close(self) -> None:
        await self._real.close()

    # --- steps ------------------------------------------------------------------------------------------------------------

    def _completed(self, event: Event) -> Event:
        """Add what rests here to the exchange's list of open orders, which cannot know it."""
        if not isinstance(event, OrdersReported) or not event.is_snapshot:
            return event
        mine = tuple(each for each in self._resting.values() if event.market in (None, each.market))
        return msgspec.structs.replace(event, orders=(*event.orders, *mine))

    def _end(self, client_order_id: str, reason: str) -> None:
        now_ms = self._clock.now_ms()
        ended = msgspec.structs.replace(
            self._resting.pop(client_order_id), status=ExchangeStatus.CANCELLED, reason=reason, updated_ms=now_ms
        )
        self._tell(ended)

    def _tell(self, report: OrderReport) -> None:
        if self._emit is None:
            return
        now_ms = self._clock.now_ms()
        self._emit(OrdersReported(orders=(report,), is_snapshot=False, source="stream", asked_ms=now_ms, received_ms=now_ms))
