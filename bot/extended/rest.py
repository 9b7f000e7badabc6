"""Requests over HTTP: each with a deadline, a place in the budget, and one meaning of every way to fail."""

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Final
from urllib.parse import quote

import aiohttp
import msgspec
from yarl import URL

from bot.core.errors import ExchangeError, ExchangeUnreachable, NotSent, OutcomeUnknown, RateLimited
from bot.extended.answers import DOCUMENTED, Answer, Asked, read_answer
from bot.extended.budget import BudgetExhausted, RequestBudget, Turn
from bot.extended.endpoints import USER_AGENT
from bot.extended.wire import Envelope
from bot.ports import Objection, nobody_objects
from bot.secret import Secret

MAX_BODY_BYTES: Final = 16 * 1024 * 1024
KEEPALIVE_S: Final = 15.0
"""Shorter than any server keeps an idle connection: a create must not die on one that was just closed."""

_NEVER_LEFT: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)
_LOST: Final = (aiohttp.ClientError, TimeoutError, OSError)


class Deadlines(msgspec.Struct, frozen=True, kw_only=True):
    """How long a request may take, in seconds."""

    connect_s: float = 2.0
    write_s: float = 4.0
    read_s: float = 8.0
    turn_s: float = 2.0
    """How long it may wait for its place in the request budget."""
    create_turn_s: float = 0.5
    """The same for an order, whose price grows old while it waits."""


class RequestOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a request ended: `kind` is "ok" or the error's code, a bounded set; 0 where there was no answer."""

    kind: str
    http_status: int = 0
    exchange_code: int = 0
    is_undocumented: bool = False
    """The exchange used a code that its documentation does not know: worth an alarm."""


OnRequest = Callable[[str, float, RequestOutcome], None]
"""Told of every request: its route (never its values), the seconds it took, how it ended."""


def ignore_request(_route: str, _seconds: float, _outcome: RequestOutcome) -> None:
    """Tell nobody."""


class RestClient:
    """One session to one exchange. Follows no redirect, keeps no cookie, uses no proxy of the system."""

    def __init__(
        self,
        base: str,
        *,
        api_key: Secret | None,
        budget: RequestBudget,
        deadlines: Deadlines | None = None,
        on_request: OnRequest = ignore_request,
    ) -> None:
        self._base = base
        self._api_key = api_key
        self._budget = budget
        self._deadlines = deadlines or Deadlines()
        self._on_request = on_request
        self._session: aiohttp.ClientSession | None = None

    async def ask(
        self,
        method: str,
        path: str,
        *,
        route: str = "",
        asked: Asked = Asked.READ,
        query: Sequence[tuple[str, str]] = (),
        body: object = None,
        is_private: bool = True,
        is_urgent: bool = False,
        objection: Objection = nobody_objects,
    ) -> Envelope:
        """Send one request and return the envelope of a "yes".

        `route` names the path without ids, for logs and metrics; an urgent request may use the reserved budget; `objection` is
        asked once its turn has come.

        Raises: NotSent, OutcomeUnknown (writes), ExchangeUnreachable, ProtocolError (reads), Refused and its kinds.
        """
        started = perf_counter()
        http_status = 0
        answer = Answer()
        try:
            turn = _turn_of(asked, is_urgent)
            wait_s = self._deadlines.create_turn_s if turn is Turn.CREATE else self._deadlines.turn_s
            await self._budget.take(turn, wait_at_most_s=wait_s)
            _require_none(objection)
            started = perf_counter()
            total_s = self._deadlines.read_s if asked is Asked.READ else self._deadlines.write_s
            address = URL(self._base + path, encoded=True).with_query(list(query))
            http_status, text = await self._send(method, address, body, total_s=total_s, is_private=is_private)
            answer = read_answer(asked, http_status, text)
        except (BudgetExhausted, NotSent) as kept:
            answer = Answer(error=_not_sent(asked, str(kept)))
        except _NEVER_LEFT as trouble:
            answer = Answer(error=_not_sent(asked, _told(trouble)))
        except _LOST as trouble:
            answer = Answer(error=_lost(asked, _told(trouble)))
        self._tell(f"{method} {route or path}", perf_counter() - started, http_status, answer)
        if answer.error is not None:
            raise answer.error
        assert answer.envelope is not None, "an answer is a yes or an error"
        return answer.envelope

    async def close(self) -> None:
        """Close the session; requests in flight fail."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _send(self, method: str, address: URL, body: object, *, total_s: float, is_private: bool) -> tuple[int, bytes]:
        headers = {}
        if is_private and self._api_key is not None:
            headers["X-Api-Key"] = self._api_key.reveal()
        if body is not None:
            headers["Content-Type"] = "application/json"
        connect_s = self._deadlines.connect_s
        async with self._opened().request(
            method,
            address,
            data=None if body is None else msgspec.json.encode(body),
            headers=headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=total_s, connect=connect_s, sock_connect=connect_s, sock_read=total_s),
        ) as response:
            return response.status, await _read_limited(response)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                headers={"User-Agent": USER_AGENT, "Accept": "application/json"},
                connector=aiohttp.TCPConnector(limit=32, keepalive_timeout=KEEPALIVE_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._session

    def _tell(self, route: str, seconds: float, http_status: int, answer: Answer) -> None:
        if isinstance(answer.error, RateLimited):
            self._budget.shrink()
        code = answer.exchange_code
        self._on_request(
            route,
            seconds,
            RequestOutcome(
                kind="ok" if answer.error is None else answer.error.code,
                http_status=http_status,
                exchange_code=code,
                is_undocumented=code not in DOCUMENTED and http_status > 0 and answer.error is not None and code > 0,
            ),
        )


def _turn_of(asked: Asked, is_urgent: bool) -> Turn:
    if is_urgent or asked is Asked.CANCEL:
        return Turn.SAFETY
    return Turn.READ if asked is Asked.READ else Turn.CREATE


async def _read_limited(response: aiohttp.ClientResponse) -> bytes:
    chunks = bytearray()
    async for chunk in response.content.iter_any():
        chunks += chunk
        if len(chunks) > MAX_BODY_BYTES:
            raise aiohttp.ClientPayloadError(f"the answer is longer than {MAX_BODY_BYTES} bytes")
    return bytes(chunks)


def _require_none(objection: Objection) -> None:
    if why := objection():
        raise NotSent(why)


def _not_sent(asked: Asked, why: str) -> ExchangeError:
    return ExchangeUnreachable(why) if asked is Asked.READ else NotSent(why)


def _lost(asked: Asked, why: str) -> ExchangeError:
    return ExchangeUnreachable(why) if asked is Asked.READ else OutcomeUnknown(why)


def _told(trouble: BaseException) -> str:
    return f"{type(trouble).__name__}: {trouble}"[:300] if str(trouble) else type(trouble).__name__


def segment(text: str) -> str:
    """Return a path segment in which no character can be read as a part of the address."""
    return quote(text, safe="")
