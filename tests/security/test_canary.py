"""The canary run: keys with a known pattern, everything at DEBUG, a crash with a traceback; nothing of them is found anywhere."""

import asyncio
import base64
import io
import json
import logging
import re
import subprocess
import sys
import traceback
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from backend.main import create_app
from backend.openapi import schema
from bot.bot_logger import BotLogger
from bot.clock import SystemClock
from bot.config import BotConfig
from bot.core.engine import Engine
from bot.environment import load_environment
from bot.observers.alerts import load_alert_settings
from bot.state_folder import StateFolder
from bot.support_bundle import write_bundle
from tests.integration.backend.servers import serving

PATIENCE_S = 60
CHAT = "canary-chat-5ecret"
PASSWORD = "canary-passw0rd"


@pytest.fixture(scope="module")
def exchange(repository: Path) -> Iterator[dict[str, Any]]:
    """A simulated exchange, which makes keys that we then look for."""
    command = [sys.executable, "-m", "simulator", "serve", "--port", "0", "--seed", "9", "--exit-on-stdin-close"]
    process = subprocess.Popen(command, cwd=repository, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdin is not None
    yield json.loads(process.stdout.readline())
    process.stdin.close()
    process.wait(30)
    process.stdout.close()


def shapes(secret: str) -> list[str]:
    """Return the ways in which a secret could be written down."""
    found = [secret, secret.upper(), base64.b64encode(secret.encode()).decode().rstrip("="), secret.encode().hex()]
    if secret.startswith("0x"):
        number = int(secret, 16)
        found += [f"{number:x}", f"{number:X}", str(number), secret[2:]]
    return found


class Haystack:
    """Everything that came out of the run, by where it was found."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def add(self, where: str, text: str | bytes) -> None:
        self.texts[where] = text.decode("latin-1") if isinstance(text, bytes) else text

    def holds(self, secret: str) -> list[str]:
        return [where for where, text in self.texts.items() for shape in shapes(secret) if shape in text]


def a_crash(engine: Engine, events: Any, actions: Any) -> None:
    """Die like a bug would, with whatever is at hand in the sentence."""
    del events, actions
    raise RuntimeError(f"canary crash with {engine!r} {vars(engine.account)!r}"[:2_000])


async def everything_asked(port: int, haystack: Haystack) -> None:
    """Ask every route that can be read, and some that refuse."""
    for path, operations in schema()["paths"].items():
        if "get" in operations:
            haystack.add(path, await asyncio.to_thread(fetch, port, re.sub(r"\{[^}]*\}", "BTC-USD", path)))
    haystack.add("the page", await asyncio.to_thread(fetch, port, "/"))
    haystack.add("all logs", await asyncio.to_thread(fetch, port, "/api/bot/logs?limit=2000&level=DEBUG"))


def fetch(port: int, path: str) -> bytes:
    try:
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as answer:
            return bytes(answer.read() + str(answer.headers).encode())
    except OSError as refused:
        return repr(refused).encode()


async def the_run(variables: dict[str, str], haystack: Haystack) -> None:
    written = io.StringIO()
    environment = load_environment(variables)
    clock = SystemClock()
    logger = BotLogger(clock.now_ms, level="DEBUG", stream=written)
    told = load_alert_settings(variables)
    app = create_app(
        environment=environment, config=BotConfig(enabled=True), clock=clock, logger=logger, host="127.0.0.1", alert_settings=told
    )
    async with serving(app) as port:
        app.state.service.door._host = "127.0.0.1"
        bot = app.state.service.bot
        async with asyncio.timeout(PATIENCE_S):
            while len(bot.engine.bot_orders()) < 2:  # noqa: ASYNC110 - nobody rings
                await asyncio.sleep(0.05)
        await everything_asked(port, haystack)
        haystack.add("what prints", f"{environment!r} {environment} {bot!r} {vars(bot)!r} {app.state.service!r} {told!r}")
        loop_watchers = next(task for task in asyncio.all_tasks() if task.get_name() == "loop")
        bot.engine.decide = lambda now_ms: a_crash(bot.engine, now_ms, None)
        async with asyncio.timeout(PATIENCE_S):
            while not app.state.service.crash:  # noqa: ASYNC110 - nobody rings
                await asyncio.sleep(0.05)
        haystack.add("the crash", app.state.service.crash)
        if not loop_watchers.cancelled() and loop_watchers.exception() is not None:
            haystack.add("the traceback", "".join(traceback.format_exception(loop_watchers.exception())))
        await everything_asked(port, haystack)
    haystack.add("the log", written.getvalue())


def add_files(home: Path, haystack: Haystack) -> None:
    for file in sorted(home.rglob("*")):
        if file.is_file() and not file.name.startswith("token"):
            haystack.add(str(file.relative_to(home)), file.read_bytes())


async def test_f175_a_canary_is_found_nowhere(
    exchange: dict[str, Any], tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.observers.alerts.apprise_sender", lambda urls: lambda title, text, level: bool(urls))
    monkeypatch.setattr("backend.watching.apprise_sender", lambda urls: lambda title, text, level: bool(urls))
    account, haystack = exchange["accounts"][0], Haystack()
    variables = {
        "MMBOT_HOME": str(tmp_path / "home"), "MMBOT_LOG_LEVEL": "DEBUG", "EXTENDED_API_BASE_URL": exchange["rest"],
        "EXTENDED_API_KEY": account["api_key"], "A_STARKNET_PUBLIC": account["public_key"],
        "A_STARKNET_PRIVATE": account["private_key"], "A_VAULT_NUMBER": str(account["vault"]),
        "MMBOT_ALERT_URLS": f"tgram://123456789:{CHAT}/42",
    }  # fmt: skip
    secrets = [account["api_key"], account["private_key"], CHAT]

    with caplog.at_level(logging.DEBUG):
        await the_run(variables, haystack)
    haystack.add("the libraries' logs", caplog.text)
    await asyncio.to_thread(add_files, tmp_path / "home", haystack)
    token = StateFolder(tmp_path / "home").token()
    database = f"postgresql://u:{PASSWORD}@127.0.0.1:1/d"
    await asyncio.to_thread(write_bundle, {**variables, "MMBOT_DATABASE_URL": database}, tmp_path / "bundle.zip")
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        for name in bundle.namelist():
            haystack.add(f"bundle {name}", bundle.read(name))

    found = {secret: haystack.holds(secret) for secret in (*secrets, token, PASSWORD)}
    assert not any(found.values()), found
    assert "canary crash" in haystack.texts["the crash"], "the crash did happen"
    assert "order_signed" in haystack.texts["all logs"] or "order_signed" in haystack.texts["/api/bot/logs"]
    assert len(haystack.texts) > 30


def test_the_search_finds_what_is_there() -> None:
    haystack = Haystack()
    haystack.add("somewhere", f"... {int('0xabcdef12345678', 16)} ...")

    assert haystack.holds("0xabcdef12345678") == ["somewhere"]
