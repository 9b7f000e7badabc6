"""REST about the past: candles, funding, open interest, assets, and an account's money movements."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import islice
from typing import Final

from aiohttp import web

from simulator.answers import ok
from simulator.candles import INTERVALS, CandleKind
from simulator.gate import API, account_of, site_of
from simulator.markets import COLLATERAL, COLLATERAL_ID, COLLATERAL_PRECISION, COLLATERAL_RESOLUTION, MarketSpec, synthetic_id
from simulator.paging import integer, page
from simulator.refusals import Code, Refused
from simulator.wire import text

OPEN_INTEREST_LIMIT: Final = 300
OPERATIONS_PAGE: Final = 50
OPEN_INTEREST_STEPS: Final = {"P1H": 3_600_000, "PT1H": 3_600_000, "P1D": 86_400_000}
VAULT_ASSET: Final = "XVS"
"""Shares of the exchange's vault: listed, never held by anybody here."""
VAULT_PRICE: Final = Decimal("1.05")
L1_ID: Final = "0x1e7a5bf4f9f7b8e3c2d1a09f8e7d6c5b4a39281706f5e4d3c2b1a0908070605"


def routes() -> list[web.RouteDef]:
    info, user = API + "/info", API + "/user"
    return [
        web.get(info + "/candles/{market}/{kind}", candles),
        web.get(info + "/{market}/funding", funding_rates),
        web.get(info + "/{market}/open-interests", open_interests),
        web.get(info + "/assets", assets),
        web.get(info + "/assets/{asset}/price", asset_price),
        web.get(user + "/funding/history", funding_payments),
        web.get(user + "/assetOperations", asset_operations),
        web.post(user + "/claim", claim),
    ]


def _needed(request: web.Request, name: str) -> int:
    value = integer(request.query, name)
    if value is None:
        raise Refused(Code.BAD_REQUEST, f"{name} is missing")
    return value


async def candles(request: web.Request) -> web.Response:
    state = site_of(request).venue.market(request.match_info["market"])
    try:
        kind = CandleKind(request.match_info["kind"])
    except ValueError:
        raise Refused(Code.NOT_FOUND, "candles are of trades, mark-prices or index-prices") from None
    interval, limit = request.query.get("interval", ""), _needed(request, "limit")
    if interval not in INTERVALS:
        raise Refused(Code.INTERVAL_NOT_SUPPORTED, f"interval must be one of {', '.join(INTERVALS)}")
    most = site_of(request).options.candles_limit
    if not 1 <= limit <= most:
        raise Refused(Code.BAD_REQUEST, f"limit must lie in 1..{most}")
    found = state.candles.newest_first(kind, interval, integer(request.query, "endTime"))
    return ok([candle.record(kind) for candle in islice(found, limit)])


async def funding_rates(request: web.Request) -> web.Response:
    venue = site_of(request).venue
    name = venue.market(request.match_info["market"]).spec.name
    start_ms, end_ms = _needed(request, "startTime"), _needed(request, "endTime")
    rows = [each for each in reversed(venue.funding.applied[name]) if start_ms <= each.ms <= end_ms]
    cut, pagination = page(rows, request.query, lambda row: row.rate_id, most=site_of(request).options.funding_page)
    return ok([{"m": each.market, "T": each.ms, "f": text(each.rate)} for each in cut], pagination)


async def open_interests(request: web.Request) -> web.Response:
    state = site_of(request).venue.market(request.match_info["market"])
    step_ms = OPEN_INTEREST_STEPS.get(request.query.get("interval", ""))
    if step_ms is None:
        raise Refused(Code.INTERVAL_NOT_SUPPORTED, "interval must be P1H or P1D")
    start_ms, end_ms = _needed(request, "startTime"), _needed(request, "endTime")
    limit = min(integer(request.query, "limit") or OPEN_INTEREST_LIMIT, OPEN_INTEREST_LIMIT)
    rows = [each for each in reversed(state.open_interest) if start_ms <= each[0] <= end_ms and each[0] % step_ms == 0]
    return ok([{"i": text(value), "I": text(base), "t": ms} for ms, value, base in rows[:limit]])


