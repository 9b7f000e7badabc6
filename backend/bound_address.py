"""Where this process listens, found by looking at its own sockets: the application is not told when a server starts it."""

import os
import socket
import stat
from contextlib import closing
from ipaddress import ip_address
from typing import Final

MOST_DESCRIPTORS: Final = 4_096
WILDCARDS: Final = ("", "0.0.0.0", "::")  # noqa: S104 - compared with, never bound to
TCP_FAMILIES: Final = (socket.AF_INET, socket.AF_INET6)


def listening() -> set[tuple[str, int]]:
    """Return (address, port) of every TCP socket on which this process listens; empty where the system does not tell."""
    if os.name != "posix":
        return set()
    found = (_listens_on(descriptor) for descriptor in range(MOST_DESCRIPTORS))
    return {place for place in found if place is not None}


def url_of(address: str, port: int) -> str:
    """Return where a program on this machine reaches a listener; a wildcard is reached through loopback."""
    if address in WILDCARDS:
        address = "127.0.0.1"
    return f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"


def is_loopback(address: str) -> bool:
    """Report whether an address or `localhost` means this machine alone; a wildcard does not."""
    if address.lower() == "localhost":
        return True
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def listens_on_loopback_only(port: int) -> bool:
    """Report whether `port` is known to be open to this machine alone; False when it cannot be known."""
    addresses = {address for address, listened in listening() if listened == port}
    return bool(addresses) and all(is_loopback(address) for address in addresses)


def _listens_on(descriptor: int) -> tuple[str, int] | None:
    try:
        if not stat.S_ISSOCK(os.fstat(descriptor).st_mode):
            return None
        with closing(socket.socket(fileno=os.dup(descriptor))) as copy:
            if copy.family not in TCP_FAMILIES or not copy.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                return None
            address, port = copy.getsockname()[:2]
    except OSError:
        return None  # no such descriptor, or not a socket that can be asked
    return str(address), int(port)
