"""Only what the account signed is accepted, and each way to be wrong has its documented code."""

from collections.abc import Callable
from decimal import ROUND_CEILING, Decimal
from typing import Any

import pytest

from simulator.markets import BTC_USD

fast_stark_crypto = pytest.importorskip("fast_stark_crypto", reason="the signing library has no wheel here")

CHANGES = [
    ({"qty": "0.02"}, 1101),
    ({"price": "86001"}, 1101),
    ({"fee": "0.0003"}, 1101),
    ({"nonce": "77"}, 1101),
    ({"side": "SELL"}, 1101),
    ({"builderFee": "0.0001", "builderId": 1}, 1101),
    ({"postOnly": False}, None),
]


@pytest.mark.parametrize(("change", "code"), CHANGES)
async def test_a_body_changed_after_signing_is_1101(stand: Any, change: dict[str, Any], code: int | None) -> None:
    signed = stand.alice.order("BUY", 86_000)

    status, body = await stand.alice.ask("POST", "/user/order", json=signed | change)

    assert (status, body.get("error", {}).get("code")) == ((200, None) if code is None else (400, code))


async def test_the_wire_message_of_a_bad_signature_is_the_real_one(stand: Any) -> None:
    _, body = await stand.alice.place("BUY", 86_000, qty="0.02")

    assert body["error"]["message"] == "Invalid StarkEx signature"


async def test_a_changed_expiry_is_1101_only_when_its_second_changes(stand: Any) -> None:
    body = stand.alice.order("BUY", 86_000)
    whole = body["expiryEpochMillis"] // 1000 * 1000

    same_second = await stand.alice.ask("POST", "/user/order", json=body | {"expiryEpochMillis": whole + 1_000})
    next_second = await stand.alice.ask("POST", "/user/order", json=body | {"id": "b", "expiryEpochMillis": whole + 1_001})

    assert same_second[0] == 200
    assert next_second[1]["error"]["code"] == 1101


async def test_somebody_elses_key_is_1100_and_vault_1102(stand: Any) -> None:
    body = stand.alice.order("BUY", 86_000)
    other = stand.bob.account
    foreign_key = body | {"settlement": body["settlement"] | {"starkKey": hex(other.public_key)}}
    foreign_vault = body | {"settlement": body["settlement"] | {"collateralPosition": str(other.vault)}}

    assert (await stand.alice.ask("POST", "/user/order", json=foreign_key))[1]["error"]["code"] == 1100
    assert (await stand.alice.ask("POST", "/user/order", json=foreign_vault))[1]["error"]["code"] == 1102


async def test_a_missing_or_impossible_signature_is_1101(stand: Any) -> None:
    body = stand.alice.order("BUY", 86_000)
    unsigned = {key: value for key, value in body.items() if key != "settlement"}
    zero = body | {"settlement": body["settlement"] | {"signature": {"r": "0x0", "s": "0x0"}}}

    assert (await stand.alice.ask("POST", "/user/order", json=unsigned))[1]["error"]["code"] == 1101
    assert (await stand.alice.ask("POST", "/user/order", json=zero))[1]["error"]["code"] == 1101


async def test_another_accounts_genuine_order_is_refused_under_my_key(stand: Any) -> None:
    body = stand.bob.order("BUY", 86_000)

    assert (await stand.alice.ask("POST", "/user/order", json=body))[1]["error"]["code"] == 1100


async def test_the_same_order_again_is_a_duplicate(stand: Any) -> None:
    body = stand.alice.order("BUY", 86_000)

    first = await stand.alice.ask("POST", "/user/order", json=body)
    second = await stand.alice.ask("POST", "/user/order", json=body)

    assert first[0] == 200
    assert second[1]["error"]["code"] == 1134


async def test_verification_can_be_switched_off(open_stand: Any) -> None:
    async with open_stand(verify_signatures=False) as stand:
        body = {key: value for key, value in stand.alice.order("BUY", 86_000).items() if key != "settlement"}

        assert (await stand.alice.ask("POST", "/user/order", json=body))[0] == 200