def _collateral_asset() -> dict[str, object]:
    return {
        "id": 1,
        "name": COLLATERAL,
        "symbol": COLLATERAL,
        "precision": COLLATERAL_PRECISION,
        "isActive": True,
        "isCollateral": True,
        "starkexId": COLLATERAL_ID,
        "starkexResolution": COLLATERAL_RESOLUTION,
        "l1Id": L1_ID,
        "l1Resolution": COLLATERAL_RESOLUTION,
        "version": 1,
        "type": "SPOT",
        "canBeUsedAsCollateral": False,
    }


def _vault_asset(number: int) -> dict[str, object]:
    identity = {"id": number, "name": VAULT_ASSET, "symbol": VAULT_ASSET, "starkexId": synthetic_id(VAULT_ASSET, 6)}
    return _collateral_asset() | identity | {"isCollateral": False, "canBeUsedAsCollateral": True}


def _synthetic_asset(number: int, spec: MarketSpec) -> dict[str, object]:
    return {
        "id": number,
        "name": spec.asset,
        "symbol": spec.asset,
        "precision": spec.asset_precision,
        "isActive": True,
        "isCollateral": False,
        "starkexId": spec.synthetic_id,
        "starkexResolution": spec.synthetic_resolution,
        "l1Id": "",
        "l1Resolution": 0,
        "version": 1,
        "type": "PERPETUAL",
        "canBeUsedAsCollateral": False,
    }


async def assets(request: web.Request) -> web.Response:
    specs = [state.spec for state in site_of(request).venue.markets.values()]
    every = [_collateral_asset(), _vault_asset(2), *(_synthetic_asset(number, spec) for number, spec in enumerate(specs, 3))]
    wanted = request.query.get("type")
    return ok([each for each in every if wanted in (None, each["type"])])


async def asset_price(request: web.Request) -> web.Response:
    name = request.match_info["asset"]
    prices = {COLLATERAL: Decimal(1), VAULT_ASSET: VAULT_PRICE}
    if name not in prices:
        raise Refused(Code.ASSET_NOT_FOUND, f"no spot or collateral asset {name}")
    return ok(text(prices[name]))


def _row_id(row: dict[str, object]) -> int:
    return int(str(row["id"]))


async def funding_payments(request: web.Request) -> web.Response:
    venue = site_of(request).venue
    start_ms = integer(request.query, "startTime") or integer(request.query, "fromTime") or 0
    markets, side = set(request.query.getall("market", [])), request.query.get("side")
    rows = [
        row
        for row in reversed(venue.funding.payments.get(account_of(request).account_id, ()))
        if int(str(row["paidTime"])) >= start_ms and (not markets or row["market"] in markets) and side in (None, row["side"])
    ]
    cut, pagination = page(rows, request.query, _row_id)
    return ok(cut, pagination)


async def asset_operations(request: web.Request) -> web.Response:
    venue, query = site_of(request).venue, request.query
    start_ms, end_ms = integer(query, "startTime") or 0, integer(query, "endTime")

    def wanted(row: dict[str, object]) -> bool:
        moment = int(str(row["time"]))
        return (
            _among(row["id"], query.getall("id", []))
            and _among(row["type"], query.getall("type", []))
            and _among(row["status"], query.getall("status", []))
            and start_ms <= moment
            and (end_ms is None or moment <= end_ms)
        )

    every = reversed(venue.faucet.operations.get(account_of(request).account_id, ()))
    return ok(*page([row for row in every if wanted(row)], query, _row_id, most=OPERATIONS_PAGE))


def _among(value: object, allowed: Iterable[str]) -> bool:
    chosen = list(allowed)
    return not chosen or str(value) in chosen


async def claim(request: web.Request) -> web.Response:
    """Pay a thousand dollars into a testnet account, once an hour for each wallet."""
    site, account = site_of(request), account_of(request)
    if site.domain.chain_id == "SN_MAIN":
        raise Refused(Code.ACTION_NOT_ALLOWED, "claims exist on testnet only", message="Action is not allowed")
    operation_id = site.venue.faucet.claim(account, site.venue.now_ms)
    site.venue.clearing.tell_balance(account.account_id, site.venue.now_ms)
    site.kick()
    return ok({"id": operation_id})
