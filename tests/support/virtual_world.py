"""One bot, one exchange, one virtual clock: a world in which a test lets time pass and looks at both sides.

    with World(seed=1) as world:
        bot = world.bot()
        world.until(lambda: len(world.resting()) == 2, 10)
        world.exchange.meddle("create", lose_answer(), times=1)
        world.run_for(30)

Every world ends with the invariants checked; see `virtual_checks`.
"""

import asyncio
import gc
import io
import tempfile
import traceback
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Self, TypeVar
from unittest.mock import patch

import msgspec
from aiohttp import web_app

from bot.bot_logger import BotLogger
from bot.config import BotConfig
from bot.core.actions import AnyAction
from bot.core.engine import Engine
from bot.core.events import Event
from bot.core.mode import BotState
from bot.core.numbers import Lots
from bot.core.order_ids import epoch_of, owner_of
from bot.core.orders import Order, Owner
from bot.core.settings import AccountSettings
from bot.environment import EnvironmentName
from bot.extended.endpoints import Endpoints
from bot.extended.exchange import Credentials, ExtendedExchange
from bot.extended.signing import Signer
from bot.history import History
from bot.limits_config import BreakerConfig, MarketLimitsConfig
from bot.observers.journal import JournalLimits
from bot.observers.journal_keeper import JournalKeeper
from bot.secret import Secret
from bot.shadow import ShadowExchange
from bot.simple_mm_bot import MarketMaker
from bot.state_folder import StateFolder
from simulator.accounts import Account
from simulator.inprocess import HOST, PORT, InProcessExchange, Setting
from simulator.inprocess_loop import Program, VirtualLoop, context_of
from simulator.inprocess_net import MemoryNet
from simulator.inprocess_trouble import account_frame, changed
from simulator.intake import decode_order
from simulator.matching import Side as VenueSide
from simulator.orders import Kind
from simulator.orders import Order as VenueOrder
from simulator.verify import public_key_function
from tests.support.virtual_checks import Checks

T = TypeVar("T")
MARKET = "BTC-USD"
START_MS = 1_790_000_000_000
STIR_S = 2.0
COLLECT_EVERY_S = 120.0
CALM = BreakerConfig(
    move_bps=None,
    move_sigmas=None,
    sigma_ratio=None,
    spread_ratio=None,
    basis_bps=None,
    same_side_fills=None,
    rejects_per_minute=None,
    feed_stable_ms=100,
)
"""One fault is looked at alone, with markets that jump: no breaker steps in. Tests about breakers take those delivered."""
QUIET = BotConfig(enabled=True, price_move_threshold=0.0005, limits=MarketLimitsConfig(breakers=CALM, orders_per_minute=None))


