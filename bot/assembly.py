"""Puts the parts together for one environment: which exchange, whose account, what is refused before anything is sent."""

import contextlib
import random
import secrets
from collections import deque
from collections.abc import AsyncIterator
from decimal import Decimal

import msgspec

from bot.bot_logger import BotLogger
from bot.config import BotConfig
from bot.core.errors import ConfigurationError
from bot.core.risk.caps import NO_CAPS, HardCaps, exceeded
from bot.environment import Credentials, Environment, EnvironmentName
from bot.extended import exchange as venue
from bot.extended.endpoints import Endpoints, endpoints_for, is_loopback, is_official
from bot.extended.exchange import ExtendedExchange
from bot.extended.rest import RequestOutcome
from bot.extended.signing import Signer, StandIn, is_available
from bot.history import History
from bot.limits_file import load_limits, require_caps
from bot.observers.journal_keeper import JournalKeeper
from bot.observers.step_times import StepTimes
from bot.paper import PaperAccount, PaperProcess, ask_accounts
from bot.ports import Clock
from bot.risk_keeper import RiskKeeper
from bot.secret import Secret
from bot.shadow import ShadowExchange
from bot.simple_mm_bot import MarketMaker
from bot.state_folder import StateFolder

PROGRAM_VERSION = "0.1.0"
UNSIGNED = (
    "fast-stark-crypto is not installed, so nothing is signed and the simulated exchange does not look: paper works, testnet and "
    "live do not; use Python 3.11 to 3.13 on Linux, Windows or Apple silicon and run `pip install fast-stark-crypto==0.5.0`"
)
MOST_REMEMBERED = 20_000
TESTNET_ORDER_NOTIONAL = Decimal(10_000)
"""Largest value of one order on testnet, in collateral."""


@contextlib.asynccontextmanager
async def open_market_maker(
    environment: Environment, config: BotConfig, *, clock: Clock, logger: BotLogger, paper_arguments: tuple[str, ...] = ()
) -> AsyncIterator[MarketMaker]:
    """Hold the state folder, reach the exchange, and yield a market maker that is ready to `run()`.

    Raises: ConfigurationError, in one sentence with the remedy, for everything a person must change first.
    """
    home = StateFolder(environment.home)
    caps = _hard_caps(environment, config, logger)
    with home.lock():
        async with contextlib.AsyncExitStack() as stack:
            endpoints, credentials = await _where_and_who(environment, logger, stack, paper_arguments)
            logger.hide((credentials.api_key.reveal(),))
            if environment.name is EnvironmentName.PAPER:
                home.note_exchange(endpoints.rest)
            steps = StepTimes()
            requests = RequestLog(logger, clock, steps)

            def signed(order_id: str, us: int) -> None:
                steps.saw("sign", us / 1_000_000)
                logger.log("DEBUG", "order_signed", None, order=order_id, us=us)

            exchange = ExtendedExchange(
                endpoints,
                clock,
                credentials=credentials,
                randomness=random.Random(secrets.randbits(64)),  # noqa: S311 - jitter of reconnects, not a secret
                on_signed=signed,
                on_request=requests,
            )
            stack.push_async_callback(exchange.close)
            scope = endpoints.rest if environment.name is EnvironmentName.PAPER else ""
            name = f"risk-{environment.records_name}-{credentials.vault}"
            if environment.shadow:
                logger.log("WARNING", "shadow_run", None, text="everything is decided and shown, and nothing is sent")
            maker = MarketMaker(
                ShadowExchange(exchange, clock) if environment.shadow else exchange,
                config,
                clock=clock,
                home=home,
                logger=logger,
                caps=caps,
                wants_caps=environment.name is EnvironmentName.LIVE,
                keeper=RiskKeeper(home, clock, logger, name=name, scope=scope),
            )
            maker.remember_with(
                History(
                    JournalKeeper(
                        home.path / "journal" / environment.records_name,
                        clock=clock,
                        emit=maker.inbox.emit,
                        log=logger.log,
                        hide=(credentials.api_key.reveal(),),
                    ),
                    environment=environment.records_name,
                    venue=endpoints.rest if environment.name is EnvironmentName.PAPER else "",
                    version=PROGRAM_VERSION,
                )
            )
            maker.steps = steps
            maker.read_funding_with(exchange.funding)
            maker.read_money_with(exchange.money_moves)
            maker.read_rebates_with(exchange.rebate)
            maker.requests_last_minute = requests.last_minute
            yield maker


