"""Paths of the real exchange that have nothing to do with trading: known, and refused with 1009.

Money comes and goes by the faucet only; there is no bridge, no vault to share, no referral, and accounts follow from the seed.
"""

from typing import Final

from aiohttp import web

from simulator.answers import ok
from simulator.gate import API, ONBOARDING, OWN_KEY_PATH
from simulator.refusals import Code, Refused

REFUSED_PATHS: Final = (
    ("POST", API + "/user/order/rfq"),
    ("POST", API + "/user/withdrawal"),
    ("POST", API + "/user/transfer"),
    ("POST", API + "/user/transfer/onchain"),
    ("GET", API + "/user/bridge/config"),
    ("GET", API + "/user/bridge/quote"),
    ("POST", API + "/user/bridge/quote"),
    ("POST", API + "/vault/user/deposits"),
    ("POST", API + "/vault/user/withdrawals"),
    ("GET", API + "/vault/public/performance"),
    ("GET", API + "/vault/public/summary"),
    ("GET", API + "/info/builder/dashboard"),
    ("GET", API + "/info/leaderboard"),
    ("GET", API + "/user/affiliate"),
    ("*", API + "/user/referrals"),
    ("*", API + "/user/referrals/{rest:.+}"),
    ("GET", API + "/user/rewards/{rest:.+}"),
    ("GET", API + "/portfolio/{rest:.+}"),
    ("GET", API + "/interest/{rest:.+}"),
    ("POST", OWN_KEY_PATH),
    ("POST", ONBOARDING),
    ("POST", ONBOARDING + "/subaccount"),
)


def routes() -> list[web.RouteDef]:
    refused = [web.route(method, path, not_offered) for method, path in REFUSED_PATHS]
    return [web.get(API + "/builder/trades", builder_trades), *refused]


async def not_offered(request: web.Request) -> web.Response:
    """Refuse what this exchange does not have."""
    raise Refused(Code.ACTION_NOT_ALLOWED, f"{request.path} is not offered by this exchange", message="Action is not allowed")


async def builder_trades(request: web.Request) -> web.Response:  # noqa: ARG001 - the router passes it
    """Answer an empty page: no account here is a builder."""
    return ok([], {"count": 0})
