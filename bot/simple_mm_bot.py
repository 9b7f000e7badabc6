"""The market-making bot: assembles the parts and runs them.

`bot_main_loop` is the picture the house follows: take a batch of events, fold, decide once, execute, tell the observers.
"""

import asyncio
import os
import random
from collections.abc import Awaitable, Callable, Iterable
from decimal import Decimal
from typing import Any, Final, overload

from bot.bot_logger import BotLogger
from bot.clock import SystemClock
from bot.config import BotConfig, changed_config
from bot.core.actions import AnyAction
from bot.core.engine import Engine
from bot.core.errors import ConfigurationError, ExchangeError, MakerError, PriceUnavailable, Unauthorised
from bot.core.events import Event, MarketRulesLoaded, QuotingStarted, VenueRefusedKey
from bot.core.market import Market, market_name
from bot.core.mode import BotState
from bot.core.notes import Note
from bot.core.numbers import parse_decimal, plain
from bot.core.order_ids import OrderIds
from bot.core.quoting.simple import symmetric_quotes
from bot.core.risk.caps import NO_CAPS, HardCaps
from bot.core.settings import AccountSettings
from bot.day_reader import DayReader
from bot.environment import EnvironmentName, load_environment
from bot.extended.endpoints import endpoints_for
from bot.extended.exchange import ExtendedExchange
from bot.hand_orders import HandOrders
from bot.history import History, configuration_note
from bot.inbox import Inbox
from bot.leverage import LeverageKeeper
from bot.limits_file import require_caps
from bot.observers.narrator import Narrator
from bot.observers.status import bot_status
from bot.observers.step_times import StepTimes
from bot.order_manager import OrderManager
from bot.polling import AccountPoller, AskFunding, AskMoney, AskRebate, FundingReader, MoneyReader, read_rebates
from bot.ports import Clock, Exchange
from bot.remote import find_running
from bot.risk_keeper import RiskKeeper
from bot.running import running_here, set_running
from bot.state_folder import ID_BLOCK, StateFolder
from bot.supervision import LagWatch, keep_running, sentence_of
from bot.verbs import Verbs

TICK_S: Final = 0.05
"""The loop decides at least this often, so that waits end on time even when nothing arrives."""
RULES_PAUSE_S: Final = 300.0
DAY_STATS_PAUSE_S: Final = 60.0
MOST_CRASHES: Final = 5
UNREACHABLE_PAUSE_S: Final = 2.0
LOOK_AGAIN_S: Final = 0.2
MAX_MARK_AGE_MS: Final = 5_000
LOW_IDS: Final = ID_BLOCK // 2

ACTIVE_BOT_ORDERS: dict[str, dict[str, Any]] = {}
"""The bot's orders that may be live: {"order id": {"side": "BUY", "price": 86112.0, "size": "0.01"}}. Read it, never write it."""

Watcher = Callable[[Engine, list[Event], list[AnyAction]], None]


async def bot_main_loop(
    inbox: Inbox, engine: Engine, order_manager: OrderManager, clock: Clock, observers: Iterable[Watcher]
) -> None:
    """Run until cancelled: fold what happened, decide once, send, tell whoever watches."""
    async for events in inbox.batches(TICK_S):
        for event in events:
            engine.apply(event)
        actions = engine.decide(clock.now_ms())
        order_manager.execute(actions)
        for observe in observers:
            observe(engine, events, actions)