class BotClock:
    """The bot's clock on virtual time; implements `bot.ports.Clock`. `offset_ms` is how wrong its wall time is."""

    def __init__(self, loop: VirtualLoop, start_ms: int, offset_ms: int = 0) -> None:
        self.offset_ms = offset_ms
        self._loop = loop
        self._start_ms = start_ms

    def now_ms(self) -> int:
        return self._start_ms + self._loop.elapsed_ms + self.offset_ms

    def monotonic_ms(self) -> int:
        return self._loop.elapsed_ms

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class VirtualBot:
    """One run of the bot's program: from its start to its end, however it ends."""

    def __init__(  # noqa: PLR0917  # only the world makes one
        self, world: "World", account: Account, config: BotConfig, home: Path, offset_ms: int, settings: AccountSettings
    ) -> None:
        self.world, self.account, self.config = world, account, config
        self.program = Program(f"bot {len(world.bots) + 1}")
        self.program.on_death.append(lambda: world.net.bury(self.program))
        self.clock = BotClock(world.loop, START_MS, offset_ms)
        self.text = io.StringIO()
        self.logger = BotLogger(self.clock.now_ms, level="INFO", stream=self.text)
        self.logger.hide((account.api_key,))
        self.home = StateFolder(home)
        base = f"http://{HOST}:{PORT}/api/v1"
        self.exchange = ExtendedExchange(
            Endpoints(environment=EnvironmentName.PAPER, rest=base, stream=f"ws://{HOST}:{PORT}/stream.extended.exchange/v1"),
            self.clock,
            credentials=Credentials(
                api_key=Secret(account.api_key), signer=Signer(Secret(hex(account.private_key))), vault=account.vault
            ),
            randomness=Random(f"{world.seed} jitter {len(world.bots)}"),
        )
        port = ShadowExchange(self.exchange, self.clock) if world.shadow else self.exchange
        self.maker = MarketMaker(port, config, clock=self.clock, home=self.home, logger=self.logger, account_settings=settings)
        self.maker.read_funding_with(self.exchange.funding)
        self.maker.read_money_with(self.exchange.money_moves)
        self._watch_what_leaves()
        self.keeper: JournalKeeper | None = None
        if world.with_journal:
            self._keep_a_journal()
        self.digest = sha256()
        self.maker.watchers.append(self._watch)
        self.task: asyncio.Task[None] | None = None

    def _keep_a_journal(self) -> None:
        """Keep a journal as the real program does; at a kill what it took in is on the disk, so that a run can be repeated."""
        limits = JournalLimits(group_ms=0, stall_records=10**9, stall_ms=10**12)  # its thread does not live on virtual time
        keeper = JournalKeeper(
            self.home.path / "journal", clock=self.clock, emit=self.maker.inbox.emit, log=self.logger.log, limits=limits
        )
        self.keeper = keeper
        self.maker.remember_with(History(keeper, environment="paper", venue="", version="0"))
        self.program.on_death.append(lambda: keeper.journal is not None and keeper.journal.flush(5.0))

    def _watch_what_leaves(self) -> None:
        rest = self.exchange._rest
        send = rest._send

        async def watched(method: str, address: Any, body: Any, **options: Any) -> tuple[int, bytes]:
            self.world.checks.before_sending(self, method, address.path, body)
            return await send(method, address, body, **options)

        rest._send = watched

    def _watch(self, engine: Engine, events: list[Event], actions: list[AnyAction]) -> None:
        for each in (*events, *actions):
            self.digest.update(msgspec.json.encode(each))
        self.world.checks.after_round(self, events, actions)
        del engine

    @property
    def engine(self) -> Engine:
        return self.maker.engine

    @property
    def state(self) -> BotState:
        return self.engine.state

    @property
    def position(self) -> Decimal:
        return self.engine.account.position(MARKET)

    def live(self) -> tuple[Order, ...]:
        """Return the bot's orders that it believes may be live."""
        return self.engine.bot_orders()

    def said(self, event: str) -> list[dict[str, Any]]:
        """Return the fields of every line of the log with this event, oldest first."""
        return [line.fields for line in reversed(self.logger.lines(limit=10_000)) if line.event == event]

    @property
    def why_not_quoting(self) -> str:
        """Return the code of the market's reason, "" while it quotes."""
        maker = self.engine.makers.get(MARKET)
        return "no maker" if maker is None else maker.reason.code if maker.reason else ""

    # --- what can happen to its process ---

    def kill(self) -> None:
        """End it as kill -9 does: not one more step."""
        self.program.kill()

    def freeze(self) -> None:
        self.program.freeze()

    def thaw(self) -> None:
        self.program.thaw(self.world.loop)


