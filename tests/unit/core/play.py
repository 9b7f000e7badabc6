"""A market, an engine, and a hand that plays the exchange's part in events."""

from decimal import Decimal

from bot.core.actions import AnyAction, ArmDeadManSwitch, CancelOrder, PlaceOrder, RefreshAccount
from bot.core.engine import Engine
from bot.core.events import (
    AccountRead,
    BalanceReported,
    BestQuoteSeen,
    DeadManSwitchArmed,
    FeedRestored,
    FillsReported,
    Level,
    MarketRulesLoaded,
    MarkPriceSeen,
    OrdersReported,
    PlaceAcknowledged,
    PositionsReported,
    QuotingStarted,
)
from bot.core.market import Market
from bot.core.numbers import Lots, Ticks
from bot.core.order_ids import OrderIds
from bot.core.orders import ExchangeStatus, Fill, Order, OrderReport
from bot.core.risk.settings import RiskSettings
from bot.core.settings import AccountSettings, MakerSettings

START_MS = 1_790_000_000_000


def btc(**changes: object) -> Market:
    """Return BTC-USD with rules of the exchange's shape."""
    rules: dict[str, object] = {
        "name": "BTC-USD",
        "tick_size": Decimal(1),
        "lot_size": Decimal("0.00001"),
        "min_size": Decimal("0.0001"),
        "max_order_value": Decimal(15_000_000),
        "max_position_value": Decimal(60_000_000),
        "max_open_orders": 200,
        "price_cap": Decimal("0.05"),
        "price_floor": Decimal("0.05"),
        "max_leverage": Decimal(50),
        "status": "ACTIVE",
        "is_tradable": True,
        "synthetic_id": "0x4254432d3600000000000000000000",
        "synthetic_resolution": 1_000_000,
        "collateral_id": "0x1",
        "collateral_resolution": 1_000_000,
    }
    return Market(**(rules | changes))  # type: ignore[arg-type]  # a test names only what it changes


def settings(**changes: object) -> MakerSettings:
    given: dict[str, object] = {
        "market": "BTC-USD",
        "spread": Decimal("0.001"),
        "order_size": Decimal("0.01"),
        "refresh_interval_ms": 5_000,
        "price_move_threshold": Decimal("0.002"),
        "max_position": Decimal("0.05"),
        "edit_in_place": False,
    }
    return MakerSettings(**(given | changes))  # type: ignore[arg-type]  # a test names only what it changes


