"""What the account holds by our own count, and when the exchange's word replaces it."""

from decimal import Decimal
from typing import Any

import pytest

from bot.core.account import SETTLE_MS, Account
from bot.core.events import BalanceReported, PositionReport, PositionsReported
from bot.core.orders import Fill, Side
from tests.unit.core.play import START_MS

HALF = Decimal("0.5")


def a_position(size: str, *, updated_ms: int = START_MS, market: str = "BTC-USD") -> PositionReport:
    nothing = Decimal(0)
    return PositionReport(
        market=market, size=Decimal(size), entry_price=Decimal(80_000), mark_price=Decimal(80_000), unrealised_pnl=nothing,
        realised_pnl=nothing, liquidation_price=None, leverage=Decimal(1), updated_ms=updated_ms, wire={},
    )  # fmt: skip


def told(account: Account, *positions: PositionReport, asked_ms: int = START_MS, is_snapshot: bool = True) -> None:
    account.apply_positions(
        PositionsReported(
            positions=positions, is_snapshot=is_snapshot, source="rest", asked_ms=asked_ms, received_ms=asked_ms + 100
        )
    )


def a_fill(trade_id: int, size: str = "0.5", *, exchange_ms: int = START_MS, side: Side = Side.BUY) -> Fill:
    given: dict[str, Any] = {
        "trade_id": trade_id, "market": "BTC-USD", "exchange_order_id": 1, "client_order_id": "mmb-1-1", "side": side,
        "price": Decimal(80_000), "size": Decimal(size), "fee": Decimal(1), "is_maker": True, "kind": "TRADE",
        "exchange_ms": exchange_ms,
    }  # fmt: skip
    return Fill(**given)


def test_a_list_that_was_asked_for_before_the_newest_fill_does_not_flatten_its_market() -> None:
    account = Account()
    told(account, a_position("0.5"))
    account.apply_fill(a_fill(1, "0.1"), START_MS + 2_000)
    told(account, asked_ms=START_MS + 1_000)
    assert account.reported["BTC-USD"].size == HALF, "what it lacks may have been opened since"
    told(account, asked_ms=START_MS + 2_000)
    assert account.reported == {}


def test_an_older_word_about_a_position_or_the_balance_changes_nothing() -> None:
    account = Account()
    told(account, a_position("0.5", updated_ms=START_MS + 10))
    told(account, a_position("0.2", updated_ms=START_MS + 9))
    assert account.reported["BTC-USD"].size == HALF
    told(account, a_position("0.3", updated_ms=START_MS + 10), is_snapshot=False)
    assert account.reported["BTC-USD"].size == Decimal("0.3"), "of two at one moment the later told one"

    for equity, updated_ms, expected in ((100, 5, 100), (90, 4, 100), (80, 5, 80)):
        amount = Decimal(equity)
        account.apply_balance(
            BalanceReported(
                balance=amount, equity=amount, available_for_trade=amount, unrealised_pnl=Decimal(0), initial_margin=Decimal(0),
                margin_ratio=Decimal(0), updated_ms=updated_ms, received_ms=START_MS, source="stream", wire={},
            )
        )  # fmt: skip
        assert account.balance is not None
        assert account.balance.equity == expected


@pytest.mark.parametrize(("filled_ms", "size"), [(START_MS, "0.5"), (START_MS - 1, "0.5"), (START_MS + 1, "1.0")])
def test_a_late_fill_that_an_adopted_position_contains_costs_its_fee_and_moves_nothing(filled_ms: int, size: str) -> None:
    account = Account()
    told(account)
    told(account, a_position("0.5"))
    assert account.reconcile(START_MS) == []
    told(account, a_position("0.5"), asked_ms=START_MS + SETTLE_MS)
    assert account.reconcile(START_MS + SETTLE_MS) == [("BTC-USD", Decimal(0), HALF)]
    assert account.apply_fill(a_fill(1, exchange_ms=filled_ms), START_MS + SETTLE_MS + 10)

    assert (account.position("BTC-USD"), account.ledger("BTC-USD").fees) == (Decimal(size), 1)
    assert not account.apply_fill(a_fill(1, exchange_ms=filled_ms), START_MS + SETTLE_MS + 20), "and once"


def test_a_difference_is_not_adopted_while_fills_are_still_arriving() -> None:
    """The list may be older than the fill that explains it."""
    account = Account()
    told(account)
    told(account, a_position("1"))
    account.reconcile(START_MS)
    account.apply_fill(a_fill(1), START_MS + SETTLE_MS - 1)
    told(account, a_position("1"), asked_ms=START_MS + SETTLE_MS)
    assert account.reconcile(START_MS + SETTLE_MS) == []
    told(account, a_position("1"), asked_ms=START_MS + 2 * SETTLE_MS)
    assert account.reconcile(START_MS + 2 * SETTLE_MS) == [("BTC-USD", HALF, Decimal(1))]
    assert account.agrees