class World:
    """The loop, the wires, the exchange, and every bot that ran."""

    def __init__(
        self,
        seed: int = 1,
        *,
        market_flow: bool = False,
        setting: Setting | None = None,
        tick_s: float = 0.05,
        journal: bool = False,
        shadow: bool = False,
    ) -> None:
        """`tick_s` is how often a bot decides when nothing arrives; long quiet runs may take fewer looks."""
        self.seed = seed
        self._tick_s = tick_s
        self._collected_s = 0.0
        self.with_journal, self.shadow = journal, shadow
        self._stack = ExitStack()
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="mmbot-world-")))
        self.loop = VirtualLoop()
        self.net = MemoryNet(self.loop, Random(f"{seed} wires"))
        self.chance = Random(f"{seed} chance")
        given = setting or Setting()
        given.seed, given.start_ms, given.with_flow = seed, START_MS, market_flow or given.with_flow
        given.public_key_of = public_key_function()
        assert given.public_key_of is not None, "the signing library is missing: the bot cannot show who it is"
        self.exchange = InProcessExchange(self.loop, self.net, given)
        self.account, self.stranger = self.exchange.accounts[:2]
        self.bots: list[VirtualBot] = []
        self.checks = Checks(self)
        self.exchange.site.on_event.append(self.checks.after_event)
        self.exchange.on_asked.append(self.checks.after_request)
        self.quiet = None if given.with_flow else QuietMarket(self)
        self._trouble: list[str] = []
        self.told: list[str] = []
        """What was done to this world, for the message of a failed check."""
        self.loop.set_exception_handler(self._note_trouble)

    def __enter__(self) -> Self:
        self._stack.enter_context(patch("bot.supervision.machine_ms", lambda: self.loop.elapsed_ms))
        self._stack.enter_context(patch("aiohttp.connector.monotonic", self.loop.time))
        self._stack.enter_context(patch("bot.simple_mm_bot.TICK_S", self._tick_s))
        gc.collect()
        gc.disable()  # what it frees may close connections: it must happen at the same moment in every run
        self._stack.callback(gc.enable)
        asyncio.set_event_loop(self.loop)
        self._stack.callback(asyncio.set_event_loop, None)
        self.exchange.open()
        if self.quiet is not None:
            self.quiet.open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                self.checks.at_the_end()
                assert not self._trouble, "\n".join(self._trouble)
            elif error is not None:
                error.add_note(self.story())
        finally:
            self._bury_everything()

    def _bury_everything(self) -> None:
        try:
            self.exchange.stop_meddling()
            if self.quiet is not None:
                self.quiet.close()
            for bot in self.bots:
                self.net.cut_off(bot.program)
                bot.program.bury(self.loop)
            self.net.clean_up()
            self.loop.run_until_complete(asyncio.sleep(0.2))
            for bot in self.bots:
                self.loop.run_until_complete(asyncio.wait_for(bot.exchange.close(), 5))
            self.exchange.close()
            pending = asyncio.all_tasks(self.loop)
            for task in pending:
                task.cancel()
            self.loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        finally:
            self.loop.close()
            self._stack.close()
            web_app._cached_build_middleware.cache_clear()  # it would keep every exchange there ever was

    def _note_trouble(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error is not None and not isinstance(error, Exception):
            loop.stop()  # the time limit of the test: a callback must not swallow it
        if isinstance(error, TypeError) and "web_protocol.py" in "".join(traceback.format_exception(error)):
            return  # a request that arrived while the exchange closed its door: its server is gone already
        self._trouble.append(f"{context.get('message')}\n{''.join(traceback.format_exception(error)) if error else context}")

    # --- time ---

    @property
    def now_s(self) -> float:
        return self.loop.time()

    def run_for(self, seconds: float) -> None:
        """Let time pass."""
        self.loop.run_until_complete(asyncio.sleep(seconds))
        self._look_after_bots()

    def until(self, holds: Callable[[], object], limit_s: float, what: str = "") -> float:
        """Let time pass until something holds; returns how many seconds that took.

        Raises: AssertionError when it does not hold within `limit_s`.
        """
        began_s = self.now_s

        async def wait() -> bool:
            while not holds():
                if self.now_s - began_s > limit_s:
                    return False
                await asyncio.sleep(0.005)
            return True

        happened = self.loop.run_until_complete(wait())
        self._look_after_bots()
        assert happened, f"did not happen within {limit_s} s: {what or holds}"
        return self.now_s - began_s

    def do(self, work: Coroutine[Any, Any, T], bot: VirtualBot | None = None) -> T:
        """Run a coroutine to its end, as part of a bot's program if given."""
        context = context_of(bot.program if bot else None)
        return self.loop.run_until_complete(self.loop.create_task(work, context=context))

    def begin(self, work: Coroutine[Any, Any, T], bot: VirtualBot | None = None) -> "asyncio.Task[T]":
        """Start a coroutine and go on."""
        return self.loop.create_task(work, context=context_of(bot.program if bot else None))

    def end_trouble(self) -> None:
        """Make everything work again."""
        self.exchange.stop_meddling()
        self.net.names_fail = False
        for bot in self.bots:
            if not bot.program.is_dead:
                self.net.reconnect(bot.program)
                bot.thaw()
        self.net.reconnect(self.exchange.program)
        if not self.exchange.is_open:
            self.exchange.open()

    def _look_after_bots(self) -> None:
        if self.now_s - self._collected_s > COLLECT_EVERY_S:
            self._collected_s = self.now_s
            gc.collect()
        for bot in self.bots:
            if bot.task is not None and bot.task.done() and not bot.task.cancelled() and bot.task.exception() is not None:
                raise AssertionError(f"{bot.program.name} crashed\n{self.story()}") from bot.task.exception()

    def story(self, lines: int = 40) -> str:
        """Return the end of every bot's log, for the message of a failed test."""
        shown = [f"seed {self.seed}, {self.now_s:.3f} s", *self.told]
        for bot in self.bots:
            newest = list(reversed(bot.logger.lines(limit=lines)))
            shown += [f"{bot.program.name} {bot.state} {bot.why_not_quoting}"]
            shown += [f"  {(line.ts - START_MS) / 1000:9.3f} {line.level} {line.message}" for line in newest]
        return "\n".join(shown)

    # --- bots ---

    def bot(
        self,
        config: BotConfig = QUIET,
        *,
        home: str = "home",
        offset_ms: int = 0,
        account: Account | None = None,
        settings: AccountSettings | None = None,
        **changes: object,
    ) -> VirtualBot:
        """Start a bot's program; `changes` are fields of its configuration. A second one with the same `home` is a restart."""
        made = VirtualBot(
            self,
            account or self.account,
            config.model_copy(update=changes),
            self.folder / home,
            offset_ms,
            settings or AccountSettings(),
        )
        self.bots.append(made)
        made.task = self.begin(made.maker.run(), made)
        return made

    def quoting_bot(self, config: BotConfig = QUIET, **changes: Any) -> VirtualBot:
        """Start a bot and wait until both its quotes rest."""
        bot = self.bot(config, **changes)

        def quotes() -> bool:
            ours = [order for order in self.resting() if epoch_of(order.external_id) == bot.maker.ids.epoch]
            return len(ours) == 2 == len(self.live()) and not bot.why_not_quoting

        self.until(quotes, 15, "two quotes rest")
        return bot

    # --- the exchange's truth ---

    def live(self, owner: Owner = Owner.BOT) -> list[VenueOrder]:
        """Return the account's orders that are open or undecided at the exchange, of one owner; its position stops apart."""
        every = [order for order in self.exchange.live_orders(self.account) if owner_of(order.external_id) is owner]
        return [order for order in every if order.kind is not Kind.TPSL]

    def stops(self) -> list[VenueOrder]:
        """Return the bot's position stops that wait at the exchange."""
        every = self.exchange.live_orders(self.account)
        return [each for each in every if each.kind is Kind.TPSL and owner_of(each.external_id) is Owner.BOT]

    def orders(self, owner: Owner = Owner.BOT) -> list[VenueOrder]:
        """Return every order of one owner that the account ever had, oldest first."""
        every = self.exchange.venue.store.by_id.values()
        found = [each for each in every if each.account_id == self.account.account_id and owner_of(each.external_id) is owner]
        return sorted(found, key=lambda order: order.order_id)

    def resting(self, side: str | None = None) -> list[VenueOrder]:
        """Return the bot's orders on the exchange's book."""
        return [order for order in self.live() if order.is_open and side in (None, order.side.value)]

    def true_position(self, account: Account | None = None) -> Decimal:
        spec = self.exchange.venue.markets[MARKET].spec
        return spec.lot_size * self.exchange.position_lots(account or self.account)

    def requests(self, *kinds: str, since_s: float = 0.0) -> list[Any]:
        """Return what reached the exchange, of some kinds, since a moment of virtual time."""
        from_ms = START_MS + round(since_s * 1000)
        return [each for each in self.exchange.asked if each.kind in kinds and each.ms >= from_ms]

    @property
    def clock_ms(self) -> int:
        """Return the exchange's time."""
        return self.exchange.clock.now_ms()

    def foreign_order(self, side: str, price: int, *, lots: int = 1_000, external_id: str = "by-hand-1") -> None:
        """Let somebody with the account's key place an order elsewhere."""
        body = {
            "id": external_id,
            "market": MARKET,
            "type": "LIMIT",
            "side": side,
            "qty": str(self.exchange.venue.markets[MARKET].spec.size(Lots(lots))),
            "price": str(price),
            "timeInForce": "GTT",
            "expiryEpochMillis": self.clock_ms + 3_600_000,
            "fee": "0.00025",
            "nonce": "1",
            "postOnly": False,
            "reduceOnly": False,
            "selfTradeProtectionLevel": "ACCOUNT",
            "settlement": {
                "signature": {"r": "0x1", "s": "0x1"},
                "starkKey": hex(self.account.public_key),
                "collateralPosition": str(self.account.vault),
            },
        }
        self.exchange.venue.submit(self.account.account_id, decode_order(msgspec.json.encode(body)))
        self.kick()

    def hit(self, side: str, lots: int | None = None) -> int:
        """Let a stranger take the bot's order on a side, wholly or `lots` of it; returns the lots traded."""
        order = self.resting(side)[0]
        taker = VenueSide.SELL if side == "BUY" else VenueSide.BUY
        wanted = Lots(lots if lots is not None else order.left)
        self.clear_the_way(order)
        self.kick()
        return int(self.exchange.venue.house_take(MARKET, taker, order.price, wanted))

    def move_money(self, amount: str) -> None:
        """Let the account's owner pay in, or withdraw with a negative amount."""
        venue, kind = self.exchange.venue, "SLOW_WITHDRAWAL" if amount.startswith("-") else "DEPOSIT"
        venue.faucet.move(self.account.account_id, kind, Decimal(amount), venue.now_ms)
        venue.clearing.tell_balance(self.account.account_id, venue.now_ms)
        self.kick()

    def liquidate(self) -> None:
        """Let the exchange close the account's position, and say so on its trade."""
        if self.quiet is not None:
            self.quiet.move_to(self.quiet.price)
        lots = self.exchange.position_lots(self.account)
        spec = self.exchange.venue.markets[MARKET].spec
        self.exchange.meddle_with_streams(account_frame("TRADE", externalOrderId="liquidation"), changed(tradeType="LIQUIDATION"))
        price = int(self.quiet.price) - 9 if self.quiet is not None and lots > 0 else int(spec.start_price) + 9
        self.foreign_order("SELL" if lots > 0 else "BUY", price, lots=abs(lots), external_id="liquidation")

    def kick(self) -> None:
        """Let the exchange notice what was done to it from outside."""
        self.loop.call_soon(self.exchange.site.kick, context=context_of(self.exchange.program))

    def clear_the_way(self, order: VenueOrder) -> None:
        """Remove the strangers' orders that stand before one of ours."""
        if self.quiet is not None:
            self.quiet.clear(order)


class QuietMarket:
    """A market that stands still: a two-sided book of strangers around a price, stirred so that it counts as alive."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._venue = world.exchange.venue
        self._resting: dict[VenueSide, list[tuple[int, int]]] = {side: [] for side in VenueSide}
        self._stirring: asyncio.Task[None] | None = None
        self._stirrer: int | None = None
        self.price = Decimal("86198.85")
        self.is_stirred = True
        self.comes_back = False
        """True: strangers return to a side that was emptied."""

    def open(self) -> None:
        self.move_to(self.price)
        self._stirring = self._world.begin(self._stir())

    def close(self) -> None:
        if self._stirring is not None:
            self._stirring.cancel()

    def move_to(self, price: Decimal | str | float) -> None:
        """Put mark, index and the book around a price; strangers who stand in the way trade."""
        self.price = Decimal(str(price))
        for side in VenueSide:
            for order_id, _ in self._resting[side]:
                if self._venue.markets[MARKET].book.find(order_id) is not None:
                    self._venue.house_cancel(MARKET, order_id)
            self._resting[side].clear()
        self._drop_stirrer()
        self._world.exchange.exchange.set_price(MARKET, self.price)
        middle = int(self.price)
        for side, sign in ((VenueSide.BUY, -1), (VenueSide.SELL, 1)):
            for distance in (9, 15, 300):
                self._rest(side, middle + sign * distance)
        self._world.kick()

    def _rest(self, side: VenueSide, price: int, lots: int = 100_000) -> None:
        order_id = self._venue.house_rest(MARKET, side, price, Lots(lots))
        if order_id is not None:
            self._resting[side].append((order_id, price))

    def empty(self, side: str) -> None:
        """Remove all strangers of one side."""
        chosen = VenueSide.BUY if side == "BUY" else VenueSide.SELL
        for order_id, _ in self._resting[chosen]:
            if self._venue.markets[MARKET].book.find(order_id) is not None:
                self._venue.house_cancel(MARKET, order_id)
        self._resting[chosen].clear()
        self._world.kick()

    def clear(self, ours: VenueOrder) -> None:
        """Remove strangers who would trade before one of our orders."""
        for order_id, price in list(self._resting[ours.side]):
            before = price >= ours.price if ours.side is VenueSide.BUY else price <= ours.price
            if before and self._venue.markets[MARKET].book.find(order_id) is not None:
                self._venue.house_cancel(MARKET, order_id)
                self._resting[ours.side].remove((order_id, price))

    async def _stir(self) -> None:
        """Change best size and index now and then: what never changes counts as stale."""
        exchange, sign = self._world.exchange, 1
        while True:
            await asyncio.sleep(STIR_S)
            if not self.is_stirred:
                continue
            sign = -sign
            self._venue.set_index(MARKET, self.price + sign * Decimal("0.01"))
            for side, away in ((VenueSide.BUY, -1), (VenueSide.SELL, 1)):
                if self.comes_back and self._venue.markets[MARKET].book.best(side) is None:
                    self._rest(side, int(self.price) + away * 9)
            best = self._venue.markets[MARKET].book.best(VenueSide.BUY)
            self._stirrer = None if best is None else self._venue.house_rest(MARKET, VenueSide.BUY, best, Lots(1))
            exchange.site.kick()
            await asyncio.sleep(0.3)
            if self._drop_stirrer():
                exchange.site.kick()

    def _drop_stirrer(self) -> bool:
        """Take away the order that only stirs; a market that moves must not meet it."""
        order_id, self._stirrer = self._stirrer, None
        stands = order_id is not None and self._venue.markets[MARKET].book.find(order_id) is not None
        if stands and order_id is not None:
            self._venue.house_cancel(MARKET, order_id)
        return stands