class MarketMaker:
    """One account on one exchange: the loop, its workers, and the four verbs a person has."""

    def __init__(
        self,
        exchange: Exchange,
        config: BotConfig,
        *,
        clock: Clock,
        home: StateFolder,
        logger: BotLogger,
        account_settings: AccountSettings | None = None,
        caps: HardCaps = NO_CAPS,
        keeper: RiskKeeper | None = None,
        wants_caps: bool = False,
    ) -> None:
        """`wants_caps`: real money, so that a market without hard caps is not quoted."""
        self._caps, self._wants_caps = caps, wants_caps
        self.config = config
        self.logger = logger
        self.clock = clock
        self.watchers: list[Watcher] = []
        self.requests_last_minute: Callable[[], int] = lambda: 0
        """How many requests left for the exchange within the last minute; set by whoever counts them."""
        self.steps = StepTimes()
        self._exchange = exchange
        self._home = home
        self._history: History | None = None
        self._started_ms = clock.now_ms()
        self.ids = OrderIds(self._started_ms)
        self.engine = Engine(
            [each.settings() for each in config.markets()],
            account_settings or AccountSettings(),
            self.ids,
            {each.market: each.models() for each in config.markets()},
            limits=config.risk(),
            caps=caps,
        )
        self.engine.risk.began_ms = self._started_ms
        self._keeper = keeper or RiskKeeper(home, clock, logger)
        self.inbox = Inbox(clock)
        self._leverage = LeverageKeeper(exchange, lambda: self.config, self.inbox.emit, clock)
        self._readers: dict[str, Callable[[], Awaitable[None]]] = {"leverage": self._leverage.run}
        self.orders = OrderManager(exchange, self.inbox.emit, clock, logger.log, home.forbids, objects=self.engine.objection_to)
        self.orders.account = self.engine.account
        self.hand = HandOrders(self.engine, self.orders, exchange, clock, self.ids)
        self.verbs = Verbs(
            self.engine, self.orders, self.hand, exchange, emit=self.inbox.emit, clock=clock, logger=logger, home=home
        )
        self.lag = LagWatch(self.inbox.emit, clock, logger.log, self._reconnect)
        self._narrator = Narrator(logger)
        self._streams_stale = asyncio.Event()
        self._known: frozenset[str] = frozenset()
        """Markets whose rules were read."""
        self._starts_by_itself = True
        """Until a person has decided anything, or has to look: if so configured, quote as soon as the exchange has been met."""
        self._contact = "connecting"
        self._contact_detail = ""

    @property
    def exchange_status(self) -> str:
        """connecting, connected, unreachable or refused."""
        if self._contact == "connected" and not self.engine.sync.is_synced:
            return "connecting"
        return self._contact

    @property
    def exchange_detail(self) -> str:
        """Why it is not connected, or whose account it is."""
        reason = self.engine.sync.blocks()
        return reason.text if self._contact == "connected" and reason is not None else self._contact_detail

    # --- running ----------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Run until cancelled. The exchange may be unreachable at first: it is asked again until it answers."""
        self.ids.extend(*await asyncio.to_thread(self._home.reserve_ids))
        self.engine.mode.epochs = await asyncio.to_thread(self._home.note_epoch, self.ids.epoch)
        for each in self.config.markets():
            for warning in each.warnings():
                self.logger.log("WARNING", "configuration_warning", each.market, text=warning)
        if (red := await self._keeper.restore(self.engine)) is not None:
            self._halt(red.code, f"found by an earlier run: {red.text}")
        set_running(self)
        try:
            await self._run()
        finally:
            set_running(None)

    async def _run(self) -> None:
        is_crash = False
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._loop(), name="loop")
                tasks.create_task(self._keep("id reservation", self._reserve_ids), name="ids")
                tasks.create_task(self._keep("order manager", self.orders.run), name="orders")
                tasks.create_task(self._keep("risk record", lambda: self._keeper.run(self.engine)), name="risk")
                self._look_back()
                while not await self._first_contact():
                    await self._started_by_a_person()  # the loop goes on meanwhile, so that the state can be seen
                tasks.create_task(self._keep("streams", self._follow), name="streams")
                tasks.create_task(self._keep("market rules", self._read_rules), name="rules")
                tasks.create_task(self._keep("day figures", self._read_day), name="day figures")
                tasks.create_task(self._keep("money of the day", self._read_day_money), name="day money")
                for name, read in self._readers.items():
                    tasks.create_task(self._keep(name, read), name=name)
                if self.config.enabled and self._starts_by_itself:
                    self.inbox.emit(QuotingStarted(received_ms=self.clock.now_ms()))
        except BaseExceptionGroup:
            is_crash = True  # this start stays counted among those that never ended as they should
            raise
        finally:
            await self._keeper.write(self.engine)
            if self._history is not None:
                await self._history.close()
            if not is_crash:
                await asyncio.to_thread(self._home.note_end)

    async def _loop(self) -> None:
        """Run the main loop; when it dies of a bug of ours, cancel everything of the bot before it ends."""
        try:
            watchers = [self._observe, *self.watchers]
            if self._history is not None:
                watchers.append(self._history.watch.watch)
            await bot_main_loop(self.inbox, self.engine, self.orders, self.clock, watchers)
        except Exception as error:
            self.logger.log("ERROR", "loop_crashed", None, reason=sentence_of(error))
            await self.verbs.panic(f"the main loop crashed: {sentence_of(error)}")
            raise

    async def _keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        await keep_running(name, work, emit=self._worker_died, clock=self.clock)

    def _worker_died(self, event: Event) -> None:
        """Tell the engine, which then believes nothing that it knew, and hear everything anew."""
        self.inbox.emit(event)
        self._reconnect()

    def _look_back(self) -> None:
        """Halt when a person left a HALT marker, or when the program has crashed again and again."""
        if self._home.is_halted:
            self._halt("halt_marker", self._home.marker_text)
        crashes = self._home.note_start(self.clock.now_ms())
        if crashes >= MOST_CRASHES:
            text = f"the program ended unexpectedly {crashes} times within ten minutes; look at the log, then start"
            self._halt("crash_loop", text)

    def _halt(self, code: str, reason: str) -> None:
        self._starts_by_itself = False
        self.verbs.halt(code, reason)

    async def _first_contact(self) -> bool:
        """Load market rules and check who we are, as long as it takes. False: the key or vault is refused, a person must act."""
        while True:
            try:
                markets = await self._exchange.load_markets()
                identity = await self._exchange.identity()
                await self._exchange.fees(tuple(self.engine.settings))
                await self._leverage.set()
            except (Unauthorised, ConfigurationError) as error:
                self._refuse_key(error)
                return False
            except ExchangeError as error:
                self._contact, self._contact_detail = "unreachable", str(error)
                self.logger.log("WARNING", "exchange_unreachable", None, reason=str(error))
                await self.clock.sleep(UNREACHABLE_PAUSE_S)
            else:
                if not self._take_rules(markets) or not await self._remember(identity.account_id):
                    return False
                self._contact, self._contact_detail = "connected", f"account {identity.account_id}"
                return True

    async def _started_by_a_person(self) -> None:
        """Wait until the bot, refused at its first contact, has halted and a person has started it all the same."""
        while self.engine.state is not BotState.HALTED:
            await self.clock.sleep(LOOK_AGAIN_S)
        while self.engine.state is BotState.HALTED:
            await self.clock.sleep(LOOK_AGAIN_S)

    def remember_with(self, history: History) -> None:
        """Keep a journal of this run; before it runs."""
        self._history = history

    def read_funding_with(self, ask: AskFunding) -> None:
        """Ask now and then what was paid as funding; before it runs."""
        reader = FundingReader(ask, self.inbox.emit, self.clock, run_from_ms=self._started_ms)
        self._readers["funding"] = reader.run

    def read_money_with(self, ask: AskMoney) -> None:
        """Ask now and then what was paid in or out; before it runs."""
        reader = MoneyReader(ask, self.inbox.emit, self.clock, run_from_ms=self._started_ms)
        self._readers["money moves"] = reader.run

    def read_rebates_with(self, ask: AskRebate) -> None:
        """Ask now and then where our maker rebate stands; before it runs."""
        self._readers["rebates"] = lambda: read_rebates(ask, self.inbox.emit, self.clock)

    async def _remember(self, account_id: int) -> bool:
        """Begin the journal; False when what earlier runs left cannot be read: a person must act."""
        if self._history is None:
            return True
        try:
            await self._history.begin(
                account_id, self.config, self.engine, started_ms=self._started_ms, now_ms=self.clock.now_ms()
            )
        except ConfigurationError as error:
            self._contact_detail = str(error)
            self._halt("journal", str(error))
            return False
        return True

    def _refuse_key(self, error: Unauthorised | ConfigurationError) -> None:
        code = error.exchange_code if isinstance(error, Unauthorised) else 0
        self._starts_by_itself = False
        self._contact, self._contact_detail = "refused", str(error)
        self.inbox.emit(VenueRefusedKey(exchange_code=code, message=str(error), received_ms=self.clock.now_ms()))

    def _take_rules(self, markets: dict[str, Market]) -> bool:
        """Tell the engine the rules of all markets; False when one that is configured is not among them: a person must look."""
        for market in markets.values():
            self.inbox.emit(MarketRulesLoaded(market=market, received_ms=self.clock.now_ms()))
        self._known = frozenset(markets)
        missing = [name for name in self.engine.settings if name not in markets]
        if missing:
            known = ", ".join(sorted(markets)[:10])
            self._contact_detail = f"market {missing[0]} does not exist on the exchange; it has {known or 'none'}"
            self._halt("unknown_market", self._contact_detail)
        return not missing

    async def _reserve_ids(self) -> None:
        """Keep the next block of ids reserved before the present one is used up; ends with the loop."""
        while True:
            if self.ids.left < LOW_IDS:
                try:
                    self.ids.extend(*await asyncio.to_thread(self._home.reserve_ids))
                except ConfigurationError as error:
                    self.logger.log("ERROR", "ids_not_reserved", None, reason=str(error))
            await self.clock.sleep(1)

    async def _read_rules(self) -> None:
        """Read market rules and fees again and again: ticks, steps and states change while we run. Ends with its task."""
        while True:
            await self.clock.sleep(RULES_PAUSE_S)
            try:
                markets = await self._exchange.load_markets()
                await self._exchange.fees(tuple(self.engine.settings))
            except ExchangeError as error:
                self.logger.log("WARNING", "rules_not_read", None, reason=str(error))
                continue
            for market in markets.values():
                held = self.engine.views.get(market.name)
                if held is None or held.rules != market:
                    self.inbox.emit(MarketRulesLoaded(market=market, received_ms=self.clock.now_ms()))

    async def _read_day(self) -> None:
        """Read the exchange's 24 h figures of the quoted markets, for people and never for quotes. Ends with its task."""
        while True:
            for market in [name for name in self.engine.settings if name in self._known]:
                try:
                    self.inbox.emit(await self._exchange.day_stats(market))
                except ExchangeError as error:
                    self.logger.log("DEBUG", "day_stats_not_read", market, reason=str(error))
            await self.clock.sleep(DAY_STATS_PAUSE_S)

    async def _read_day_money(self) -> None:
        """Read from the exchange what no journal says about today; ends with its task."""
        engine = self.engine
        reader = DayReader(self._exchange, engine.day, engine.account, lambda: engine.sync.is_synced, self.inbox.emit, self.clock)
        await reader.run()

    def _reconnect(self) -> None:
        """Have every stream connected anew: what they hold is old, or the markets have changed."""
        self._streams_stale.set()

    async def _follow(self) -> None:
        """Follow the feeds of the configured markets, anew whenever they are stale as a whole; ends with its task."""
        while True:
            self._streams_stale.clear()
            following = asyncio.create_task(self._feeds())
            waiting = asyncio.create_task(self._streams_stale.wait())
            try:
                done, _ = await asyncio.wait((following, waiting), return_when=asyncio.FIRST_COMPLETED)
                if following in done:
                    following.result()
            finally:
                for task in (following, waiting):
                    task.cancel()
                await asyncio.gather(following, waiting, return_exceptions=True)

    async def _feeds(self) -> None:
        markets = tuple(name for name in self.engine.settings if name in self._known)
        polled = self.config.account_feed == "polling"
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._exchange.stream(markets, self.inbox.emit, with_account=not polled))
            if polled:
                tasks.create_task(AccountPoller(self._exchange, self.inbox.emit, self.clock).run())

    def _observe(self, engine: Engine, events: list[Event], actions: list[AnyAction]) -> None:
        del events, actions
        self.lag.tick()
        if self._history is None:
            self._narrator.tell(engine)
        else:
            self._history.tell(engine, self.logger)
        ACTIVE_BOT_ORDERS.clear()
        for order in engine.bot_orders():
            view = engine.views.get(order.market)
            if view is not None:
                price, size = view.rules.price(order.price), view.rules.size(order.size)
                ACTIVE_BOT_ORDERS[order.client_order_id] = {"side": order.side.value, "price": float(price), "size": plain(size)}

    # --- the verbs --------------------------------------------------------------------------------------------------------

    async def start(self) -> dict[str, Any]:
        """Start quoting; see `Verbs.start`."""
        self._starts_by_itself = False
        return await self.verbs.start(self.config)

    async def stop(self, reason: str = "stopped by a person") -> dict[str, Any]:
        """Stop quoting and verify that no order of the bot is left; see `Verbs.stop`."""
        self._starts_by_itself = False
        return await self.verbs.stop(reason)

    async def pause(self, reason: str = "paused by a person") -> dict[str, Any]:
        """Pull the quotes until the next start; see `Verbs.pause`."""
        self._starts_by_itself = False
        return await self.verbs.pause(reason)

    async def pause_market(self, market: str, reason: str = "paused by a person") -> dict[str, Any]:
        """Take one market out while the others go on; see `Verbs.pause_market`."""
        return await self.verbs.pause_market(market_name(market), reason)

    async def resume_market(self, market: str) -> dict[str, Any]:
        """Quote a market again; see `Verbs.resume_market`."""
        return await self.verbs.resume_market(market_name(market))

    def tell(self, note: Note) -> None:
        """Write what did not come from the engine and must be remembered into log and journal."""
        self.logger.log(note.level, note.event, note.market, **note.fields)
        if self._history is not None:
            self._history.watch.tell([note])

    async def flatten(self, market: str | None = None) -> dict[str, Any]:
        """Close the position of a market, the configured one by default; see `Verbs.flatten`."""
        self._starts_by_itself = False
        return await self.verbs.flatten(market_name(market or self.config.market))

    async def kill(self, reason: str = "killed by a person") -> dict[str, Any]:
        """See `Verbs.kill`."""
        self._starts_by_itself = False
        return await self.verbs.kill(reason)

    def check(self, changes: dict[str, object]) -> BotConfig:
        """Return what `configure` would lead to, and change nothing; see `Verbs.checked`."""
        return self.verbs.checked(self.config, changes)

    def configure(self, changes: dict[str, object]) -> BotConfig:
        """Change settings; see `Verbs.configured`."""
        if self._wants_caps:
            require_caps(self._caps, [each.market for each in changed_config(self.config, changes).markets()], self._home.path)
        before, self.config = self.config, self.verbs.configured(self.config, changes)
        if before != self.config:
            self.tell(configuration_note(self.config))
        if _feeds_of(before) != _feeds_of(self.config):
            self._reconnect()
        return self.config

    async def create_order(
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
        """Make an order by hand; see `HandOrders.create`."""
        return await self.hand.create(
            market=market, side=side, price=price, size=size, time_in_force=time_in_force, reduce_only=reduce_only, shy=shy
        )

    async def check_order(
        self, *, market: str, side: str, price: object, size: object, time_in_force: str, reduce_only: bool = False
    ) -> dict[str, Any]:
        """Say what the gate would say; see `HandOrders.check`."""
        return await self.hand.check(
            market=market, side=side, price=price, size=size, time_in_force=time_in_force, reduce_only=reduce_only
        )

    async def cancel_order(self, order_id: str) -> dict[str, Any]:
        """Cancel an order by the exchange's id or ours."""
        return await self.hand.cancel(order_id)

    def open_orders(self, market: str | None = None) -> list[dict[str, Any]]:
        """Return every order that may be live, with its owner."""
        return self.hand.open(market)

    def mark_price(self, market: str) -> float:
        """Return the live mark price, as an opinion.

        Raises: PriceUnavailable when there is none that is fresh, or no such market.
        """
        view = self.engine.views.get(market_name(market))
        if view is None:
            known = ", ".join(sorted(self.engine.views)[:10]) or "no market yet: it has not been reached"
            raise PriceUnavailable(market, f"the exchange has {known}")
        settings = self.engine.settings.get(view.rules.name)
        allowed_ms = settings.max_mark_age_ms if settings else MAX_MARK_AGE_MS
        if view.mark is None:
            raise PriceUnavailable(market, "none has arrived yet")
        age_ms = view.mark.age_ms(self.clock.now_ms())
        if age_ms > allowed_ms:
            raise PriceUnavailable(market, f"the newest is {age_ms} ms old, allowed {allowed_ms}")
        return float(view.mark.value)

    def status(self) -> dict[str, Any]:
        """Return the documents' status."""
        status = bot_status(self.engine, self.config.market, self.config.model_dump(mode="json"))
        status["metrics"]["requests_last_minute"] = self.requests_last_minute()
        return status


def _feeds_of(config: BotConfig) -> tuple[set[str], str]:
    return {each.market for each in config.markets()}, config.account_feed


# --- the documents' functions ---------------------------------------------------------------------------------------------


@overload
def calculate_quotes(price: float, spread: float) -> tuple[float, float]: ...
@overload
def calculate_quotes(price: Decimal | str, spread: Decimal | str | float) -> tuple[Decimal, Decimal]: ...
def calculate_quotes(price: Decimal | float | str, spread: Decimal | float | str) -> tuple[Decimal | float, Decimal | float]:
    """Return (bid, ask) at `spread`, the fraction on each side, around `price`. Calculated exactly; a float in gives floats out.

    Rounding to the market's grid happens later, once, where quotes are laid.

    Raises: InvalidInput for a price that is not positive or a spread outside [0, 1).
    """
    bid, ask = symmetric_quotes(parse_decimal("price", price), parse_decimal("spread", spread))
    return (float(bid), float(ask)) if isinstance(price, float | int) else (bid, ask)


def get_current_price(market: str) -> float:
    """Return the live mark price of a market.

    Asks the bot of this process, else the running one, else the exchange by one public request. Blocks for a moment when it has
    to ask; inside a running loop use `get_market_price`.

    Raises: PriceUnavailable ("Could not find price for market ...") rather than return an old price.
    """
    if (bot := running_here()) is not None:
        return bot.mark_price(market)
    name = market_name(market)
    try:
        remote = find_running()
    except MakerError:
        return _public_price(market, name)
    try:
        rows = {each["name"]: each for each in remote.get("/api/markets")["markets"]}
    except MakerError as error:
        raise PriceUnavailable(market, str(error)) from None
    row = rows.get(name)
    if row is None:
        raise PriceUnavailable(market, f"the exchange has {', '.join(sorted(rows)[:10])}")
    if row["mark_price"] is None or row["mark_age_ms"] > MAX_MARK_AGE_MS:
        raise PriceUnavailable(market, f"the newest is {row['mark_age_ms']} ms old, allowed {MAX_MARK_AGE_MS}")
    return float(row["mark_price"])


async def get_market_price(market: str) -> float:
    """Return the live mark price of a market; the same as `get_current_price`, for a running loop.

    Raises: PriceUnavailable.
    """
    if (bot := running_here()) is not None:
        return bot.mark_price(market)
    return await asyncio.to_thread(get_current_price, market)


def _public_price(market: str, name: str) -> float:
    """Ask the exchange that the environment names, once and without a key."""
    environment = load_environment(os.environ)
    if environment.name is EnvironmentName.PAPER and environment.base_url is None:
        raise PriceUnavailable(market, "no bot is running; start one with `mmbot demo`")

    async def ask() -> float:
        endpoints = endpoints_for(environment.name, rest=environment.base_url or "")
        exchange = ExtendedExchange(endpoints, SystemClock(), randomness=random.Random(0))  # noqa: S311 - jitter only
        try:
            return float(await exchange.mark_price(name))
        finally:
            await exchange.close()

    try:
        return asyncio.run(ask())
    except (ExchangeError, ConfigurationError) as error:
        raise PriceUnavailable(market, str(error)) from None
