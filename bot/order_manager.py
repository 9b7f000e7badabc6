"""An order's life on the wire: sends what the engine decided and turns every answer into an event.

Nothing here decides anything. Cancels and the dead-man's switch have workers of their own, so that they never wait behind a
create; a price that waited longer than it is good for is not sent; an answer that was lost is reported as lost, never as refused.
"""

import asyncio
import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, assert_never

from bot.core.account import Account
from bot.core.actions import AnyAction, ArmDeadManSwitch, CancelOrder, LookUpOrder, PlaceOrder, PlaceStop, RefreshAccount
from bot.core.errors import ExchangeError, InvalidInput, NotFound, NotSent, RateLimited, Refused, Unauthorised
from bot.core.events import (
    AccountRead,
    AccountReadFailed,
    CancelAcknowledged,
    CancelFailed,
    CancelNotFound,
    DeadManSwitchArmed,
    DeadManSwitchFailed,
    FillsReported,
    OrderLookedUp,
    OrdersReported,
    PlaceAcknowledged,
    PlaceNotSent,
    PlaceOutcomeUnknown,
    PlaceRefused,
    PositionsReported,
    RequestsLimited,
    VenueRefusedKey,
)
from bot.core.market import market_name
from bot.core.numbers import ceil_steps, floor_steps, parse_decimal, plain
from bot.core.orders import Fill, Order, Side, StopOrder
from bot.extended import signing
from bot.ports import Clock, Emit, Exchange
from bot.remote import RemoteBot, find_running
from bot.running import running_here

MOST_WAITING: Final = 500
STALE_DECISION_MS: Final = 1_500
"""A price older than this is not sent any more."""
URGENT_WORKERS: Final = 4
CREATE_WORKERS: Final = 4
READ_WORKERS: Final = 3
FILLS_PAGE: Final = 100
MOST_PAGES: Final = 50

Log = Callable[..., None]
"""Called with level, event name, market and named fields."""


