"""The microprice: where the mid is expected to be a little later, given imbalance and spread (Stoikov 2018).

A state is a pair (imbalance bucket, spread in ticks). From consecutive quotes we count how often the mid stays while the state
changes (Q), the mean move when it changes (R1·K) and the state after that (R2). Then, with B = (I-Q)^-1 R2,

    G1 = (I-Q)^-1 R1 K        expected first move of the mid
    G* = G1 + B G1 + B² G1 + …   expected sum of all moves,   microprice = mid + G*

The sum converges only if the chain that B describes gives G1 no weight in the long run. Counting every transition a second time
in a mirror (bids for asks) makes that exact: G* is then antisymmetric in the imbalance.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from bot.core.events import Level
from bot.core.quoting.linear import solve, times

BUCKETS: Final = 10
SPREADS: Final = 3
"""Spread 1 tick, 2 ticks, 3 and more."""
NEEDED_CHANGES: Final = 20_000
REESTIMATE_MS: Final = 600_000
MOST_TERMS: Final = 200
SMALL_TERM: Final = 1e-9
PSEUDO_COUNT: Final = 0.5
"""One half imaginary visit that leads nowhere, for each state: a state that was never left must not make the matrix singular."""


class State(msgspec.Struct, frozen=True):
    """One state of the touch: bucket 0 holds the heaviest asks, the last one the heaviest bids."""

    bucket: int
    spread: int
    """In ticks, cut at `SPREADS`."""


def state_of(bid: Level, ask: Level, buckets: int = BUCKETS) -> State | None:
    """Return the state of a touch; None when it is crossed or a size is missing."""
    if ask.price <= bid.price or bid.size <= 0 or ask.size <= 0:
        return None
    share = bid.size / (bid.size + ask.size)
    return State(min(buckets - 1, int(share * buckets)), min(SPREADS, ask.price - bid.price))


def expected_moves(
    staying: Sequence[Sequence[float]], first_move: Sequence[float], after_move: Sequence[Sequence[float]]
) -> list[float] | None:
    """Return G* for every state, in the unit of `first_move`; None when the sum does not converge.

    `staying` is Q, `first_move` is R1·K (the mean move in one step), `after_move` is R2, all by state.
    """
    size = len(first_move)
    leaving = [[(row == column) - staying[row][column] for column in range(size)] for row in range(size)]
    right = [[first_move[row], *after_move[row]] for row in range(size)]
    answer = solve(leaving, right)
    if answer is None:
        return None
    term = [row[0] for row in answer]
    chain = [row[1:] for row in answer]
    total = list(term)
    for _ in range(MOST_TERMS):
        term = times(chain, term)
        total = [before + more for before, more in zip(total, term, strict=True)]
        if max(map(abs, term)) < SMALL_TERM:
            return total
    return None


class MicropriceEstimator:
    """Counts transitions of the touch and turns them into a table, again and again. Moves are in half ticks."""

    def __init__(self, needed_changes: int = NEEDED_CHANGES, reestimate_ms: int = REESTIMATE_MS, buckets: int = BUCKETS) -> None:
        states = buckets * SPREADS
        self._buckets = buckets
        self._needed, self._period_ms = needed_changes, reestimate_ms
        self._staying = [[0.0] * states for _ in range(states)]
        self._after = [[0.0] * states for _ in range(states)]
        self._moves = [0.0] * states
        self._visits = [0.0] * states
        self._last: tuple[State, int] | None = None
        self._table: list[float] | None = None
        self._estimated_ms: int | None = None
        self._tried_ms: int | None = None
        self.changes = 0
        """Quote changes counted since the last estimate."""

    def see(self, bid: Level | None, ask: Level | None, now_ms: int) -> None:
        """Take the touch after a change; a touch without a state ends the run of consecutive quotes."""
        state = state_of(bid, ask, self._buckets) if bid is not None and ask is not None else None
        if state is None or bid is None or ask is None:
            self._last = None
            return
        doubled_mid = bid.price + ask.price
        if self._last is not None:
            before, last_mid = self._last
            self.count(before, state, doubled_mid - last_mid)
        self._last = (state, doubled_mid)
        if self.changes >= self._needed and (self._tried_ms is None or now_ms - self._tried_ms >= self._period_ms):
            self.estimate(now_ms)

    def count(self, before: State, after: State, half_ticks: int) -> None:
        """Count one transition and its mirror; `half_ticks` is the move of the mid."""
        if before == after and half_ticks == 0:
            return
        self.changes += 1
        mirrored = (self._mirror(before), self._mirror(after), -half_ticks)
        for origin, target, move in ((before, after, half_ticks), mirrored):
            row, column = self._index(origin), self._index(target)
            self._visits[row] += 1
            if move == 0:
                self._staying[row][column] += 1
            else:
                self._after[row][column] += 1
                self._moves[row] += move

    def _index(self, state: State) -> int:
        return (state.spread - 1) * self._buckets + state.bucket

    def _mirror(self, state: State) -> State:
        return State(self._buckets - 1 - state.bucket, state.spread)

    def estimate(self, now_ms: int) -> None:
        """Make a new table from the counts; the old one stays when the sum does not converge. Then forget half of the counts."""
        shares = [1 / (visits + PSEUDO_COUNT) for visits in self._visits]
        staying = [[each * share for each in row] for row, share in zip(self._staying, shares, strict=True)]
        after = [[each * share for each in row] for row, share in zip(self._after, shares, strict=True)]
        moves = [each * share for each, share in zip(self._moves, shares, strict=True)]
        table = expected_moves(staying, moves, after)
        self._tried_ms = now_ms
        if table is not None:
            self._table, self._estimated_ms = table, now_ms
        self._forget_half()

    def _forget_half(self) -> None:
        for rows in (self._staying, self._after):
            rows[:] = [[each / 2 for each in row] for row in rows]
        self._moves = [each / 2 for each in self._moves]
        self._visits = [each / 2 for each in self._visits]
        self.changes = 0

    @property
    def is_estimated(self) -> bool:
        return self._table is not None

    def table_age_ms(self, now_ms: int) -> int | None:
        """Return the age of the table; None before the first."""
        return None if self._estimated_ms is None else max(0, now_ms - self._estimated_ms)

    def offset_ticks(self, bid: Level, ask: Level) -> float | None:
        """Return G* in ticks for this touch, never more than half the spread away; None before the first table."""
        state = state_of(bid, ask, self._buckets)
        if state is None or self._table is None:
            return None
        half = (ask.price - bid.price) / 2
        return max(-half, min(half, self._table[self._index(state)] / 2))


def interpolated_offset_ticks(bid: Level, ask: Level, weight: float) -> float:
    """Return the offset without a table: half the spread, times 2I-1, times `weight` (0: the mid, 1: the weighted mid)."""
    total = bid.size + ask.size
    if total <= 0 or ask.price <= bid.price:
        return 0.0
    return 0.5 * (ask.price - bid.price) * (2 * bid.size / total - 1) * weight
