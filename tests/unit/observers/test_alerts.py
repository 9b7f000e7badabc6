"""Messages to people: the right ones, once, without waiting for anybody, and never to an address inside."""

import re
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.bot_logger import BotLogger
from bot.clock import TurnableClock
from bot.core.errors import ConfigurationError
from bot.core.notes import Note
from bot.observers.alerts import (
    ALERTS,
    MOST_WAITING,
    QUIET_MS,
    SERVICES,
    Alert,
    AlertLevel,
    Alerts,
    apprise_sender,
    load_alert_settings,
    load_apprise,
)
from bot.secret import Secret

ROOT = Path(__file__).parents[3]
PATIENCE_S = 20.0


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


class Mailbox:
    """Takes messages; refuses the first `refusals` of them."""

    def __init__(self, refusals: int = 0) -> None:
        self.messages: list[tuple[str, str, AlertLevel]] = []
        self.refusals = refusals
        self.tries = 0

    def __call__(self, title: str, text: str, level: AlertLevel) -> bool:
        self.tries += 1
        if self.tries <= self.refusals:
            raise ConnectionError("no route")
        self.messages.append((title, text, level))
        return True


class Stage:
    def __init__(self, refusals: int = 0, **options: object) -> None:
        self.clock = TurnableClock()
        self.box = Mailbox(refusals)
        self.alerts = Alerts(self.box, pause_s=0.001, **options)  # type: ignore[arg-type]  # a test names only what it changes
        self.logger = BotLogger(self.clock.now_ms, level="ERROR")
        self.logger.listeners.append(self.alerts.listen)


def test_what_stands_in_the_table_becomes_a_message_and_nothing_else_does() -> None:
    stage = Stage()
    stage.alerts.start()

    stage.logger.log("INFO", "quotes_updated", "BTC-USD", bid="1", ask="2", price="1", why="refill")
    stage.logger.log("ERROR", "bot_halted", None, code="x", text="a person must look")
    stage.alerts.close()

    assert stage.box.messages == [("mmbot: critical", "Market Making Bot HALTED: a person must look", AlertLevel.CRITICAL)]
    assert stage.alerts.sent == 1


def test_levels_below_the_chosen_one_are_not_sent() -> None:
    stage = Stage(least=AlertLevel.CRITICAL)
    stage.alerts.start()

    stage.logger.log("WARNING", "bot_paused", None, reason="x")
    stage.logger.log("INFO", "bot_started", None)
    stage.alerts.close()

    assert stage.box.messages == []


def test_the_same_event_is_told_once_and_later_with_the_number_that_was_held_back() -> None:
    stage = Stage()
    stage.alerts.start()
    for _ in range(5):
        stage.logger.log("WARNING", "exchange_unreachable", None, reason="timeout")
    stage.clock.turn(QUIET_MS)
    stage.logger.log("WARNING", "exchange_unreachable", None, reason="timeout")
    stage.alerts.close()

    assert len(stage.box.messages) == 2
    assert "(4 more of these" in stage.box.messages[1][1]


def test_the_same_event_of_two_markets_are_two_messages() -> None:
    stage = Stage()
    stage.alerts.start()
    for market in ("BTC-USD", "ETH-USD"):
        stage.logger.log("WARNING", "market_paused", market, reason="news")
    stage.alerts.close()

    assert len(stage.box.messages) == 2


def test_a_service_that_is_away_is_tried_again_and_then_given_up() -> None:
    comes_back, never = Stage(refusals=2), Stage(refusals=99)
    for stage in (comes_back, never):
        stage.alerts.start()
        stage.logger.log("ERROR", "bot_halted", None, code="x", text="y")
    wait_for(lambda: comes_back.alerts.sent == 1 and never.alerts.failed == 1)

    assert never.box.tries == 3
    for stage in (comes_back, never):
        stage.alerts.close()


