"""The request body, against known answers and against the exchange's own SDK."""

import importlib.util
import json
import random
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from bot.core.errors import InvalidInput
from bot.core.market import Market
from bot.core.numbers import Ticks
from bot.core.orders import Order, Owner, Side, StopOrder, TimeInForce
from bot.extended import signing
from bot.extended.order_body import AccountKeys, order_body, stop_body

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "order_signatures.json").read_text(encoding="utf-8")
)["orders"]
PRIVATE_KEY = int(VECTORS[0]["private_key"], 16)
ACCOUNT = AccountKeys(vault=VECTORS[0]["vault"], public_key=int(VECTORS[0]["public_key"], 16))
DOMAIN = VECTORS[0]["domain"]
RANDOM_ORDERS = 3_000
STEPS = [
    # (tick, lot, synthetic resolution): ordinary, half ticks, ticks of ten, lots of ten and of a hundred
    ("1", "0.00001", 1_000_000),
    ("0.1", "0.001", 100_000),
    ("0.5", "0.01", 100_000),
    ("10", "0.0001", 1_000_000),
    ("0.0000001", "10", 1),
    ("0.00005", "100", 10),
    ("0.00025", "1", 10),
]


def market(tick: str, lot: str, resolution: int, **changes: Any) -> Market:
    fields: dict[str, Any] = {
        "name": "ANY-USD",
        "tick_size": Decimal(tick),
        "lot_size": Decimal(lot),
        "min_size": Decimal(lot),
        "max_order_value": Decimal(15_000_000),
        "max_position_value": Decimal(60_000_000),
        "max_open_orders": 200,
        "price_cap": Decimal("0.05"),
        "price_floor": Decimal("0.05"),
        "max_leverage": Decimal(50),
        "status": "ACTIVE",
        "is_tradable": True,
        "synthetic_id": "0x414e592d300000000000000000000",
        "synthetic_resolution": resolution,
        "collateral_id": "0x1",
        "collateral_resolution": 1_000_000,
    }
    return Market(**{**fields, **changes})


def order(rules: Market, price: Decimal, size: Decimal, **changes: Any) -> Order:
    fields: dict[str, Any] = {
        "client_order_id": "mmb-test-1",
        "nonce": 7,
        "market": rules.name,
        "side": Side.BUY,
        "price": rules.exact_ticks(price),
        "size": rules.exact_lots(size),
        "time_in_force": TimeInForce.GTT,
        "post_only": True,
        "reduce_only": False,
        "owner": Owner.BOT,
        "created_ms": 1_790_000_000_000,
        "expires_ms": 1_795_219_200_000,
    }
    return Order(**{**fields, **changes})


@pytest.mark.parametrize("vector", [VECTORS[0], VECTORS[2]], ids=lambda vector: str(vector["name"]))
def test_known_orders_give_their_body(vector: dict[str, Any]) -> None:
    leg, wanted = vector["legs"][0], dict(vector["body"])
    for attachment in ("tpSlType", "takeProfit", "stopLoss"):
        wanted.pop(attachment, None)
    given = vector["market"]
    rules = market(
        given["tick_size"],
        given["lot_size"],
        given["synthetic_resolution"],
        name=given["name"],
        synthetic_id=given["synthetic_id"],
    )

    body = order_body(
        order(
            rules,
            Decimal(leg["price"]),
            Decimal(leg["size"]),
            client_order_id=wanted["id"],
            nonce=leg["nonce"],
            side=Side(leg["side"]),
            post_only=wanted["postOnly"],
            expires_ms=leg["expiry_ms"],
        ),
        rules,
        account=AccountKeys(vault=vector["vault"], public_key=int(vector["public_key"], 16)),
        fee_rate=Decimal(leg["fee_rate"]),
        domain=vector["domain"],
        sign=lambda order_hash: signing.sign_order(order_hash, int(vector["private_key"], 16)),
        replaces=wanted.get("cancelId"),
    )

    assert with_plain_numbers(body) == with_plain_numbers(wanted)


def with_plain_numbers(body: dict[str, Any]) -> dict[str, Any]:
    """The same number may be written 0.0015 or 0.00150: compare what they mean."""
    numbers = {name: Decimal(body[name]) for name in ("qty", "price", "fee", "nonce")}
    amounts = {name: Decimal(text) for name, text in body["debuggingAmounts"].items()}
    return {**body, **numbers, "debuggingAmounts": amounts}


def test_numbers_are_sent_in_plain_notation() -> None:
    rules = market("0.0000001", "10", 1)

    body = order_body(
        order(rules, Decimal("0.0000001"), Decimal(10)),
        rules,
        account=ACCOUNT,
        fee_rate=Decimal("0.00000"),
        domain=DOMAIN,
        sign=lambda order_hash: (1, 2),
    )

    assert (body["price"], body["qty"], body["fee"]) == ("0.0000001", "10", "0")
    assert "cancelId" not in body


@pytest.mark.parametrize("field", ["price", "size"])
@pytest.mark.parametrize("count", [0.1 + 0.2, 3.0, Decimal(3), True, "3", float("nan")], ids=repr)
def test_f113_only_whole_ticks_and_lots_reach_the_signer(field: str, count: object) -> None:
    rules = market("1", "1", 1_000_000)

    with pytest.raises(InvalidInput, match=field):
        order_body(
            msgspec.structs.replace(order(rules, Decimal(3), Decimal(3)), **{field: count}),
            rules,
            account=ACCOUNT,
            fee_rate=Decimal(0),
            domain=DOMAIN,
            sign=lambda order_hash: pytest.fail("signed"),
        )


