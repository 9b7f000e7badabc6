"""Where the exchange is: its own addresses, those of a simulated one, and which of them an environment may use."""

from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

import msgspec

from bot.core.errors import ConfigurationError
from bot.environment import EnvironmentName as Environment

REST_PATH: Final = "/api/v1"
STREAM_PATH: Final = "/stream.extended.exchange/v1"
USER_AGENT: Final = "extended-mm-bot/0.1"
"""The exchange refuses requests and handshakes without one."""

BASE_ADDRESS_VARIABLE: Final = "EXTENDED_API_BASE_URL"


OFFICIAL_HOSTS: Final = {
    Environment.TESTNET: "api.starknet.sepolia.extended.exchange",
    Environment.LIVE: "api.starknet.extended.exchange",
}

CHAIN_IDS: Final = {
    Environment.PAPER: frozenset({"SN_SEPOLIA", "SN_MAIN"}),
    Environment.TESTNET: frozenset({"SN_SEPOLIA"}),
    Environment.LIVE: frozenset({"SN_MAIN"}),
}
"""The signing domain's chain that each environment accepts: the wrong one means that the address is wrong."""


class Endpoints(msgspec.Struct, frozen=True, kw_only=True):
    """The base addresses of one exchange, without a slash at the end."""

    environment: Environment
    rest: str
    stream: str


def official_endpoints(environment: Environment) -> Endpoints:
    """Return Extended's own addresses.

    Raises: ConfigurationError for paper, which never talks to Extended.
    """
    host = OFFICIAL_HOSTS.get(environment)
    if host is None:
        raise ConfigurationError("paper has no official address: it needs a simulated exchange on this machine")
    return Endpoints(environment=environment, rest=f"https://{host}{REST_PATH}", stream=f"wss://{host}{STREAM_PATH}")


def endpoints_for(environment: Environment, *, rest: str = "", stream: str = "") -> Endpoints:
    """Return the addresses to use; an empty one is derived.

    Paper takes an address on this machine only. Testnet and live take their own official host, or one on this
    machine; the signing domain is checked again once the exchange has told it.

    Raises: ConfigurationError naming the address and the remedy.
    """
    if not rest:
        return official_endpoints(environment)
    base = normal_rest_base(rest)
    stream_base = stream.rstrip("/") or stream_base_of(base)
    for address in (base, stream_base):
        _require_allowed(environment, address)
    return Endpoints(environment=environment, rest=base, stream=stream_base)


def normal_rest_base(address: str) -> str:
    """Return the address without a trailing slash, and with the API's path where none was written.

    Raises: ConfigurationError for anything that is not an http or https address.
    """
    parts = _split(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ConfigurationError(f"{BASE_ADDRESS_VARIABLE} must look like https://{OFFICIAL_HOSTS[Environment.LIVE]}{REST_PATH}")
    if parts.username or parts.password:
        raise ConfigurationError(f"{BASE_ADDRESS_VARIABLE} must not contain a user name or password")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/') or REST_PATH}"


def stream_base_of(rest: str) -> str:
    """Return the stream address that belongs to a REST base: same host, the exchange's own stream path."""
    parts = _split(rest)
    scheme = "wss" if parts.scheme == "https" else "ws"
    return f"{scheme}://{parts.netloc}{STREAM_PATH}"


def is_loopback(address: str) -> bool:
    """Say whether the address is on this machine; only literal addresses and `localhost` count."""
    host = _split(address).hostname or ""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_official(address: str) -> bool:
    """Say whether the address is one of Extended's own, legacy ones included."""
    host = (_split(address).hostname or "").rstrip(".")
    return host == "extended.exchange" or host.endswith(".extended.exchange")


def _require_allowed(environment: Environment, address: str) -> None:
    parts = _split(address)
    if parts.scheme not in ("http", "https", "ws", "wss") or not parts.hostname:
        raise ConfigurationError(f"{address!r} is no address of an exchange")
    if is_loopback(address):
        return
    if environment is Environment.PAPER:
        raise ConfigurationError(
            f"paper talks to a simulated exchange on this machine only, not to {parts.hostname}: unset"
            f" {BASE_ADDRESS_VARIABLE}, or choose MMBOT_ENV=testnet"
        )
    if parts.hostname != OFFICIAL_HOSTS[environment]:
        raise ConfigurationError(
            f"{environment} talks to {OFFICIAL_HOSTS[environment]}, not to {parts.hostname}: unset"
            f" {BASE_ADDRESS_VARIABLE} or correct it"
        )
    if parts.scheme not in ("https", "wss"):
        raise ConfigurationError(f"{parts.hostname} is reached through https and wss only: keys would be readable")


def _split(address: str) -> SplitResult:
    try:
        parts = urlsplit(address.strip())
        _ = parts.port
    except ValueError:
        raise ConfigurationError(f"{address!r} is no valid address") from None
    return parts
