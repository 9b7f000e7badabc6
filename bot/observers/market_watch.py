"""What passes by on one market and is worth showing: the newest trades of anybody, and our orders' places in the queue.

It follows every market that the bot quotes, whatever its strategy believes in. Per batch it does a handful of steps: one for each
trade, and one for each resting order of ours.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, Final

from bot.core.engine import Engine
from bot.core.events import TradeSeen
from bot.core.market_view import MarketView
from bot.core.numbers import Lots, Ticks, plain
from bot.core.orders import Owner, Side, Status
from bot.core.quoting.queue_position import QueueWatch, Resting

TRADES_KEPT: Final = 50


class MarketWatch:
    """One market's tape and queue places."""

    def __init__(self) -> None:
        self.tape: dict[str, list[Any]] = {}
        """By trade id, oldest first: exchange time in ms, the taker's side, price, size; a new object when it changed."""
        self.queue: dict[str, str] = {}
        """By our id: the size in front of the order at its price; a new object when it changed."""
        self._trades: OrderedDict[str, list[Any]] = OrderedDict()
        self._places = QueueWatch()

    def see(self, engine: Engine, view: MarketView, trades: Iterable[TradeSeen]) -> None:
        """Take the trades of a batch that the engine has folded, then look at the book and at our resting orders."""
        has_trades = False
        for trade in trades:
            self._places.traded(taker_sells=trade.side is Side.SELL, price=trade.price, size=trade.size)
            self._take(trade, view)
            has_trades = True
        if has_trades:
            self.tape = dict(self._trades)
        self._look(engine, view)

    def _take(self, trade: TradeSeen, view: MarketView) -> None:
        rules = view.rules
        price, size = plain(rules.price(trade.price)), plain(rules.size(trade.size))
        self._trades[str(trade.trade_id)] = [trade.exchange_ms, trade.side.value, price, size]
        while len(self._trades) > TRADES_KEPT:
            self._trades.popitem(last=False)

    def _look(self, engine: Engine, view: MarketView) -> None:
        if view.book.problem:
            self.queue = {}  # a place in a book that nobody knows is no place
            return
        resting = tuple(
            Resting(order_id=order.client_order_id, is_bid=order.side is Side.BUY, price=order.price, remaining=order.remaining)
            for order in engine.orders.of(view.rules.name)
            if order.status is Status.RESTING and order.owner is not Owner.FOREIGN
        )
        self._places.look(resting, lambda is_bid, price: _level(view, price, is_bid=is_bid))
        queue = {order.order_id: self._ahead(order.order_id, view) for order in resting}
        if queue != self.queue:
            self.queue = queue

    def _ahead(self, order_id: str, view: MarketView) -> str:
        place = self._places.place(order_id)
        assert place is not None, "every order that was looked at has a place"
        return plain(view.rules.size(Lots(max(0, round(place.ahead)))))


def _level(view: MarketView, price: int, *, is_bid: bool) -> int:
    return view.book.bid_size(Ticks(price)) if is_bid else view.book.ask_size(Ticks(price))
