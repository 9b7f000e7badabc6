"""Bytes from strangers: good ones become requests, bad ones become refusals, none becomes a crash."""

import json
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.intake import MassCancelBody, decode, decode_order
from simulator.matching import Side
from simulator.orders import Kind, SelfTrade, TimeInForce
from simulator.refusals import Code, Refused

GOOD: dict[str, Any] = {
    "id": "mm-1",
    "market": "BTC-USD",
    "type": "LIMIT",
    "side": "BUY",
    "qty": "0.00150",
    "price": "84077",
    "reduceOnly": False,
    "postOnly": True,
    "timeInForce": "GTT",
    "expiryEpochMillis": 1795219200000,
    "fee": "0",
    "nonce": "1473459052",
    "selfTradeProtectionLevel": "ACCOUNT",
    "settlement": {"signature": {"r": "0x1c", "s": "0x5"}, "starkKey": "0x5f", "collateralPosition": "500343"},
    "debuggingAmounts": {"collateralAmount": "-126115500", "feeAmount": "0", "syntheticAmount": "1500"},
}


def test_the_documented_body_becomes_a_request() -> None:
    request = decode_order(json.dumps(GOOD).encode())

    assert (request.kind, request.side, request.time_in_force) == (Kind.LIMIT, Side.BUY, TimeInForce.GTT)
    assert (request.size, request.price, request.nonce) == (Decimal("0.00150"), Decimal(84077), 1473459052)
    assert request.settlement is not None
    assert (request.settlement.r, request.settlement.vault) == (0x1C, 500343)
    assert request.self_trade is SelfTrade.ACCOUNT
    assert request.post_only


def test_unknown_members_are_ignored_as_the_real_exchange_does() -> None:
    assert decode_order(json.dumps(GOOD | {"colour": "green"}).encode()).external_id == "mm-1"


@pytest.mark.parametrize(
    "change",
    [
        {"side": "LONG"},
        {"type": "FANCY"},
        {"timeInForce": "GTC"},
        {"qty": "NaN"},
        {"qty": "Infinity"},
        {"qty": "1e400"},
        {"price": "-Infinity"},
        {"qty": "0." + "1" * 50},
        {"qty": True},
        {"price": []},
        {"expiryEpochMillis": "soon"},
        {"nonce": "-1"},
        {"nonce": "١٢"},
        {"nonce": str(2**64)},
        {"nonce": 1.5},
        {"id": 7},
        {"settlement": {"signature": {"r": "1c", "s": "0x5"}, "starkKey": "0x5f", "collateralPosition": "1"}},
        {"settlement": {"signature": {"r": "0x" + "f" * 64, "s": "0x5"}, "starkKey": "0x5f", "collateralPosition": "1"}},
        {"settlement": {"signature": {"r": "0xzz", "s": "0x5"}, "starkKey": "0x5f", "collateralPosition": "1"}},
        {"settlement": "none"},
    ],
)
def test_wrong_types_and_numbers_are_refused_with_400(change: dict[str, Any]) -> None:
    with pytest.raises(Refused) as excinfo:
        decode_order(json.dumps(GOOD | change).encode())

    assert excinfo.value.code is Code.BAD_REQUEST
    assert excinfo.value.detail


@pytest.mark.parametrize("missing", ["id", "market", "type", "side", "qty", "timeInForce", "expiryEpochMillis", "fee", "nonce"])
def test_a_missing_member_is_named(missing: str) -> None:
    with pytest.raises(Refused, match=missing):
        decode_order(json.dumps({key: value for key, value in GOOD.items() if key != missing}).encode())


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"id":' + b"9" * 5000 + b"}"])
def test_what_is_not_json_is_refused_with_400(body: bytes) -> None:
    with pytest.raises(Refused) as excinfo:
        decode_order(body)

    assert excinfo.value.code is Code.BAD_REQUEST


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(GOOD)), JSON, max_size=4), st.sets(st.sampled_from(sorted(GOOD)), max_size=2))
def test_any_json_either_decodes_or_is_refused(changes: dict[str, Any], removed: set[str]) -> None:
    body = {key: value for key, value in (GOOD | changes).items() if key not in removed}

    with suppress(Refused):
        assert decode_order(json.dumps(body).encode()).size.is_finite()


@given(st.binary(max_size=200))
def test_any_bytes_either_decode_or_are_refused(body: bytes) -> None:
    with suppress(Refused):
        decode(body, MassCancelBody)
