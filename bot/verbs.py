"""What a person can ask of the bot: start, stop, pause, flatten, configure. Each works while another part hangs."""

import asyncio
import contextlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from bot.bot_logger import BotLogger
from bot.config import BotConfig, changed_config
from bot.config_schema import changes_between, needs_stop
from bot.core.engine import Engine
from bot.core.errors import (
    AlreadyRunning,
    ConfigurationError,
    ExchangeError,
    InvalidInput,
    KillUnderWay,
    MakerError,
    NotWhileRunning,
    PriceUnavailable,
    RiskRefused,
)
from bot.core.events import Event, QuotingHalted, QuotingPaused, QuotingStarted, QuotingStopped
from bot.core.market_view import MarketView
from bot.core.mode import BotState
from bot.core.notes import Reason
from bot.core.numbers import plain
from bot.core.order_ids import owner_of
from bot.core.orders import OrderReport, Owner, Side, Status
from bot.core.position_stop import is_position_stop
from bot.core.risk.flatten import exit_size
from bot.hand_orders import HandOrders
from bot.order_manager import OrderManager
from bot.ports import Clock, Exchange
from bot.state_folder import StateFolder

LOOK_S: Final = 0.025
STOP_TIMEOUT_S: Final = 5.0
VERIFY_TIMEOUT_S: Final = 4.0
VERIFY_PAUSE_S: Final = 0.25
FLATTEN_CAPS: Final = tuple(Decimal(each) for each in ("0.001", "0.002", "0.005", "0.01", "0.02"))
"""How far from mark each try of a flatten may go, as a fraction; inside the exchange's own band."""
MOST_EXITS: Final = 200
"""A position that needs more orders than this is closed by another flatten."""
SETTLE_S: Final = 1.5
PANIC_TIMEOUT_S: Final = 5.0
KILL_TIMEOUT_S: Final = 8.0
KILL_TAKES_S: Final = 10
"""What a kill takes at most: its cancelling, and what it waits for before and after."""
MARK_TIMEOUT_S: Final = 1.0
"""How long a kill that is done waits for its HALT marker; a disk that hangs keeps nobody from cancelling."""
EMPTY_LISTS: Final = 2
"""How often the exchange has to list nothing before we believe it: its reads lag its book."""