def test_a_service_that_hangs_never_holds_up_whoever_logs() -> None:
    may_go_on = threading.Event()

    def hangs(title: str, text: str, level: AlertLevel) -> bool:
        return may_go_on.wait(PATIENCE_S)

    alerts = Alerts(hangs)
    alerts.start()
    alert = Alert(level=AlertLevel.CRITICAL, event="x", text="x", at_ms=0)

    taken = [alerts.put(alert) for _ in range(MOST_WAITING * 2)]

    assert not all(taken)
    assert alerts.dropped >= MOST_WAITING - 1
    may_go_on.set()
    alerts.close()


def test_every_alert_is_remembered_also_where_nobody_is_told() -> None:
    told: list[Note] = []
    alerts = Alerts(None, tell=told.append)
    logger = BotLogger(TurnableClock().now_ms, level="ERROR")
    logger.listeners.append(alerts.listen)

    logger.log("ERROR", "bot_halted", None, code="x", text="y")

    assert [(note.event, note.fields["severity"], note.fields["name"]) for note in told] == [("alert", "critical", "bot_halted")]


def test_remembering_an_alert_in_the_same_log_asks_for_no_second_one() -> None:
    stage = Stage()
    stage.alerts.tell = lambda note: stage.logger.log(note.level, note.event, note.market, **note.fields)

    for event in ALERTS:
        stage.logger.log("ERROR", event, None, reason="x", text="y")

    told = [line for line in stage.logger.lines(limit=1_000) if line.event == "alert"]
    assert {line.fields["name"] for line in told} == {event for event, level in ALERTS.items() if level >= AlertLevel.WARNING}
    assert all(line.message.startswith("Alert (") for line in told)


def test_a_message_holds_no_secret_that_the_log_would_not_show() -> None:
    stage = Stage()
    stage.logger.hide(["canary-5ecret"])
    stage.alerts.start()
    stage.logger.log("ERROR", "bot_crashed", None, reason="key canary-5ecret and 0x" + "ab" * 32)
    stage.alerts.close()

    (message,) = stage.box.messages
    assert "canary-5ecret" not in message[1]
    assert "abab" not in message[1]


def test_every_event_of_the_table_is_one_that_somebody_logs(repository: Path) -> None:
    sources = "\n".join(path.read_text() for folder in ("bot", "backend") for path in (repository / folder).rglob("*.py"))

    assert [event for event in ALERTS if sources.count(f'"{event}"') < 2] == []