def fields_of(stand: Any, body: dict[str, Any]) -> dict[str, Any]:
    """Return what `body` signs, to be changed by one member."""
    value = Decimal(body["qty"]) * Decimal(body["price"]) * 10**6
    return {
        "position_id": stand.alice.account.vault,
        "base_asset_id": int(BTC_USD.synthetic_id, 16),
        "base_amount": int(Decimal(body["qty"]) * BTC_USD.synthetic_resolution),
        "quote_asset_id": 1,
        "quote_amount": -int(value),
        "fee_asset_id": 1,
        "fee_amount": int((value * Decimal(body["fee"])).to_integral_value(ROUND_CEILING)),
        "expiration": -(-body["expiryEpochMillis"] // 1000) + 14 * 86_400,
        "salt": int(body["nonce"]),
        "user_public_key": stand.alice.account.public_key,
        "domain_name": "Perpetuals",
        "domain_version": "v0",
        "domain_chain_id": "SN_SEPOLIA",
        "domain_revision": "1",
    }


def pedersen(fields: dict[str, Any]) -> int:
    """Return the hash of the order as the exchange of the years before would have asked for it."""
    hashed, link = fields["quote_asset_id"], fast_stark_crypto.pedersen_hash
    for asset in (fields["base_asset_id"], fields["fee_asset_id"]):
        hashed = link(hashed, asset)
    amounts = (-fields["quote_amount"] << 64) + fields["base_amount"]
    hashed = link(hashed, ((amounts << 64) + fields["fee_amount"] << 32) + fields["salt"])
    packed = 3
    for _ in range(3):
        packed = (packed << 64) + fields["position_id"]
    packed = (packed << 32) + -(-fields["expiration"] // 3600) << 17
    return int(link(hashed, packed % (2**251 + 17 * 2**192 + 1)))


WRONG_HASHES: dict[str, Callable[[dict[str, Any]], int]] = {
    "another chain": lambda it: order_message(it | {"domain_chain_id": "SN_MAIN"}),
    "another domain": lambda it: order_message(it | {"domain_name": "Perpetual"}),
    "another revision": lambda it: order_message(it | {"domain_revision": "2"}),
    "no fourteen days": lambda it: order_message(it | {"expiration": it["expiration"] - 14 * 86_400}),
    "the second rounded down": lambda it: order_message(it | {"expiration": it["expiration"] - 1}),
    "the fee rounded down": lambda it: order_message(it | {"fee_amount": it["fee_amount"] - 1}),
    "the value rounded otherwise": lambda it: order_message(it | {"quote_amount": it["quote_amount"] + 1}),
    "unsigned amounts": lambda it: order_message(it | {"quote_amount": -it["quote_amount"]}),
    "a Pedersen chain": pedersen,
}


def order_message(fields: dict[str, Any]) -> int:
    return int(fast_stark_crypto.get_order_msg_hash(**fields))


@pytest.mark.parametrize("name", WRONG_HASHES)
async def test_a_signature_over_the_wrong_hash_is_1101(stand: Any, name: str) -> None:
    body = stand.alice.order("BUY", 86_001, "0.01")
    fields = fields_of(stand, body)
    assert order_message(fields) == stand.alice.message(body)

    r, s = fast_stark_crypto.sign(stand.alice.account.private_key, WRONG_HASHES[name](fields) % 2**251)
    body["settlement"]["signature"] = {"r": hex(r), "s": hex(s)}
    status, answer = await stand.alice.ask("POST", "/user/order", json=body)

    assert (status, answer["error"]["code"]) == (400, 1101)


async def test_an_expired_order_is_1135_however_well_it_is_signed(stand: Any) -> None:
    body = stand.alice.order("BUY", 86_000)
    body["expiryEpochMillis"] = stand.site.venue.now_ms - 1
    body["settlement"] = stand.alice.settlement(body)

    status, answer = await stand.alice.ask("POST", "/user/order", json=body)

    assert (status, answer["error"]["code"]) == (400, 1135)
