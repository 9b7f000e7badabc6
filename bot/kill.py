"""`mmbot cancel-all`: a small program of its own that needs only the key, for when the bot is wedged or gone.

It first leaves a HALT marker in the state folder, which a running bot reads before every create; then it cancels every order of
the account, the bot's, by hand and strangers', and asks until the exchange has listed none twice, a second apart.
"""

import asyncio
import random
from typing import Any, Final

from bot.clock import SystemClock
from bot.core.errors import ConfigurationError, ExchangeError, MakerError
from bot.environment import Environment, EnvironmentName
from bot.extended.endpoints import endpoints_for
from bot.extended.exchange import Credentials, ExtendedExchange
from bot.extended.signing import Signer, StandIn
from bot.paper import ask_accounts
from bot.secret import Secret
from bot.state_folder import StateFolder

ROUNDS: Final = 20
PAUSE_S: Final = 1.0


class StillOpen(MakerError):
    """Orders are left after everything was tried."""

    code = "still_open"


async def cancel_everything(environment: Environment) -> dict[str, Any]:
    """Halt and cancel; returns how many orders were open and how many are left, which is none.

    `unmarked` says why no HALT marker could be left, "" when it stands: a full disk keeps nobody from cancelling.

    Raises: ConfigurationError without a key; StillOpen; ExchangeError when the exchange never answered.
    """
    home = StateFolder(environment.home, for_writing=False)
    unmarked = ""
    try:
        home.halt()
    except ConfigurationError as error:
        unmarked = str(error)
    exchange = await _exchange(environment, home)
    try:
        return {**await _until_none(exchange), "unmarked": unmarked}
    finally:
        await exchange.close()


async def _until_none(exchange: ExtendedExchange) -> dict[str, Any]:
    found: set[int] = set()
    empty_lists, trouble, left = 0, "", 0
    for _ in range(ROUNDS):
        try:
            if empty_lists == 0:
                await exchange.mass_cancel(everything=True)
            listed = {order.exchange_order_id for order in await exchange.open_orders()}
        except ExchangeError as error:
            trouble, empty_lists = str(error), 0
        else:
            found |= listed
            left, empty_lists, trouble = len(listed), 0 if listed else empty_lists + 1, ""
            if empty_lists == 2:
                return {"status": "cancelled", "found": len(found), "left": 0}
        await asyncio.sleep(PAUSE_S)
    raise StillOpen(trouble or f"{left} orders are still open after {ROUNDS} tries; cancel them on the exchange's own site")


async def _exchange(environment: Environment, home: StateFolder) -> ExtendedExchange:
    clock = SystemClock()
    randomness = random.Random(0)  # noqa: S311 - nothing here is drawn: no stream is followed
    if environment.name is EnvironmentName.PAPER and (environment.credentials is None or environment.base_url is None):
        rest = environment.base_url or home.exchange_address()
        if rest is None:
            raise ConfigurationError("no simulated exchange is known; start `mmbot demo`, or name one with EXTENDED_API_BASE_URL")
        account = (await ask_accounts(rest))[0]
        signer = StandIn(int(account.public_key, 16))  # a cancel carries no signature
        credentials = Credentials(api_key=Secret(account.api_key), signer=signer, vault=account.vault)
        endpoints = endpoints_for(EnvironmentName.PAPER, rest=rest)
        return ExtendedExchange(endpoints, clock, credentials=credentials, randomness=randomness)
    if environment.api_key is None or environment.credentials is None:
        raise ConfigurationError(f"{environment.name} needs EXTENDED_API_KEY and the Starknet credentials to cancel")
    credentials = Credentials(
        api_key=environment.api_key, signer=Signer(environment.credentials.private_key), vault=environment.credentials.vault
    )
    endpoints = endpoints_for(environment.name, rest=environment.base_url or "")
    return ExtendedExchange(endpoints, clock, credentials=credentials, randomness=randomness)
