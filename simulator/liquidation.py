"""What happens to an account that can no longer keep its positions.

Source: the exchange's liquidation rules. An account whose available balance is negative loses its open orders, reduce-only
ones excepted. When the maintenance requirement exceeds its equity, all its orders go, and the position with the largest loss is
reduced: first in parts of a fifth (at least 1,000 USD each), each filled whole at the bankruptcy price or not at all, until the
account is safe; then in full up to 5 % worse; what the book cannot take goes to the house at the bankruptcy price. The fee is
1 %, as far as there is equity; below zero the insurance fund pays.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final

from bot.core.numbers import Lots, Ticks
from simulator.accounts import HOUSE_ACCOUNT, INSURANCE_ACCOUNT, Account
from simulator.clearing import Clearing
from simulator.engine import Engine
from simulator.ids import Snowflakes
from simulator.ledger import MONEY_GRID, ZERO, Position
from simulator.market_state import MarketState
from simulator.matching import Match, Side
from simulator.orders import Kind, Order, Reason, SelfTrade, TimeInForce
from simulator.standing import Standings

PARTS: Final = 5
SMALLEST_PART: Final = Decimal(1_000)
WORSE: Final = Decimal("0.05")
FEE: Final = Decimal("0.01")


class LiquidationDesk:
    """Watch margins, and close what cannot be kept."""

    def __init__(self, standings: Standings, engine: Engine, clearing: Clearing, ids: Snowflakes) -> None:
        self._standings = standings
        self._ledger = standings.ledger
        self._engine = engine
        self._clearing = clearing
        self._ids = ids
        self.tells_reasons = False

    def check(self, account: Account, now_ms: int) -> None:
        """Look at one account and do what its margin demands."""
        margin = self._standings.margin(account.account_id)
        if margin.maintenance > margin.equity:
            self._liquidate(account, now_ms)
        elif margin.available_for_trade < 0:
            for order in self._standings.store.live(account.account_id):
                if not order.reduce_only and not order.waits:
                    self._engine.cancel(order, now_ms, reason=self._said(Reason.NEGATIVE_EQUITY))

    def deleverage(self, account: Account, market: str, lots: Lots, now_ms: int) -> None:
        """Let the house take part of a position at the mark, without a fee."""
        position, state = self._ledger.positions[account.account_id, market], self._standings.markets[market]
        price = Ticks(max(1, int((state.mark / state.spec.tick_size).to_integral_value())))
        order = self._order(account, position, lots, price, now_ms)
        order.deleverages = True
        self._standings.store.add(order)
        self._clearing.settle(state, order.side, order, Match(0, HOUSE_ACCOUNT, price, lots, Lots(0)), now_ms=now_ms)

    def _said(self, reason: Reason) -> Reason | None:
        return reason if self.tells_reasons else None

    def _is_unsafe(self, account_id: int) -> bool:
        margin = self._standings.margin(account_id)
        return margin.maintenance > margin.equity

    def _liquidate(self, account: Account, now_ms: int) -> None:
        self._engine.cancel_all(account.account_id, now_ms, reason=self._said(Reason.ACCOUNT_LIQUIDATION))
        while self._is_unsafe(account.account_id):
            position = self._worst(account.account_id)
            if position is None:
                break
            self._reduce(account, position, now_ms)
        self._settle_deficit(account.account_id)
        self._clearing.tell_balance(account.account_id, now_ms)

    def _worst(self, account_id: int) -> Position | None:
        held = self._ledger.positions_of(account_id)
        return min(held, key=lambda each: self._standings.exposure(account_id, each.market).unrealised, default=None)

    def _reduce(self, account: Account, position: Position, now_ms: int) -> None:
        """Reduce one position until the account is safe or the position is gone."""
        state = self._standings.markets[position.market]
        whole = abs(position.lots)
        unit = state.mark * state.spec.lot_size
        part = max(whole // PARTS, int((SMALLEST_PART / unit).to_integral_value(ROUND_CEILING)), 1)
        for _ in range(PARTS):
            if not position.lots or not self._is_unsafe(account.account_id):
                return
            lots, limit = Lots(min(part, abs(position.lots))), self._limit(position, state, ZERO)
            if self._engine.fillable(state, _closing(position), limit) < lots:
                break
            self._sell_off(account, position, lots, limit, now_ms)
        if position.lots and self._is_unsafe(account.account_id):
            self._sell_off(account, position, Lots(abs(position.lots)), self._limit(position, state, WORSE), now_ms)
        if position.lots and self._is_unsafe(account.account_id):
            self._hand_over(account, position, now_ms)

    def _limit(self, position: Position, state: MarketState, worse: Decimal) -> Ticks:
        """Return the bankruptcy price, at which nothing would be left, made `worse` by a fraction; never below a tick."""
        size = state.spec.lot_size * position.lots
        equity = self._standings.margin(position.account_id).equity
        price = (state.mark - equity / size) * (1 - worse * position.side_sign)
        rounding = ROUND_CEILING if position.lots > 0 else ROUND_FLOOR
        return Ticks(max(1, int((price / state.spec.tick_size).to_integral_value(rounding))))

    def _sell_off(self, account: Account, position: Position, lots: Lots, limit: Ticks, now_ms: int) -> None:
        order = self._order(account, position, lots, limit, now_ms)
        self._engine.run_now(order, now_ms)
        self._charge(account.account_id, position.market, order)

    def _hand_over(self, account: Account, position: Position, now_ms: int) -> None:
        """Let the house take what the book could not, at the bankruptcy price."""
        state = self._standings.markets[position.market]
        limit = self._limit(position, state, ZERO)
        order = self._order(account, position, Lots(abs(position.lots)), limit, now_ms)
        self._standings.store.add(order)
        match = Match(0, HOUSE_ACCOUNT, limit, order.lots, Lots(0))
        self._clearing.settle(state, order.side, order, match, now_ms=now_ms)

    def _order(self, account: Account, position: Position, lots: Lots, limit: Ticks, now_ms: int) -> Order:
        order_id = self._ids.next(now_ms)
        return Order(
            order_id=order_id,
            external_id=f"liquidation-{order_id}",
            account_id=account.account_id,
            client_id=account.client_id,
            market=position.market,
            kind=Kind.MARKET,
            side=_closing(position),
            price=limit,
            lots=lots,
            time_in_force=TimeInForce.IOC,
            expiry_ms=now_ms + 60_000,
            self_trade=SelfTrade.DISABLED,
            reduce_only=True,
            post_only=False,
            liquidates=True,
            created_ms=now_ms,
            updated_ms=now_ms,
        )

    def _charge(self, account_id: int, market: str, order: Order) -> None:
        """Take the liquidation fee, as far as there is equity."""
        spec = self._standings.markets[market].spec
        value = spec.tick_size * spec.lot_size * order.filled_tick_lots
        equity = max(self._standings.margin(account_id).equity, ZERO)
        fee = min((value * FEE).quantize(MONEY_GRID), equity.quantize(MONEY_GRID, ROUND_FLOOR))
        self._ledger.transfer(account_id, INSURANCE_ACCOUNT, fee)

    def _settle_deficit(self, account_id: int) -> None:
        balance = self._ledger.balances[account_id]
        if balance < 0 and not self._ledger.positions_of(account_id):
            self._ledger.transfer(INSURANCE_ACCOUNT, account_id, -balance)


def _closing(position: Position) -> Side:
    return Side.SELL if position.lots > 0 else Side.BUY