class Verbs:
    """Commands of people, carried out one kind at a time; a stop never waits for a flatten, it ends it."""

    def __init__(
        self,
        engine: Engine,
        orders: OrderManager,
        hand: HandOrders,
        exchange: Exchange,
        *,
        emit: Callable[[Event], None],
        clock: Clock,
        logger: BotLogger,
        home: StateFolder,
    ) -> None:
        self._engine = engine
        self._orders = orders
        self._hand = hand
        self._exchange = exchange
        self._emit = emit
        self._clock = clock
        self._logger = logger
        self._home = home
        self._stopping = asyncio.Lock()
        self._flattening: asyncio.Task[dict[str, Any]] | None = None
        self._marking: asyncio.Task[str] | None = None
        """Leaves the HALT marker of the last kill; its result says why there is none, "" when it stands."""
        self._kills = 0
        """How many kills are under way."""
        self._marker = asyncio.Lock()
        """The HALT marker of a kill is left and taken away one after the other, in the order in which people asked."""

    async def start(self, config: BotConfig) -> dict[str, Any]:
        """Start quoting, also from PAUSED and HALTED: a person has looked.

        It takes away the HALT marker that a kill left, and no other one.

        Raises: AlreadyRunning; KillUnderWay, and then the bot stays halted; RiskRefused while a HALT marker stands in the state
        folder, or another bot quotes here; ConfigurationError when the marker of a kill cannot be removed.
        """
        if self._engine.mode.is_quoting:
            raise AlreadyRunning("the bot is already running; stop it first to start it anew")
        self._require_no_kill()
        if self._marking is not None:
            await asyncio.wait((self._marking,), timeout=MARK_TIMEOUT_S)
            if not self._marking.done():
                raise RiskRefused("halt_marker", "the HALT marker of a kill is still being written; start again in a moment")
        if self._home.is_halted and not self._home.is_killed:
            raise RiskRefused("halt_marker", self._home.marker_text)
        for report in self._engine.orders.foreign.values():
            if (second := self._engine.mode.met(report)) is not None:
                raise RiskRefused(second.code, second.text)
        async with self._marker:
            self._require_no_kill()
            await asyncio.to_thread(self._home.forgive_kill)
        self._require_no_kill()  # one that began meanwhile leaves its marker anew
        self._emit(QuotingStarted(received_ms=self._clock.now_ms(), by_person=True))
        await self._until(lambda: self._engine.mode.is_quoting, 2.0)
        return {"status": "started", "config": config.model_dump(mode="json")}

    def _require_no_kill(self) -> None:
        if self._kills:
            text = f"a kill is still cancelling every order of the account; wait until it has ended, at most {KILL_TAKES_S} s"
            raise KillUnderWay(f"{text}, look at what it found, then start again")

    async def stop(self, reason: str) -> dict[str, Any]:
        """Stop quoting, cancel the bot's orders, and verify on the exchange that none is left; names what is.

        A position stop stays while there is a position, and the reason of the state says so.
        """
        if self._flattening is not None:
            self._flattening.cancel()
        async with self._stopping:
            self._emit(QuotingStopped(reason=reason, received_ms=self._clock.now_ms()))
            await self._until(lambda: self._engine.state is BotState.STOPPED, 2.0)
            gone = await self._until(lambda: not self._engine.bot_orders() and self._orders.is_idle, STOP_TIMEOUT_S)
            remaining = await self._remaining() if gone else self._possibly_live()
            if not remaining and not self._is_another_bot_here():
                await self._orders.disarm()
            stops = len(self._engine.position_stops())
            self._logger.log(
                "INFO", "bot_stopped", None, remaining=len(remaining), **({"position_stops": stops} if stops else {})
            )
            return {"status": "stopped" if not remaining else "stopping", "remaining": remaining}

    async def pause(self, reason: str) -> dict[str, Any]:
        """Pull the quotes and open nothing new; a start resumes."""
        if self._engine.state is BotState.STOPPED:
            raise NotWhileRunning("the bot is stopped; there is nothing to pause")
        self._emit(QuotingPaused(reason=reason, received_ms=self._clock.now_ms()))
        gone = await self._until(
            lambda: self._engine.state is BotState.PAUSED and not self._engine.bot_orders() and self._orders.is_idle,
            STOP_TIMEOUT_S,
        )
        return {"status": "paused" if gone else "pausing", "remaining": self._possibly_live()}

    async def pause_market(self, market: str, reason: str) -> dict[str, Any]:
        """Pull the quotes of one market and keep it out until it is resumed; the others go on.

        Raises: InvalidInput for a market that is not quoted.
        """
        self._require_quoted(market)
        self._emit(QuotingPaused(reason=reason, received_ms=self._clock.now_ms(), market=market))
        gone = await self._until(
            lambda: market in self._engine.paused_markets and not self._engine.orders.of(market, Owner.BOT), STOP_TIMEOUT_S
        )
        left = [order.client_order_id for order in self._engine.orders.of(market, Owner.BOT)]
        return {"status": "paused" if gone else "pausing", "market": market, "remaining": left}

    async def resume_market(self, market: str) -> dict[str, Any]:
        """Quote a market again that was taken out; it quotes once the whole bot does.

        Raises: InvalidInput for a market that is not quoted; AlreadyRunning when it was not taken out.
        """
        self._require_quoted(market)
        if market not in self._engine.paused_markets:
            raise AlreadyRunning(f"{market} is not paused")
        self._emit(QuotingStarted(received_ms=self._clock.now_ms(), market=market))
        await self._until(lambda: market not in self._engine.paused_markets, 2.0)
        return {"status": "resumed", "market": market, "remaining": []}

    def _require_quoted(self, market: str) -> None:
        if market not in self._engine.settings:
            raise InvalidInput("market", market, f"a market that is quoted: {', '.join(self._engine.settings)}")

    async def flatten(self, market: str) -> dict[str, Any]:
        """Pause, then close the market's position with reduce-only orders whose price cap widens step by step; never flips.

        A position above the largest order allowed is closed in several orders; the cap widens when one is not filled whole.

        Raises: NotWhileRunning while another flatten works; PriceUnavailable without a fresh mark price.
        """
        if self._flattening is not None and not self._flattening.done():
            raise NotWhileRunning("a flatten is under way; wait for it, or stop the bot")
        view = self._engine.view_of(market)
        self._flattening = asyncio.create_task(self._flatten(view))
        try:
            return await asyncio.shield(self._flattening)
        except asyncio.CancelledError:
            if self._flattening.cancelled():
                return self._flat_answer(view, "ended by a stop", [])
            raise

    async def _flatten(self, view: MarketView) -> dict[str, Any]:
        self._emit(QuotingPaused(reason="flattening", received_ms=self._clock.now_ms()))
        await self._until(lambda: not self._engine.bot_orders() and self._orders.is_idle, STOP_TIMEOUT_S)
        tried: list[dict[str, Any]] = []
        caps = iter(FLATTEN_CAPS)
        cap = next(caps, None)
        while cap is not None and len(tried) < MOST_EXITS:
            position = self._engine.account.position(view.rules.name)
            if abs(position) < view.rules.min_size:
                break
            side = Side.SELL if position > 0 else Side.BUY
            try:
                tried.append(await self._close(view, side, abs(position), cap))
            except MakerError as refusal:
                tried.append({"status": "REFUSED", "reason": str(refusal)})
            filled = Decimal(tried[-1].get("filled", "0"))
            await self._until(self._has_moved(view.rules.name, position, filled), SETTLE_S)
            if tried[-1]["status"] != Status.FILLED.value:
                cap = next(caps, None)
        position = self._engine.account.position(view.rules.name)
        return self._flat_answer(view, "flat" if abs(position) < view.rules.min_size else "not flat", tried)

    def _has_moved(self, market: str, before: Decimal, filled: Decimal) -> Callable[[], bool]:
        """Return a look for whether the account knows all that an order filled; for a late fill, where none was told."""
        if filled:
            return lambda: abs(self._engine.account.position(market)) <= abs(before) - filled
        return lambda: self._engine.account.position(market) != before

    async def _close(self, view: MarketView, side: Side, size: Decimal, cap: Decimal) -> dict[str, Any]:
        mark = view.mark
        if mark is None or mark.age_ms(self._clock.now_ms()) > 5_000:
            raise PriceUnavailable(view.rules.name, "flatten needs a fresh mark price for its cap")
        limit = mark.value * (1 + side.sign * cap)
        ticks = view.rules.bid_ticks(limit) if side is Side.BUY else view.rules.ask_ticks(limit)
        price = view.rules.price(ticks)
        largest = self._engine.risk.manager.largest_order(view.rules.name, price)
        return await self._hand.create(
            market=view.rules.name,
            side=side.value,
            price=price,
            size=view.rules.size(exit_size(view.rules, size, largest)),
            time_in_force="IOC",
            reduce_only=True,
        )

    def _flat_answer(self, view: MarketView, status: str, tried: list[dict[str, Any]]) -> dict[str, Any]:
        position = plain(self._engine.account.position(view.rules.name))
        self._logger.log("WARNING", "flattened", view.rules.name, status=status, position=position, tries=len(tried))
        return {"status": status, "market": view.rules.name, "position": position, "orders": tried}

    def checked(self, present: BotConfig, changes: dict[str, object]) -> BotConfig:
        """Return the configuration that changes lead to, and apply nothing. Hot ones are taken at any time, others while stopped.

        Raises: ConfigErrors naming fields and ranges; NotWhileRunning; InvalidInput for a market the exchange does not have.
        """
        config = changed_config(present, changes)
        cold = needs_stop(changes_between(present, config))
        if cold and self._engine.state is not BotState.STOPPED:
            raise NotWhileRunning(f"{', '.join(cold)} can change only while the bot is stopped; stop it first")
        for each in config.markets():
            if self._engine.views and each.market not in self._engine.views:
                known = ", ".join(sorted(self._engine.views)[:10])
                raise InvalidInput("market", each.market, f"a market of the exchange: {known}")
        return config

    def configured(self, present: BotConfig, changes: dict[str, object]) -> BotConfig:
        """Apply changes and return the configuration in force. Raises what `checked` does; then nothing has changed."""
        config = self.checked(present, changes)
        self._engine.configure(
            [each.settings() for each in config.markets()],
            {each.market: each.models() for each in config.markets()},
            config.risk(),
        )
        shown = {name: str(value) for name, value in changes.items()}
        self._logger.log("INFO", "configuration_changed", config.market, changes=shown)
        return config

    def halt(self, code: str, reason: str) -> None:
        """Halt until a person has looked."""
        self._emit(QuotingHalted(code=code, reason=reason, received_ms=self._clock.now_ms()))

    async def panic(self, reason: str) -> None:
        """The main loop has died: let nothing more leave, and cancel the bot's orders until the exchange lists none.

        Ends within seconds, whatever happens; then the dead-man's switch, which nobody renews, and the expiry are left.
        """
        self._engine.halt(Reason(code="crashed", text=reason))
        ours, empty_lists = self._possibly_live(), 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PANIC_TIMEOUT_S):
                while empty_lists < EMPTY_LISTS:
                    try:
                        if ours and not empty_lists:
                            await self._exchange.mass_cancel(client_order_ids=ours)
                        left = [each for each in await self._exchange.open_orders() if self._is_a_quote_of_ours(each)]
                        empty_lists = 0 if left or not self._orders.is_idle else empty_lists + 1
                    except ExchangeError as error:
                        self._logger.log("WARNING", "panic_not_verified", None, reason=str(error))
                        empty_lists = 0
                    await asyncio.sleep(VERIFY_PAUSE_S)

    async def kill(self, reason: str) -> dict[str, Any]:
        """Halt until a person starts again, cancel every order of the account, by hand and strangers' too, and verify it.

        A HALT marker keeps a restarted program halted as well. The position stays as it is. Answers within 10 s: how many
        orders were found, the ids of what is left, and `unmarked`, why no marker could be left, "" when it stands.
        """
        self._kills += 1
        try:
            return await self._kill(reason)
        finally:
            self._kills -= 1

    async def _kill(self, reason: str) -> dict[str, Any]:
        if self._flattening is not None:
            self._flattening.cancel()
        foreign = self._engine.orders.foreign.values()
        found = {order.client_order_id for order in self._engine.orders}
        found |= {report.client_order_id or str(report.exchange_order_id) for report in foreign}
        self.halt("killed", reason)
        marking = self._marking = asyncio.create_task(self._mark())
        await self._until(lambda: self._engine.state is BotState.HALTED, 0.5)
        left, empty_lists = sorted(found), 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(KILL_TIMEOUT_S):
                while empty_lists < EMPTY_LISTS:
                    left = await self._cancelled_or_left(left, again=empty_lists == 0)
                    found |= set(left)
                    empty_lists = 0 if left else empty_lists + 1
                    await asyncio.sleep(VERIFY_PAUSE_S)
        is_over = empty_lists == EMPTY_LISTS
        await asyncio.wait((marking,), timeout=MARK_TIMEOUT_S)
        unmarked = marking.result() if marking.done() else "the disk does not answer"
        self._logger.log("ERROR", "killed", None, found=len(found), remaining=len(left), verified=is_over)
        return {"status": "killed" if is_over else "killing", "found": len(found), "remaining": left, "unmarked": unmarked}

    async def _mark(self) -> str:
        """Leave the HALT marker of a kill; returns why there is none, "" when it stands."""
        try:
            async with self._marker:
                await asyncio.to_thread(self._home.note_kill)
        except ConfigurationError as error:
            self._logger.log("ERROR", "kill_unmarked", None, reason=str(error))
            return str(error)
        return ""

    async def _cancelled_or_left(self, known: list[str], *, again: bool) -> list[str]:
        """Cancel everything and list what is open; what cannot be asked is still there."""
        try:
            if again:
                await self._exchange.mass_cancel(everything=True)
            reports = await self._exchange.open_orders()
        except ExchangeError as error:
            self._logger.log("WARNING", "kill_not_verified", None, reason=str(error))
            return known or ["unknown"]
        return sorted(each.client_order_id or str(each.exchange_order_id) for each in reports)

    def _possibly_live(self) -> list[str]:
        return [order.client_order_id for order in self._engine.bot_orders()]

    def _is_the_bots(self, client_order_id: str) -> bool:
        return owner_of(client_order_id) is Owner.BOT and self._engine.mode.is_ours(client_order_id)

    def _is_a_quote_of_ours(self, report: OrderReport) -> bool:
        """A position stop is no quote: it stays while there is a position."""
        return self._is_the_bots(report.client_order_id) and not is_position_stop(report)

    def _is_another_bot_here(self) -> bool:
        """Report whether the account's switch protects somebody else's quotes, too."""
        stops = {each.exchange_order_id for each in self._engine.position_stops()}
        foreign = self._engine.orders.foreign.items()
        return any(owner_of(each.client_order_id) is Owner.BOT for number, each in foreign if number not in stops)

    async def _remaining(self) -> list[str]:
        """Ask the exchange until it lists no order of the bot, because its reads lag its book; names what is still listed."""
        listed = self._possibly_live()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(VERIFY_TIMEOUT_S):
                while True:
                    try:
                        reports = await self._exchange.open_orders()
                    except ExchangeError as error:
                        self._logger.log("WARNING", "stop_not_verified", None, reason=str(error))
                    else:
                        listed = [each.client_order_id for each in reports if self._is_a_quote_of_ours(each)]
                        if not listed:
                            return []
                    await asyncio.sleep(VERIFY_PAUSE_S)
        return listed

    async def _until(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Wait until something holds; False when it does not within the time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not holds():  # noqa: ASYNC110 - the loop's own rhythm changes the state; it rings no bell for each fact
                    await asyncio.sleep(LOOK_S)
        return holds()
