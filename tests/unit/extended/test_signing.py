"""The hash and the signature, against known answers; keys in the vectors are throw-away."""

import json
import pickle
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.core.errors import ConfigurationError, InvalidInput
from bot.core.orders import Side
from bot.extended import signing
from bot.secret import Secret

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "order_signatures.json").read_text(encoding="utf-8")
)
LEGS = [(vector, leg) for vector in VECTORS["orders"] for leg in vector["legs"]]
LEG_NAMES = [f"{vector['name']}, {leg['side']} at {leg['price']}" for vector, leg in LEGS]
FIRST, FIRST_LEG = LEGS[0]


def arguments(vector: dict[str, Any], leg: dict[str, Any], **changes: Any) -> dict[str, Any]:
    market = vector["market"]
    return {
        "side": leg["side"],
        "size": leg["size"],
        "price": leg["price"],
        "fee_rate": leg["fee_rate"],
        "builder_fee_rate": leg["builder_fee_rate"],
        "nonce": leg["nonce"],
        "expiry_ms": leg["expiry_ms"],
        "vault": vector["vault"],
        "public_key": vector["public_key"],
        "synthetic_id": market["synthetic_id"],
        "synthetic_resolution": market["synthetic_resolution"],
        "collateral_id": market["collateral_id"],
        "collateral_resolution": market["collateral_resolution"],
        "domain": vector["domain"],
        **changes,
    }


@pytest.mark.parametrize(("vector", "leg"), LEGS, ids=LEG_NAMES)
def test_known_orders_give_their_amounts_hash_and_signature(vector: Any, leg: Any) -> None:
    wanted = arguments(vector, leg)
    amounts = signing.order_amounts(
        **{key: wanted[key] for key in ("side", "size", "price", "fee_rate", "builder_fee_rate")},
        synthetic_resolution=wanted["synthetic_resolution"],
        collateral_resolution=wanted["collateral_resolution"],
    )
    order_hash = signing.generate_order_hash(**wanted)
    r, s = signing.sign_order(order_hash, int(vector["private_key"], 16))

    assert (amounts.base, amounts.quote, amounts.fee) == (leg["base"], leg["quote"], leg["fee"])
    assert signing.signed_expiration_s(leg["expiry_ms"]) == leg["expiration_s"]
    assert hex(order_hash) == leg["hash"]
    assert (hex(r), hex(s)) == (leg["r"], leg["s"])


def test_a_published_vector_of_the_hash_layer_is_reproduced() -> None:
    vector = VECTORS["amounts"]
    key = int(vector["private_key"], 16)

    order_hash = signing.order_message_hash(
        amounts=signing.OrderAmounts(base=vector["base"], quote=vector["quote"], fee=vector["fee"]),
        expiration_s=signing.signed_expiration_s(vector["expiry_ms"]),
        nonce=vector["nonce"],
        vault=vector["vault"],
        public_key=signing.public_key_of(key),
        synthetic_id=vector["synthetic_id"],
        collateral_id=vector["collateral_id"],
        domain=vector["domain"],
    )

    assert hex(order_hash) == vector["hash"]
    assert [hex(number) for number in signing.sign_order(order_hash, key)] == [vector["r"], vector["s"]]


def test_decimals_and_integers_mean_the_same_as_texts() -> None:
    plain = signing.generate_order_hash(**arguments(FIRST, FIRST_LEG))

    typed = signing.generate_order_hash(
        **arguments(
            FIRST,
            FIRST_LEG,
            side=Side.BUY,
            size=Decimal("0.0015"),
            price=84077,
            fee_rate=Decimal(0),
            public_key=int(FIRST["public_key"], 16),
            synthetic_id=int(FIRST["market"]["synthetic_id"], 16),
            collateral_id=1,
            domain={**FIRST["domain"], "revision": "1"},
        )
    )

    assert typed == plain


@pytest.mark.parametrize(
    "change",
    [
        {"domain": {**FIRST["domain"], "chainId": "SN_SEPOLIA"}},
        {"domain": {**FIRST["domain"], "revision": str(ord("1"))}},
        {"fee_rate": "0.00025"},
        {"builder_fee_rate": "0.00025"},
        {"nonce": FIRST_LEG["nonce"] + 1},
        {"vault": FIRST["vault"] + 1},
        {"public_key": VECTORS["orders"][1]["public_key"]},
        {"expiry_ms": FIRST_LEG["expiry_ms"] + 1},
        {"size": "0.00151"},
        {"price": "84078"},
        {"side": "SELL"},
        {"synthetic_id": "0x4554482d3500000000000000000000"},
        {"collateral_id": "0x2"},
    ],
    ids=lambda change: next(iter(change)) if isinstance(change, dict) else str(change),
)
def test_what_the_exchange_would_refuse_hashes_and_verifies_differently(change: dict[str, Any]) -> None:
    other = signing.generate_order_hash(**arguments(FIRST, FIRST_LEG, **change))

    assert hex(other) != FIRST_LEG["hash"]
    assert not signing.verify_order(int(FIRST["public_key"], 16), other, int(FIRST_LEG["r"], 16), int(FIRST_LEG["s"], 16))


def test_a_fractional_second_of_the_expiry_is_rounded_up() -> None:
    assert signing.signed_expiration_s(1795219201235) == 1795219202 + 14 * 86_400
    assert signing.signed_expiration_s(1795219201000) == 1795219201 + 14 * 86_400
    assert signing.signed_expiration_s(1795219201001) == 1795219202 + 14 * 86_400


