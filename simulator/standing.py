"""What an account has, needs and may still do: the ledger, its open orders and the marks, read together."""

from decimal import Decimal

from bot.core.numbers import Lots, Ticks
from simulator.ledger import Ledger, Position
from simulator.margin import ZERO, Exposure, Margin, account_margin, liquidation_price, order_cost, position_value_limit
from simulator.market_state import MarketState
from simulator.markets import COLLATERAL
from simulator.matching import Side
from simulator.order_store import OrderStore
from simulator.orders import Order, OrderRequest, Scope
from simulator.refusals import Code, Refused
from simulator.trigger_rules import closing_side
from simulator.wire import MARK_GRID, BalanceRecord, PositionRecord, rounded, text


class Standings:
    """Answer questions about accounts; changes nothing but leverage."""

    def __init__(self, markets: dict[str, MarketState], ledger: Ledger, store: OrderStore, default_leverage: int) -> None:
        self.markets = markets
        self.ledger = ledger
        self.store = store
        self.closed_word = "CLOSED"
        self._default_leverage = default_leverage
        self._leverages: dict[tuple[int, str], Decimal] = {}

    def leverage(self, account_id: int, market: str) -> Decimal:
        return self._leverages.get((account_id, market), Decimal(self._default_leverage))

    def set_leverage(self, account_id: int, market: str, leverage: Decimal) -> None:
        """Change an account's leverage on one market.

        Raises: Refused when out of range, too fine, or too much for what is open.
        """
        spec = self.markets[market].spec
        if leverage < 1:
            raise Refused(Code.LEVERAGE_TOO_LOW, "leverage must be at least 1")
        if leverage > spec.max_leverage:
            raise Refused(Code.LEVERAGE_TOO_HIGH, f"leverage must be at most {spec.max_leverage}")
        if leverage != leverage.quantize(Decimal("0.01")):
            raise Refused(Code.LEVERAGE_PRECISION, "leverage has at most two decimals")
        exposure = self.exposure(account_id, market)
        if abs(exposure.signed_value) > position_value_limit(spec, leverage):
            raise Refused(Code.LEVERAGE_POSITION_VALUE, "the open position is too large for this leverage")
        before = self._leverages.get((account_id, market))
        self._leverages[account_id, market] = leverage
        if leverage < exposure.leverage and self.margin(account_id).available_for_trade < 0:
            if before is None:
                del self._leverages[account_id, market]
            else:
                self._leverages[account_id, market] = before
            raise Refused(Code.LEVERAGE_MARGIN, "not enough margin for this leverage")

    def exposure(self, account_id: int, market: str, without: Order | None = None) -> Exposure:
        """Return an account's stake in a market; `without` is an order that is about to be replaced."""
        return self._exposure(account_id, market, self.store.resting_values(account_id, market, without))

    def _exposure(self, account_id: int, market: str, resting: tuple[int, int]) -> Exposure:
        state, (buys, sells) = self.markets[market], resting
        unit = state.spec.tick_size * state.spec.lot_size
        return Exposure(
            spec=state.spec,
            mark=state.mark,
            leverage=self.leverage(account_id, market),
            position=self.ledger.position(account_id, market),
            buy_value=unit * buys if buys else ZERO,
            sell_value=unit * sells if sells else ZERO,
        )

    def margin(self, account_id: int, without: Order | None = None) -> Margin:
        return self._margin(account_id, self.store.resting_by_market(account_id, without))

    def _margin(self, account_id: int, resting: dict[str, tuple[int, int]]) -> Margin:
        touched = dict.fromkeys((*resting, *(position.market for position in self.ledger.positions_of(account_id))))
        exposures = [self._exposure(account_id, market, resting.get(market, (0, 0))) for market in touched]
        return account_margin(self.ledger.balances[account_id], exposures)

    def check_funds(
        self, account_id: int, market: str, side: Side, *, price: Ticks, lots: Lots, replaced: Order | None = None
    ) -> None:
        """Check that an account can carry one more order that is not reduce-only, which may take the place of `replaced`.

        Raises: Refused with 1127 (position value), 1145 (only reducing), 1147 (open loss) or 1140 (margin).
        """
        resting_values = self.store.resting_by_market(account_id, replaced)
        exposure = self._exposure(account_id, market, resting_values.get(market, (0, 0)))
        spec = exposure.spec
        cost = order_cost(exposure, side, spec.price(price), spec.size(lots))
        resting = exposure.buy_value if side is Side.BUY else exposure.sell_value
        held = exposure.signed_value * side.sign
        reached = held + resting + spec.price(price) * spec.size(lots)
        limit = position_value_limit(spec, exposure.leverage)
        if reached > limit and reached > abs(held):
            raise Refused(Code.POSITION_VALUE, f"position and orders of {rounded(reached)} exceed {limit}")
        margin = self._margin(account_id, resting_values)
        available = margin.available_for_trade
        if available < 0:
            raise Refused(Code.ONLY_REDUCING_ALLOWED, f"available for trade is {rounded(available)}")
        loss = spec.size(lots) * (spec.price(price) - exposure.mark) * side.sign
        if loss > max(margin.equity, ZERO):
            raise Refused(Code.OPEN_LOSS, f"a fill would lose {rounded(loss)} of {rounded(margin.equity)}")
        if cost > max(available, Decimal(0)):
            raise Refused(Code.ORDER_COST, f"Order cost {rounded(cost)} exceeds available for trade {rounded(available)}")

    def check_leg_loss(self, account_id: int, market: str, request: OrderRequest) -> None:
        """Check that closing at the worst price of a leg, from where it triggers, loses no more than there is.

        Raises: Refused with 1148.
        """
        spec, equity = self.markets[market].spec, self.margin(account_id).equity
        held = spec.size(Lots(abs(self.ledger.position_lots(account_id, market))))
        size = request.size if request.scope is Scope.ORDER else held
        sign = closing_side(request).sign
        for leg in (request.take_profit, request.stop_loss):
            loss = ZERO if leg is None else size * (leg.price - leg.trigger_price) * sign
            if loss > max(equity, ZERO):
                raise Refused(Code.TPSL_OPEN_LOSS, f"a leg would lose {rounded(loss)} of {rounded(equity)}")

    def balance_record(self, account_id: int, now_ms: int) -> BalanceRecord:
        margin = self.margin(account_id)
        return BalanceRecord(
            collateral_name=COLLATERAL,
            status="ACTIVE",
            balance=text(margin.balance),
            equity=rounded(margin.equity),
            available_for_trade=rounded(margin.available_for_trade),
            available_for_withdrawal=rounded(margin.available_for_withdrawal),
            unrealised_pnl=rounded(margin.unrealised),
            initial_margin=rounded(margin.initial),
            margin_ratio=rounded(margin.ratio),
            exposure=rounded(margin.exposure),
            leverage=rounded(margin.leverage, Decimal("0.0001")),
            updated_time=now_ms,
        )

    def position_record(self, position: Position, *, both_spellings: bool = False) -> PositionRecord:
        """Return a position as the exchange shows it; a closed one has size 0 and status CLOSED."""
        market = position.market
        resting = self.store.resting_by_market(position.account_id)
        exposure = self._exposure(position.account_id, market, resting.get(market, (0, 0)))
        spec, is_open = exposure.spec, bool(position.lots)
        size = spec.size(Lots(abs(position.lots)))
        liquidation = liquidation_price(exposure, self._margin(position.account_id, resting)) if is_open else None
        stop = self.store.whole_position_stop(position.account_id, market)
        gain, loss = (stop.take_profit, stop.stop_loss) if stop is not None else (None, None)
        return PositionRecord(
            id=position.position_id,
            account_id=position.account_id,
            market=market,
            status="OPENED" if is_open else self.closed_word,
            side="SHORT" if position.lots < 0 or (not is_open and position.closed_side < 0) else "LONG",
            leverage=text(exposure.leverage),
            size=text(size),
            value=rounded(size * exposure.mark),
            open_price=rounded(position.entry_price(spec.lot_size), MARK_GRID),
            mark_price=text(exposure.mark),
            unrealised_pnl=rounded(exposure.unrealised) if is_open else "0",
            realised_pnl=text(position.realised),
            margin=rounded(size * exposure.mark / exposure.leverage),
            max_position_size=text(spec.size(position.max_lots)),
            created_at=position.created_ms,
            updated_at=position.updated_ms,
            liquidation_price=None if liquidation is None else rounded(liquidation),
            tp_trigger_price=None if gain is None else text(gain.trigger_price),
            tp_limit_price=None if gain is None else text(gain.price),
            sl_trigger_price=None if loss is None else text(loss.trigger_price),
            sl_limit_price=None if loss is None else text(loss.price),
            adl=1 if is_open else None,
            created_time=position.created_ms if both_spellings else None,
            updated_time=position.updated_ms if both_spellings else None,
        )