class OrderManager:
    """Carries out actions through bounded queues; `run` must be running for anything to leave."""

    def __init__(
        self,
        exchange: Exchange,
        emit: Emit,
        clock: Clock,
        log: Log,
        is_halted: Callable[[Order | StopOrder], bool],
        *,
        objects: Callable[[Order | StopOrder], str] = lambda _order: "",
    ) -> None:
        """`is_halted` says whether a HALT marker forbids an order; `objects` why it must not leave any more, "" when it may.

        Both are asked as late as possible.
        """
        self._exchange = exchange
        self._emit = emit
        self._clock = clock
        self._log = log
        self._is_halted = is_halted
        self._objects = objects
        self._urgent: asyncio.Queue[CancelOrder | ArmDeadManSwitch] = asyncio.Queue(MOST_WAITING)
        self._creates: asyncio.PriorityQueue[tuple[float, int, PlaceOrder | PlaceStop]] = asyncio.PriorityQueue(MOST_WAITING)
        self._numbers = itertools.count()
        self._reads: asyncio.Queue[LookUpOrder | RefreshAccount] = asyncio.Queue(MOST_WAITING)
        self._under_way = 0
        self.account: Account | None = None
        """Asked which executions are known, so that reading stops there; set by whoever owns it."""
        self._refreshing = asyncio.Lock()

    def execute(self, actions: Iterable[AnyAction]) -> None:
        """Queue every action; returns at once. What does not fit is reported as not done, so that nothing waits unseen."""
        for action in actions:
            try:
                match action:
                    case CancelOrder() | ArmDeadManSwitch():
                        self._urgent.put_nowait(action)
                    case PlaceOrder():
                        self._creates.put_nowait((-action.worth_bps, next(self._numbers), action))
                    case PlaceStop():
                        self._creates.put_nowait((-math.inf, next(self._numbers), action))
                    case LookUpOrder() | RefreshAccount():
                        self._reads.put_nowait(action)
                    case _:
                        assert_never(action)
            except asyncio.QueueFull:
                self._drop(action)

    @property
    def is_idle(self) -> bool:
        """True when nothing waits to be created and no create is under way."""
        return self._creates.empty() and self._under_way == 0

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as workers:
            for _ in range(URGENT_WORKERS):
                workers.create_task(self._work_urgent())
            for _ in range(CREATE_WORKERS):
                workers.create_task(self._work_creates())
            for _ in range(READ_WORKERS):
                workers.create_task(self._work_reads())

    def _drop(self, action: AnyAction) -> None:
        now_ms = self._clock.now_ms()
        match action:
            case PlaceOrder():
                self._emit(
                    PlaceNotSent(client_order_id=action.approved.order.client_order_id, reason="queue full", received_ms=now_ms)
                )
            case PlaceStop():
                self._emit(PlaceNotSent(client_order_id=action.stop.client_order_id, reason="queue full", received_ms=now_ms))
            case CancelOrder():
                self._emit(CancelFailed(client_order_id=action.client_order_id, reason="queue full", received_ms=now_ms))
            case _:
                self._log("WARNING", "action_dropped", None, action=type(action).__name__, reason="queue full")

    async def _work_urgent(self) -> None:
        while True:
            action = await self._urgent.get()
            if isinstance(action, CancelOrder):
                await self._cancel(action)
            else:
                await self._arm(action)

    async def _work_creates(self) -> None:
        while True:
            _, _, action = await self._creates.get()
            self._under_way += 1
            try:
                await self.place(action)
            finally:
                self._under_way -= 1

    async def _work_reads(self) -> None:
        while True:
            action = await self._reads.get()
            if isinstance(action, LookUpOrder):
                await self._look_up(action.client_order_id)
            else:
                async with self._refreshing:  # one after the other; the next one knows more than the one under way
                    await self.refresh_account()

    async def place(self, action: PlaceOrder | PlaceStop) -> None:
        """Send one order, and tell the engine what came of it."""
        order = action.stop if isinstance(action, PlaceStop) else action.approved.order
        order_id = order.client_order_id
        if objection := self._objection(order, action.decided_ms):
            self._emit(PlaceNotSent(client_order_id=order_id, reason=objection, received_ms=self._clock.now_ms()))
            return
        self._log("DEBUG", "order_edit" if order.replaces else "order_attempt", order.market, **_attempt(order))
        started_ms = self._clock.monotonic_ms()
        try:
            exchange_order_id = await self._send(order, action.decided_ms)
        except (NotSent, InvalidInput) as error:
            self._answered(order, "not sent", str(error), started_ms)
            self._emit(PlaceNotSent(client_order_id=order_id, reason=str(error), received_ms=self._clock.now_ms()))
        except Unauthorised as error:
            self._answered(order, error.http_status, str(error), started_ms)
            self._refused(order_id, error)
            self._key_refused(error)
        except Refused as error:
            self._answered(order, error.http_status, str(error), started_ms)
            self._refused(order_id, error)
            self._limited(error)
        except ExchangeError as error:
            self._answered(order, "unknown", str(error), started_ms)
            self._emit(PlaceOutcomeUnknown(client_order_id=order_id, reason=str(error), received_ms=self._clock.now_ms()))
        else:
            self._answered(order, 200, f"order {exchange_order_id}", started_ms)
            self._emit(
                PlaceAcknowledged(client_order_id=order_id, exchange_order_id=exchange_order_id, received_ms=self._clock.now_ms())
            )

    async def _send(self, order: Order | StopOrder, decided_ms: int) -> int:
        def objection() -> str:
            return self._objection(order, decided_ms)

        if isinstance(order, StopOrder):
            return await self._exchange.place_stop(order, objection=objection)
        return await self._exchange.place(order, objection=objection)

    def _objection(self, order: Order | StopOrder, decided_ms: int) -> str:
        """Say why an order must not leave now, although it was decided; asked when it is taken up and once more as it leaves."""
        if self._is_halted(order):
            return "a HALT marker stands"
        waited_ms = self._clock.now_ms() - decided_ms
        if waited_ms > STALE_DECISION_MS:
            return f"decided {waited_ms} ms ago"
        return self._objects(order)

    def _answered(self, order: Order | StopOrder, status: object, answer: str, started_ms: int) -> None:
        level = "DEBUG" if status == 200 else "WARNING"
        milliseconds = self._clock.monotonic_ms() - started_ms
        self._log(
            level, "exchange_answered", order.market, order=order.client_order_id, status=status, answer=answer, ms=milliseconds
        )

    def _refused(self, order_id: str, error: Refused) -> None:
        self._emit(
            PlaceRefused(
                client_order_id=order_id,
                exchange_code=error.exchange_code,
                message=error.exchange_message,
                received_ms=self._clock.now_ms(),
            )
        )

    def _limited(self, error: ExchangeError) -> None:
        if isinstance(error, RateLimited):
            self._emit(RequestsLimited(received_ms=self._clock.now_ms()))

    def _key_refused(self, error: Unauthorised) -> None:
        message = error.exchange_message
        self._emit(VenueRefusedKey(exchange_code=error.exchange_code, message=message, received_ms=self._clock.now_ms()))

    async def _cancel(self, action: CancelOrder) -> None:
        order_id = action.client_order_id
        try:
            await self._exchange.cancel(client_order_id=order_id, exchange_order_id=action.exchange_order_id)
        except NotFound:
            self._emit(CancelNotFound(client_order_id=order_id, received_ms=self._clock.now_ms()))
        except ExchangeError as error:
            self._limited(error)
            self._emit(CancelFailed(client_order_id=order_id, reason=str(error), received_ms=self._clock.now_ms()))
        else:
            self._emit(CancelAcknowledged(client_order_id=order_id, received_ms=self._clock.now_ms()))

    async def _arm(self, action: ArmDeadManSwitch) -> None:
        asked_ms = self._clock.now_ms()
        try:
            await self._exchange.arm_dead_man_switch(action.countdown_s)
        except Unauthorised as error:
            self._key_refused(error)
        except ExchangeError as error:
            self._emit(DeadManSwitchFailed(reason=str(error), received_ms=self._clock.now_ms()))
        else:
            now_ms = self._clock.now_ms()
            self._emit(DeadManSwitchArmed(countdown_s=action.countdown_s, asked_ms=asked_ms, received_ms=now_ms))

    async def disarm(self) -> None:
        """Take back the dead-man's switch; the answer arrives as an event like any other.

        A key that is refused here is not told once more: whoever stops knows, and nothing depends on this answer.
        """
        try:
            await self._exchange.arm_dead_man_switch(0)
        except ExchangeError as error:
            self._emit(DeadManSwitchFailed(reason=str(error), received_ms=self._clock.now_ms()))
        else:
            now_ms = self._clock.now_ms()
            self._emit(DeadManSwitchArmed(countdown_s=0, asked_ms=now_ms, received_ms=now_ms))

    async def _read_fills(self) -> tuple[Fill, ...]:
        """Read executions, newest first, back to one that is known; one page where none is known yet."""
        fills = await self._exchange.fills(limit=FILLS_PAGE)
        page = fills
        for _ in range(MOST_PAGES):
            if len(page) < FILLS_PAGE or not self._any_known or any(self._is_known(fill.trade_id) for fill in page):
                break
            page = await self._exchange.fills(limit=FILLS_PAGE, before_id=page[-1].trade_id)
            fills += page
        return fills

    @property
    def _any_known(self) -> bool:
        return self.account is not None and self.account.knows_any

    def _is_known(self, trade_id: int) -> bool:
        return self.account is not None and self.account.knows(trade_id)

    async def _look_up(self, order_id: str) -> None:
        asked_ms = self._clock.now_ms()
        try:
            fills = await self._read_fills()
            report = await self._exchange.order_by_client_id(order_id)
        except ExchangeError as error:
            self._log("WARNING", "look_up_failed", None, order=order_id, reason=str(error))
            return
        now_ms = self._clock.now_ms()
        self._emit(FillsReported(fills=fills, source="rest", received_ms=now_ms))
        self._emit(OrderLookedUp(client_order_id=order_id, report=report, asked_ms=asked_ms, received_ms=now_ms))

    async def refresh_account(self) -> None:
        """Read fills, open orders, positions and balance, in this order: a fill is then known before the position it made."""
        asked_ms = self._clock.now_ms()
        try:
            fills = await self._read_fills()
            orders = await self._exchange.open_orders()
            positions_asked_ms = self._clock.now_ms()
            positions = await self._exchange.positions()
            balance = await self._exchange.balance()
        except Unauthorised as error:
            self._key_refused(error)
            return
        except ExchangeError as error:
            self._emit(AccountReadFailed(reason=str(error), received_ms=self._clock.now_ms()))
            return
        now_ms = self._clock.now_ms()
        self._emit(FillsReported(fills=fills, source="rest", received_ms=now_ms))
        self._emit(OrdersReported(orders=orders, is_snapshot=True, source="rest", asked_ms=asked_ms, received_ms=now_ms))
        self._emit(
            PositionsReported(
                positions=positions, is_snapshot=True, source="rest", asked_ms=positions_asked_ms, received_ms=now_ms
            )
        )
        if balance is not None:
            self._emit(balance)
        self._emit(AccountRead(asked_ms=asked_ms, received_ms=now_ms))


