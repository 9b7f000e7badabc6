"""Only what the account signed is accepted, and each way to be wrong has its documented code."""

from typing import Any

import pytest

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
