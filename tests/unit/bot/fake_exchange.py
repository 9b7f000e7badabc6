"""An exchange that answers what a test tells it to."""

import asyncio
from collections.abc import Collection
from decimal import Decimal

from bot.core.errors import MakerError, NotSent
from bot.core.events import BalanceReported, DayStatsSeen, PositionReport
from bot.core.market import Market
from bot.core.orders import Fill, Order, OrderReport, StopOrder
from bot.ports import AccountIdentity, Emit, FeeRates, Objection, nobody_objects
from tests.unit.core.play import btc


class FakeExchange:
    """Implements the exchange port; `fails` maps a verb to the error it raises."""

    def __init__(self) -> None:
        self.fails: dict[str, MakerError] = {}
        self.calls: list[tuple[str, object]] = []
        self.asked: list[tuple[str, object]] = []
        """Questions that change nothing."""
        self.hold: asyncio.Event | None = None
        """While set and not rung, `place` hangs."""
        self.open: tuple[OrderReport, ...] = ()
        self.report: OrderReport | None = None

    def _called(self, verb: str, what: object = None) -> None:
        self.calls.append((verb, what))
        if verb in self.fails:
            raise self.fails[verb]

    async def load_markets(self, names: Collection[str] = ()) -> dict[str, Market]:
        self._called("load_markets")
        return {"BTC-USD": btc()}

    async def identity(self) -> AccountIdentity:
        self._called("identity")
        return AccountIdentity(account_id=1, vault=2, public_key="0x1", description="")

    async def fees(self, markets: Collection[str]) -> dict[str, FeeRates]:
        return {}

    async def mark_price(self, market: str) -> Decimal:
        self._called("mark_price", market)
        return Decimal(100)

    async def day_stats(self, market: str) -> DayStatsSeen:
        self._called("day_stats", market)
        return DayStatsSeen(
            market=market, low=Decimal(90), high=Decimal(110), change=Decimal("0.01"), volume=Decimal(5), open_interest=None,
            exchange_ms=0, received_ms=1,
        )  # fmt: skip

    async def place(self, order: Order, *, objection: Objection = nobody_objects) -> int:
        if why := objection():
            raise NotSent(why)
        self._called("place", order.client_order_id)
        if self.hold is not None:
            await self.hold.wait()
        return 4711

    async def place_stop(self, stop: StopOrder, *, objection: Objection = nobody_objects) -> int:
        if why := objection():
            raise NotSent(why)
        self._called("place_stop", stop.client_order_id)
        return 8

    async def cancel(self, *, client_order_id: str, exchange_order_id: int | None) -> None:
        self._called("cancel", client_order_id)

    async def mass_cancel(
        self, *, markets: Collection[str] = (), client_order_ids: Collection[str] = (), everything: bool = False
    ) -> None:
        self._called("mass_cancel")

    async def arm_dead_man_switch(self, countdown_s: int) -> None:
        self._called("arm", countdown_s)

    async def open_orders(self, market: str | None = None) -> tuple[OrderReport, ...]:
        self._called("open_orders")
        return self.open

    async def order_by_client_id(self, client_order_id: str) -> OrderReport | None:
        self._called("order_by_client_id", client_order_id)
        return self.report

    async def fills(self, markets: Collection[str] = (), *, limit: int = 100, before_id: int | None = None) -> tuple[Fill, ...]:
        self._called("fills")
        return ()

    async def positions(self) -> tuple[PositionReport, ...]:
        self._called("positions")
        return ()

    async def balance(self) -> BalanceReported | None:
        self._called("balance")
        return None

    async def leverage(self, markets: Collection[str] = ()) -> dict[str, Decimal]:
        self.asked.append(("leverage", tuple(markets)))
        return dict.fromkeys(markets, Decimal(10))

    async def set_leverage(self, market: str, leverage: Decimal) -> None:
        self._called("set_leverage", market)

    async def stream(self, markets: Collection[str], emit: Emit, *, with_account: bool = True) -> None:
        self._called("stream", tuple(markets))
        await asyncio.Event().wait()

    async def close(self) -> None:
        self._called("close")
