"""The real engine against the real venue in one thread, on virtual time, without sockets: for proofs that need hundreds of runs.

What is real: the exchange with its flow and everything it says on its streams, byte for byte; the readers that turn frames into
events; the engine with its makers, strategies and gates. What is replaced: sockets and HTTP by a queue in which everything takes
the time of `Latency`, and the workers of the order manager by straight lines. Nothing is lost here and nothing is slow: trouble
belongs to the virtual world of the tests, which plays the whole program. A test holds the two against each other.
"""

import heapq
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from bot.config import BotConfig
from bot.core.actions import AnyAction, ArmDeadManSwitch, CancelOrder, LookUpOrder, PlaceOrder, PlaceStop, RefreshAccount
from bot.core.engine import Engine
from bot.core.events import (
    AccountRead,
    CancelAcknowledged,
    CancelNotFound,
    DeadManSwitchArmed,
    Event,
    FeedRestored,
    FillsReported,
    IndexPriceSeen,
    MarketRulesLoaded,
    MarkPriceSeen,
    OrdersReported,
    PlaceAcknowledged,
    PlaceNotSent,
    PlaceRefused,
    PositionsReported,
    QuotingStarted,
)
from bot.core.market import Market
from bot.core.order_ids import OrderIds
from bot.core.orders import Order, Side
from bot.core.settings import AccountSettings
from bot.extended import translate, wire
from bot.extended.frames import (
    AccountReader,
    BestQuoteReader,
    BookReader,
    FrameReader,
    FundingReader,
    PriceReader,
    SeenTrades,
    TradesReader,
)
from simulator.accounts import derive_accounts
from simulator.broadcast import Broadcast
from simulator.chance import seeded
from simulator.events import FillBooked
from simulator.exchange import synthetic_exchange
from simulator.faults import Faults
from simulator.frames import Frame
from simulator.hub import Hub
from simulator.listing import market_object
from simulator.market_state import MarketState
from simulator.markets import BTC_USD, MarketSpec
from simulator.matching import Side as VenueSide
from simulator.options import ServerOptions
from simulator.orders import Kind, OrderRequest, SelfTrade, TimeInForce
from simulator.refusals import Refused
from simulator.regimes import NORMAL, Regime

START_MS: Final = 1_790_000_000_000
TICK_MS: Final = 100
"""The loop decides at least this often: the program does twice as often, when nothing has arrived."""
FAMILIES: Final = ("orderbooks", "best", "trades", "mark", "index", "funding", "account")


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How long things are on their way, in milliseconds. The exchange adds its own delay before the book."""

    feed_ms: int = 20
    order_ms: int = 30
    answer_ms: int = 20


def bot_rules(spec: MarketSpec) -> Market:
    """Return the rules of a market as the bot reads them from the exchange's list."""
    start = spec.start_price
    listed = market_object(MarketState(spec=spec, mark=start, index=start, last=start), Decimal(0))
    return translate.market_of(msgspec.json.decode(msgspec.json.encode(listed), type=wire.MarketRecord))


class Booked(NamedTuple):
    """One execution: signed size in the base asset (positive: we bought), price and fee in collateral."""

    ms: int
    size: Decimal
    price: Decimal
    fee: Decimal


@dataclass(slots=True)
class _Queue:
    """What will happen, in the order in which it will."""

    waiting: list[tuple[int, int, Callable[[int], None]]] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def add(self, due_ms: int, work: Callable[[int], None]) -> None:
        heapq.heappush(self.waiting, (due_ms, next(self._numbers), work))

    def next_ms(self) -> int | None:
        return self.waiting[0][0] if self.waiting else None


class _Wire(Hub):
    """The streams of one bot: every frame arrives after the same time, none is lost."""

    def __init__(self, faults: Faults, send: Callable[[str, Frame], None]) -> None:
        super().__init__(faults)
        self._tell = send

    def wanted(self, family: str, key: str) -> bool:
        del key
        return family in FAMILIES

    def publish(self, key: str, frame: Frame) -> None:
        self._tell(key, frame)