def _attempt(order: Order | StopOrder) -> dict[str, object]:
    if isinstance(order, StopOrder):
        return {"order": order.client_order_id, "side": order.side, "trigger": order.trigger, "replaces": order.replaces}
    return {
        "order": order.client_order_id,
        "side": order.side,
        "lots": order.size,
        "ticks": order.price,
        "post_only": order.post_only,
        "replaces": order.replaces,
    }


# --- the documents' functions ---------------------------------------------------------------------------------------------


def generate_order_hash(
    *,
    side: str,
    size: str | Decimal,
    price: str | Decimal,
    fee_rate: str | Decimal,
    nonce: int,
    expiry_ms: int,
    vault: int,
    public_key: str | int,
    synthetic_id: str | int,
    synthetic_resolution: int,
    collateral_id: str | int,
    collateral_resolution: int,
    domain: Mapping[str, object],
    builder_fee_rate: str | Decimal | int = 0,
) -> int:
    """Return the hash that the exchange checks: Poseidon in the arrangement of SNIP-12 revision 1; pure.

    Ids as hexadecimal text or numbers; `domain` with name, version, chainId and revision; `expiry_ms` is the order's own end, 14
    days are added to it as the exchange demands.

    Raises: InvalidInput for a value out of range.
    """
    return signing.generate_order_hash(
        side=side,
        size=size,
        price=price,
        fee_rate=fee_rate,
        nonce=nonce,
        expiry_ms=expiry_ms,
        vault=vault,
        public_key=public_key,
        synthetic_id=synthetic_id,
        synthetic_resolution=synthetic_resolution,
        collateral_id=collateral_id,
        collateral_resolution=collateral_resolution,
        domain=domain,
        builder_fee_rate=builder_fee_rate,
    )