class Play:
    """An engine, a clock, and shorthand for what the exchange would say."""

    def __init__(self, *, limits: RiskSettings | None = None, **changes: object) -> None:
        self.now_ms = START_MS
        self.ids = OrderIds(START_MS)
        self.ids.extend(1, 1_000)
        self.engine = Engine([settings(**changes)], AccountSettings(), self.ids, limits=limits)
        self.market = btc()
        self.actions: list[AnyAction] = []
        self.exchange_id = 100
        self.trade_id = 500

    def ready(self) -> "Play":
        """Bring the engine to the point where it quotes at its next decision."""
        self.engine.apply(MarketRulesLoaded(market=self.market, received_ms=self.now_ms))
        self.engine.apply(FeedRestored(feed="account", market=None, received_ms=self.now_ms))
        self.see("86198.85", bid=86_190, ask=86_208)
        self.read()
        self.engine.apply(QuotingStarted(received_ms=self.now_ms))
        self.arm()
        return self

    def read(self, *orders: OrderReport) -> None:
        """Answer a reading of the account."""
        now_ms = self.now_ms
        self.engine.apply(FillsReported(fills=(), source="rest", received_ms=now_ms))
        self.engine.apply(OrdersReported(orders=orders, is_snapshot=True, source="rest", asked_ms=now_ms, received_ms=now_ms))
        self.engine.apply(PositionsReported(positions=(), is_snapshot=True, source="rest", asked_ms=now_ms, received_ms=now_ms))
        self.engine.apply(AccountRead(asked_ms=now_ms, received_ms=now_ms))

    def tell_equity(self, equity: Decimal | int | str, *, margin_ratio: str = "0.01") -> None:
        """Let the stream tell how much money there is."""
        amount = Decimal(equity)
        self.engine.apply(
            BalanceReported(
                balance=amount,
                equity=amount,
                available_for_trade=amount,
                unrealised_pnl=Decimal(0),
                initial_margin=Decimal(0),
                margin_ratio=Decimal(margin_ratio),
                updated_ms=self.now_ms,
                received_ms=self.now_ms,
                source="stream",
                wire={},
            )
        )

    def arm(self) -> None:
        self.engine.apply(DeadManSwitchArmed(countdown_s=30, asked_ms=self.now_ms, received_ms=self.now_ms))

    def see(self, mark: str, *, bid: int, ask: int) -> None:
        """Show a mark price and a touch."""
        self.engine.apply(MarkPriceSeen(market="BTC-USD", price=Decimal(mark), exchange_ms=self.now_ms, received_ms=self.now_ms))
        self.engine.apply(
            BestQuoteSeen(
                market="BTC-USD",
                bid=Level(Ticks(bid), Lots(100_000)),
                ask=Level(Ticks(ask), Lots(100_000)),
                exchange_ms=self.now_ms,
                received_ms=self.now_ms,
            )
        )

    def later(self, milliseconds: int) -> None:
        """Let time pass, with prices and the switch kept fresh."""
        self.now_ms += milliseconds
        view = self.engine.views.get("BTC-USD")
        if view is not None and view.mark is not None:
            bid, ask, _ = view.touch()
            assert bid is not None
            assert ask is not None
            self.see(str(view.mark.value), bid=bid.price, ask=ask.price)
        self.arm()

    def decide(self) -> list[AnyAction]:
        self.actions = self.engine.decide(self.now_ms)
        return [action for action in self.actions if not isinstance(action, ArmDeadManSwitch | RefreshAccount)]

    def placed(self) -> list[Order]:
        """Decide, and return the orders that were placed."""
        return [action.approved.order for action in self.decide() if isinstance(action, PlaceOrder)]

    def cancelled(self) -> list[str]:
        """Decide, and return the ids whose cancel was asked for."""
        return [action.client_order_id for action in self.decide() if isinstance(action, CancelOrder)]

    def acknowledge(self, order: Order) -> None:
        self.exchange_id += 1
        self.engine.apply(
            PlaceAcknowledged(client_order_id=order.client_order_id, exchange_order_id=self.exchange_id, received_ms=self.now_ms)
        )

    def report(self, order: Order, status: ExchangeStatus, **changes: object) -> OrderReport:
        """Let the stream speak about an order."""
        report = self.report_of(order, status, **changes)
        self.engine.apply(
            OrdersReported(orders=(report,), is_snapshot=False, source="stream", asked_ms=self.now_ms, received_ms=self.now_ms)
        )
        return report

    def report_of(self, order: Order, status: ExchangeStatus, **changes: object) -> OrderReport:
        held = self.engine.orders.get(order.client_order_id)
        given: dict[str, object] = {
            "exchange_order_id": (held.exchange_order_id if held else None) or self.exchange_id,
            "client_order_id": order.client_order_id,
            "market": order.market,
            "side": order.side,
            "price": self.market.price(order.price),
            "size": self.market.size(order.size),
            "filled": Decimal(0),
            "average_price": None,
            "status": status,
            "reason": "",
            "order_type": "LIMIT",
            "time_in_force": "GTT",
            "post_only": True,
            "reduce_only": False,
            "created_ms": self.now_ms,
            "updated_ms": self.now_ms,
            "expires_ms": order.expires_ms,
        }
        return OrderReport(**(given | changes))  # type: ignore[arg-type]  # a test names only what it changes

    def fill(self, order: Order, size: str, *, trade_id: int | None = None, source: str = "stream") -> Fill:
        """Let the stream tell an execution."""
        self.trade_id += 1
        fill = Fill(
            trade_id=trade_id or self.trade_id,
            market=order.market,
            exchange_order_id=1,
            client_order_id=order.client_order_id,
            side=order.side,
            price=self.market.price(order.price),
            size=Decimal(size),
            fee=Decimal(0),
            is_maker=True,
            kind="TRADE",
            exchange_ms=self.now_ms,
        )
        self.engine.apply(FillsReported(fills=(fill,), source=source, received_ms=self.now_ms))
        return fill

    def quoting(self) -> list[Order]:
        """Bring a pair to rest and return it."""
        pair = self.placed()
        for order in pair:
            self.acknowledge(order)
            self.report(order, ExchangeStatus.NEW)
        return pair
