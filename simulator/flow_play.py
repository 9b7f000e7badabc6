"""Play a generated flow with a plain maker in it, on a virtual clock, and note what happened.

This is for pictures, and for comparing moods. The maker keeps a small post-only pair around the mark and moves it every two
seconds: no model, no inventory control. What becomes of its fills tells how dangerous a mood is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise
from math import log, sqrt
from statistics import fmean
from typing import Final, NamedTuple

from simulator.accounts import derive_accounts
from simulator.events import FillBooked, TradePrinted
from simulator.exchange import SYNTHETIC, Exchange, synthetic_exchange
from simulator.markets import BTC_USD
from simulator.matching import Side
from simulator.orders import Kind, OrderRequest, SelfTrade, TimeInForce
from simulator.regimes import NORMAL

START_MS: Final = 1_790_000_000_000
STEP_MS: Final = 250
REQUOTE_MS: Final = 2_000
CALM_BEFORE_MS: Final = 20_000
"""A mood sets in this long after the doors have opened."""
HALF_SPREAD: Final = Decimal("0.0002")
SIZE: Final = Decimal("0.01")
MARKOUT_S: Final = 5
NEAR: Final = 0.0005
"""Depth is counted within this fraction of the mid."""


class Moment(NamedTuple):
    """The market at one time; while a side is empty the last prices stand."""

    second: float
    mid: float
    spread: float
    depth: float
    """Value at rest within `NEAR` of the mid, both sides, in collateral."""


class OurFill(NamedTuple):
    second: float
    is_buy: bool
    price: float


@dataclass(slots=True)
class Played:
    """What one mood did; prices in collateral, times in seconds after the doors opened."""

    regime: str
    began: float
    moments: list[Moment] = field(default_factory=list)
    fills: list[OurFill] = field(default_factory=list)
    trades: list[tuple[float, int]] = field(default_factory=list)
    """The market's since the mood set in: (second, +1 when a buyer took)."""


class _Maker:
    def __init__(self, exchange: Exchange, account: int) -> None:
        self._venue = exchange.venue
        self._account = account
        self._sent = 0

    def requote(self) -> None:
        venue = self._venue
        venue.mass_cancel(self._account, everything=True)
        mark, tick = venue.markets[BTC_USD.name].mark, BTC_USD.tick_size
        for side in Side:
            away = mark * (1 - side.sign * HALF_SPREAD) / tick
            price = away.to_integral_value(ROUND_FLOOR if side is Side.BUY else ROUND_CEILING) * tick
            self._sent += 1
            venue.submit(self._account, self._quote(side, price))

    def _quote(self, side: Side, price: Decimal) -> OrderRequest:
        return OrderRequest(
            external_id=f"maker-{self._sent}",
            market=BTC_USD.name,
            kind=Kind.LIMIT,
            side=side,
            size=SIZE,
            price=price,
            time_in_force=TimeInForce.GTT,
            expiry_ms=self._venue.now_ms + 600_000,
            fee=Decimal(0),
            nonce=self._sent,
            settlement=None,
            self_trade=SelfTrade.ACCOUNT,
            reduce_only=False,
            post_only=True,
        )


def play(regime: str, *, seconds: int, seed: int, flow_name: str = SYNTHETIC) -> Played:
    """Open a normal market, change its mood after a while, and follow it to the end.

    Raises: Refused for an unknown mood, or a flow without moods.
    """
    accounts = derive_accounts(seed, 1, None)
    exchange = synthetic_exchange(
        seed=seed, accounts=accounts, start_ms=START_MS, specs=[BTC_USD], regime=NORMAL, flow_name=flow_name
    )
    maker, played = _Maker(exchange, accounts[0].account_id), Played(regime, CALM_BEFORE_MS / 1000)
    last = Moment(0.0, float(BTC_USD.start_price), 0.0, 0.0)
    for elapsed_ms in range(0, seconds * 1000 + 1, STEP_MS):
        if elapsed_ms == CALM_BEFORE_MS:
            exchange.set_regime(regime)
        if elapsed_ms % REQUOTE_MS == 0:
            maker.requote()
        for event in exchange.advance(START_MS + elapsed_ms):
            if isinstance(event, FillBooked):
                second = (event.ms - START_MS) / 1000
                played.fills.append(OurFill(second, event.trade.side == "BUY", float(event.trade.price)))
            elif isinstance(event, TradePrinted) and event.ms > START_MS + CALM_BEFORE_MS:
                played.trades.append(((event.ms - START_MS) / 1000, 1 if event.trade.S == "BUY" else -1))
        last = _look(exchange, elapsed_ms / 1000, last)
        played.moments.append(last)
    return played


def _look(exchange: Exchange, second: float, last: Moment) -> Moment:
    book, tick = exchange.venue.markets[BTC_USD.name].book, float(BTC_USD.tick_size)
    bid, ask = book.best(Side.BUY), book.best(Side.SELL)
    if bid is None or ask is None:
        return last._replace(second=second)
    mid = (bid + ask) / 2
    depth = sum(
        price * lots for side in Side for price, lots in book.levels(side) if abs(price - mid) <= NEAR * mid
    )  # in ticks times lots
    return Moment(second, mid * tick, (ask - bid) * tick, depth * tick * float(BTC_USD.lot_size))


# ── figures ──


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A mood in numbers, from when it set in."""

    volatility_bps: float
    """Per square root of a second, of the mid over one second."""
    drift_bps: float
    """Per minute."""
    largest_fall_bps: float
    """From a maximum to a later minimum."""
    spread_bps: float
    depth: float
    trades_per_s: float
    signed_move_bps: float
    """Of the mid in the second after a trade, in the taker's direction: what a maker at the touch pays against its spread."""
    fills: int
    markout_bps: float
    """Of our fills after `MARKOUT_S`; positive aged well. 0 without fills."""


def figures(played: Played) -> Figures:
    """Sum up one mood."""
    moments = [each for each in played.moments if each.second >= played.began]
    whole_s = moments[-1].second - moments[0].second
    seconds = moments[:: 1000 // STEP_MS]
    moves = [log(after.mid / before.mid) * 1e4 for before, after in pairwise(seconds)]
    highest = fall = 0.0
    for moment in moments:
        highest = max(highest, log(moment.mid))
        fall = max(fall, highest - log(moment.mid))
    markouts = list(_markouts(played))
    return Figures(
        volatility_bps=sqrt(fmean(move * move for move in moves)),
        drift_bps=log(moments[-1].mid / moments[0].mid) * 1e4 / whole_s * 60,
        largest_fall_bps=fall * 1e4,
        spread_bps=fmean(moment.spread / moment.mid for moment in moments) * 1e4,
        depth=fmean(moment.depth for moment in moments),
        trades_per_s=len(played.trades) / whole_s,
        signed_move_bps=fmean(_signed_moves(played)) if played.trades else 0.0,
        fills=len(markouts),
        markout_bps=fmean(markouts) if markouts else 0.0,
    )


def _markouts(played: Played) -> Iterator[float]:
    for fill in played.fills:
        later = round((fill.second + MARKOUT_S) * 1000 / STEP_MS)
        if fill.second >= played.began and later < len(played.moments):
            yield (played.moments[later].mid / fill.price - 1) * 1e4 * (1 if fill.is_buy else -1)


def _signed_moves(played: Played) -> Iterator[float]:
    per_s = 1000 // STEP_MS
    for second, sign in played.trades:
        before = int(second * per_s)
        if before + per_s + 1 < len(played.moments):
            yield sign * log(played.moments[before + per_s + 1].mid / played.moments[before].mid) * 1e4
