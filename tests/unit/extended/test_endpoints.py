"""Which addresses an environment may use."""

import pytest

from bot.core.errors import ConfigurationError
from bot.extended.endpoints import Environment, endpoints_for, is_loopback, is_official, official_endpoints

LIVE_REST = "https://api.starknet.extended.exchange/api/v1"


def test_the_official_addresses_are_those_of_the_exchange() -> None:
    live, testnet = official_endpoints(Environment.LIVE), official_endpoints(Environment.TESTNET)

    assert live.rest == LIVE_REST
    assert live.stream == "wss://api.starknet.extended.exchange/stream.extended.exchange/v1"
    assert testnet.rest == "https://api.starknet.sepolia.extended.exchange/api/v1"
    assert testnet.stream == "wss://api.starknet.sepolia.extended.exchange/stream.extended.exchange/v1"
    with pytest.raises(ConfigurationError):
        official_endpoints(Environment.PAPER)


@pytest.mark.parametrize("address", ["http://127.0.0.1:8123/api/v1", "http://127.0.0.1:8123/", "http://127.0.0.1:8123"])
def test_the_stream_s_address_is_derived_from_the_rest_base(address: str) -> None:
    endpoints = endpoints_for(Environment.PAPER, rest=address)

    assert endpoints.rest == "http://127.0.0.1:8123/api/v1"
    assert endpoints.stream == "ws://127.0.0.1:8123/stream.extended.exchange/v1"


def test_a_stream_address_that_is_given_is_used() -> None:
    endpoints = endpoints_for(Environment.PAPER, rest="http://localhost:1", stream="ws://localhost:2/x/")

    assert endpoints.stream == "ws://localhost:2/x"


@pytest.mark.parametrize(
    ("environment", "rest", "stream"),
    [
        (Environment.PAPER, LIVE_REST, ""),
        (Environment.PAPER, "http://192.168.1.5/api/v1", ""),
        (Environment.PAPER, "http://127.0.0.1", "wss://api.starknet.extended.exchange/stream.extended.exchange/v1"),
        (Environment.TESTNET, LIVE_REST, ""),
        (Environment.LIVE, "https://api.starknet.sepolia.extended.exchange/api/v1", ""),
        (Environment.LIVE, "https://evil.example/api/v1", ""),
        (Environment.LIVE, LIVE_REST, "wss://evil.example/stream"),
        (Environment.LIVE, "https://api.starknet.extended.exchange.evil.example", ""),
        (Environment.LIVE, "https://api.starknet.extended.exchange@evil.example", ""),
        (Environment.LIVE, "http://api.starknet.extended.exchange/api/v1", ""),
        (Environment.LIVE, "ftp://api.starknet.extended.exchange", ""),
        (Environment.LIVE, "https://api.starknet.extended.exchange:x", ""),
        (Environment.LIVE, "nonsense", ""),
        (Environment.LIVE, LIVE_REST + "?key=1", ""),
    ],
)
def test_f108_an_address_of_another_world_is_refused(environment: Environment, rest: str, stream: str) -> None:
    with pytest.raises(ConfigurationError):
        endpoints_for(environment, rest=rest, stream=stream)


def test_an_official_address_in_the_variable_is_accepted_in_its_own_environment() -> None:
    assert endpoints_for(Environment.LIVE, rest=LIVE_REST + "/").rest == LIVE_REST


@pytest.mark.parametrize(
    ("address", "loopback", "official"),
    [
        ("http://127.0.0.1:80/api/v1", True, False),
        ("http://127.8.8.8", True, False),
        ("http://[::1]:9/", True, False),
        ("http://localhost:9", True, False),
        ("http://localhost.evil.example", False, False),
        ("http://127.0.0.1.evil.example", False, False),
        (LIVE_REST, False, True),
        ("https://api.extended.exchange", False, True),
        ("https://API.STARKNET.EXTENDED.EXCHANGE/api/v1", False, True),
        ("https://notextended.exchange", False, False),
    ],
)
def test_addresses_are_recognised_by_their_host_alone(address: str, loopback: bool, official: bool) -> None:
    assert (is_loopback(address), is_official(address)) == (loopback, official)
