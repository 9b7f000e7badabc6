"""What a generated order book looks like in numbers: watched event by event, then summed up in the usual statistics."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import sqrt
from random import Random
from statistics import fmean
from typing import Final, NamedTuple

from bot.core.numbers import Lots, Ticks
from simulator.chance import seeded
from simulator.cst import PUBLISHED, BareGround, CstStream, Happening
from simulator.cst_pressure import ALL_ON, ExtendedPressure, Switches, Temper
from simulator.flow_cst import EXTENDED_SPEED
from simulator.matching import OrderBook, Side

MID: Final = Ticks(100_000)
WARM_UP: Final = 60.0
"""Units of time."""


class Trade(NamedTuple):
    """One market order: its time, +1 for a buy, and the mid just before it."""

    at: float
    sign: int
    mid: float


@dataclass(slots=True)
class Watched:
    """Everything the statistics need of one run; times from the end of the warm-up on."""

    every: float
    """Time between two samples."""
    duration: float
    spread_time: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))
    mids: list[float] = field(default_factory=list)
    imbalances: list[float] = field(default_factory=list)
    """Order flow imbalance at the best prices, summed since the start."""
    depth: list[int] = field(default_factory=lambda: [0] * 6)
    """Units seen at 0..5 ticks from the opposite best, both sides, over all samples."""
    trades: list[Trade] = field(default_factory=list)
    squared_moves: list[float] = field(default_factory=list)
    """Sum of squared moves of the mid up to each trade."""
    ups: list[list[int]] = field(default_factory=lambda: [[0, 0] for _ in range(10)])
    """Per decile of bid/(bid+ask) at a spread of one tick: (next move up, moves)."""


class Touch(NamedTuple):
    """Best prices and their sizes."""

    bid: int
    ask: int
    bid_size: int
    ask_size: int

    @classmethod
    def of(cls, stream: CstStream, book: OrderBook) -> "Touch":
        bid, ask = stream.best(Side.BUY), stream.best(Side.SELL)
        return cls(bid, ask, book.size_at(Side.BUY, Ticks(bid)), book.size_at(Side.SELL, Ticks(ask)))

    @property
    def mid(self) -> float:
        return (self.bid + self.ask) / 2

    def flow_since(self, before: "Touch") -> int:
        """Return the order flow imbalance of one change (Cont, Kukanov and Stoikov 2014)."""
        return (
            (self.bid_size if self.bid >= before.bid else 0)
            - (before.bid_size if self.bid <= before.bid else 0)
            - (self.ask_size if self.ask <= before.ask else 0)
            + (before.ask_size if self.ask >= before.ask else 0)
        )


def base_stream(seed: int) -> tuple[CstStream, OrderBook]:
    """Return the published book, per minute, filled."""
    ground = BareGround()
    stream = CstStream(ground, seeded(seed, "base"), mid=MID)
    stream.fill_book()
    return stream, ground.book


def extended_stream(seed: int, switches: Switches = ALL_ON, temper: Temper | None = None) -> tuple[CstStream, OrderBook]:
    """Return the extended book, per second, filled."""
    ground, pressure = BareGround(), ExtendedPressure(seeded(seed, "pressure"), mid=MID + 0.5, switches=switches, temper=temper)
    rates = PUBLISHED.scaled(EXTENDED_SPEED)
    stream = CstStream(ground, seeded(seed, "extended"), mid=MID, rates=rates, pressure=pressure)
    stream.fill_book()
    return stream, ground.book


def watch(stream: CstStream, book: OrderBook, duration: float, every: float) -> Watched:
    """Let a stream run and look at it after every event."""
    while stream.next_at < WARM_UP:
        stream.step()
    seen = Watched(every=every, duration=duration)
    touch, clock, flow, squares = Touch.of(stream, book), WARM_UP, 0, 0.0
    waiting: list[int] = []
    while stream.next_at < WARM_UP + duration:
        now = stream.next_at
        seen.spread_time[touch.ask - touch.bid] += now - clock
        clock = now
        while len(seen.mids) * every <= now - WARM_UP:
            _sample(seen, touch, book, flow)
        happened, before = stream.step(), touch
        touch = Touch.of(stream, book)
        if happened in (Happening.BUY, Happening.SELL):
            seen.trades.append(Trade(now - WARM_UP, 1 if happened is Happening.BUY else -1, before.mid))
            seen.squared_moves.append(squares)
        if touch != before:
            flow += touch.flow_since(before)
            if touch.mid != before.mid:
                squares += (touch.mid - before.mid) ** 2
                _note_move(seen, waiting, up=touch.mid > before.mid)
            if touch.ask - touch.bid == 1 and touch.bid_size + touch.ask_size:
                waiting.append(min(9, 10 * touch.bid_size // (touch.bid_size + touch.ask_size)))
    return seen


def _sample(seen: Watched, touch: Touch, book: OrderBook, flow: int) -> None:
    seen.mids.append(touch.mid)
    seen.imbalances.append(flow)
    for ticks in range(1, 6):
        bid, ask = touch.ask - ticks, touch.bid + ticks
        seen.depth[ticks] += book.size_at(Side.BUY, Ticks(bid)) + book.size_at(Side.SELL, Ticks(ask))


def _note_move(seen: Watched, waiting: list[int], *, up: bool) -> None:
    for decile in waiting:
        seen.ups[decile][0] += up
        seen.ups[decile][1] += 1
    waiting.clear()


# ── statistics ──


def autocorrelation(values: Sequence[float], lag: int) -> float:
    mean = fmean(values)
    variance = fmean((value - mean) ** 2 for value in values)
    return fmean((one - mean) * (other - mean) for one, other in zip(values, values[lag:], strict=False)) / variance


def excess_kurtosis(values: Sequence[float]) -> float:
    return fmean(value**4 for value in values) / fmean(value**2 for value in values) ** 2 - 3.0


def fano(times: Sequence[float], window: float, duration: float) -> float:
    """Return variance over mean of the counts in windows."""
    counts = Counter(int(at / window) for at in times)
    values = [counts[number] for number in range(int(duration / window))]
    mean = fmean(values)
    return fmean((value - mean) ** 2 for value in values) / mean


def determination(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Return R squared of ys on xs."""
    x, y = fmean(xs), fmean(ys)
    both = fmean((one - x) * (other - y) for one, other in zip(xs, ys, strict=True))
    return both**2 / (fmean((one - x) ** 2 for one in xs) * fmean((one - y) ** 2 for one in ys))


