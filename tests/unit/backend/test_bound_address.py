"""Where this process listens is found by looking."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from backend.bound_address import is_loopback, listening, listens_on_loopback_only, url_of


@contextmanager
def listener(address: str, family: socket.AddressFamily = socket.AF_INET) -> Iterator[int]:
    with closing(socket.socket(family)) as opened:
        opened.bind((address, 0))
        opened.listen()
        yield int(opened.getsockname()[1])


def test_a_listener_on_loopback_is_found() -> None:
    with listener("127.0.0.1") as port:
        assert ("127.0.0.1", port) in listening()
        assert listens_on_loopback_only(port)


def test_a_wildcard_is_not_loopback() -> None:
    with listener("0.0.0.0") as port:
        assert not listens_on_loopback_only(port)


@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_version_six_is_known_too() -> None:
    try:
        with listener("::1", socket.AF_INET6) as port:
            assert listens_on_loopback_only(port)
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")


def test_a_port_nobody_listens_on_is_not_known_to_be_loopback() -> None:
    with listener("127.0.0.1") as port:
        pass

    assert not listens_on_loopback_only(port)


def test_a_socket_that_is_bound_and_does_not_listen_is_not_a_listener() -> None:
    with closing(socket.socket()) as bound:
        bound.bind(("127.0.0.1", 0))

        assert bound.getsockname()[:2] not in listening()


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8"),
        ("0.0.0.0", "http://127.0.0.1:8"),
        ("::", "http://127.0.0.1:8"),
        ("::1", "http://[::1]:8"),
    ],
)
def test_a_listener_is_reached_from_this_machine(address: str, url: str) -> None:
    assert url_of(address, 8) == url


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", True), ("127.0.0.9", True), ("::1", True), ("localhost", True), ("LOCALHOST", True), ("0.0.0.0", False),
        ("::", False), ("192.168.1.7", False), ("", False), ("example.com", False), ("localhost.example.com", False),
    ],
)  # fmt: skip
def test_loopback_is_this_machine_alone(address: str, *, expected: bool) -> None:
    assert is_loopback(address) is expected
