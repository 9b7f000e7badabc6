"""The last border: an error nobody foresaw becomes one JSON answer and one log line; a start that fails becomes one sentence."""

from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend.answers import error_answer
from bot.core.errors import ConfigurationError

Log = Callable[..., None]


class Border:
    """Stands between the program and its callers."""

    def __init__(self, app: ASGIApp, log_of: Callable[[], Log | None]) -> None:
        self._app = app
        self._log_of = log_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            log = self._log_of()
            if log is not None:
                log("ERROR", "request_crashed", None, path=scope["path"][:80], error=f"{type(error).__name__}: {error}")
            if started:
                raise  # half an answer is out: only the server can cut the connection
            await error_answer(500, "internal_error", "something went wrong here; the log has the details")(scope, receive, send)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell a server why the start failed in one sentence; the framework would send a whole traceback."""

        async def sending(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed":
                why = scope["app"].state.why_not_started
                message = {**message, "message": why or message.get("message", "")}
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except ConfigurationError:
            return  # the server has the sentence
