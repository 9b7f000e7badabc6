"""Who owns what, in exact decimals: balances, positions, fees. The ledger is the exchange's own truth about money.

Conservation: money only moves between accounts, the fee pot and the funding pot. An account's stake is its balance minus the
signed cost of its open positions; a trade moves exactly the notional from the buyer's stake to the seller's, whatever average
cost and rounding do inside one account. So the sum of all stakes and pots equals all deposits, and the positions of a market
sum to zero, after every booking: running sums say so at every step, and `check` sums both from scratch every thousand.
"""

from collections import defaultdict, deque
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from bot.core.numbers import Lots, Ticks
from simulator.ids import Snowflakes
from simulator.markets import MarketSpec
from simulator.matching import NO_LOTS, Side

COST_GRID: Final = Decimal("1e-12")
"""Average cost is kept this fine when a position shrinks; it shifts PnL between realised and unrealised, never in sum."""
MONEY_GRID: Final = Decimal("1e-6")
"""The collateral's resolution: fees and funding are whole micro-dollars."""
ZERO: Final = Decimal(0)
CLOSED_KEPT: Final = 10_000
FULL_CHECK_EVERY: Final = 1_000


class ConservationError(AssertionError):
    """Money appeared or vanished: a bug of the exchange, never a customer's doing."""


@dataclass(slots=True, kw_only=True)
class Position:
    """One open position; `lots` is signed, `cost` is the positive cost of what is open."""

    position_id: int
    account_id: int
    market: str
    created_ms: int
    updated_ms: int
    lots: Lots = NO_LOTS
    cost: Decimal = ZERO
    trade_pnl: Decimal = ZERO
    open_fees: Decimal = ZERO
    close_fees: Decimal = ZERO
    funding: Decimal = ZERO
    max_lots: Lots = NO_LOTS
    opened_lots: Lots = NO_LOTS
    opened_value: Decimal = ZERO
    closed_ms: int | None = None
    closed_lots: Lots = NO_LOTS
    closed_value: Decimal = ZERO
    closed_side: int = 0
    """+1 if it was long, -1 if it was short, 0 while open."""

    @property
    def side_sign(self) -> int:
        return (self.lots > 0) - (self.lots < 0)

    @property
    def signed_cost(self) -> Decimal:
        return self.cost if self.lots >= 0 else -self.cost

    def entry_price(self, lot_size: Decimal) -> Decimal:
        """Return the average price of what is open; of everything that was opened once it is closed."""
        if self.lots:
            return self.cost / (lot_size * abs(self.lots))
        return self.opened_value / (lot_size * self.opened_lots) if self.opened_lots else ZERO

    @property
    def realised(self) -> Decimal:
        """Booked result including fees and funding."""
        return self.trade_pnl - self.open_fees - self.close_fees + self.funding


@dataclass(frozen=True, slots=True)
class _Booking:
    """One side of a trade: `value` is positive, `fee` is paid."""

    account_id: int
    market: str
    side: Side
    value: Decimal
    lots: Lots
    fee: Decimal
    now_ms: int


