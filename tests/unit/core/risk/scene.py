"""A market, an account and a table of orders, as risk sees them."""

from collections.abc import Mapping
from decimal import Decimal

from bot.core.account import Account
from bot.core.actions import ApprovedOrder
from bot.core.events import BalanceReported, PositionReport, PositionsReported
from bot.core.live_orders import LiveOrders
from bot.core.market import Market
from bot.core.numbers import Lots, Ticks
from bot.core.orders import Fill, Order, Owner, Side, TimeInForce
from bot.core.risk.caps import NO_CAPS, HardCaps
from bot.core.risk.manager import RiskManager
from bot.core.risk.references import Sight
from bot.core.risk.settings import UNLIMITED, AccountLimits, MarketLimits
from bot.core.risk.state import MarketRisk, RiskState
from tests.unit.core.play import btc

START_MS = 1_790_000_000_000
"""19 hours and some minutes into a UTC day."""
DAY_MS = 86_400_000
BTC = "BTC-USD"
ETH = "ETH-USD"


def eth() -> Market:
    return btc(name=ETH, tick_size=Decimal("0.1"), lot_size=Decimal("0.001"), min_size=Decimal("0.01"))


def sight(price: object = 100_000, now_ms: int = START_MS, rules: Market | None = None, **changes: object) -> Sight:
    """Return a quiet market around `price`."""
    middle, market = Decimal(str(price)), rules or btc()
    given: dict[str, object] = {
        "rules": market,
        "now_ms": now_ms,
        "mark": middle,
        "mark_age_ms": 100,
        "mid": middle,
        "best_bid": middle - 5,
        "best_ask": middle + 5,
        "touch_age_ms": 100,
        "index": middle,
        "index_age_ms": 100,
        "last": middle,
        "last_age_ms": 100,
    }
    return Sight(**(given | changes))  # type: ignore[arg-type]  # a test names only what it changes


def order(
    side: Side, size: str, *, price: int = 100_000, number: int = 1, market: Market | None = None, **changes: object
) -> Order:
    rules = market or btc()
    given: dict[str, object] = {
        "client_order_id": f"mmb-a-{number}",
        "nonce": number,
        "market": rules.name,
        "side": side,
        "price": Ticks(price),
        "size": rules.floor_lots(Decimal(size)),
        "time_in_force": TimeInForce.GTT,
        "post_only": True,
        "reduce_only": False,
        "owner": Owner.BOT,
        "created_ms": START_MS,
        "expires_ms": START_MS + 90_000,
    }
    return Order(**(given | changes))  # type: ignore[arg-type]  # a test names only what it changes


def fill(
    side: Side, size: str, *, price: object = 100_000, trade_id: int = 1, order_id: str | None = None, market: str = BTC
) -> Fill:
    return Fill(
        trade_id=trade_id,
        market=market,
        exchange_order_id=1,
        client_order_id=order_id or f"mmb-a-{trade_id}",
        side=side,
        price=Decimal(str(price)),
        size=Decimal(size),
        fee=Decimal(0),
        is_maker=True,
        kind="TRADE",
        exchange_ms=START_MS,
    )


class Scene:
    """A risk manager with what it looks at."""

    def __init__(
        self,
        account: AccountLimits = UNLIMITED,
        market: MarketLimits | None = None,
        *,
        caps: HardCaps = NO_CAPS,
        more: Mapping[str, MarketLimits] | None = None,
    ) -> None:
        self.now_ms = START_MS
        self.orders = LiveOrders()
        self.account = Account()
        self.pnl = Decimal(0)
        self.limits = market or MarketLimits(max_long=Decimal(1), max_short=Decimal(1))
        self.risk = RiskManager(account, {BTC: self.limits, **(more or {})}, caps)
        self.sights: dict[str, Sight] = {BTC: sight()}
        self.number = 0

    def hold(self, size: str, entry: object = 100_000, market: str = BTC) -> None:
        """Let the account hold a position."""
        self.account.ledger(market).adopt(Decimal(size), Decimal(str(entry)))

    def held_elsewhere(self, size: str, mark: object, market: str) -> None:
        """Let the exchange report a position on a market that is not followed."""
        report = PositionReport(
            market=market,
            size=Decimal(size),
            entry_price=Decimal(str(mark)),
            mark_price=Decimal(str(mark)),
            unrealised_pnl=Decimal(0),
            realised_pnl=Decimal(0),
            liquidation_price=None,
            leverage=Decimal(1),
            updated_ms=self.now_ms,
            wire={},
        )
        event = PositionsReported(
            positions=(report,), is_snapshot=True, source="rest", asked_ms=self.now_ms, received_ms=self.now_ms
        )
        self.account.apply_positions(event)

    def balance(self, equity: object, *, margin_ratio: object = 0) -> None:
        """Let the exchange tell the equity."""
        money = Decimal(str(equity))
        self.account.apply_balance(
            BalanceReported(
                balance=money,
                equity=money,
                available_for_trade=money,
                unrealised_pnl=Decimal(0),
                initial_margin=Decimal(0),
                margin_ratio=Decimal(str(margin_ratio)),
                updated_ms=self.now_ms,
                received_ms=self.now_ms,
                source="stream",
                wire={},
            )
        )

    def earn(self, amount: object) -> None:
        """Let our own count and the exchange's equity both change by a gain (or a loss)."""
        assert self.account.balance is not None
        self.pnl += Decimal(str(amount))
        self.balance(self.account.balance.equity + Decimal(str(amount)))

    def see(self, *sights: Sight) -> None:
        for each in sights:
            self.sights[each.market] = each

    def decide(self, later_ms: int = 0) -> RiskState:
        """Let time pass and decide on what is seen, which keeps its prices and is fresh."""
        self.now_ms += later_ms
        shown = {market: _at(each, self.now_ms) for market, each in self.sights.items()}
        return self.risk.decide(self.now_ms, sights=shown, orders=self.orders, account=self.account, run_pnl=self.pnl)

    def market(self, later_ms: int = 0, market: str = BTC) -> MarketRisk:
        return self.decide(later_ms).markets[market]

    def approve(self, new: Order) -> ApprovedOrder:
        """Ask the gate, and let an approved order live."""
        seen = _at(self.sights[new.market], self.now_ms)
        approved = self.risk.approve(new, sight=seen, orders=self.orders, account=self.account)
        self.orders.add(new)
        return approved

    def new(self, side: Side, size: str, **changes: object) -> Order:
        """Return an order with an id of its own."""
        self.number += 1
        return order(side, size, number=self.number, **changes)  # type: ignore[arg-type]  # passed on by name


def _at(seen: Sight, now_ms: int) -> Sight:
    import msgspec

    return msgspec.structs.replace(seen, now_ms=now_ms)


def lots(market: Market, size: str) -> Lots:
    return market.floor_lots(Decimal(size))
