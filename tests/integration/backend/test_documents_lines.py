"""Every curl line that the documents print, as printed, against the real server and the simulated exchange."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed: the documents' lines are curl lines")

START_LIMIT_S = 60
STOP_LIMIT_S = 30

START = "curl -X POST http://localhost:8000/api/bot/start"
STOP = "curl -X POST http://localhost:8000/api/bot/stop"
STATUS = "curl http://localhost:8000/api/bot/status"
CONFIG = """curl -X POST http://localhost:8000/api/bot/config \\
  -H "Content-Type: application/json" \\
  -d '{
    "spread_percentage": 0.002,
    "order_size": "0.02"
  }'"""
LOGS = "curl http://localhost:8000/api/bot/logs?limit=50"
CREATE = """curl -X POST http://localhost:8000/api/orders/create \\
  -H "Content-Type: application/json" \\
  -d '{
    "market": "BTC-PERP",
    "side": "BUY",
    "price": "60000",
    "size": "0.001",
    "timeInForce": "POST_ONLY"
  }'"""
ORDERS = "curl http://localhost:8000/api/orders"


class Documents:
    """A running demo whose bot was stopped, and a shell that types the documents' lines."""

    def __init__(self, address: str) -> None:
        self._address = address

    def types(self, line: str) -> Any:
        """Run a line as printed, on the port of this test."""
        words = shlex.split(
            line.replace("\\\n", " ").replace("http://localhost:8000", self._address.replace("127.0.0.1", "localhost"))
        )
        done = subprocess.run([*words, "--silent", "--show-error"], capture_output=True, text=True, timeout=20, check=True)
        return json.loads(done.stdout)

    def until(self, line: str, holds: Any) -> Any:
        """Type a line again and again until its answer is as wanted."""
        deadline = time.monotonic() + START_LIMIT_S
        while not holds(answer := self.types(line)):
            assert time.monotonic() < deadline, answer
            time.sleep(0.1)
        return answer


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Iterator[Documents]:
    home = tmp_path_factory.mktemp("documents") / "home"
    environment = {**os.environ, "MMBOT_HOME": str(home), "NO_PROXY": "*", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "bot", "run", "--port", "0"],
        cwd=repository, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as bot:  # fmt: skip
        assert bot.stdout is not None
        try:
            told = []
            for line in bot.stdout:
                told.append(line)
                if line.startswith("Screen and API: "):
                    break
            else:
                raise AssertionError("".join(told))
            written = Documents(line.removeprefix("Screen and API: ").strip())
            written.until(STATUS, lambda answer: "BTC-USD" in answer["markets"])
            yield written
        finally:
            bot.send_signal(signal.SIGINT)
            rest, _ = bot.communicate(timeout=STOP_LIMIT_S)
    assert "Traceback" not in rest, rest
    assert "[BOT ERROR]" not in rest, rest


@pytest.fixture
def quoting(documents: Documents) -> Iterator[Documents]:
    """Start the bot, wait for two resting quotes, and stop it afterwards."""
    documents.types(START)
    documents.until(STATUS, lambda answer: None not in answer["current_quotes"].values())
    yield documents
    documents.types(STOP)


def test_start_answers_as_printed(documents: Documents) -> None:
    answer = documents.types(START)
    documents.types(STOP)

    assert answer["status"] == "started"
    printed = {
        "market": "BTC-USD",
        "spread_percentage": 0.001,
        "order_size": "0.01",
        "refresh_interval": 5,
        "price_move_threshold": 0.002,
    }
    assert printed.items() <= answer["config"].items()


def test_stop_leaves_none_of_the_bots_orders(quoting: Documents) -> None:
    assert quoting.types(STOP) == {"status": "stopped", "remaining": []}
    assert [order for order in quoting.types(ORDERS)["orders"] if order["owner"] == "bot"] == []


def test_status_answers_with_the_printed_fields_and_types(quoting: Documents) -> None:
    answer = quoting.types(STATUS)

    assert answer["running"] is True
    assert answer["active_orders"] == 2
    assert isinstance(answer["last_quote_price"], float)
    assert isinstance(answer["current_quotes"]["bid"], float)
    assert answer["current_quotes"]["bid"] < answer["last_quote_price"] < answer["current_quotes"]["ask"]
    assert len(answer["order_ids"]) == 2
    assert all(isinstance(order_id, str) for order_id in answer["order_ids"])


def test_config_changes_while_stopped_and_not_while_running(documents: Documents) -> None:
    changed = documents.types(CONFIG)
    documents.types(START)
    refused = documents.types(CONFIG.replace("0.002", "0.003"))
    documents.types(STOP)
    documents.types(CONFIG.replace("0.002", "0.001").replace("0.02", "0.01"))

    assert (changed["config"]["spread_percentage"], changed["config"]["order_size"]) == (0.002, "0.02")
    assert refused["code"] == "not_while_running"


def test_logs_show_the_documents_lines(quoting: Documents) -> None:
    messages = [line["message"] for line in quoting.types(LOGS)["logs"]]

    assert len(messages) <= 50
    assert any(message.startswith("Quotes updated: ") for message in messages)


def test_an_order_by_hand_rests_is_listed_and_is_told_from_the_bots(documents: Documents) -> None:
    answer = documents.types(CREATE)
    listed = {order["externalId"]: order for order in documents.types(ORDERS)["orders"]}
    cancelled = documents.types(f"curl -X DELETE http://localhost:8000/api/orders/{answer['externalId']}")

    assert (answer["status"], answer["market"], answer["price"], answer["size"]) == ("RESTING", "BTC-USD", "60000", "0.001")
    assert listed[answer["externalId"]]["owner"] == "hand"
    assert cancelled["status"] == "CANCELLED"


def test_the_broadcaster_works_and_marks_are_fresh(documents: Documents) -> None:
    stats = documents.types("curl http://localhost:8000/api/broadcaster/stats")
    account = documents.types("curl http://localhost:8000/api/cached-account")

    assert stats["exchange"]["status"] == "connected"
    assert {"BTC-USD", "ETH-USD", "SOL-USD"} <= set(account["balance"]["mark_prices"])
    assert account["age_ms"]["mark"] < 5_000