def _hard_caps(environment: Environment, config: BotConfig, logger: BotLogger) -> HardCaps:
    """Return what `limits.toml` allows at most, and say which settings ask for more; testnet has a cap of its own besides.

    Raises: ConfigurationError for a file that cannot be used, and in live for one that is missing or caps too little.
    """
    found = load_limits(environment.home)
    if environment.name is EnvironmentName.LIVE:
        require_caps(found, [each.market for each in config.markets()], environment.home)
    caps = found or NO_CAPS
    if environment.name is EnvironmentName.TESTNET:
        own = caps.account.max_order_notional
        smaller = TESTNET_ORDER_NOTIONAL if own is None else min(own, TESTNET_ORDER_NOTIONAL)
        caps = msgspec.structs.replace(caps, account=msgspec.structs.replace(caps.account, max_order_notional=smaller))
    asked = config.risk()
    above = list(exceeded(asked.account, caps.account))
    above += [f"{name}: {text}" for name, limits in asked.markets.items() for text in exceeded(limits, caps.of(name))]
    for text in above:
        logger.log("WARNING", "configuration_warning", None, text=text)
    return caps


class RequestLog:
    """Counts what leaves for the exchange, and logs what failed."""

    def __init__(self, logger: BotLogger, clock: Clock, steps: StepTimes) -> None:
        self._steps = steps
        self._logger = logger
        self._clock = clock
        self._sent_ms: deque[int] = deque(maxlen=MOST_REMEMBERED)
        self.total = 0

    def __call__(self, route: str, seconds: float, outcome: RequestOutcome) -> None:
        self.total += 1
        self._sent_ms.append(self._clock.monotonic_ms())
        self._steps.saw(route, seconds)
        if outcome.kind == "ok":
            return
        self._logger.log(
            "ERROR" if outcome.is_undocumented else "DEBUG",
            "request_failed",
            None,
            route=route,
            ms=round(seconds * 1000, 1),
            kind=outcome.kind,
            status=outcome.http_status,
            code=outcome.exchange_code,
        )

    def last_minute(self) -> int:
        """Return how many requests left within the last 60 s."""
        from_ms = self._clock.monotonic_ms() - 60_000
        while self._sent_ms and self._sent_ms[0] < from_ms:
            self._sent_ms.popleft()
        return len(self._sent_ms)


async def _where_and_who(
    environment: Environment, logger: BotLogger, stack: contextlib.AsyncExitStack, paper_arguments: tuple[str, ...]
) -> tuple[Endpoints, venue.Credentials]:
    if environment.name is EnvironmentName.PAPER:
        return await _paper(environment, logger, stack, paper_arguments)
    credentials = environment.credentials
    missing = [] if environment.api_key else ["EXTENDED_API_KEY"]
    if credentials is None:
        missing += ["<NAME>_STARKNET_PUBLIC", "<NAME>_STARKNET_PRIVATE", "<NAME>_VAULT_NUMBER"]
    if missing or credentials is None or environment.api_key is None:
        raise ConfigurationError(f"{environment.name} needs credentials, missing: {', '.join(missing)}")
    endpoints = endpoints_for(environment.name, rest=environment.base_url or "", stream=environment.stream_url or "")
    return endpoints, _keys(environment.api_key, credentials)


async def _paper(
    environment: Environment, logger: BotLogger, stack: contextlib.AsyncExitStack, paper_arguments: tuple[str, ...]
) -> tuple[Endpoints, venue.Credentials]:
    base = environment.base_url
    if base is not None and is_loopback(base):
        endpoints = endpoints_for(EnvironmentName.PAPER, rest=base, stream=environment.stream_url or "")
        if environment.credentials is not None and environment.api_key is not None:
            return endpoints, _keys(environment.api_key, environment.credentials)
        return endpoints, _paper_keys((await ask_accounts(endpoints.rest))[0])
    if base is not None and not is_official(base):
        raise ConfigurationError(
            f"paper talks to a simulated exchange on this machine only, and EXTENDED_API_BASE_URL is {base}: "
            "unset it, or set MMBOT_ENV=testnet"
        )
    if base is not None or environment.credentials is not None or environment.api_key is not None:
        logger.log(
            "WARNING",
            "configuration_warning",
            None,
            text="paper mode: the exchange address and credentials of the environment are ignored, nothing real is touched; "
            "set MMBOT_ENV=testnet or live to use them",
        )
    if not is_available():
        paper_arguments = (*paper_arguments, "--verify", "off")
        logger.log("WARNING", "configuration_warning", None, text=UNSIGNED)
    process = PaperProcess(paper_arguments)
    stack.push_async_callback(process.stop)
    started = await process.start()
    endpoints = endpoints_for(EnvironmentName.PAPER, rest=started.rest, stream=started.stream)
    return endpoints, _paper_keys(started.accounts[0])


def _keys(api_key: Secret, credentials: Credentials) -> venue.Credentials:
    signer = Signer(credentials.private_key)
    if signer.public_key != int(credentials.public_key, 16):
        raise ConfigurationError(f"{credentials.name}_STARKNET_PUBLIC does not belong to {credentials.name}_STARKNET_PRIVATE")
    return venue.Credentials(api_key=api_key, signer=signer, vault=credentials.vault)


def _paper_keys(account: PaperAccount) -> venue.Credentials:
    signer = Signer(Secret(account.private_key)) if is_available() else StandIn(int(account.public_key, 16))
    return venue.Credentials(api_key=Secret(account.api_key), signer=signer, vault=account.vault)
