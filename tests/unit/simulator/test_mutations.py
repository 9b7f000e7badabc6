"""Bytes nobody meant: whatever is done to a good body, a decoder reads it or refuses it, and nothing else happens."""

import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from simulator.faults import Faults, decode_faults
from simulator.intake import LeverageBody, MassCancelBody, decode, decode_order
from simulator.refusals import Refused
from simulator.rule_changes import RuleChange
from tests.support.mutations import mutated

ORDER: dict[str, Any] = {
    "id": "a-1", "market": "BTC-USD", "type": "LIMIT", "side": "BUY", "qty": "0.01", "price": "86000", "reduceOnly": False,
    "postOnly": True, "timeInForce": "GTT", "expiryEpochMillis": 1_790_000_600_000, "fee": "0.00025", "nonce": "7",
    "selfTradeProtectionLevel": "ACCOUNT", "tpSlType": "ORDER",
    "settlement": {"signature": {"r": "0x1", "s": "0x2"}, "starkKey": "0x3", "collateralPosition": "10002"},
    "takeProfit": {"triggerPrice": "87000", "triggerPriceType": "LAST", "price": "87000", "priceType": "LIMIT"},
}  # fmt: skip


def _set_all(body: bytes) -> None:
    faults = Faults(Random(1))
    for fault in decode_faults(body).set:
        faults.set(fault)


GOOD: dict[str, tuple[Any, Callable[[bytes], object]]] = {
    "order": (ORDER, decode_order),
    "mass cancel": (
        {"orderIds": [1, "2"], "markets": ["BTC-USD"], "cancelAll": False},
        lambda body: decode(body, MassCancelBody),
    ),
    "leverage": ({"market": "BTC-USD", "leverage": "10"}, lambda body: decode(body, LeverageBody)),
    "rules": ({"market": "BTC-USD", "minPriceChange": "10", "maxNumOrders": 5}, lambda body: decode(body, RuleChange)),
    "faults": ({"set": [{"kind": "gap", "times": 1}], "clear": ["gap"]}, _set_all),
}
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 2**63, 2**200, 1.5, 1e300, "", "NaN", "Infinity", "-1", "1e99999", "0x", "٣", "9" * 5_000, [], {}, [[]],
    "\x00",
)  # fmt: skip


def places_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] * bool(path) + [place for key, each in inside for place in places_in(each, (*path, key))]


@pytest.mark.parametrize("name", list(GOOD))
def test_mutated_bytes_are_read_or_refused(name: str) -> None:
    good, read = GOOD[name]
    body, random = json.dumps(good).encode(), Random(f"bytes:{name}")
    outcomes = {"read": 0, "refused": 0}

    for _ in range(3_000):
        try:
            read(mutated(body, random))
            outcomes["read"] += 1
        except Refused:
            outcomes["refused"] += 1

    assert outcomes["refused"] > 500
    assert read(body) is not NotImplemented


@pytest.mark.parametrize("name", list(GOOD))
def test_odd_values_in_every_place_are_read_or_refused(name: str) -> None:
    good, read = GOOD[name]
    refused = 0
    for path in places_in(good):
        for value in VALUES:
            changed = json.loads(json.dumps(good))
            target = changed
            for key in path[:-1]:
                target = target[key]
            target[path[-1]] = value
            try:
                read(json.dumps(changed).encode("utf-8", "surrogatepass"))
            except Refused:
                refused += 1

    assert refused > len(VALUES) // 2
