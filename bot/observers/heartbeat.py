"""A sign of life for somebody outside: while all is well an address is asked now and then; when it is not asked, they worry."""

import asyncio
from collections.abc import Callable
from http.client import HTTPException
from typing import Any, Final
from urllib.error import URLError
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from bot.ports import Clock
from bot.secret import Secret

EVERY_S: Final = 60.0
TIMEOUT_S: Final = 10.0


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_arguments: Any, **_named: Any) -> None:
        return None


def ask(url: Secret) -> bool:
    """Ask the address once; True when it answered with success. Blocks; follows no redirect."""
    opener = build_opener(ProxyHandler({}), _NoRedirect())
    request = Request(url.reveal(), headers={"User-Agent": "extended-mm-bot"})  # noqa: S310 - https only, checked when loaded
    try:
        with opener.open(request, timeout=TIMEOUT_S) as answer:
            return bool(200 <= answer.status < 300)
    except (URLError, OSError, HTTPException, ValueError):
        return False


class Heartbeat:
    """Asks the address every minute, but only while `is_well` says so."""

    def __init__(
        self, url: Secret, is_well: Callable[[], bool], *, clock: Clock, ask_once: Callable[[Secret], bool] = ask
    ) -> None:
        self.beats = 0
        self.failures = 0
        self._url = url
        self._is_well = is_well
        self._clock = clock
        self._ask = ask_once

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            if self._is_well():
                if await asyncio.to_thread(self._ask, self._url):
                    self.beats += 1
                else:
                    self.failures += 1
            await self._clock.sleep(EVERY_S)
