"""Margin arithmetic: what an account has, what it needs, and what one more order costs. Pure functions on exact decimals.

Source: the exchange's margin schedule (brackets by position value, initial margin 1/leverage, maintenance half the bracket).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from simulator.ledger import Position
from simulator.markets import MarketSpec
from simulator.matching import Side

ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """One account's stake in one market; values are positive amounts in collateral."""

    spec: MarketSpec
    mark: Decimal
    leverage: Decimal
    position: Position | None
    buy_value: Decimal
    """Open buy orders, price times what is left."""
    sell_value: Decimal
    signed_value: Decimal = field(init=False)
    """What is held at the mark; negative when short."""

    def __post_init__(self) -> None:
        held = self.mark * self.spec.lot_size * self.position.lots if self.position else ZERO
        object.__setattr__(self, "signed_value", held)  # asked for again and again

    @property
    def unrealised(self) -> Decimal:
        return self.signed_value - self.position.signed_cost if self.position else ZERO

    @property
    def initial_margin(self) -> Decimal:
        held = self.signed_value
        worst = max(abs(held + self.buy_value), abs(held - self.sell_value))
        if not worst:
            return ZERO
        return worst * initial_rate(self.spec, worst, self.leverage)

    @property
    def maintenance_margin(self) -> Decimal:
        held = abs(self.signed_value)
        return held and held * bracket_factor(self.spec, held) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """An account's margin picture at the current marks."""

    balance: Decimal
    unrealised: Decimal
    initial: Decimal
    maintenance: Decimal
    exposure: Decimal

    @property
    def equity(self) -> Decimal:
        return self.balance + self.unrealised

    @property
    def available_for_trade(self) -> Decimal:
        return self.equity - self.initial

    @property
    def available_for_withdrawal(self) -> Decimal:
        return max(ZERO, self.balance + min(ZERO, self.unrealised) - self.initial)

    @property
    def ratio(self) -> Decimal:
        """Maintenance requirement over equity; above 1 the exchange liquidates."""
        if self.equity <= 0:
            return ZERO if not self.maintenance else Decimal(999)
        return self.maintenance / self.equity

    @property
    def leverage(self) -> Decimal:
        return self.exposure / self.equity if self.equity > 0 else ZERO


def bracket_factor(spec: MarketSpec, value: Decimal) -> Decimal:
    """Return the risk factor of a position of this value; above the last bracket, the last factor."""
    for bracket in spec.brackets:
        if value <= bracket.upper_bound:
            return bracket.risk_factor
    return spec.brackets[-1].risk_factor


def initial_rate(spec: MarketSpec, value: Decimal, leverage: Decimal) -> Decimal:
    return max(1 / leverage, bracket_factor(spec, value))


def position_value_limit(spec: MarketSpec, leverage: Decimal) -> Decimal:
    """Return the largest position value this leverage allows, by the brackets."""
    allowed = [bracket.upper_bound for bracket in spec.brackets if bracket.risk_factor * leverage <= 1]
    return min(max(allowed, default=spec.brackets[0].upper_bound), spec.max_position_value)


def account_margin(balance: Decimal, exposures: Iterable[Exposure]) -> Margin:
    unrealised = initial = maintenance = exposure = ZERO
    for each in exposures:
        unrealised += each.unrealised
        initial += each.initial_margin
        maintenance += each.maintenance_margin
        exposure += abs(each.signed_value)
    return Margin(balance=balance, unrealised=unrealised, initial=initial, maintenance=maintenance, exposure=exposure)


def order_cost(exposure: Exposure, side: Side, price: Decimal, size: Decimal) -> Decimal:
    """Return what a new order takes from the available balance.

    Buy: max(rate x price x (size + min(0, 2 x (position + open buys))) - open loss, 0) with
    open loss = min(size x (mark - price), 0); a sell is mirrored.
    """
    held = exposure.spec.lot_size * (exposure.position.lots if exposure.position else 0) * side.sign
    same_side_value = exposure.buy_value if side is Side.BUY else exposure.sell_value
    same_side = same_side_value / price
    rate = initial_rate(exposure.spec, abs(held * exposure.mark) + same_side_value + price * size, exposure.leverage)
    growing = max(size + min(ZERO, 2 * (held + same_side)), ZERO)
    open_loss = min(size * side.sign * (exposure.mark - price), ZERO)
    return max(rate * price * growing - open_loss, ZERO)


def liquidation_price(exposure: Exposure, margin: Margin) -> Decimal | None:
    """Return the mark at which equity meets maintenance, other markets held; None when there is none above zero."""
    if exposure.position is None or not exposure.position.lots:
        return None
    size = exposure.spec.lot_size * exposure.position.lots
    factor = bracket_factor(exposure.spec, abs(exposure.signed_value)) / 2
    others = margin.maintenance - exposure.maintenance_margin
    # equity + size * (p - mark) = others + factor * abs(size) * p
    slope = size - factor * abs(size)
    price = (others - margin.equity + size * exposure.mark) / slope
    return price if price > 0 else None


Leverages = Mapping[tuple[int, str], Decimal]