class LeanWorld:
    """One bot on one market of one exchange."""

    def __init__(
        self,
        seed: int,
        config: BotConfig,
        *,
        regime: Regime = NORMAL,
        spec: MarketSpec = BTC_USD,
        latency: Latency | None = None,
        options: ServerOptions | None = None,
    ) -> None:
        self.latency = latency or Latency()
        self.options = options or ServerOptions(verify_signatures=False, best_interval_ms=100)
        self.spec = spec
        self.account = derive_accounts(seed, 1, None)[0]
        self.exchange = synthetic_exchange(
            seed=seed, accounts=[self.account], start_ms=START_MS, specs=[spec], regime=regime, options=self.options.venue
        )
        self.venue = self.exchange.venue
        self.now_ms = START_MS
        self._queue = _Queue()
        self._broadcast = Broadcast(self.venue, _Wire(Faults(seeded(seed, "faults")), self._publish), self.options)
        self._rules = bot_rules(spec)
        self._readers = self._make_readers()
        self._sequence = dict.fromkeys(self._readers, 0)
        self._arrived: list[Event] = []
        self.sent: list[tuple[int, Order]] = []
        """Every order that left, with the time at which it did."""
        self.fills: list[Booked] = []
        """Our own executions, as the exchange booked them."""
        ids = OrderIds(START_MS)
        ids.extend(1, 2**30)
        self.engine = Engine(
            [each.settings() for each in config.markets()],
            AccountSettings(),
            ids,
            {each.market: each.models() for each in config.markets()},
            limits=config.risk(),
        )
        self._open()

    # --- time ---

    def run_until(self, end_ms: int, look: Callable[["LeanWorld"], None] | None = None, every_ms: int = 1_000) -> None:
        """Let time pass; `look` is called at regular times, after everything that was due."""
        look_ms = self.now_ms + every_ms
        while True:
            dues = [due for due in (self._queue.next_ms(), self.exchange.next_due_ms()) if due is not None]
            due_ms = max(self.now_ms, min(dues, default=end_ms))
            while look is not None and look_ms <= min(due_ms - 1, end_ms):
                look(self)
                look_ms += every_ms
            if due_ms > end_ms:
                break
            self.now_ms = due_ms
            self._step(due_ms)
        self.now_ms = end_ms

    def _step(self, now_ms: int) -> None:
        self._kick(now_ms)
        while (due_ms := self._queue.next_ms()) is not None and due_ms <= now_ms:
            heapq.heappop(self._queue.waiting)[2](now_ms)
        if self._arrived:
            self._decide(now_ms)

    def _kick(self, now_ms: int) -> None:
        """Let the exchange live until now, and say what happened."""
        for event in self.exchange.advance(now_ms):
            if isinstance(event, FillBooked):
                trade = event.trade
                signed = Decimal(trade.qty) * (1 if trade.side == "BUY" else -1)
                self.fills.append(Booked(event.ms, signed, Decimal(trade.price), Decimal(trade.fee)))
            self._broadcast.tell(event)
        self._broadcast.tell_together()
        self._broadcast.publish_best(self.venue.now_ms)

    def _every(self, interval_ms: int, work: Callable[[int], None]) -> None:
        def again(now_ms: int) -> None:
            work(now_ms)
            self._queue.add(now_ms + interval_ms, again)

        self._queue.add(self.now_ms + interval_ms, again)

    # --- the streams ---

    def _make_readers(self) -> dict[str, FrameReader]:
        def rules() -> Market:
            return self._rules

        return {
            "orderbooks": BookReader(rules),
            "best": BestQuoteReader(rules),
            "trades": TradesReader(rules, SeenTrades()),
            "mark": PriceReader(MarkPriceSeen, "MP"),
            "index": PriceReader(IndexPriceSeen, "IP"),
            "funding": FundingReader(self.spec.name),
            "account": AccountReader(),
        }

    def _publish(self, key: str, frame: Frame) -> None:
        if key in (self.spec.name, str(self.account.account_id)):
            self._queue.add(self.now_ms + self.latency.feed_ms, lambda now_ms: self._arrive(frame, now_ms))

    def _arrive(self, frame: Frame, now_ms: int) -> None:
        self._sequence[frame.family] += 1
        text = b'%s,"seq":%d}' % (frame.v1(), self._sequence[frame.family])
        self._arrived += self._readers[frame.family].read(text, now_ms)

    def _open(self) -> None:
        """Connect: rules, and the opening frames of every stream. Nothing is quoted before `start`."""
        now_ms = self.now_ms
        self._arrived.append(MarketRulesLoaded(market=self._rules, received_ms=now_ms))
        for family in FAMILIES:
            if family == "account":
                self._arrived.append(FeedRestored(feed="account", market=None, received_ms=now_ms))
            key = str(self.account.account_id) if family == "account" else self.spec.name
            for frame in self._broadcast.opening((family, key)):
                self._arrive(frame, now_ms)
        self._every(self.options.book_interval_ms, self._broadcast.publish_deltas)
        self._every(TICK_MS, self._decide)
        self._decide(now_ms)

    # --- the loop ---

    def _decide(self, now_ms: int) -> None:
        for event in self._arrived:
            self.engine.apply(event)
        self._arrived.clear()
        self._execute(self.engine.decide(now_ms), now_ms)
        self.engine.take_notes()

    def _execute(self, actions: Iterable[AnyAction], now_ms: int) -> None:
        for action in actions:
            match action:
                case PlaceOrder():
                    self._send_order(action.approved.order, now_ms)
                case CancelOrder():
                    self._later(self.latency.order_ms, lambda at, action=action: self._cancel(action, at))
                case ArmDeadManSwitch():
                    self._later(self.latency.order_ms, lambda at, action=action, asked=now_ms: self._arm(action, asked, at))
                case RefreshAccount():
                    self._later(self.latency.order_ms, lambda at, asked=now_ms: self._read_account(asked, at))
                case PlaceStop():
                    raise AssertionError("no market here has a stop on the exchange")
                case LookUpOrder():
                    raise AssertionError("no answer is ever lost here, so no order can be in doubt")

    def _later(self, after_ms: int, work: Callable[[int], None]) -> None:
        self._queue.add(self.now_ms + after_ms, work)

    def _answer(self, *events: Event) -> None:
        def arrive(now_ms: int) -> None:
            self._arrived += [msgspec.structs.replace(event, received_ms=now_ms) for event in events]

        self._later(self.latency.answer_ms, arrive)

    def _send_order(self, order: Order, now_ms: int) -> None:
        if objection := self.engine.objection_to(order):
            self._arrived.append(PlaceNotSent(client_order_id=order.client_order_id, reason=objection, received_ms=now_ms))
            return
        self.sent.append((now_ms, order))
        self._later(self.latency.order_ms, lambda at: self._place(order, at))

    def _place(self, order: Order, now_ms: int) -> None:
        try:
            accepted = self.venue.submit(self.account.account_id, self._request(order))
        except Refused as refused:
            code, message = int(refused.code), str(refused)
            self._answer(
                PlaceRefused(client_order_id=order.client_order_id, exchange_code=code, message=message, received_ms=now_ms)
            )
        else:
            self._answer(
                PlaceAcknowledged(client_order_id=order.client_order_id, exchange_order_id=accepted.order_id, received_ms=now_ms)
            )

    def _request(self, order: Order) -> OrderRequest:
        rules = self._rules
        return OrderRequest(
            external_id=order.client_order_id,
            market=order.market,
            kind=Kind.LIMIT,
            side=VenueSide.BUY if order.side is Side.BUY else VenueSide.SELL,
            size=rules.size(order.size),
            price=rules.price(order.price),
            time_in_force=TimeInForce.GTT,
            expiry_ms=order.expires_ms,
            fee=max(Decimal(0), rules.maker_fee_rate),
            nonce=order.nonce,
            settlement=None,
            self_trade=SelfTrade.ACCOUNT,
            reduce_only=order.reduce_only,
            post_only=order.post_only,
            cancel_id=order.replaces,
        )

    def _cancel(self, action: CancelOrder, now_ms: int) -> None:
        try:
            self.venue.cancel(self.account.account_id, external_id=action.client_order_id)
        except Refused:
            self._answer(CancelNotFound(client_order_id=action.client_order_id, received_ms=now_ms))
        else:
            self._answer(CancelAcknowledged(client_order_id=action.client_order_id, received_ms=now_ms))

    def _arm(self, action: ArmDeadManSwitch, asked_ms: int, now_ms: int) -> None:
        self.venue.arm_switch(self.account.account_id, action.countdown_s)
        self._answer(DeadManSwitchArmed(countdown_s=action.countdown_s, asked_ms=asked_ms, received_ms=now_ms))

    def _read_account(self, asked_ms: int, now_ms: int) -> None:
        """Answer with what the account stream would open with: the same records, as REST shows them."""
        told: list[Event] = [FillsReported(fills=(), source="rest", received_ms=now_ms)]
        reader = AccountReader()
        for number, frame in enumerate(self._broadcast.opening(("account", str(self.account.account_id))), start=1):
            for event in reader.read(b'%s,"seq":%d}' % (frame.v1(), number), now_ms):
                as_rest = isinstance(event, OrdersReported | PositionsReported)
                told.append(msgspec.structs.replace(event, source="rest", asked_ms=asked_ms) if as_rest else event)
        self._answer(*told, AccountRead(asked_ms=asked_ms, received_ms=now_ms))

    def start(self) -> None:
        """Let the bot quote from now on."""
        self._arrived.append(QuotingStarted(received_ms=self.now_ms))

    # --- the truth ---

    @property
    def position(self) -> Decimal:
        """Return our position as the exchange books it, signed, in the base asset."""
        return self.spec.lot_size * self.venue.ledger.position_lots(self.account.account_id, self.spec.name)