def returns(seen: Watched, horizon: float) -> list[float]:
    """Return the mid's moves over consecutive windows, in ticks."""
    return [after - before for before, after in pairwise(seen.mids[:: round(horizon / seen.every)])]


def _spread(seen: Watched) -> tuple[list[float], float]:
    whole = sum(seen.spread_time.values())
    shares = [seen.spread_time[ticks] / whole for ticks in range(1, 6)]
    return shares, sum(ticks * time for ticks, time in seen.spread_time.items()) / whole


TRADES_OF_A_DAY: Final = 370
TICK_OVER_PRICE: Final = 100 / 74_300


def realised_volatility(seen: Watched) -> float:
    """Return the mean over windows of 370 trades of the root of the sum of squared mid moves, relative to the price."""
    marks = seen.squared_moves[::TRADES_OF_A_DAY]
    return fmean(sqrt(after - before) for before, after in pairwise(marks)) * TICK_OVER_PRICE


def base_facts(seen: Watched) -> dict[str, float]:
    """Sum up a run of the published book; time in minutes."""
    shares, mean_spread = _spread(seen)
    facts = {f"spread {ticks}": share for ticks, share in enumerate(shares, 1)} | {"mean spread": mean_spread}
    facts |= {f"units at {ticks}": seen.depth[ticks] / 2 / len(seen.mids) for ticks in range(1, 6)}
    for minutes in (1, 10):
        moves = returns(seen, minutes)
        facts[f"volatility {minutes} min"] = sqrt(fmean(move * move for move in moves) / minutes)
        facts[f"autocorrelation {minutes} min"] = autocorrelation(moves, 1)
        facts[f"kurtosis {minutes} min"] = excess_kurtosis(moves)
    facts["clustering"] = autocorrelation([abs(move) for move in returns(seen, 1)], 20)
    facts["sign autocorrelation"] = autocorrelation([trade.sign for trade in seen.trades], 1)
    facts["Fano"] = fano([trade.at for trade in seen.trades], 1.0, seen.duration)
    facts["realised volatility"] = realised_volatility(seen)
    return facts


