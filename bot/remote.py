"""Talks to the running bot of this user over its own HTTP address, found through `run.json` in the state folder."""

import json
import os
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import ProxyHandler, Request, build_opener

from bot.core.errors import ConfigurationError, ExchangeUnreachable, InvalidInput, MakerError, Refused, RiskRefused
from bot.environment import load_environment
from bot.state_folder import StateFolder

TIMEOUT_S: Final = 15.0
MOST_BYTES: Final = 8 * 1024 * 1024


class NoRunningBot(MakerError):
    """No bot of this user answers."""

    code = "no_running_bot"


class RemoteBot:
    """The verbs of a bot in another process. Every call blocks for at most `TIMEOUT_S`."""

    def __init__(self, address: str, token: str | None) -> None:
        self.address = address.rstrip("/")
        self._token = token
        self._opener = build_opener(ProxyHandler({}))  # loopback never goes through a proxy of the system

    def get(self, path: str, **query: object) -> Any:
        """Return the decoded answer of a read."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._ask("GET", f"{path}?{urlencode(given)}" if given else path, None)

    def post(self, path: str, body: dict[str, object] | None = None, **query: object) -> Any:
        given = {name: value for name, value in query.items() if value is not None}
        return self._ask("POST", f"{path}?{urlencode(given)}" if given else path, body)

    def delete(self, path: str) -> Any:
        return self._ask("DELETE", path, None)

    def cancel(self, order_id: str) -> Any:
        return self.delete(f"/api/orders/{quote(order_id, safe='')}")

    def _ask(self, method: str, path: str, body: dict[str, object] | None) -> Any:
        headers = {"Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        request = Request(  # noqa: S310 - the address comes from our own state folder and is http on this machine
            self.address + path, method=method, headers=headers, data=None if body is None else json.dumps(body).encode()
        )
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                return json.loads(answer.read(MOST_BYTES))
        except HTTPError as error:
            raise _refusal(error) from None
        except (URLError, TimeoutError, ConnectionError) as error:
            raise NoRunningBot(f"the bot at {self.address} does not answer: {error}") from None
        except ValueError:
            raise NoRunningBot(f"what answers at {self.address} is not this bot") from None


def find_running(home: StateFolder | None = None) -> RemoteBot:
    """Return the bot that runs with this user's state folder.

    Raises: NoRunningBot, naming the command that starts one.
    """
    folder = home or StateFolder(load_environment(os.environ).home)
    address = folder.running()
    if address is None:
        raise NoRunningBot(f"no bot runs with the state folder {folder.path}; start one with `mmbot demo` or `mmbot run`")
    return RemoteBot(address, folder.token())


def _refusal(error: HTTPError) -> MakerError:
    """Return the bot's own refusal as the error it was over there."""
    try:
        content = json.loads(error.read(MOST_BYTES))
        code, message = str(content["code"]), str(content["message"])
        field, hint = content.get("field"), str(content.get("hint") or "")
    except (ValueError, KeyError, TypeError):
        return NoRunningBot(f"the bot answered {error.code} without a reason")
    if code.startswith("risk_"):
        return RiskRefused(code, message)
    if error.code == 422 and field:
        return RemoteInvalidInput(str(field), message, hint)
    if error.code in (401, 403):
        return ConfigurationError(message)
    if error.code == 503:
        return ExchangeUnreachable(message)
    if code == "refused_by_exchange":
        return Refused(int(content.get("exchange_code") or 0), message, http_status=error.code)
    return RiskRefused(code, message)


class RemoteInvalidInput(InvalidInput):
    """A value that the running bot could not use; carries its sentence."""

    def __init__(self, field: str, message: str, hint: str) -> None:
        super().__init__(field, message, hint, hint)
        self.args = (message,)
