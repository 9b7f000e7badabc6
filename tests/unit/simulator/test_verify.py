"""Signatures: the known answers verify, and every change to what was signed is noticed."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from simulator import verify
from simulator.accounts import derive_accounts
from simulator.markets import BTC_USD, ETH_USD, MarketSpec
from simulator.matching import Side
from simulator.orders import Execution, Leg, OrderRequest, PriceSource, Scope, Settlement, TimeInForce
from simulator.refusals import Code, Refused
from simulator.verify import (
    MAINNET,
    TESTNET,
    SignedPart,
    check_owner,
    is_genuine,
    order_hash,
    public_key_function,
    signed_amounts,
    signed_parts,
)

pytest.importorskip("fast_stark_crypto", reason="the signing library has no wheel here")

D = Decimal
# A throw-away key of the published vectors; nothing was ever paid to it.
KAT1 = {
    "price": "84077",
    "size": "0.00150",
    "post_only": True,
    "fee": D(0),
    "nonce": 1473459052,
    "expiry_ms": 1795219200000,
    "settlement": Settlement(
        r=0x1C496EEC7FC903A488D74A95568DA4F0E5996D22BE8C5BF6A7C9C9088CF6583,
        s=0x56E34040FDAB59F0750BC71ABE6213E8D6BAC907C2E04A7504BFAE30E9A978F,
        public_key=0x5F1887E3E2C5CD1A5A874339B877C049B96524FB758E4A4E3BDD53DD58DF5FA,
        vault=500343,
    ),
}
KAT1_HASH = 0x77FF109F99814A60486558FEBCEB864AC10881496C524DC87A08DD6A2B272AA
KAT3_KEY = {"public_key": 0x4D751CCEE74F5EBE006D74AB3D37FBFA2515A6F0B6BA9DB2E52046842580B54, "vault": 4294967295}
KAT3 = {
    "market": "ETH-USD",
    "price": "3012.7",
    "size": "0.333",
    "fee": D("0.00025"),
    "nonce": 2147483647,
    "expiry_ms": 1795222800000,
    "settlement": Settlement(
        r=0x498FFC89E0FA8B899C2963F32CEF043C90D4DEB5805ED2E8FE143C1A00AEAFF,
        s=0x6C6C67BD2D381F45413B165CBE528C4DCE5D42779046A54D10F64CB2BDA4614,
        **KAT3_KEY,
    ),
    "scope": Scope.ORDER,
    "take_profit": Leg(
        trigger_price=D(3100),
        source=PriceSource.MARK,
        price=D("3099.9"),
        execution=Execution.LIMIT,
        settlement=Settlement(
            r=0x70EC25588208D23521328D274D38ACAB90FA089A6FC3D362E08AA2610EA679,
            s=0x765E75FED824D890B2217B017E8786DE74791C45806EA8039ED0371AE190B0A,
            **KAT3_KEY,
        ),
    ),
    "stop_loss": Leg(
        trigger_price=D(2950),
        source=PriceSource.LAST,
        price=D("2900.1"),
        execution=Execution.MARKET,
        settlement=Settlement(
            r=0x5C19951A4604F4776F095590CB7A29FA60BACC9AA6FBA1DBF82F6934D052C81,
            s=0x3FBE0F14068BDFC20DAB234FE8117E67146A223358F115733E14B294BC67D73,
            **KAT3_KEY,
        ),
    ),
}
KAT3_HASHES = [
    0x799173C329343368C736BB7CF4F9011172333D8C3C8403E1529A22526CA8CD3,
    0x3B15ED65B75A440A8931876D1C65D2F07471ACC15B20685F2A826F2E7EDF360,
    0x7D8864E207A82C5C6FDB59C6D482F65A796B6242F9D8ECEA626263E9C8576DC,
]

RequestFor = Callable[..., OrderRequest]


@pytest.mark.parametrize(("known", "spec", "messages"), [(KAT1, BTC_USD, [KAT1_HASH]), (KAT3, ETH_USD, KAT3_HASHES)])
def test_known_answers_verify(request_for: RequestFor, known: dict[str, Any], spec: MarketSpec, messages: list[int]) -> None:
    request = request_for(Side.BUY, **known)

    assert [order_hash(part, request, spec, MAINNET) for part in signed_parts(request, spec)] == messages
    assert is_genuine(request, spec, MAINNET)


@pytest.mark.parametrize("leg", ["take_profit", "stop_loss"])
def test_a_leg_changed_after_signing_does_not_verify(request_for: RequestFor, leg: str) -> None:
    request = request_for(Side.BUY, **KAT3)

    changed = replace(getattr(request, leg), price=D(3000))

    assert not is_genuine(replace(request, **{leg: changed}), ETH_USD, MAINNET)


def test_a_whole_position_leg_signs_fifty_times_the_largest_position(request_for: RequestFor) -> None:
    request = replace(request_for(Side.BUY, **KAT3), scope=Scope.POSITION)

    sizes = [part.size for part in signed_parts(request, ETH_USD)]

    assert sizes == [D("0.333"), D("967773.153"), D("1034447.088")]  # 60,000,000 x 50 / leg price, on the step


@pytest.mark.parametrize(
    "change",
    [
        {"price": D(84078)},
        {"size": D("0.00151")},
        {"side": Side.SELL},
        {"fee": D("0.00025")},
        {"nonce": 1473459053},
        {"expiry_ms": 1795219200001},
        {"builder_fee": D("0.0001")},
    ],
)
def test_a_body_changed_after_signing_does_not_verify(request_for: RequestFor, change: dict[str, Any]) -> None:
    assert not is_genuine(replace(request_for(Side.BUY, **KAT1), **change), BTC_USD, MAINNET)


def test_another_domain_does_not_verify(request_for: RequestFor) -> None:
    assert not is_genuine(request_for(Side.BUY, **KAT1), BTC_USD, TESTNET)


def test_post_only_and_flags_are_not_part_of_the_signature(request_for: RequestFor) -> None:
    request = replace(request_for(Side.BUY, **KAT1), post_only=False, time_in_force=TimeInForce.IOC, reduce_only=True)

    assert is_genuine(request, BTC_USD, MAINNET)


def test_a_buy_rounds_up_a_sell_down_and_the_fee_always_up() -> None:
    kpepe, rate = replace(BTC_USD, synthetic_resolution=10), D("0.00035")
    sell = SignedPart(side=Side.SELL, size=D(12345), price=D("0.0123457"), settlement=None)

    amounts = signed_amounts(sell, kpepe, rate)
    mirrored = signed_amounts(replace(sell, side=Side.BUY), kpepe, rate)

    assert (amounts.base, amounts.quote, amounts.fee) == (-123450, 152407666, 53343)
    assert (mirrored.base, mirrored.quote, mirrored.fee) == (123450, -152407667, 53343)


def test_key_and_vault_must_be_the_accounts_own(request_for: RequestFor) -> None:
    account = derive_accounts(1, 1, public_key_function())[0]
    part = signed_parts(request_for(Side.BUY, **KAT1), BTC_USD)[0]
    own = Settlement(r=1, s=1, public_key=account.public_key, vault=account.vault)

    check_owner(replace(part, settlement=own), account)
    for settlement, code in (
        (None, Code.SIGNATURE),
        (replace(own, public_key=own.public_key + 1), Code.PUBLIC_KEY),
        (replace(own, vault=own.vault + 1), Code.VAULT),
    ):
        with pytest.raises(Refused) as excinfo:
            check_owner(replace(part, settlement=settlement), account)
        assert excinfo.value.code is code


@pytest.mark.parametrize("settlement", [{"r": 0}, {"s": 0}, {"r": 1}, {"s": 1}, {"r": 2**251}, {"s": 2**251}, {"vault": 2**40}])
def test_impossible_signatures_are_false_not_errors(request_for: RequestFor, settlement: dict[str, int]) -> None:
    request = request_for(Side.BUY, **KAT1)
    assert request.settlement is not None

    assert not is_genuine(replace(request, settlement=replace(request.settlement, **settlement)), BTC_USD, MAINNET)


@pytest.mark.parametrize("name", ["r", "s"])
@pytest.mark.parametrize("value", [0, 2**251, 2**252 - 1])
def test_the_library_never_sees_a_number_it_would_panic_on(
    monkeypatch: pytest.MonkeyPatch, request_for: RequestFor, name: str, value: int
) -> None:
    """Its panic is no `Exception`: it would go through every handler and end the exchange."""

    class Panic(BaseException):
        """Stands for the library's own."""

    class Library:
        def __getattr__(self, _: str) -> Any:
            raise Panic

    request = request_for(Side.BUY, **KAT1)
    assert request.settlement is not None
    monkeypatch.setattr("simulator.verify._stark", Library())

    assert not is_genuine(replace(request, settlement=replace(request.settlement, **{name: value})), BTC_USD, MAINNET)
    with pytest.raises(Panic):
        is_genuine(request, BTC_USD, MAINNET)


def test_accounts_follow_from_the_seed_and_their_keys_fit() -> None:
    public_key_of = public_key_function()
    assert public_key_of is not None

    first, again, other = (derive_accounts(seed, 12, public_key_of) for seed in (5, 5, 6))

    assert first == again
    assert not {each.api_key for each in first} & {each.api_key for each in other}
    assert all(each.public_key == public_key_of(each.private_key) for each in first)
    assert all(each.vault < 2**32 for each in first)
    assert len({each.vault for each in first}) == 12


def test_keys_do_not_show_in_a_repr() -> None:
    account = derive_accounts(5, 1, None)[0]

    assert account.api_key not in repr(account)
    assert hex(account.private_key) not in repr(account)


def test_without_the_library_only_verification_is_missing(monkeypatch: pytest.MonkeyPatch, request_for: RequestFor) -> None:
    monkeypatch.setattr(verify, "_stark", None)

    assert public_key_function() is None
    assert derive_accounts(1, 1, None)[0].public_key
    with pytest.raises(verify.SigningLibraryMissing, match="--verify off"):
        is_genuine(request_for(Side.BUY, **KAT1), BTC_USD, MAINNET)
