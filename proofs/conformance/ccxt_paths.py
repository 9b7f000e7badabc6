"""ccxt's methods for single paths of the exchange: each is called once; what is outside trading meets its refusal."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from ccxt.abstract.extended import ImplicitAPI

from proofs.conformance.cases import Cases, expect
from proofs.conformance.ccxt_stage import Stage

CASES = Cases()
MARKET = {"market": "BTC-USD"}
OUTSIDE = (
    "Portfolio",
    "GetInterest",
    "Referral",
    "Rewards",
    "Affiliate",
    "Bridge",
    "Vault",
    "BuilderDashboard",
    "Withdrawal",
    "Transfer",
    "Rfq",
)
"""Words of paths that have nothing to do with trading; answered 1009."""

Arguments = Callable[[Stage], Awaitable[dict[str, Any]]]


async def _span(stage: Stage) -> dict[str, Any]:
    now = stage.plain.milliseconds()
    return MARKET | {"startTime": now - 7_200_000, "endTime": now, "interval": "P1H"}


async def _open_order(stage: Stage) -> dict[str, Any]:
    return {"id": (await stage.rest_order())["id"]}


async def _open_name(stage: Stage) -> dict[str, Any]:
    return {"externalId": (await stage.rest_order())["clientOrderId"]}


async def _new_order(stage: Stage) -> dict[str, Any]:
    price = round(await stage.price()) - 700
    made = await stage.plain.create_extended_order_request("BTC/USDC:USDC", "limit", "buy", 0.001, price)
    wanted: dict[str, Any] = made["request"]
    return wanted


def _always(**fixed: Any) -> Arguments:
    async def arguments(_: Stage) -> dict[str, Any]:
        return fixed

    return arguments


ARGUMENTS: dict[str, Arguments] = {
    "v1PublicGetInfoAssetsAssetPrice": _always(asset="USD"),
    "v1PublicGetInfoMarketsMarketStats": _always(**MARKET),
    "v1PublicGetInfoMarketsMarketOrderbook": _always(**MARKET),
    "v1PublicGetInfoMarketsMarketTrades": _always(**MARKET),
    "v1PublicGetInfoCandlesMarketCandleType": _always(**MARKET, candleType="trades", interval="PT1M", limit=2),
    "v1PublicGetInfoMarketFunding": _span,
    "v1PublicGetInfoMarketOpenInterests": _span,
    "v1PrivateGetUserOrdersId": _open_order,
    "v1PrivateGetUserOrdersExternalExternalId": _open_name,
    "v1PrivateDeleteUserOrderId": _open_order,
    "v1PrivateDeleteUserOrder": _open_name,
    "v1PrivatePostUserOrder": _new_order,
    "v1PrivatePostUserOrderMassCancel": _always(cancelAll=True),
    "v1PrivatePostUserDeadmanswitch": _always(countdownTime=0),
    "v1PrivatePatchUserLeverage": _always(market="SOL-USD", leverage="5"),
}


def path_methods() -> list[str]:
    """Return the methods ccxt makes from its list of paths (each has a second name with underscores)."""
    return sorted(name for name in vars(ImplicitAPI) if name.startswith("v1P") and "_" not in name)


def _add(name: str) -> None:
    label = f"extended.{name}"

    async def call(stage: Stage) -> str:
        arguments = await ARGUMENTS[name](stage) if name in ARGUMENTS else {}
        answer = await getattr(stage.rest, name)(arguments)
        expect(answer["status"] == "OK", answer)
        content = answer.get("data")
        return f"{len(content)} records" if isinstance(content, list) else "answered"

    assert inspect.iscoroutinefunction(call)
    if any(word in name for word in OUTSIDE):
        CASES.refused(name, '"code":1009', label)(call)
    else:
        CASES.case(name, label)(call)


for each in path_methods():
    _add(each)
