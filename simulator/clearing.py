"""From a match to money: fills orders, books the ledger, and says what happened, in the order the exchange says it."""

from collections.abc import Callable
from decimal import Decimal

from bot.core.numbers import Lots, Ticks
from simulator.accounts import HOUSE_ACCOUNT
from simulator.events import BalanceChanged, Event, FillBooked, OrderChanged, PositionChanged, TradePrinted
from simulator.ids import Snowflakes
from simulator.ledger import ZERO, Position, fee_of
from simulator.market_state import MarketState
from simulator.matching import Match, Side
from simulator.options import VenueOptions
from simulator.orders import Order, Reason, Status
from simulator.standing import Standings
from simulator.views import order_record, own_trade_record, public_trade_record

Emit = Callable[[Event], None]


class Clearing:
    """Settle matches, and end orders."""

    def __init__(self, standings: Standings, ids: Snowflakes, options: VenueOptions, emit: Emit) -> None:
        self._standings = standings
        self._ledger = standings.ledger
        self._store = standings.store
        self._ids = ids
        self._options = options
        self._emit = emit

    def settle(self, state: MarketState, taker_side: Side, taker: Order | None, match: Match, now_ms: int) -> None:
        """Book one match; `taker` is None when the background flow took."""
        trade_id = self._ids.next(now_ms)
        state.note_trade(match.price, match.lots, now_ms)
        public = public_trade_record(
            trade_id=trade_id, spec=state.spec, taker_side=taker_side, price=match.price, lots=match.lots, now_ms=now_ms
        )
        state.trades.append(public)
        maker = None if match.maker_owner == HOUSE_ACCOUNT else self._store.by_id[match.maker_id]
        if maker is not None or taker is not None:
            self._book(state, trade_id, taker_side, taker, maker, match, now_ms)
        self._emit(TradePrinted(ms=now_ms, trade=public))

    def _book(
        self, state: MarketState, trade_id: int, taker_side: Side, taker: Order | None, maker: Order | None, match: Match, now_ms: int
    ) -> None:
        value = state.spec.price(match.price) * state.spec.size(match.lots)
        taker_fee = fee_of(value, self._options.taker_fee) if taker else ZERO
        maker_fee = fee_of(value, self._options.maker_fee) if maker else ZERO
        taker_id = taker.account_id if taker else HOUSE_ACCOUNT
        maker_id = maker.account_id if maker else HOUSE_ACCOUNT
        takes = taker_side is Side.BUY
        bought, sold = self._ledger.book_trade(
            market=state.spec.name,
            price=match.price,
            lots=match.lots,
            buyer=taker_id if takes else maker_id,
            seller=maker_id if takes else taker_id,
            buyer_fee=taker_fee if takes else maker_fee,
            seller_fee=maker_fee if takes else taker_fee,
            now_ms=now_ms,
        )
        taker_position, maker_position = (bought, sold) if takes else (sold, bought)
        for order, position, fee, is_taker in (
            (maker, maker_position, maker_fee, False),
            (taker, taker_position, taker_fee, True),
        ):
            if order is not None:
                self._tell(state, trade_id, order, position, match.price, match.lots, fee, is_taker, now_ms)

    def _tell(
        self, state: MarketState, trade_id: int, order: Order, position: Position, price: Ticks, lots: Lots, fee: Decimal,
        is_taker: bool, now_ms: int,
    ) -> None:  # fmt: skip
        order.record_fill(price, lots, fee, now_ms)
        if order.is_final:
            self._store.close(order)
        account_id = order.account_id
        self._emit(OrderChanged(ms=now_ms, account_id=account_id, order=order_record(order, state.spec)))
        trade = own_trade_record(
            trade_id=trade_id, order=order, spec=state.spec, price=price, lots=lots, fee=fee, is_taker=is_taker, now_ms=now_ms
        )
        self._emit(FillBooked(ms=now_ms, account_id=account_id, trade=trade))
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

    def finish(self, order: Order, state: MarketState, status: Status, reason: Reason | None, now_ms: int) -> None:
        """End an order that is in no book any more, and say so."""
        order.finish(status, reason, now_ms)
        self._store.close(order)
        self.tell_order(order, state, now_ms)
