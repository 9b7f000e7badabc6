"""An exchange without flow and without delays, and orders for it in one line."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Protocol

import pytest

from simulator.accounts import derive_accounts
from simulator.events import Event
from simulator.markets import LISTED
from simulator.matching import Side
from simulator.options import VenueOptions
from simulator.orders import Kind, Order, OrderRequest, SelfTrade, TimeInForce
from simulator.venue import Venue

START_MS = 1_790_000_000_000
ALICE, BOB = 3001, 3002


def order_request(side: Side, price: object, size: object = "0.01", **changes: Any) -> OrderRequest:
    fields: dict[str, Any] = {
        "external_id": f"order-{next(_numbers)}",
        "market": "BTC-USD",
        "kind": Kind.LIMIT,
        "side": side,
        "size": Decimal(str(size)),
        "price": Decimal(str(price)),
        "time_in_force": TimeInForce.GTT,
        "expiry_ms": START_MS + 3_600_000,
        "fee": Decimal("0.00025"),
        "nonce": 1,
        "settlement": None,
        "self_trade": SelfTrade.ACCOUNT,
        "reduce_only": False,
        "post_only": False,
    }
    return OrderRequest(**(fields | changes))


_numbers = iter(range(1, 10**9))


class Desk:
    """A venue and the small words tests use about it."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.events: list[Event] = []

    def send(self, account: int, side: Side, price: object, size: object = "0.01", **changes: Any) -> Order:
        order = self.venue.submit(account, order_request(side, price, size, **changes))
        self.pass_time(0)
        return order

    def buy(self, account: int, price: object, size: object = "0.01", **changes: Any) -> Order:
        return self.send(account, Side.BUY, price, size, **changes)

    def sell(self, account: int, price: object, size: object = "0.01", **changes: Any) -> Order:
        return self.send(account, Side.SELL, price, size, **changes)

    def pass_time(self, ms: int) -> list[Event]:
        self.venue.advance(self.venue.now_ms + ms)
        fresh = self.venue.drain()
        self.events += fresh
        return fresh

    def position(self, account: int, market: str = "BTC-USD") -> int:
        return self.venue.ledger.position_lots(account, market)


class MakeDesk(Protocol):
    def __call__(self, *, accounts: int = 2, seed: int = 7, **options: Any) -> Desk: ...


@pytest.fixture
def make_desk() -> MakeDesk:
    def make(*, accounts: int = 2, seed: int = 7, **options: Any) -> Desk:
        venue = Venue(
            specs=LISTED.values(),
            accounts=derive_accounts(seed, accounts, None),
            options=VenueOptions(**({"accept_delay_ms": (0, 0), "mark_balance_interval_ms": 0} | options)),
            seed=seed,
            start_ms=START_MS,
        )
        return Desk(venue)

    return make


@pytest.fixture
def desk(make_desk: MakeDesk) -> Desk:
    return make_desk()


@pytest.fixture
def request_for() -> Callable[..., OrderRequest]:
    return order_request
