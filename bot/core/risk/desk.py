"""What risk keeps about one market between decisions."""

from decimal import Decimal

from bot.core.account import Account
from bot.core.live_orders import LiveOrders
from bot.core.notes import Note, Reason
from bot.core.numbers import plain
from bot.core.orders import Fill, Side
from bot.core.risk.breakers import MarketBreakers
from bot.core.risk.exposure import Stake, possibly_live
from bot.core.risk.flatten import Flattener
from bot.core.risk.post_only import SafetyTicks
from bot.core.risk.references import Believed, References, Sight
from bot.core.risk.settings import MarketLimits
from bot.core.risk.windows import FillProtection, OrderRate

ZERO = Decimal(0)


class MarketDesk:
    """One market's memory: prices believed, breakers, fills and orders of late, and how its orders fare."""

    def __init__(self, market: str) -> None:
        self.market = market
        self.sight: Sight | None = None
        self.breakers = MarketBreakers(market)
        self.protection = FillProtection(market)
        self.rate = OrderRate()
        self.safety = {side: SafetyTicks(side) for side in Side}
        self.flattener = Flattener()
        self._references = References()
        self._value_price: Decimal | None = None

    @property
    def believed(self) -> Believed:
        return self._references.believed

    def see(self, sight: Sight) -> None:
        """Take in the market as it is now."""
        self.sight = sight
        self._references.judge(sight)
        self._value_price = self.believed.dearest or self._value_price

    def filled(self, fill: Fill, now_ms: int, limits: MarketLimits) -> None:
        self.breakers.filled(fill, now_ms)
        self.protection.filled(fill, now_ms, limits)

    def blocks(self, limits: MarketLimits) -> tuple[Reason, ...]:
        """Return every reason why nothing may be shown now; measures the breakers."""
        assert self.sight is not None
        now_ms = self.sight.now_ms
        held = self.breakers.see(self.sight, self.believed, limits.breakers)
        frozen = self.protection.reason(now_ms)
        return tuple(each for each in (self._untold(), self._bad_tick(), frozen) if each is not None) + held

    def _untold(self) -> Reason | None:
        if self.believed.price is not None:
            return None
        return Reason(code="no_reference_price", text=f"no price of {self.market} can be believed")

    def _bad_tick(self) -> Reason | None:
        wrong = {name: price for name, price in self.believed.bad.items() if name in ("mark", "mid")}
        price = self.believed.price
        if not wrong or price is None:
            return None
        name, told = next(iter(wrong.items()))
        return Reason(code="bad_tick", text=f"{name} says {plain(told)} and the other prices say {plain(price)}")

    def stake(self, orders: LiveOrders, account: Account, *, is_followed: bool = True) -> Stake:
        """Return what the market may come to; one that is not followed is valued at the exchange's own mark price."""
        report = account.reported.get(self.market)
        told = report.mark_price if report is not None else None
        price = (self._value_price or told) if is_followed else (told or self._value_price)
        position, buys, sells = account.position(self.market), ZERO, ZERO
        if self.sight is not None:
            buys, sells = (possibly_live(orders, self.sight.rules, side) for side in Side)
        return Stake(position=position, buys=buys, sells=sells, price=price or ZERO)

    def unrealised(self, account: Account) -> tuple[Decimal, Decimal]:
        """Return the position's unrealised PnL, at the worse of the believed mark and mid, and what it was entered for."""
        ledger = account.ledgers.get(self.market)
        if ledger is None or self.believed.price is None:
            return ZERO, ZERO
        prices = [self.believed.good[name] for name in ("mark", "mid") if name in self.believed.good]
        worse = min(ledger.unrealised_pnl(price) for price in prices or [self.believed.price])
        return worse, abs(ledger.size) * ledger.entry_price

    @property
    def has_notes(self) -> bool:
        return bool(self.breakers.notes or self.protection.notes)

    def take_notes(self) -> list[Note]:
        """Return what is worth telling since the last call."""
        notes = self.breakers.notes + self.protection.notes
        self.breakers.notes, self.protection.notes = [], []
        return notes
