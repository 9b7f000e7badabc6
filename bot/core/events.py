"""What happened, in the past tense. Every voice from outside reaches the engine as one of these.

`exchange_ms` is the exchange's time, `received_ms` the local clock when we saw it; they are never compared without an offset.
"""

from decimal import Decimal

import msgspec

from bot.core.market import Market
from bot.core.numbers import Lots, Ticks
from bot.core.orders import Fill, Order, OrderReport, Side


class Record(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of all events: frozen, named fields, tagged with the class name."""


class Level(msgspec.Struct, frozen=True):
    """One price with its total size."""

    price: Ticks
    size: Lots


class LevelChange(msgspec.Struct, frozen=True):
    """A change of one price level: `change` is signed; `size` the absolute size afterwards where the exchange tells it."""

    price: Ticks
    change: Lots
    size: Lots | None


# --- the market ---------------------------------------------------------------------------------------------------------


class MarketRulesLoaded(Record, frozen=True, kw_only=True):
    """The exchange's rules for a market were read, at start or again later."""

    market: Market
    received_ms: int


class BookSnapshot(Record, frozen=True, kw_only=True):
    """The whole book of one market; bids descending, asks ascending."""

    market: str
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    exchange_ms: int
    received_ms: int


class BookDelta(Record, frozen=True, kw_only=True):
    """Changes to the book since the frame before."""

    market: str
    bids: tuple[LevelChange, ...]
    asks: tuple[LevelChange, ...]
    exchange_ms: int
    received_ms: int


class BestQuoteSeen(Record, frozen=True, kw_only=True):
    """The touch; a side is None when it is empty."""

    market: str
    bid: Level | None
    ask: Level | None
    exchange_ms: int
    received_ms: int


class MarkPriceSeen(Record, frozen=True, kw_only=True):
    """The exchange's price for margin and unrealised PnL; not on the tick grid."""

    market: str
    price: Decimal
    exchange_ms: int
    received_ms: int


class IndexPriceSeen(Record, frozen=True, kw_only=True):
    market: str
    price: Decimal
    exchange_ms: int
    received_ms: int


class FundingRateSeen(Record, frozen=True, kw_only=True):
    """The latest hourly rate as a fraction; positive: longs pay."""

    market: str
    rate: Decimal
    exchange_ms: int
    received_ms: int


class DayStatsSeen(Record, frozen=True, kw_only=True):
    """What the exchange says about the last 24 hours of a market; None where it says nothing. For people, never for quotes."""

    market: str
    low: Decimal | None
    high: Decimal | None
    change: Decimal | None
    """Of the price, as a fraction."""
    volume: Decimal | None
    """Traded value in collateral."""
    open_interest: Decimal | None
    """Value of all open positions in collateral."""
    exchange_ms: int
    received_ms: int


class TradeSeen(Record, frozen=True, kw_only=True):
    """Anybody's execution; `side` is the taker's."""

    market: str
    trade_id: int
    side: Side
    price: Ticks
    size: Lots
    exchange_ms: int
    received_ms: int


class FeedLost(Record, frozen=True, kw_only=True):
    """A stream broke, skipped a number or fell silent. `market` None: all its markets.

    `feed` is one of "book", "best_quote", "mark", "index", "trades", "funding", "account".
    """

    feed: str
    market: str | None
    reason: str
    received_ms: int


class FeedRestored(Record, frozen=True, kw_only=True):
    """A stream is connected again and its first frame has arrived."""

    feed: str
    market: str | None
    received_ms: int


class StreamAlive(Record, frozen=True, kw_only=True):
    """The socket answered: a ping from the other side or a pong of ours. Says nothing about prices."""

    feed: str
    market: str | None
    received_ms: int


# --- our account --------------------------------------------------------------------------------------------------------


class OrdersReported(Record, frozen=True, kw_only=True):
    """The exchange spoke about orders. A snapshot lists every open order of the account.

    `source` is "stream" or "rest"; `asked_ms` is the local time at which a REST question left (equal to `received_ms` on the
    stream): an answer cannot know what happened after it was asked.
    """

    orders: tuple[OrderReport, ...]
    is_snapshot: bool
    source: str
    asked_ms: int
    received_ms: int
    market: str | None = None
    """Set when a snapshot covers one market only."""


class OrderLookedUp(Record, frozen=True, kw_only=True):
    """The answer to a question about one order; `report` None: the exchange says, with its envelope, that it knows none."""

    client_order_id: str
    report: OrderReport | None
    asked_ms: int
    received_ms: int


class FillsReported(Record, frozen=True, kw_only=True):
    """Executions of ours, from the stream or from a REST query; the same one may come many times."""

    fills: tuple[Fill, ...]
    source: str
    received_ms: int


class FundingPayment(msgspec.Struct, frozen=True, kw_only=True):
    """One hour's funding of one position. `amount` positive: we received it; `size` signed, positive is long."""

    payment_id: int
    market: str
    size: Decimal
    value: Decimal
    mark_price: Decimal
    rate: Decimal
    """Hourly, as a fraction; positive: longs pay."""
    amount: Decimal
    exchange_ms: int


class FundingReported(Record, frozen=True, kw_only=True):
    """Funding that was paid or received, from a REST query; the same payment may come many times."""

    payments: tuple[FundingPayment, ...]
    run_from_ms: int = 0
    """The exchange's time at which this run began: what was paid before is not its money, but perhaps the day's."""
    received_ms: int


class PositionReport(msgspec.Struct, frozen=True, kw_only=True):
    """A position as the exchange sees it; `size` signed, positive is long; `wire` holds the exchange's own fields."""

    market: str
    size: Decimal
    entry_price: Decimal
    mark_price: Decimal
    unrealised_pnl: Decimal
    realised_pnl: Decimal
    liquidation_price: Decimal | None
    leverage: Decimal
    updated_ms: int
    wire: dict[str, object]


class MoneyMoved(msgspec.Struct, frozen=True, kw_only=True):
    """Money moved into the account (positive) or out of it, by somebody: no trading. `is_undone`: it was refused afterwards."""

    move_id: str
    amount: Decimal
    is_undone: bool
    exchange_ms: int


class MoneyMovesReported(Record, frozen=True, kw_only=True):
    """Deposits, withdrawals and transfers; the same one may come many times."""

    moves: tuple[MoneyMoved, ...]
    received_ms: int


class RebateTold(Record, frozen=True, kw_only=True):
    """What the exchange says about our maker rebate: shares and rates are fractions, `total_paid` only grows, in collateral."""

    total_paid: Decimal
    rate: Decimal
    share: Decimal
    """Ours of the exchange's maker volume of 30 days."""
    next_share: Decimal
    next_rate: Decimal
    received_ms: int


class LeverageReported(Record, frozen=True, kw_only=True):
    """The leverage that is set on the exchange for each market: how much of a position's value has to be covered by equity."""

    leverages: dict[str, Decimal]
    received_ms: int


class PositionsReported(Record, frozen=True, kw_only=True):
    """Positions; a snapshot lists all of them, so a market that it lacks is flat as of `asked_ms`."""

    positions: tuple[PositionReport, ...]
    is_snapshot: bool
    source: str
    asked_ms: int
    received_ms: int


class BalanceReported(Record, frozen=True, kw_only=True):
    """Money on the account, in collateral; `wire` holds the exchange's own fields."""

    balance: Decimal
    equity: Decimal
    available_for_trade: Decimal
    unrealised_pnl: Decimal
    initial_margin: Decimal
    margin_ratio: Decimal
    updated_ms: int
    received_ms: int
    source: str
    wire: dict[str, object]


# --- answers to what we sent --------------------------------------------------------------------------------------------


class PlaceAcknowledged(Record, frozen=True, kw_only=True):
    """REST accepted the order; its book has not spoken yet."""

    client_order_id: str
    exchange_order_id: int
    received_ms: int


class PlaceRefused(Record, frozen=True, kw_only=True):
    """The exchange refused the order with its own envelope: it does not exist."""

    client_order_id: str
    exchange_code: int
    message: str
    received_ms: int


class PlaceNotSent(Record, frozen=True, kw_only=True):
    """The order never left: refused by ourselves, or no connection was made."""

    client_order_id: str
    reason: str
    received_ms: int


class PlaceOutcomeUnknown(Record, frozen=True, kw_only=True):
    """The order left and the answer was lost."""

    client_order_id: str
    reason: str
    received_ms: int


class CancelAcknowledged(Record, frozen=True, kw_only=True):
    """REST took the cancel; the order ends when the exchange says so."""

    client_order_id: str
    received_ms: int


class CancelNotFound(Record, frozen=True, kw_only=True):
    """The exchange does not know the order (any more): usually it was just filled."""

    client_order_id: str
    received_ms: int


class CancelFailed(Record, frozen=True, kw_only=True):
    """The cancel was refused, limited or lost: the order counts as live."""

    client_order_id: str
    reason: str
    received_ms: int


class AccountRead(Record, frozen=True, kw_only=True):
    """Open orders, positions, balance and fills were all read over REST by questions that left at `asked_ms` or later."""

    asked_ms: int
    received_ms: int


class AccountReadFailed(Record, frozen=True, kw_only=True):
    """One of those reads failed: what is known stays as it was."""

    reason: str
    received_ms: int


class DeadManSwitchArmed(Record, frozen=True, kw_only=True):
    """The exchange confirmed the countdown, which began no earlier than `asked_ms`; 0 seconds: disarmed."""

    countdown_s: int
    asked_ms: int
    received_ms: int


class DeadManSwitchFailed(Record, frozen=True, kw_only=True):
    reason: str
    received_ms: int


class VenueRefusedKey(Record, frozen=True, kw_only=True):
    """The key, vault or signature is not accepted: a person must act."""

    exchange_code: int
    message: str
    received_ms: int


class RequestsLimited(Record, frozen=True, kw_only=True):
    """The exchange answered "too many requests"."""

    received_ms: int


# --- our own process ----------------------------------------------------------------------------------------------------


class DayMoney(msgspec.Struct, frozen=True, kw_only=True):
    """One market's money of one UTC day, in collateral; realised PnL before fees and funding.

    Fees positive when paid, funding positive when received.
    """

    realised_pnl: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    volume: Decimal = Decimal(0)
    funding: Decimal = Decimal(0)


class CarriedPosition(msgspec.Struct, frozen=True, kw_only=True):
    """The position with which a UTC day began; signed. `price` is the first price of the day, at which its value is counted."""

    size: Decimal
    entry_price: Decimal
    price: Decimal


class HeldPosition(msgspec.Struct, frozen=True, kw_only=True):
    """A position as an earlier run last knew it; signed."""

    size: Decimal
    entry_price: Decimal


class PastRecovered(Record, frozen=True, kw_only=True):
    """What earlier runs left behind: orders whose end is not known, executions that were booked, and the day's figures.

    The exchange stays the authority: orders are asked about, positions compared.
    """

    open_orders: tuple[Order, ...]
    trade_ids: tuple[int, ...]
    positions: dict[str, HeldPosition]
    day: int
    """Days since 1970 in UTC, to which the figures belong."""
    figures: dict[str, DayMoney]
    is_whole_day: bool = True
    """False when the figures may lack what happened earlier in that day."""
    received_ms: int


class DayRead(Record, frozen=True, kw_only=True):
    """The money of a UTC day, by the exchange's own trades."""

    day: int
    figures: dict[str, DayMoney]
    """Of every trade of the day that was known when this was calculated."""
    booked: dict[str, DayMoney]
    """What the ledgers of this run had booked at that moment."""
    carried: dict[str, CarriedPosition]
    received_ms: int


class DayReadFailed(Record, frozen=True, kw_only=True):
    """The day's trades could not be read or not be believed; they are asked for again."""

    reason: str
    received_ms: int


class LoopSlept(Record, frozen=True, kw_only=True):
    """The loop did not run for `gap_ms`: suspended, stopped or starved. Everything known before is old."""

    gap_ms: int
    received_ms: int


class TaskFailed(Record, frozen=True, kw_only=True):
    """A worker died and is started again; `is_final`: it died too often."""

    task: str
    reason: str
    is_final: bool
    received_ms: int


class CreatesHeld(Record, frozen=True, kw_only=True):
    """Nothing may be created, for `reason` of our own (the journal cannot follow); "" lets creates go again."""

    reason: str
    received_ms: int


# --- people -------------------------------------------------------------------------------------------------------------


class QuotingStarted(Record, frozen=True, kw_only=True):
    """A person, or the configuration at start-up, asked for quotes. With `market`, only that one is resumed."""

    received_ms: int
    market: str | None = None
    by_person: bool = False
    """True when a person asked, who has thereby seen what was red; a start by the configuration acknowledges nothing."""


class QuotingPaused(Record, frozen=True, kw_only=True):
    """Quotes are pulled and nothing new is opened until a person starts again. With `market`, on that one only."""

    reason: str
    received_ms: int
    market: str | None = None


class QuotingHalted(Record, frozen=True, kw_only=True):
    """Something is wrong that a person must look at: nothing is created until it is started anew."""

    code: str
    reason: str
    received_ms: int


class QuotingStopped(Record, frozen=True, kw_only=True):
    """A person asked to stop; nothing may be created afterwards."""

    reason: str
    received_ms: int


MarketEvent = (
    MarketRulesLoaded
    | BookSnapshot
    | BookDelta
    | BestQuoteSeen
    | MarkPriceSeen
    | IndexPriceSeen
    | FundingRateSeen
    | DayStatsSeen
    | TradeSeen
)
MarketDataEvent = (
    BookSnapshot | BookDelta | BestQuoteSeen | MarkPriceSeen | IndexPriceSeen | TradeSeen | FundingRateSeen | DayStatsSeen
)
FeedEvent = FeedLost | FeedRestored | StreamAlive
AccountEvent = (
    OrdersReported
    | OrderLookedUp
    | FillsReported
    | FundingReported
    | MoneyMovesReported
    | RebateTold
    | LeverageReported
    | PositionsReported
    | BalanceReported
)
AnswerEvent = (
    PlaceAcknowledged
    | PlaceRefused
    | PlaceNotSent
    | PlaceOutcomeUnknown
    | CancelAcknowledged
    | CancelNotFound
    | CancelFailed
    | AccountRead
    | AccountReadFailed
    | DeadManSwitchArmed
    | DeadManSwitchFailed
    | VenueRefusedKey
    | RequestsLimited
)
ProcessEvent = PastRecovered | DayRead | DayReadFailed | LoopSlept | TaskFailed | CreatesHeld
CommandEvent = QuotingStarted | QuotingPaused | QuotingHalted | QuotingStopped
Event = MarketEvent | FeedEvent | AccountEvent | AnswerEvent | ProcessEvent | CommandEvent
