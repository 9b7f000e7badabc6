"""The matching engine against two peers in one process: a bare loop over dicts of levels, and a book on SortedDict.

    python -m benchmarks.matching [--commands=200000] [--rounds=7]

All three get the same commands and must trade the same. The bare loop is the least a book can do in plain Python: inlined, no
records, no rules about who may trade with whom. Target: at least 0.6 of its speed, and at least 1.1 of the SortedDict book's.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from random import Random
from typing import Final, NamedTuple

from sortedcontainers import SortedDict

from benchmarks.stage.outcome import Target, conclude, say
from bot.core.numbers import Lots, Ticks
from simulator.matching import OrderBook, RestingOrder, Side

MID: Final = 10_000
OF_BARE: Final = Target("speed, of the bare loop", 0.6)
OF_SORTED: Final = Target("speed, of the SortedDict book", 1.1)


class Command(NamedTuple):
    """A limit order that takes what it crosses and rests; or, with `lots` 0, the cancellation of order `order_id`."""

    order_id: int
    is_buy: bool
    price: Ticks
    lots: Lots


class Traded(NamedTuple):
    """What an engine made of the commands: enough to see that two did the same."""

    trades: int
    lots: int
    value: int
    resting: int


def commands(count: int, seed: int) -> list[Command]:
    """Return orders around a wandering price: two in five are cancelled later, one in six crosses."""
    random, mid, live = Random(seed), MID, list[int]()  # noqa: S311 - a benchmark's load
    found: list[Command] = []
    for number in range(1, count + 1):
        if live and random.random() < 0.42:
            place = random.randrange(len(live))
            live[place], live[-1] = live[-1], live[place]
            found.append(Command(live.pop(), True, Ticks(0), Lots(0)))
            continue
        mid += random.choice((-1, 0, 0, 0, 0, 1))
        is_buy = random.random() < 0.5
        away = 2 - int(random.expovariate(0.7)) if random.random() < 0.25 else -1 - int(random.expovariate(0.1))
        price = Ticks(mid + (away if is_buy else -away))
        found.append(Command(number, is_buy, price, Lots(random.randint(1, 9))))
        live.append(number)
    return found


def run_ours(orders: Sequence[Command]) -> Traded:
    book, trades, traded, value = OrderBook(), 0, 0, 0
    buy, sell = Side.BUY, Side.SELL
    for order_id, is_buy, price, lots in orders:
        if not lots:
            book.remove(order_id)
            continue
        side = buy if is_buy else sell
        taken = book.take(side, price, lots)
        for match in taken.matches:
            trades += 1
            traded += match.lots
            value += match.lots * match.price
        if taken.left:
            book.rest(RestingOrder(order_id, 1, side, price, taken.left))
    return Traded(trades, traded, value, len(book))


def run_bare(orders: Sequence[Command]) -> Traded:  # noqa: C901, PLR0912 - one loop on purpose: it is the yardstick
    bids: dict[int, dict[int, int]] = {}
    asks: dict[int, dict[int, int]] = {}
    level_of: dict[int, tuple[dict[int, dict[int, int]], int]] = {}
    best_bid, best_ask = 0, 10**9
    trades = traded = value = 0
    for order_id, is_buy, price, lots in orders:
        if not lots:
            place = level_of.pop(order_id, None)
            if place is not None:
                half, at = place
                level = half[at]
                del level[order_id]
                if not level:
                    del half[at]
            continue
        left: int = lots
        other, step = (asks, 1) if is_buy else (bids, -1)
        best = best_ask if is_buy else best_bid
        while left and other and (price - best) * step >= 0:
            queue = other.get(best)
            if queue is None:
                best += step
                continue
            for maker, size in list(queue.items()):
                taken = min(size, left)
                left -= taken
                trades += 1
                traded += taken
                value += taken * best
                if taken == size:
                    del queue[maker], level_of[maker]
                else:
                    queue[maker] = size - taken
                if not left:
                    break
            if not queue:
                del other[best]
        if is_buy:
            best_ask = best
        else:
            best_bid = best
        if left:
            own = bids if is_buy else asks
            own.setdefault(price, {})[order_id] = left
            level_of[order_id] = (own, price)
            if is_buy:
                best_bid = max(best_bid, price)
            else:
                best_ask = min(best_ask, price)
    return Traded(trades, traded, value, len(level_of))


class SortedBook:
    """Price-time priority the usual way: a SortedDict of levels on each side, each a dict of orders."""

    def __init__(self) -> None:
        self._halves: dict[Side, SortedDict[int, dict[int, RestingOrder]]] = {side: SortedDict() for side in Side}
        self._orders: dict[int, RestingOrder] = {}

    def __len__(self) -> int:
        return len(self._orders)

    def rest(self, order: RestingOrder) -> None:
        half = self._halves[order.side]
        key = -order.price * order.side.sign
        level = half.get(key)
        if level is None:
            level = half[key] = {}
        level[order.order_id] = order
        self._orders[order.order_id] = order

    def remove(self, order_id: int) -> None:
        order = self._orders.pop(order_id, None)
        if order is not None:
            half = self._halves[order.side]
            key = -order.price * order.side.sign
            del half[key][order_id]
            if not half[key]:
                del half[key]

    def take(self, side: Side, limit: int, lots: int) -> tuple[int, list[tuple[int, int, int]]]:
        """Return what is left, and (maker, price, lots) of every match."""
        half, matches = self._halves[side.opposite], []
        worst = limit * side.sign
        while lots and half:
            key, level = half.peekitem(0)
            if key > worst:
                break
            for maker in list(level.values()):
                traded = min(lots, maker.lots)
                lots -= traded
                maker.lots = Lots(maker.lots - traded)
                matches.append((maker.order_id, int(maker.price), traded))
                if not maker.lots:
                    del level[maker.order_id], self._orders[maker.order_id]
                if not lots:
                    break
            if not level:
                del half[key]
        return lots, matches


def run_sorted(orders: Sequence[Command]) -> Traded:
    book, trades, traded, value = SortedBook(), 0, 0, 0
    buy, sell = Side.BUY, Side.SELL
    for order_id, is_buy, price, lots in orders:
        if not lots:
            book.remove(order_id)
            continue
        side = buy if is_buy else sell
        left, matches = book.take(side, price, lots)
        for _, at, size in matches:
            trades += 1
            traded += size
            value += size * at
        if left:
            book.rest(RestingOrder(order_id, 1, side, price, Lots(left)))
    return Traded(trades, traded, value, len(book))


def seconds(run: Callable[[Sequence[Command]], Traded], orders: Sequence[Command]) -> float:
    started = time.process_time()
    run(orders)
    return time.process_time() - started


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commands", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=7)
    asked = parser.parse_args(arguments)
    orders = commands(asked.commands, seed=1)
    engines = {"ours": run_ours, "bare": run_bare, "sorted": run_sorted}
    results = {name: run(orders) for name, run in engines.items()}
    assert len(set(results.values())) == 1, f"the engines disagree: {results}"
    # Rounds in turn, and the best of each: what else runs on the machine hits all three alike.
    best = dict.fromkeys(engines, float("inf"))
    for _ in range(asked.rounds):
        for name, run in engines.items():
            best[name] = min(best[name], seconds(run, orders))
    for name, took in best.items():
        say(f"{name}: {asked.commands / took:,.0f} commands/s")
    say(f"{results['ours'].trades} trades, {results['ours'].resting} orders at rest in the end")
    return conclude([OF_BARE.reached(best["bare"] / best["ours"]), OF_SORTED.reached(best["sorted"] / best["ours"])])


if __name__ == "__main__":
    sys.exit(main())