def sign_order(order_hash: int, private_key: int) -> tuple[int, int]:
    """Return the Stark signature (r, s) of an order hash; pure, and the same every time.

    Raises: InvalidInput for a hash or key out of range; its text never contains the key.
    """
    return signing.sign_order(order_hash, private_key)


async def create_order(
    *,
    market: str,
    side: str,
    price: str | Decimal | float,
    size: str | Decimal | float,
    timeInForce: str,
    reduceOnly: bool = False,
) -> dict[str, Any]:
    """Make an order through the running bot, in this process or another, and return what became of it.

    A POST_ONLY price off the tick is rounded away from the touch; the answer carries the price used.

    Raises: InvalidInput, RiskRefused, NoRunningBot.
    """
    shy = timeInForce == "POST_ONLY"
    if (bot := running_here()) is not None:
        return await bot.create_order(
            market=market, side=side, price=price, size=size, time_in_force=timeInForce, reduce_only=reduceOnly, shy=shy
        )
    remote = await asyncio.to_thread(find_running)
    rounded = await asyncio.to_thread(_shy_price, remote, market, side, parse_decimal("price", price)) if shy else str(price)
    body = {
        "market": market,
        "side": side,
        "price": rounded,
        "size": str(size),
        "timeInForce": timeInForce,
        "reduceOnly": reduceOnly,
    }
    answer: dict[str, Any] = await asyncio.to_thread(remote.post, "/api/orders/create", body)
    return answer


async def get_open_orders(market: str | None = None) -> list[dict[str, Any]]:
    """Return every open order of the account with its owner: bot, hand or foreign.

    Raises: InvalidInput for an unknown market; NoRunningBot.
    """
    if (bot := running_here()) is not None:
        return bot.open_orders(market)
    remote = await asyncio.to_thread(find_running)
    answer: dict[str, Any] = await asyncio.to_thread(remote.get, "/api/orders", market=market)
    return list(answer["orders"])


async def cancel_order(id: str) -> dict[str, Any]:  # noqa: A002 - the documents' own parameter name
    """Cancel an order by the exchange's id or ours.

    Raises: NotFound, NoRunningBot.
    """
    if (bot := running_here()) is not None:
        return await bot.cancel_order(str(id))
    remote = await asyncio.to_thread(find_running)
    answer: dict[str, Any] = await asyncio.to_thread(remote.cancel, str(id))
    return answer


def _shy_price(remote: RemoteBot, market: str, side: str, price: Decimal) -> str:
    """Round to the market's tick, away from the touch, with the rules that the running bot knows."""
    name = market_name(market)
    rules = {each["name"]: each for each in remote.get("/api/markets")["markets"]}.get(name)
    if rules is None:
        raise InvalidInput("market", market, "a market of the exchange")
    tick = Decimal(rules["tick_size"])
    steps = floor_steps(price, tick) if side == Side.BUY else ceil_steps(price, tick)
    return plain(tick * steps)
