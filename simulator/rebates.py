"""Rebates for makers: a share of what they traded, by their share of everybody's maker volume over thirty days.

Source: the exchange's fee schedule. At midnight UTC a client whose accounts made at least a tier's share of the maker volume
of the last thirty days earns that tier's rate on the day's maker volume. Less than the smallest payment waits for the next day.
It is paid from the fees to each account; a fill's own fee never shows it.
"""

from collections import Counter, deque
from collections.abc import Callable, Mapping
from decimal import ROUND_FLOOR, Decimal
from typing import Final, NamedTuple

from simulator.accounts import Account
from simulator.ledger import MONEY_GRID, ZERO, Ledger
from simulator.markets import MarketSpec
from simulator.options import VenueOptions

DAY_MS: Final = 86_400_000
WINDOW_DAYS: Final = 30
Volumes = Counter[tuple[int, str, Decimal]]
"""Maker volume in ticks times lots, by account, market and the value of one tick times one lot then."""


class Rebate(NamedTuple):
    """What an account's rebate stands at; shares and rates are fractions."""

    share: Decimal
    rate: Decimal
    next_share: Decimal
    next_rate: Decimal
    paid: Decimal


class RebateDesk:
    """Count maker volume, and pay once a day."""

    def __init__(
        self, ledger: Ledger, accounts: Mapping[int, Account], options: VenueOptions, tell: Callable[[int, int], None]
    ) -> None:
        self._ledger = ledger
        self._accounts = accounts
        self._options = options
        self._tell = tell
        self._today: Volumes = Counter()
        self._days: deque[Volumes] = deque(maxlen=WINDOW_DAYS - 1)
        self._due: dict[int, Decimal] = {}
        self._paid: dict[int, Decimal] = {}

    @property
    def paid(self) -> Decimal:
        """Return everything paid so far, in collateral."""
        return sum(self._paid.values(), ZERO)

    def note(self, maker_id: int, spec: MarketSpec, tick_lots: int) -> None:
        """Count what somebody made, the house included: it belongs to everybody's volume."""
        self._today[maker_id, spec.name, spec.unit_value] += tick_lots

    def pay(self, now_ms: int) -> None:
        """End the day: pay what is due."""
        values = self._values([self._today])
        owed = {account_id: value * self._rate(self._share(account_id))[0] for account_id, value in values.items()}
        for account_id, amount in owed.items():
            if account_id in self._accounts:
                due = self._due.get(account_id, ZERO)
                self._due[account_id] = due + amount.quantize(MONEY_GRID, ROUND_FLOOR)
        self._days.append(self._today)
        self._today = Counter()
        for account_id, amount in self._due.items():
            if amount and amount >= self._options.rebate_minimum:
                self._due[account_id] = ZERO
                self._paid[account_id] = self._paid.get(account_id, ZERO) + amount
                self._ledger.pay_from_fees(account_id, amount)
                self._tell(account_id, now_ms)

    def standing(self, account_id: int) -> Rebate:
        """Return an account's rebate as its client's share of the last thirty days says now."""
        share = self._share(account_id)
        rate, next_share, next_rate = self._rate(share)
        return Rebate(share, rate, next_share, next_rate, self._paid.get(account_id, ZERO))

    def _rate(self, share: Decimal) -> tuple[Decimal, Decimal, Decimal]:
        """Return the rate of a share, and the next tier's share and rate; the highest tier is its own next."""
        rate = ZERO
        for tier_share, tier_rate in self._options.rebate_tiers:
            if share < tier_share:
                return rate, tier_share, tier_rate
            rate = tier_rate
        return (rate, *(self._options.rebate_tiers[-1] if self._options.rebate_tiers else (ZERO, ZERO)))

    def _share(self, account_id: int) -> Decimal:
        values = self._values([*self._days, self._today])
        total = sum(values.values(), ZERO)
        client_id = self._client(account_id)
        mine = sum((value for each, value in values.items() if self._client(each) == client_id), ZERO)
        return mine / total if total else ZERO

    def _client(self, account_id: int) -> int | None:
        """Return whose account it is; None for the house."""
        account = self._accounts.get(account_id)
        return None if account is None else account.client_id

    def _values(self, days: list[Volumes]) -> dict[int, Decimal]:
        found: dict[int, Decimal] = {}
        for day in days:
            for (account_id, _, unit), tick_lots in day.items():
                found[account_id] = found.get(account_id, ZERO) + unit * tick_lots
        return found
