"""From a match to money: fills orders, books the ledger, and says what happened, in the order the exchange says it."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from bot.core.numbers import Lots, Ticks
from simulator.accounts import HOUSE_ACCOUNT
from simulator.events import BalanceChanged, Event, FillBooked, OrderChanged, PositionChanged, TradePrinted
from simulator.ids import Snowflakes
from simulator.ledger import ZERO, Position, fee_of
from simulator.market_state import MarketState
from simulator.markets import MarketSpec
from simulator.matching import Match, Side
from simulator.orders import Order, Reason, Status
from simulator.standing import Standings
from simulator.views import order_record, own_trade_record, public_trade_record

Emit = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class _Trade:
    trade_id: int
    state: MarketState
    price: Ticks
    lots: Lots
    now_ms: int


class Clearing:
    """Settle matches, and end orders."""

    def __init__(self, standings: Standings, ids: Snowflakes, emit: Emit) -> None:
        self._standings = standings
        self._ledger = standings.ledger
        self._store = standings.store
        self._ids = ids
        self._emit = emit
        self.note_made: Callable[[int, MarketSpec, int], None] = lambda _maker_id, _spec, _tick_lots: None
        """Told about every maker's part of a trade: account, market, price times size in ticks times lots."""

    def settle(self, state: MarketState, taker_side: Side, taker: Order | None, match: Match, *, now_ms: int) -> None:
        """Book one match; `taker` is None when the background flow took."""
        liquidates = taker is not None and taker.liquidates
        trade_id, printed = self._print(state, taker_side, match.price, match.lots, now_ms=now_ms, liquidates=liquidates)
        self.note_made(match.maker_owner, state.spec, match.price * match.lots)
        maker = None if match.maker_owner == HOUSE_ACCOUNT else self._store.by_id[match.maker_id]
        if maker is not None or taker is not None:
            trade = _Trade(trade_id, state, match.price, match.lots, now_ms)
            self._book(trade, maker, taker, taker_buys=taker_side is Side.BUY)
        self._emit(printed)

    def print_trade(self, state: MarketState, side: Side, price: Ticks, lots: Lots, *, now_ms: int) -> None:
        """Show a trade between strangers."""
        self._emit(self._print(state, side, price, lots, now_ms=now_ms)[1])

    def _print(
        self, state: MarketState, side: Side, price: Ticks, lots: Lots, *, now_ms: int, liquidates: bool = False
    ) -> tuple[int, TradePrinted]:
        trade_id = self._ids.next(now_ms)
        state.note_trade(price, lots, now_ms)
        record = public_trade_record(
            trade_id=trade_id,
            spec=state.spec,
            taker_side=side,
            price=price,
            lots=lots,
            now_ms=now_ms,
            liquidates=liquidates,
        )
        state.trades.append(record)
        return trade_id, TradePrinted(ms=now_ms, trade=record)

    def _book(self, trade: "_Trade", maker: Order | None, taker: Order | None, *, taker_buys: bool) -> None:
        spec = trade.state.spec
        value = spec.price(trade.price) * spec.size(trade.lots)
        taker_fee = fee_of(value, trade.state.taker_fee) if taker and not taker.liquidates else ZERO
        maker_fee = fee_of(value, trade.state.maker_fee) if maker else ZERO
        taker_id = taker.account_id if taker else HOUSE_ACCOUNT
        maker_id = maker.account_id if maker else HOUSE_ACCOUNT
        bought, sold = self._ledger.book_trade(
            market=spec.name,
            price=trade.price,
            lots=trade.lots,
            buyer=taker_id if taker_buys else maker_id,
            seller=maker_id if taker_buys else taker_id,
            buyer_fee=taker_fee if taker_buys else maker_fee,
            seller_fee=maker_fee if taker_buys else taker_fee,
            now_ms=trade.now_ms,
        )
        if maker is not None:
            self._tell(trade, maker, sold if taker_buys else bought, maker_fee, is_taker=False)
        if taker is not None:
            self._tell(trade, taker, bought if taker_buys else sold, taker_fee, is_taker=True)

    def _tell(self, trade: "_Trade", order: Order, position: Position, fee: Decimal, *, is_taker: bool) -> None:
        now_ms, spec, account_id = trade.now_ms, trade.state.spec, order.account_id
        order.record_fill(trade.price, trade.lots, fee, now_ms)
        if order.is_final:
            self._store.close(order)
        self._emit(OrderChanged(ms=now_ms, account_id=account_id, order=order_record(order, spec)))
        record = own_trade_record(
            trade_id=trade.trade_id,
            order=order,
            spec=spec,
            price=trade.price,
            lots=trade.lots,
            fee=fee,
            is_taker=is_taker,
            now_ms=now_ms,
        )
        self._emit(FillBooked(ms=now_ms, account_id=account_id, trade=record))
        self.tell_position(position, now_ms)
        self.tell_balance(account_id, now_ms)

    def tell_position(self, position: Position, now_ms: int) -> None:
        record = self._standings.position_record(position)
        self._emit(PositionChanged(ms=now_ms, account_id=position.account_id, position=record))

    def tell_balance(self, account_id: int, now_ms: int) -> None:
        record = self._standings.balance_record(account_id, now_ms)
        self._emit(BalanceChanged(ms=now_ms, account_id=account_id, balance=record))

    def tell_order(self, order: Order, state: MarketState, now_ms: int) -> None:
        self._emit(OrderChanged(ms=now_ms, account_id=order.account_id, order=order_record(order, state.spec)))

    def finish(self, order: Order, state: MarketState, status: Status, reason: Reason | None, *, now_ms: int) -> None:
        """End an order that is in no book any more, and say so."""
        order.finish(status, reason, now_ms)
        self._store.close(order)
        self.tell_order(order, state, now_ms)