@pytest.mark.parametrize("field", ["trigger", "worst"])
def test_f113_a_position_stop_is_signed_from_whole_ticks_too(field: str) -> None:
    rules = market("1", "1", 1_000_000)
    stop = StopOrder(
        **{
            "client_order_id": "mmb-test-2",
            "nonce": 8,
            "market": rules.name,
            "side": Side.SELL,
            "trigger": Ticks(90),
            "worst": Ticks(85),
            "created_ms": 1_790_000_000_000,
            "expires_ms": 1_795_219_200_000,
            field: 87.5,
        }
    )

    with pytest.raises(InvalidInput, match=field):
        stop_body(
            stop,
            rules,
            account=ACCOUNT,
            fee_rate=Decimal(0),
            domain=DOMAIN,
            sign=lambda order_hash: pytest.fail("signed"),
        )


def test_an_order_too_large_for_the_contract_is_refused_before_it_is_signed() -> None:
    rules = market("1", "1", 1_000_000)

    with pytest.raises(InvalidInput):
        order_body(
            order(rules, Decimal(1), Decimal(10**13)),
            rules,
            account=ACCOUNT,
            fee_rate=Decimal(0),
            domain=DOMAIN,
            sign=lambda order_hash: pytest.fail("signed"),
        )


@pytest.mark.skipif(importlib.util.find_spec("x10") is None, reason="the exchange's SDK has no wheels here")
def test_the_official_sdk_makes_the_same_hash_and_body_of_random_orders() -> None:
    randomness = random.Random(20261120)
    sdk = Sdk()
    for number in range(RANDOM_ORDERS):
        rules = market(*randomness.choice(STEPS))
        immediate = randomness.random() < 0.3
        chosen = order(
            rules,
            rules.tick_size * randomness.randint(1, 200_000),
            rules.lot_size * randomness.randint(1, 50_000),
            client_order_id=f"mmb-sdk-{number}",
            nonce=randomness.randint(1, 2**31 - 1),
            side=randomness.choice(list(Side)),
            time_in_force=TimeInForce.IOC if immediate else TimeInForce.GTT,
            post_only=not immediate and randomness.random() < 0.7,
            reduce_only=randomness.random() < 0.2,
            # whole milliseconds: floating seconds inside the SDK carry nothing finer
            expires_ms=1_795_219_200_000 + randomness.randint(0, 90 * 86_400_000),
        )
        fee = Decimal(0) if chosen.post_only else Decimal(randomness.choice(["0.00025", "0.0005", "0.0003"]))
        replaces = randomness.choice([None, "mmb-old-1"])

        ours = order_body(
            chosen,
            rules,
            account=ACCOUNT,
            fee_rate=fee,
            domain=DOMAIN,
            sign=lambda order_hash: signing.sign_order(order_hash, PRIVATE_KEY),
            replaces=replaces,
        )

        assert with_plain_numbers(ours) == with_plain_numbers(sdk.body(chosen, rules, fee, replaces)), (
            f"order {number} of seed 20261120: {chosen}"
        )


class Sdk:
    """The exchange's own client library, asked for the body of the same order."""

    def __init__(self) -> None:
        from x10.config import MAINNET_CONFIG
        from x10.core.stark_account import StarkPerpetualAccount

        self._domain = MAINNET_CONFIG.signing.starknet_domain
        self._account = StarkPerpetualAccount(
            vault=ACCOUNT.vault,
            private_key=hex(PRIVATE_KEY),
            public_key=hex(ACCOUNT.public_key),
            api_key="none",
        )

    def body(self, chosen: Order, rules: Market, fee: Decimal, replaces: str | None) -> dict[str, Any]:
        from x10.models.order import OrderSide
        from x10.models.order import TimeInForce as SdkTimeInForce
        from x10.signing.order_object import create_order_object

        built = create_order_object(
            account=self._account,
            market=self._market(rules),
            amount_of_synthetic=rules.size(chosen.size),
            price=rules.price(chosen.price),
            side=OrderSide(chosen.side.value),
            starknet_domain=self._domain,
            post_only=chosen.post_only,
            previous_order_external_id=replaces,
            expire_time=datetime.fromtimestamp(chosen.expires_ms / 1000, tz=UTC),
            order_external_id=chosen.client_order_id,
            time_in_force=SdkTimeInForce(chosen.time_in_force.value),
            nonce=chosen.nonce,
            taker_fee=fee,
            reduce_only=chosen.reduce_only,
        )
        body: dict[str, Any] = built.to_api_request_json(exclude_none=True)
        return body

    @staticmethod
    def _market(rules: Market) -> Any:
        from x10.core.amount import SettlementAsset

        return SimpleNamespace(
            name=rules.name,
            is_rfq=False,
            synthetic_asset=SettlementAsset(
                name="ANY",
                precision=5,
                is_collateral=False,
                starkex_id=rules.synthetic_id,
                starkex_resolution=rules.synthetic_resolution,
            ),
            collateral_asset=SettlementAsset(
                name="USD",
                precision=6,
                is_collateral=True,
                starkex_id=rules.collateral_id,
                starkex_resolution=rules.collateral_resolution,
            ),
        )