@pytest.mark.parametrize(
    "address",
    [
        "json://example.com", "http://example.com", "file:///etc/passwd", "syslog://", "dbus://", "exec://x",
        "jsons://localhost/x", "jsons://127.0.0.1/x", "jsons://10.0.0.1/x", "jsons://192.168.1.1", "jsons://[::1]/x",
        "jsons://169.254.169.254/latest", "mailtos://user:pass@router", "ntfys://box.local/x", "jsons://[fe80::1]/x", "xmls://",
    ],
)  # fmt: skip
def test_f180_an_address_inside_or_a_service_that_is_not_known_is_refused_without_being_repeated(address: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_alert_settings({"MMBOT_ALERT_URLS": address})

    assert "MMBOT_ALERT_URLS" in str(refused.value)
    assert address not in str(refused.value)


@pytest.mark.parametrize("heartbeat", ["http://example.com", "https://127.0.0.1/x", "https://localhost", "ftp://example.com"])
def test_a_heartbeat_leaves_over_tls_to_a_public_host_only(heartbeat: str) -> None:
    with pytest.raises(ConfigurationError, match="MMBOT_HEARTBEAT_URL"):
        load_alert_settings({"MMBOT_HEARTBEAT_URL": heartbeat})


def test_settings_are_read_from_variables_and_secret_files(tmp_path: Path) -> None:
    file = tmp_path / "urls"
    file.write_text("tgram://1:abc/2, jsons://hooks.example.com/x\n")

    settings = load_alert_settings(
        {"MMBOT_ALERT_URLS_FILE": str(file), "MMBOT_ALERT_LEVEL": "critical", "MMBOT_HEARTBEAT_URL": "https://hc.example.com/1"}
    )

    assert [url.reveal() for url in settings.urls] == ["tgram://1:abc/2", "jsons://hooks.example.com/x"]
    assert settings.least is AlertLevel.CRITICAL
    assert "hc.example.com" not in repr(settings)
    assert "abc" not in repr(settings)


def test_apprise_takes_the_addresses_and_names_only_the_position_of_a_bad_one() -> None:
    apprise_sender((Secret("jsons://hooks.example.com/x"),))

    with pytest.raises(ConfigurationError, match="address 2") as refused:
        apprise_sender((Secret("jsons://hooks.example.com/x"), Secret("tgram://5ecret")))
    assert "5ecret" not in str(refused.value)


def test_every_allowed_service_is_one_that_apprise_knows() -> None:
    known = {schema for plugin in load_apprise().Apprise().details()["schemas"] for schema in _schemas(plugin)}

    assert known >= SERVICES


def _schemas(plugin: dict[str, object]) -> list[str]:
    return [str(each) for key in ("protocols", "secure_protocols") for each in (plugin[key] or ())]  # type: ignore[attr-defined]  # apprise has no types


# --- which events ------------------------------------------------------------------------------------------------------------


def errors_of_the_program() -> set[str]:
    """Return the names of all events that the sources tell as errors."""
    told = re.compile(r"""[("]ERROR",\s*"([a-z_]+)\"""")
    files = [file for folder in ("bot", "backend") for file in (ROOT / folder).rglob("*.py")]
    return {name for file in files for name in told.findall(file.read_text(encoding="utf-8"))}


def test_whatever_the_program_calls_an_error_is_an_alert() -> None:
    found = errors_of_the_program()

    assert len(found) > 20, "the search finds them"
    assert found - set(ALERTS) == set()
    assert all(ALERTS[name] >= AlertLevel.WARNING for name in found)


def test_f136_a_leverage_that_was_changed_elsewhere_is_an_alert() -> None:
    stage = Stage()
    stage.alerts.start()

    stage.logger.log("WARNING", "leverage_changed", "BTC-USD", before="10", after="1")
    stage.alerts.close()

    ((_, text, level),) = stage.box.messages
    assert (text, level) == (
        "Leverage of BTC-USD was changed elsewhere: 1, was 10; what may be held follows it",
        AlertLevel.WARNING,
    )


@pytest.mark.parametrize(("event", "level"), [("position_stop_refused", 3), ("position_stop_ended", 2)])
def test_a_stop_that_is_refused_or_gone_is_an_alert_once_for_each_market(event: str, level: int) -> None:
    stage = Stage()
    stage.alerts.start()

    for market in ("BTC-USD", "BTC-USD", "ETH-USD"):
        stage.logger.log("WARNING", event, market, order="mmb-x-1", reason="CANCELLED", filled="0")
    stage.alerts.close()

    assert [found for _, _, found in stage.box.messages] == [level, level]
    assert [text.count("BTC-USD") for _, text, _ in stage.box.messages] == [1, 0]


def test_the_good_half_of_an_event_is_not_sent_to_people() -> None:
    stage = Stage()
    stage.logger = BotLogger(stage.clock.now_ms, level="INFO")
    stage.logger.listeners.append(stage.alerts.listen)
    stage.alerts.start()

    stage.logger.log("INFO", "position_stop_ended", "BTC-USD", order="mmb-x-1", reason="CANCELLED", filled="0")
    stage.logger.log("INFO", "risk_tier", None, code="drawdown", before="yellow", tier="green", text="0.1 of 10")
    stage.logger.log("WARNING", "risk_tier", None, code="drawdown", before="green", tier="yellow", text="6 of 10")
    stage.alerts.close()

    assert [text for _, text, _ in stage.box.messages] == ["Risk of None: drawdown is yellow, was green: 6 of 10"]


def test_a_line_for_the_search_of_errors_alerts_nobody() -> None:
    """A demo begins a new account each time; the journal of the last one is left alone, and no news."""
    stage = Stage()
    stage.alerts.start()

    stage.logger.log("DEBUG", "journal_found", None, file="1.journal", status="other account", records=46, detail="")
    stage.logger.log("ERROR", "journal_found", None, file="2.journal", status="quarantined", records=3, detail="torn")
    stage.alerts.close()

    assert [text for _, text, _ in stage.box.messages] == ["Journal 2.journal: quarantined, 3 records torn"]
