"""Plain requests to programs on this machine, and patience with a deadline."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeVar
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

TIMEOUT_S: Final = 15.0
LOOK_EVERY_S: Final = 0.05

Found = TypeVar("Found")
_OPENER: Final = build_opener(ProxyHandler({}))  # loopback never goes through a proxy of the system


class Answer(NamedTuple):
    """What came back; `body` is decoded JSON, or text where it is not JSON."""

    status: int
    body: Any


class NeverHappened(AssertionError):
    """Something did not become true before its deadline."""


def ask(method: str, url: str, body: object = None) -> Answer:
    """Send one request and return what came back, refusals included.

    Raises: OSError when nobody answers.
    """
    return ask_with({}, method, url, body)


def ask_with(more: Mapping[str, str], method: str, url: str, body: object = None) -> Answer:
    """Send one request with more headers; see `ask`."""
    headers = {"Accept": "application/json", **more} | ({} if body is None else {"Content-Type": "application/json"})
    sent = None if body is None else json.dumps(body).encode()
    request = Request(url, method=method, headers=headers, data=sent)  # noqa: S310 - addresses are http on loopback
    try:
        with _OPENER.open(request, timeout=TIMEOUT_S) as answer:
            return Answer(answer.status, _decoded(answer.read()))
    except HTTPError as error:
        with error:
            return Answer(error.code, _decoded(error.read()))


def _decoded(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content.decode(errors="replace")


def eventually(look: Callable[[], Found | None], seconds: float, what: str, *, every_s: float = LOOK_EVERY_S) -> Found:
    """Return the first result of `look` that is neither None nor False.

    An address that does not answer yet counts as not yet.

    Raises: NeverHappened after `seconds`.
    """
    deadline = time.monotonic() + seconds
    why = ""
    while True:
        try:
            found = look()
        except OSError as error:
            found, why = None, f" ({error})"
        if found is not None and found is not False:
            return found
        if time.monotonic() > deadline:
            raise NeverHappened(f"not within {seconds:g} s: {what}{why}")
        time.sleep(every_s)
