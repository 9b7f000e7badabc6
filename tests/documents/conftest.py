"""One exchange whose price stands where the documents print it, a stranger who makes its market, and two bots on it."""

import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest

from proofs.stage.asking import eventually
from proofs.stage.programs import Bot, SimulatedExchange
from proofs.stage.stranger import Stranger
from tests.conftest import left_out

PRINTED_PRICE = 86198.85
DEMO_ACCOUNT, DESK_ACCOUNT, STRANGERS_ACCOUNT, OWN_PROCESS_ACCOUNT = 0, 1, 2, 3
AS_PRINTED = {"spread_percentage": 0.001, "order_size": "0.01"}

Curl = Callable[[str, Bot], str]
"""Runs a printed line against a bot and returns what it prints."""


@pytest.fixture(scope="session")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedExchange]:
    """Run an exchange on which nothing happens by itself: BTC-USD stands at 86198.85, as printed."""
    with SimulatedExchange(tmp_path_factory.mktemp("exchange"), "--flow", "none") as running:
        yield running


@pytest.fixture(scope="session")
def market_maker_elsewhere(exchange: SimulatedExchange) -> Stranger:
    """Let a stranger quote far outside the bot's quotes, so that there is a book."""
    someone = Stranger(exchange, STRANGERS_ACCOUNT)
    someone.make_market("86000", "86400")
    return someone


@pytest.fixture
def stranger(market_maker_elsewhere: Stranger) -> Stranger:
    """Return the stranger, who has just given a sign of life: a book in which nothing moves counts as stale."""
    market_maker_elsewhere.stir()
    return market_maker_elsewhere


@pytest.fixture(scope="session")
def demo_program(
    exchange: SimulatedExchange, market_maker_elsewhere: Stranger, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bot]:
    assert market_maker_elsewhere.account
    variables = {**exchange.variables(DEMO_ACCOUNT), "MMBOT_LOG_LEVEL": "DEBUG"}
    with Bot(tmp_path_factory.mktemp("demo"), "demo", variables=variables) as bot:
        yield bot


@pytest.fixture
def demo(demo_program: Bot, stranger: Stranger) -> Bot:
    """Return `mmbot demo` with its two quotes resting on the exchange."""
    assert stranger.account
    demo_program.wait_for_quotes(20)
    return demo_program


@pytest.fixture(scope="session")
def desk_program(
    exchange: SimulatedExchange, market_maker_elsewhere: Stranger, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Bot]:
    assert market_maker_elsewhere.account
    with Bot(tmp_path_factory.mktemp("desk"), "run", variables=exchange.variables(DESK_ACCOUNT)) as bot:
        eventually(lambda: bot.ask("GET", "/readyz").status == 200, 20, "the service being ready")
        eventually(lambda: bot.get("/api/risk")["tier"] == "green", 20, "the balance, without which nothing is opened")
        yield bot


@pytest.fixture
def desk(desk_program: Bot, stranger: Stranger) -> Bot:
    """Return `mmbot run`, stopped and configured as printed, on an account of its own."""
    assert stranger.account
    assert desk_program.post("/api/bot/stop")["remaining"] == []
    desk_program.post("/api/bot/config", AS_PRINTED)
    return desk_program


@pytest.fixture(scope="session")
def curl() -> Curl:
    """Run a printed line in a shell, with the address of a bot in the place of localhost:8000."""
    if shutil.which("curl") is None or shutil.which("sh") is None:
        left_out("no curl or no sh on PATH")

    def run(line: str, bot: Bot) -> str:
        command = line.replace("localhost:8000", f"localhost:{bot.address.rpartition(':')[2]}")
        assert command != line, "the printed line names localhost:8000"
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
