"""Messages to people: what they must know now, through whatever service they named, and never in the way of trading.

Alerts follow the log: an event that stands in the table below becomes one message. They wait in a bounded queue for a thread of
their own; the same event is told again only after a while, with the number that was held back.
"""

import importlib
import queue
import threading
import warnings
from collections.abc import Callable, Mapping
from enum import IntEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import msgspec

from bot.bot_logger import LogLine
from bot.core.errors import ConfigurationError
from bot.core.notes import Note
from bot.secret import Secret

MOST_WAITING: Final = 200
QUIET_MS: Final = 300_000
TRIES: Final = 3
PAUSE_S: Final = 2.0
IDLE_S: Final = 0.5
LONGEST_TEXT: Final = 500
SERVICES: Final = frozenset(
    [
        "discord",
        "gotifys",
        "jsons",
        "mailtos",
        "matrixs",
        "mmosts",
        "ntfys",
        "opsgenie",
        "pagerduty",
        "pbul",
        "pover",
        "rockets",
        "slack",
        "sns",
        "tgram",
        "twilio",
        "xmls",
    ]
)
"""Services with an address of their own, and those with a host of ours over TLS; plain HTTP and local programs are left out."""
OWN_HOST: Final = frozenset(["gotifys", "jsons", "mailtos", "matrixs", "mmosts", "ntfys", "rockets", "xmls"])


class AlertLevel(IntEnum):
    INFO = 1
    WARNING = 2
    CRITICAL = 3


ALERTS: Final[dict[str, AlertLevel]] = {
    "bot_started": AlertLevel.INFO,
    "bot_stopped": AlertLevel.INFO,
    "flattened": AlertLevel.WARNING,
    "bot_paused": AlertLevel.WARNING,
    "breaker_tripped": AlertLevel.WARNING,
    "fill_protection": AlertLevel.WARNING,
    "flatten_attempt": AlertLevel.WARNING,
    "only_reducing": AlertLevel.WARNING,
    "risk_acknowledged": AlertLevel.WARNING,
    "market_paused": AlertLevel.WARNING,
    "position_adopted": AlertLevel.WARNING,
    "order_outcome_unknown": AlertLevel.WARNING,
    "requests_limited": AlertLevel.WARNING,
    "exchange_unreachable": AlertLevel.WARNING,
    "dead_man_switch_failed": AlertLevel.WARNING,
    "records_stalled": AlertLevel.WARNING,
    "records_gap": AlertLevel.WARNING,
    "open_to_network": AlertLevel.WARNING,
    "task_failed": AlertLevel.WARNING,
    "fill_contradicts": AlertLevel.WARNING,
    "journal_found": AlertLevel.WARNING,
    "leverage_changed": AlertLevel.WARNING,
    "killed": AlertLevel.WARNING,
    "order_came_back": AlertLevel.WARNING,
    "position_stop_ended": AlertLevel.WARNING,
    "position_unsettled": AlertLevel.WARNING,
    "record_refused": AlertLevel.WARNING,
    "request_crashed": AlertLevel.WARNING,
    "risk_tier": AlertLevel.WARNING,
    "spread_clamped": AlertLevel.WARNING,
    "ids_not_reserved": AlertLevel.CRITICAL,
    "kill_unmarked": AlertLevel.CRITICAL,
    "overfilled": AlertLevel.CRITICAL,
    "position_stop_refused": AlertLevel.CRITICAL,
    "flatten_refused": AlertLevel.CRITICAL,
    "risk_not_kept": AlertLevel.CRITICAL,
    "bot_halted": AlertLevel.CRITICAL,
    "bot_crashed": AlertLevel.CRITICAL,
    "creates_held": AlertLevel.CRITICAL,
    "journal_not_closed": AlertLevel.CRITICAL,
    "journal_stalled": AlertLevel.CRITICAL,
    "loop_crashed": AlertLevel.CRITICAL,
    "loop_slept": AlertLevel.CRITICAL,
    "shutdown_not_verified": AlertLevel.CRITICAL,
    "token_not_readable": AlertLevel.CRITICAL,
}


class AlertSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where messages go and from which level on; the addresses are secrets."""

    urls: tuple[Secret, ...] = ()
    least: AlertLevel = AlertLevel.WARNING
    heartbeat_url: Secret | None = None


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One message. The text has passed the log's sieve for secrets."""

    level: AlertLevel
    event: str
    text: str
    at_ms: int


class Sender(Protocol):
    """Brings one message to people; blocks. Returns whether it arrived everywhere it should."""

    def __call__(self, title: str, text: str, level: AlertLevel) -> bool: ...


def load_alert_settings(variables: Mapping[str, str]) -> AlertSettings:
    """Read MMBOT_ALERT_URLS (or its _FILE), MMBOT_ALERT_LEVEL and MMBOT_HEARTBEAT_URL.

    Raises: ConfigurationError naming the variable, never its value.
    """
    urls = _given(variables, "MMBOT_ALERT_URLS").replace(",", " ").split()
    for url in urls:
        check_address(url, "MMBOT_ALERT_URLS", SERVICES)
    level = (variables.get("MMBOT_ALERT_LEVEL") or "warning").strip().upper()
    if level not in AlertLevel.__members__:
        raise ConfigurationError("MMBOT_ALERT_LEVEL must be info, warning or critical")
    heartbeat = _given(variables, "MMBOT_HEARTBEAT_URL")
    if heartbeat:
        check_address(heartbeat, "MMBOT_HEARTBEAT_URL", frozenset({"https"}))
    return AlertSettings(
        urls=tuple(Secret(url) for url in urls),
        least=AlertLevel[level],
        heartbeat_url=Secret(heartbeat) if heartbeat else None,
    )