def extended_facts(seen: Watched) -> dict[str, float]:
    """Sum up a run of the extended book; time in seconds."""
    shares, mean_spread = _spread(seen)
    facts = {"spread 1": shares[0], "mean spread": mean_spread}
    for seconds in (1, 10):
        moves = returns(seen, seconds)
        facts[f"autocorrelation {seconds} s"] = autocorrelation(moves, 1)
        facts[f"kurtosis {seconds} s"] = excess_kurtosis(moves)
        facts[f"Fano {seconds} s"] = fano([trade.at for trade in seen.trades], seconds, seen.duration)
    facts["volatility 1 s"] = sqrt(fmean(move * move for move in returns(seen, 1)))
    facts["clustering"] = autocorrelation([abs(move) for move in returns(seen, 1)], 20)
    signs = [trade.sign for trade in seen.trades]
    facts |= {f"sign autocorrelation {lag}": autocorrelation(signs, lag) for lag in (1, 10)}
    step = round(10 / seen.every)
    flows = [after - before for before, after in pairwise(seen.imbalances[::step])]
    facts["imbalance R2"] = determination(flows, returns(seen, 10))
    facts["signed move 1 s"] = fmean(_signed_moves(seen))
    facts["up, lowest decile"] = _share(seen.ups[0])
    facts["up, highest decile"] = _share(seen.ups[9])
    facts["market orders/s"] = len(seen.trades) / seen.duration
    return facts


def _share(counted: Sequence[int]) -> float:
    return counted[0] / max(1, counted[1])


def _signed_moves(seen: Watched) -> Iterator[float]:
    for trade in seen.trades:
        later = int((trade.at + 1.0) / seen.every)
        if later < len(seen.mids):
            yield trade.sign * (seen.mids[later] - trade.mid)


# ── races to the next price ──


def race_up(bids: int, asks: int, races: int, seed: int) -> float:
    """Return how often the mid goes up first, from a spread of one tick and the given queues."""
    random = seeded(seed, "up", bids, asks)
    return fmean(_goes_up(bids, asks, random) for _ in range(races))


def _goes_up(bids: int, asks: int, random: Random) -> bool:
    ground = BareGround()
    stream = CstStream(ground, random, mid=MID)
    stream.place(Side.BUY, MID, bids)
    stream.place(Side.SELL, MID + 1, asks)
    while True:
        stream.step()
        if not _stands(ground, Side.SELL, MID + 1):
            return True
        if not _stands(ground, Side.BUY, MID):
            return False


def race_to_fill(position: int, asks: int, races: int, seed: int) -> float:
    """Return how often our buy order, `position`th in its queue and never withdrawn, fills before the asks are gone."""
    random = seeded(seed, "fill", position, asks)
    return fmean(_fills(position, asks, random) for _ in range(races))


def _fills(position: int, asks: int, random: Random) -> bool:
    ground = BareGround()
    stream = CstStream(ground, random, mid=MID)
    stream.place(Side.BUY, MID, position - 1)
    ours = ground.rest(Side.BUY, MID, Lots(1))  # not the stream's: it never withdraws it
    assert ours is not None
    stream.place(Side.SELL, MID + 1, asks)
    while True:
        stream.step()
        if ground.book.find(ours) is None:
            return True
        if not _stands(ground, Side.SELL, MID + 1):
            return False


def _stands(ground: BareGround, side: Side, price: int) -> bool:
    return ground.book.size_at(side, Ticks(price)) > 0
