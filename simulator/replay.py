"""A recording as a market: its levels and trades move the book, our resting orders are filled when they would have been.

The recorded levels rest in the ordinary book as the house's orders, one for each level, so our takers and post-only checks meet
them like any others; what we take comes back with the level's next recorded size. Our resting orders never trade by their place
in that book but by the tape: a recorded trade through their price fills them, as does the opposite best crossing it; a recorded
trade at their price first uses up the size ahead of them (see `queue_models`). The recording never reacts to us.
"""

from collections.abc import Callable
from decimal import Decimal
from math import ceil
from typing import Final, assert_never

from bot.core.numbers import Lots, Ticks
from simulator.matching import RestingOrder, Side
from simulator.orders import Order
from simulator.queue_models import RISK_AVERSE, QueueModel, QueuePlace
from simulator.tape import BestQuotes, Changes, Print, Tape, TapeError, TapeEvent
from simulator.venue import Venue

MARK_EVERY_MS: Final = 100


class ReplayFlow:
    """Play a tape on one market; implements `Flow`."""

    def __init__(self, venue: Venue, tape: Tape, *, speed: float = 1.0, queue_model: QueueModel = RISK_AVERSE) -> None:
        self._venue = venue
        self._market = tape.market
        self._book = venue.markets[tape.market].book
        self._tape = tape
        self._speed = speed
        self._model = queue_model
        self._levels: dict[Side, dict[Ticks, int]] = {Side.BUY: {}, Side.SELL: {}}
        self._sizes: dict[Side, dict[Ticks, Lots]] = {Side.BUY: {}, Side.SELL: {}}
        self._places: dict[int, QueuePlace] = {}
        self._best_id = 0
        self._next = 0
        self._start_ms = venue.now_ms
        self._mark_ms = 0
        self.ended = False
        self.unreadable = 0
        """Entries left out because they were broken."""

    def start(self) -> None:
        """Put the snapshot into the book and begin to play."""
        self._start_ms = self._venue.now_ms
        self._apply(self._tape.snapshot)
        self._publish_mark(self._venue.now_ms)
        self._schedule()

    def state(self) -> dict[str, object]:
        entries = len(self._tape.entries)
        return {
            "kind": "replay",
            "market": self._market,
            "speed": self._speed,
            "queue_model": self._model.name,
            "length_ms": self._tape.length_ms,
            "position_ms": self._tape.entries[self._next - 1][0] if self._next else 0,
            "progress": round(self._next / entries, 4) if entries else 1.0,
            "ended": self.ended,
            "unreadable": self.unreadable,
        }

    def sit_out(self, skipped_ms: int) -> None:
        self._start_ms += skipped_ms

    # ── playing ──

    def _schedule(self) -> None:
        if self._next >= len(self._tape.entries):
            self.ended = True
            self._venue.end_flow(self._market)
            return
        tape_ms = self._tape.entries[self._next][0]
        self._venue.agenda.add(self._start_ms + ceil(tape_ms / self._speed), self._run)

    def _run(self, now_ms: int) -> None:
        played_ms = (now_ms - self._start_ms) * self._speed
        entries = self._tape.entries
        self._keep_places()
        while self._next < len(entries) and entries[self._next][0] <= played_ms:
            event = self._read_next()
            match event:
                case None:
                    continue
                case Changes():
                    if event.update_id > self._tape.snapshot.update_id:
                        self._apply(event)
                case BestQuotes():
                    self._apply_best(event)
                case Print():
                    self._apply_print(event)
                case _:
                    assert_never(event)
        if now_ms - self._mark_ms >= MARK_EVERY_MS or self._next >= len(entries):
            self._publish_mark(now_ms)
        self._schedule()

    def _read_next(self) -> TapeEvent | None:
        """Return the next entry, or None when it is broken: the rest of a recording is still worth playing."""
        self._next += 1
        try:
            return self._tape.event(self._next - 1)
        except TapeError:
            self.unreadable += 1
            return None

    def _publish_mark(self, now_ms: int) -> None:
        """Mark and index are the recorded mid, to half a tick."""
        bid, ask = max(self._sizes[Side.BUY], default=None), min(self._sizes[Side.SELL], default=None)
        if bid is not None and ask is not None:
            mid = self._tape.tick_size * (bid + ask) / Decimal(2)
            self._venue.set_index(self._market, mid)
            self._venue.set_mark(self._market, mid)
            self._mark_ms = now_ms

    # ── the recorded book ──

    def _apply(self, changes: Changes) -> None:
        stale = changes.update_id < self._best_id  # best quotes arrive sooner than level changes
        for side, levels in ((Side.BUY, changes.bids), (Side.SELL, changes.asks)):
            best = self._recorded_best(side) if stale else None
            for price, lots in levels:
                if best is None or (best - price) * side.sign > 0:
                    self._set_level(side, price, lots)

    def _recorded_best(self, side: Side) -> Ticks | None:
        prices = self._sizes[side]
        return (max(prices) if side is Side.BUY else min(prices)) if prices else None

    def _apply_best(self, best: BestQuotes) -> None:
        self._best_id = best.update_id
        for side, price, lots in (
            (Side.BUY, best.bid, best.bid_lots),
            (Side.SELL, best.ask, best.ask_lots),
        ):
            self._clear_beyond(side, price)
            self._set_level(side, price, lots)

    def _clear_beyond(self, side: Side, price: Ticks) -> None:
        """Remove recorded levels better than the recorded best."""
        while True:
            best = self._book_best_level(side)
            if best is None or (best - price) * side.sign <= 0:
                return
            self._set_level(side, best, Lots(0))

    def _book_best_level(self, side: Side) -> Ticks | None:
        for price, _ in self._book.levels(side):
            if price in self._sizes[side]:
                return price
        return None

    def _set_level(self, side: Side, price: Ticks, lots: Lots) -> None:
        sizes = self._sizes[side]
        if lots:
            self._fill_crossed(side, price)
            self._clear_beyond(side.opposite, Ticks(price + side.sign))
            sizes[price] = lots
        elif sizes.pop(price, None) is None:
            return
        self._set_house_order(side, price, lots)
        for order in self._ours(side, price):
            self._place_of(order).on_level(self._model, lots)

    def _set_house_order(self, side: Side, price: Ticks, lots: Lots) -> None:
        order_id = self._levels[side].get(price)
        resting = self._book.find(order_id) if order_id is not None else None
        if not lots:
            self._levels[side].pop(price, None)
            if order_id is not None:
                self._book.remove(order_id)
        elif resting is None:
            fresh = self._venue.house_rest(self._market, side, price, lots)
            assert fresh is not None, "what crossed has been cleared"
            self._levels[side][price] = fresh
        elif lots < resting.lots:
            self._book.shrink(resting.order_id, lots)
        else:
            self._book.grow(resting.order_id, lots)

    # ── our orders ──

    def _keep_places(self) -> None:
        """Forget the places of orders that left the book."""
        if len(self._places) > 64:
            self._places = {each: place for each, place in self._places.items() if self._book.find(each) is not None}

    def _ours(self, side: Side, price: Ticks) -> list[RestingOrder]:
        return self._resting(side, lambda order: order.price == price)

    def _resting(self, side: Side, wanted: Callable[[Order], bool]) -> list[RestingOrder]:
        found = []
        for order in self._venue.store.open_on(self._market):
            if order.side is side and wanted(order):
                resting = self._book.find(order.order_id)
                if resting is not None:
                    found.append(resting)
        return found

    def _place_of(self, order: RestingOrder) -> QueuePlace:
        place = self._places.get(order.order_id)
        if place is None:
            level = self._sizes[order.side].get(order.price, 0)
            place = self._places[order.order_id] = QueuePlace(float(order.ahead), level)
        return place

    def _fill_crossed(self, side: Side, price: Ticks) -> None:
        """Fill our opposite orders that a recorded level of `side` at `price` has reached or passed."""
        opposite = side.opposite
        for order in self._resting(opposite, lambda each: (each.price - price) * opposite.sign >= 0):
            self._venue.house_fill(self._market, order.order_id, order.lots)

    def _apply_print(self, trade: Print) -> None:
        maker_side = trade.taker_side.opposite
        for order in self._resting(maker_side, lambda each: (each.price - trade.price) * maker_side.sign > 0):
            self._venue.house_fill(self._market, order.order_id, order.lots)
        left = int(trade.lots)
        for order in self._ours(maker_side, trade.price):
            reached = self._place_of(order).on_trade(trade.lots)
            filled = min(reached, order.lots, left)
            if filled:
                self._venue.house_fill(self._market, order.order_id, Lots(filled))
                left -= filled
        if left:
            self._venue.print_trade(self._market, trade.taker_side, trade.price, Lots(left))