@dataclass(slots=True)
class Ledger:
    """All balances and positions of the exchange."""

    specs: dict[str, MarketSpec]
    ids: Snowflakes
    balances: dict[int, Decimal] = field(default_factory=dict)
    positions: dict[tuple[int, str], Position] = field(default_factory=dict)
    closed: dict[int, deque[Position]] = field(default_factory=lambda: defaultdict(lambda: deque(maxlen=CLOSED_KEPT)))
    deposits: Decimal = ZERO
    fee_pot: Decimal = ZERO
    funding_pot: Decimal = ZERO
    bookings: int = 0
    """Trades booked."""
    full_checks: int = 0
    _held: dict[int, dict[str, Position]] = field(default_factory=lambda: defaultdict(dict))
    """The same open positions, by account and then market."""
    _stakes: Decimal = ZERO
    """The running sum of all stakes: what every single booking has moved."""

    def deposit(self, account_id: int, amount: Decimal) -> None:
        self.balances[account_id] = self.balances.get(account_id, ZERO) + amount
        self.deposits += amount
        self._stakes += amount

    def position(self, account_id: int, market: str) -> Position | None:
        return self.positions.get((account_id, market))

    def position_lots(self, account_id: int, market: str) -> Lots:
        position = self.positions.get((account_id, market))
        return position.lots if position else Lots(0)

    def positions_of(self, account_id: int) -> list[Position]:
        return list(self._held[account_id].values())

    def book_trade(
        self,
        *,
        market: str,
        price: Ticks,
        lots: Lots,
        buyer: int,
        seller: int,
        buyer_fee: Decimal,
        seller_fee: Decimal,
        now_ms: int,
    ) -> tuple[Position, Position]:
        """Book one match for both sides and return their positions after it (closed ones with zero lots)."""
        spec = self.specs[market]
        value = spec.price(price) * spec.size(lots)
        bought = self._book(_Booking(buyer, market, Side.BUY, value, lots, buyer_fee, now_ms))
        sold = self._book(_Booking(seller, market, Side.SELL, value, lots, seller_fee, now_ms))
        self.fee_pot += buyer_fee + seller_fee
        self._check_running()
        self.bookings += 1
        if self.bookings % FULL_CHECK_EVERY == 0:
            self.check()
        return bought, sold

    def transfer(self, payer: int, receiver: int, amount: Decimal) -> None:
        """Move a positive amount, or nothing, from one account to another."""
        assert amount >= 0, "money moves from payer to receiver"
        self.balances[payer] -= amount
        self.balances[receiver] += amount

    def pay_from_fees(self, account_id: int, amount: Decimal) -> None:
        """Pay a positive amount of collected fees back to an account."""
        assert amount >= 0, "a rebate is paid, never taken"
        self.balances[account_id] += amount
        self._stakes += amount
        self.fee_pot -= amount
        self._check_running()

    def book_funding(self, position: Position, amount: Decimal, now_ms: int) -> None:
        """Move `amount` (positive: received) between a position's account and the funding pot."""
        self.balances[position.account_id] += amount
        self.funding_pot -= amount
        self._stakes += amount
        self._check_running()
        position.funding += amount
        position.updated_ms = now_ms

    def _book(self, booking: "_Booking") -> Position:
        account_id, market, side = booking.account_id, booking.market, booking.side
        stake_before = self._stake(account_id, market)
        position = self.positions.get((account_id, market))
        if position is None or position.side_sign == side.sign:
            position = self._grow(position, booking)
        elif booking.lots <= abs(position.lots):
            self._shrink(position, booking)
        else:
            position = self._flip(position, booking)
        self.balances[account_id] -= booking.fee
        moved = self._stake(account_id, market) - stake_before
        if moved != -side.sign * booking.value - booking.fee:
            raise ConservationError(f"{booking}: the stake moved by {moved}")
        self._stakes += moved
        return position

    def _stake(self, account_id: int, market: str) -> Decimal:
        position = self.positions.get((account_id, market))
        return self.balances[account_id] - (position.signed_cost if position else ZERO)

    def _grow(self, position: Position | None, booking: "_Booking") -> Position:
        if position is None:
            position = Position(
                position_id=self.ids.next(booking.now_ms),
                account_id=booking.account_id,
                market=booking.market,
                created_ms=booking.now_ms,
                updated_ms=booking.now_ms,
            )
            self.positions[booking.account_id, booking.market] = position
            self._held[booking.account_id][booking.market] = position
        position.lots = Lots(position.lots + booking.side.sign * booking.lots)
        position.cost += booking.value
        position.opened_lots = Lots(position.opened_lots + booking.lots)
        position.opened_value += booking.value
        position.open_fees += booking.fee
        position.max_lots = Lots(max(position.max_lots, abs(position.lots)))
        position.updated_ms = booking.now_ms
        return position

    def _shrink(self, position: Position, booking: "_Booking") -> None:
        held, lots = abs(position.lots), booking.lots
        released = position.cost
        if lots != held:
            released = (position.cost * lots / held).quantize(COST_GRID, ROUND_HALF_EVEN)
        gained = booking.side.sign * (released - booking.value)
        position.lots = Lots(position.lots + booking.side.sign * lots)
        position.cost -= released
        position.trade_pnl += gained
        position.close_fees += booking.fee
        position.closed_value += booking.value
        position.closed_lots = Lots(position.closed_lots + lots)
        position.updated_ms = booking.now_ms
        self.balances[position.account_id] += gained
        if not position.lots:
            position.closed_ms = booking.now_ms
            position.closed_side = -booking.side.sign
            del self.positions[position.account_id, position.market]
            del self._held[position.account_id][position.market]
            self.closed[position.account_id].append(position)

    def _flip(self, position: Position, booking: "_Booking") -> Position:
        """Close what is open with one part of the trade and open the other way with the rest."""
        closing = Lots(abs(position.lots))
        value = booking.value / booking.lots * closing  # exact: the value is price times lots
        fee = (booking.fee * closing / booking.lots).quantize(MONEY_GRID, ROUND_HALF_EVEN)
        self._shrink(position, replace(booking, value=value, lots=closing, fee=fee))
        rest = Lots(booking.lots - closing)
        return self._grow(None, replace(booking, value=booking.value - value, lots=rest, fee=booking.fee - fee))

    def _check_running(self) -> None:
        if self._stakes + self.fee_pot + self.funding_pot != self.deposits:
            found = f"{self._stakes} + fees {self.fee_pot} + funding {self.funding_pot}"
            raise ConservationError(f"{found} != {self.deposits}")

    def check(self) -> None:
        """Sum everything from scratch.

        Raises: ConservationError when money or positions do not add up.
        """
        self.full_checks += 1
        stakes = sum(self.balances.values(), ZERO) - sum((each.signed_cost for each in self.positions.values()), ZERO)
        if stakes + self.fee_pot + self.funding_pot != self.deposits:
            raise ConservationError(f"{stakes} + fees {self.fee_pot} + funding {self.funding_pot} != {self.deposits}")
        if stakes != self._stakes:
            raise ConservationError(f"the stakes sum to {stakes}, their bookings to {self._stakes}")
        held: defaultdict[str, int] = defaultdict(int)
        for position in self.positions.values():
            held[position.market] += position.lots
        if any(held.values()):
            raise ConservationError(f"positions do not sum to zero: {dict(held)}")


def fee_of(value: Decimal, rate: Decimal) -> Decimal:
    """Return the fee on a trade of `value`, in whole micro-dollars; never more than the signed maximum, which rounds up."""
    return (value * rate).quantize(MONEY_GRID, ROUND_HALF_EVEN) if rate else ZERO