@pytest.mark.parametrize(
    ("side", "base", "quote", "fee"),
    [("BUY", 2, -2, 1), ("SELL", -1, 1, 1)],
)
def test_amounts_round_up_for_a_buy_down_for_a_sell_and_the_fee_always_up(side: str, base: int, quote: int, fee: int) -> None:
    amounts = signing.order_amounts(
        side=side,
        size="1.5",
        price="1.1",
        fee_rate="0.5",
        synthetic_resolution=1,
        collateral_resolution=1,
    )

    assert (amounts.base, amounts.quote, amounts.fee) == (base, quote, fee)


def test_the_fee_comes_from_the_unrounded_notional() -> None:
    amounts = signing.order_amounts(
        side="SELL",
        size="1",
        price="1.0000009",
        fee_rate="0.5",
        synthetic_resolution=10,
        collateral_resolution=1_000_000,
    )

    assert amounts.quote == 1_000_000
    assert amounts.fee == 500_001  # half of the rounded quote would be 500 000


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"vault": 2**32}, "vault"),
        ({"vault": -1}, "vault"),
        ({"vault": True}, "vault"),
        ({"vault": "500343"}, "vault"),
        ({"nonce": 2**64}, "nonce"),
        ({"nonce": -1}, "nonce"),
        ({"expiry_ms": 2**64 * 1000}, "expiry_ms"),
        ({"expiry_ms": 1795219200.5}, "expiry_ms"),
        ({"size": "9223372036855"}, "size × synthetic_resolution"),
        ({"size": "9", "price": "1100000000000"}, "size × price × collateral_resolution"),
        ({"size": "0"}, "size"),
        ({"size": "-1"}, "size"),
        ({"size": "NaN"}, "size"),
        ({"size": "Infinity"}, "size"),
        ({"size": "1E-7"}, "size"),
        ({"size": 0.0015}, "size"),
        ({"price": "0"}, "price"),
        ({"price": 84077.0}, "price"),
        ({"price": Decimal("NaN")}, "price"),
        ({"fee_rate": "-0.1"}, "fee_rate"),
        ({"fee_rate": "1.1"}, "fee_rate"),
        ({"side": "LONG"}, "side"),
        ({"public_key": signing.FIELD_PRIME}, "public_key"),
        ({"public_key": "banana"}, "public_key"),
        ({"synthetic_id": "0x" + "f" * 64}, "synthetic_id"),
        ({"collateral_id": -1}, "collateral_id"),
        ({"synthetic_resolution": 0}, "synthetic_resolution"),
        ({"domain": {}}, "domain name"),
        ({"domain": {**FIRST["domain"], "name": "x" * 32}}, "domain name"),
        ({"domain": {**FIRST["domain"], "version": "v°"}}, "domain version"),
        ({"domain": {**FIRST["domain"], "revision": "one"}}, "domain revision"),
    ],
)
def test_f115_what_cannot_be_signed_is_refused_by_name_before_the_library_sees_it(change: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        signing.generate_order_hash(**arguments(FIRST, FIRST_LEG, **change))

    assert refusal.value.field == field


def test_a_size_that_floors_to_nothing_is_refused() -> None:
    with pytest.raises(InvalidInput):
        signing.generate_order_hash(**arguments(FIRST, FIRST_LEG, side="SELL", size="0.0000001"))


@pytest.mark.parametrize(
    ("public_key", "order_hash", "r", "s"),
    [
        (5, 5, 5, 5),  # no point of the curve has this x
        (-1, 5, 5, 5),
        (2**252, 5, 5, 5),
        (1, 2**252, 5, 5),
        (1, 5, 0, 5),
        (1, 5, 5, 0),
        (1, 5, 2**252, 5),
        (1, 5, 5, 2**252),
        (1, 5, -5, 5),
    ],
)
def test_numbers_that_are_no_signature_verify_as_false(public_key: int, order_hash: int, r: int, s: int) -> None:
    assert signing.verify_order(public_key, order_hash, r, s) is False


def test_a_signature_verifies_only_under_its_own_key() -> None:
    key = int(FIRST["private_key"], 16)
    r, s = signing.sign_order(12345, key)

    assert signing.verify_order(signing.public_key_of(key), 12345, r, s)
    assert not signing.verify_order(int(VECTORS["orders"][1]["public_key"], 16), 12345, r, s)
    assert not signing.verify_order(signing.public_key_of(key), 12346, r, s)


@pytest.mark.parametrize("key", [0, signing.CURVE_ORDER, -1])
def test_an_impossible_private_key_is_refused_and_not_shown(key: int) -> None:
    with pytest.raises(InvalidInput) as refusal:
        signing.sign_order(1, key)

    assert str(key) not in str(refusal.value)


def test_a_signer_signs_and_shows_nothing() -> None:
    secret = FIRST["private_key"]
    signer = signing.Signer(Secret(secret))

    assert signer.public_key == int(FIRST["public_key"], 16)
    assert signer.sign(int(FIRST_LEG["hash"], 16)) == (int(FIRST_LEG["r"], 16), int(FIRST_LEG["s"], 16))
    for shown in (repr(signer), str(signer), f"{signer}", repr(Secret(secret)), f"{Secret(secret)}"):
        assert secret[2:] not in shown
        assert str(int(secret, 16)) not in shown
    assert not hasattr(signer, "__dict__")
    assert signer != signing.Signer(Secret(secret))
    for held in (signer, Secret(secret)):
        with pytest.raises(TypeError):
            pickle.dumps(held)


@pytest.mark.parametrize("text", ["", "hello", "0x0", hex(signing.CURVE_ORDER)])
def test_a_wrong_private_key_is_a_configuration_error_without_the_text(text: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        signing.Signer(Secret(text))

    assert not text or text not in str(refusal.value)


def test_a_missing_library_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fast_stark_crypto", None)
    signing._library.cache_clear()

    with pytest.raises(signing.SigningUnavailable, match="pip install fast-stark-crypto"):
        signing.sign_order(1, 1)
    signing._library.cache_clear()