def _given(variables: Mapping[str, str], name: str) -> str:
    file = (variables.get(f"{name}_FILE") or "").strip()
    if not file:
        return (variables.get(name) or "").strip()
    try:
        return Path(file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(f"{name}_FILE cannot be read") from None


def check_address(url: str, name: str, schemes: frozenset[str]) -> None:
    """Let pass only services that are known and hosts outside: a message must not become a request to somebody's router.

    Raises: ConfigurationError without the address.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        raise ConfigurationError(f"{name} holds something that is no address") from None
    if parts.scheme not in schemes:
        raise ConfigurationError(f"{name} names a service that is not allowed; allowed are {', '.join(sorted(schemes))}")
    if (parts.scheme in OWN_HOST or parts.scheme == "https") and _is_inside(host):
        raise ConfigurationError(f"{name} points to an address inside a network; alerts leave for public hosts only")


def _is_inside(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith((".local", ".internal", ".localhost"))


def load_apprise() -> Any:
    """Return the library; heavy, and only needed where somebody is to be told."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        importlib.import_module("apprise.utils.pgp")  # it still asks for a module that Python 3.13 has no more
        return importlib.import_module("apprise")


def apprise_sender(urls: tuple[Secret, ...]) -> Sender:
    """Return what sends through apprise; no redirect is followed, and an address never appears in an error of ours.

    Raises: ConfigurationError, with the position of the address, when apprise cannot use one.
    """
    apprise = load_apprise()
    service = apprise.Apprise(asset=apprise.AppriseAsset(http_redirects=False, app_id="extended-mm-bot"))
    for position, url in enumerate(urls, 1):
        if not service.add(url.reveal()):
            raise ConfigurationError(
                f"address {position} of MMBOT_ALERT_URLS cannot be used; compare it with the service's guide"
            )
    kinds = {
        AlertLevel.INFO: apprise.NotifyType.INFO,
        AlertLevel.WARNING: apprise.NotifyType.WARNING,
        AlertLevel.CRITICAL: apprise.NotifyType.FAILURE,
    }

    def send(title: str, text: str, level: AlertLevel) -> bool:
        told = service.notify(title=title, body=text, notify_type=kinds[level], body_format=apprise.NotifyFormat.TEXT)
        return bool(told)

    return send


class Alerts:
    """Takes log lines, and sends what people must know from a thread of its own."""

    def __init__(
        self,
        send: Sender | None,
        *,
        least: AlertLevel = AlertLevel.WARNING,
        name: str = "mmbot",
        tell: Callable[[Note], None] | None = None,
        pause_s: float = PAUSE_S,
    ) -> None:
        self.sent = 0
        self.failed = 0
        """Messages that did not arrive after several tries."""
        self.dropped = 0
        """Messages that found no place in the queue."""
        self.tell = tell
        """Told of every alert, so that it is remembered; set once there is somebody who remembers."""
        self._send = send
        self._least = least
        self._name = name
        self._pause_s = pause_s
        self._waiting: queue.Queue[Alert | None] = queue.Queue(MOST_WAITING)
        self._told_ms: dict[str, int] = {}
        self._held_back: dict[str, int] = {}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="alerts", daemon=True)

    def start(self) -> None:
        """Begin to send; before this, messages wait."""
        if self._send is not None:
            self._thread.start()

    def listen(self, line: LogLine) -> None:
        """Look at one line of the log; returns at once."""
        level = ALERTS.get(line.event) if line.level != "DEBUG" else None  # such as the journal of another account, left alone
        if level is not None and line.level == "INFO":
            level = AlertLevel.INFO  # the good half of an event that tells both, such as a tier that is green again
        if level is None or level < self._least:
            return
        key = f"{line.event} {line.market or ''}"
        last_ms = self._told_ms.get(key)
        if last_ms is not None and 0 <= line.ts - last_ms < QUIET_MS:
            self._held_back[key] = self._held_back.get(key, 0) + 1
            return
        self._told_ms[key] = line.ts
        more = self._held_back.pop(key, 0)
        text = line.message[:LONGEST_TEXT] + (f" ({more} more of these since the last message)" if more else "")
        self.put(Alert(level=level, event=line.event, text=text, at_ms=line.ts))

    def put(self, alert: Alert) -> bool:
        """Queue one message; False when the queue is full. Returns at once."""
        if self.tell is not None:
            fields: dict[str, object] = {"severity": alert.level.name.lower(), "name": alert.event, "text": alert.text}
            self.tell(Note(level="INFO", event="alert", market=None, fields=fields))
        if self._send is None:
            return False
        try:
            self._waiting.put_nowait(alert)
        except queue.Full:
            self.dropped += 1
            return False
        return True

    def close(self, timeout_s: float = 5.0) -> None:
        """Send what waits, as far as it goes within the time. Blocks."""
        self._ending.set()
        if not self._thread.is_alive():
            return
        try:
            self._waiting.put(None, timeout=0.1)
        except queue.Full:
            self.dropped += 1
        self._thread.join(timeout_s)

    def _work(self) -> None:
        while True:
            try:
                alert = self._waiting.get(timeout=IDLE_S)
            except queue.Empty:
                if self._ending.is_set():
                    return
                continue
            if alert is None:
                return
            if self._try(alert):
                self.sent += 1
            else:
                self.failed += 1

    def _try(self, alert: Alert) -> bool:
        for attempt in range(TRIES):
            if self._send_once(alert):
                return True
            if attempt + 1 < TRIES and self._ending.wait(self._pause_s * 2**attempt):
                return False
        return False

    def _send_once(self, alert: Alert) -> bool:
        assert self._send is not None
        try:
            return self._send(f"{self._name}: {alert.level.name.lower()}", alert.text, alert.level)
        except (OSError, ValueError):  # what a plug-in raises besides, apprise itself answers with False
            return False
