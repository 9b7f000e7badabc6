"""Programs of this repository as processes: started, found by what they print, and ended by their own id."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from proofs.stage.asking import Answer, ask, eventually

ROOT: Final = Path(__file__).resolve().parents[2]
START_LIMIT_S: Final = 40.0
STOP_LIMIT_S: Final = 20.0
ADDRESS_LINE: Final = "Screen and API: "
ENDS_WITH_ITS_PARENT: Final = ("setpriv", "--pdeathsig", "TERM") if shutil.which("setpriv") else ()
"""Where Linux offers it: a proof or a test run that is killed takes its programs along."""


class Program:
    """One process; its output goes to a file. Leaving the block ends it, politely first."""

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        *,
        runner: Sequence[str] = (sys.executable, "-m"),
        where: Path = ROOT,
    ) -> None:
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own modules
                [*ENDS_WITH_ITS_PARENT, *runner, *arguments],
                cwd=where,
                env={"PATH": os.environ.get("PATH", ""), **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C for the proof is not one for its programs: they are ended in order
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def lines(self) -> list[str]:
        """Return the complete lines printed so far."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return text.splitlines() if text.endswith("\n") else text.splitlines()[:-1]

    def line_with(self, words: str, seconds: float = START_LIMIT_S) -> str:
        """Return the first line that contains these words, waiting for it.

        Raises: AssertionError with the output when the program ends without it, NeverHappened when time is up.
        """

        def look() -> str | None:
            ended = self.exit_code is not None
            found = next((line for line in self.lines() if words in line), None)
            assert found is not None or not ended, f"ended with {self.exit_code}:\n{self.log.read_text(errors='replace')}"
            return found

        return eventually(look, seconds, f"a line with {words!r} from process {self.pid}")

    def wait(self, seconds: float) -> int:
        """Wait until it ends by itself and return its exit code."""
        return self._process.wait(timeout=seconds)

    def stop(self) -> int:
        """End it as its operator would; return the exit code."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(timeout=STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
        return self._process.wait(timeout=STOP_LIMIT_S)

    def kill(self) -> None:
        """End it without a word, as kill -9 does."""
        self._process.kill()
        self._process.wait(timeout=STOP_LIMIT_S)

    def memory_kib(self) -> int:
        """Return the resident memory (Linux only)."""
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))


class SimulatedExchange(Program):
    """The simulated exchange in a process of its own, with its own truth."""

    def __init__(self, folder: Path, *arguments: str, seed: int = 1, port: int = 0, name: str = "exchange") -> None:
        command = ("simulator", "serve", "--port", str(port), "--seed", str(seed), *arguments)
        super().__init__(command, {}, folder / f"{name}.log")
        try:
            self.first_line: dict[str, Any] = json.loads(self.line_with('{"rest"'))
        except BaseException:
            self.stop()
            raise
        self.rest = str(self.first_line["rest"])
        self.base = self.rest.removesuffix("/api/v1")
        self.port = int(self.base.rpartition(":")[2])

    def account(self, number: int = 0) -> dict[str, Any]:
        """Return one of its accounts with its keys."""
        found: dict[str, Any] = self.first_line["accounts"][number]
        return found

    def variables(self, number: int = 0) -> dict[str, str]:
        """Return the environment that points a bot at this exchange and account."""
        account = self.account(number)
        return {
            "EXTENDED_API_BASE_URL": self.rest,
            "EXTENDED_API_KEY": account["api_key"],
            "PROOF_STARKNET_PUBLIC": account["public_key"],
            "PROOF_STARKNET_PRIVATE": account["private_key"],
            "PROOF_VAULT_NUMBER": str(account["vault"]),
        }

    def truth(self, path: str) -> Any:
        """Return what a control route says, e.g. `orders?open=true`."""
        answer = ask("GET", f"{self.base}/sim/{path}")
        assert answer.status == 200, answer
        return answer.body

    def tell(self, path: str, body: object) -> Any:
        """Turn one of its levers."""
        answer = ask("POST", f"{self.base}/sim/{path}", body)
        assert answer.status == 200, answer
        return answer.body

    def open_orders(self, prefix: str = "mmb-") -> list[dict[str, Any]]:
        """Return the open orders whose id begins with `prefix`: the bot's, unless told otherwise."""
        orders: list[dict[str, Any]] = self.truth("orders?open=true")["orders"]
        return [order for order in orders if order["externalId"].startswith(prefix)]

    def fills(self, account: int = 0) -> list[dict[str, Any]]:
        """Return every fill of an account, oldest first."""
        found: list[dict[str, Any]] = self.truth(f"fills?account={self.account(account)['account_id']}")["fills"]
        return found

    def position(self, market: str = "BTC-USD", account: int = 0) -> Decimal:
        """Return the signed position."""
        return Decimal(self.standing(account)["positions"].get(market, "0"))

    def standing(self, account: int = 0) -> dict[str, Any]:
        """Return an account's row of the ledger."""
        (row,) = self.truth(f"ledger?account={self.account(account)['account_id']}")["accounts"]
        found: dict[str, Any] = row
        return found


class Bot(Program):
    """The bot with its API in a process of its own."""

    def __init__(
        self, folder: Path, verb: str, *arguments: str, variables: Mapping[str, str] | None = None, name: str = "bot"
    ) -> None:
        self.home = folder / "home"
        command = ("bot", verb, "--port", "0", *arguments)
        super().__init__(command, {"MMBOT_HOME": str(self.home), **(variables or {})}, folder / f"{name}.log")
        try:
            self.address = self.line_with(ADDRESS_LINE).removeprefix(ADDRESS_LINE).strip()
        except BaseException:
            self.stop()
            raise

    def get(self, path: str) -> Any:
        """Return the body of an answer that must be a success."""
        answer = self.ask("GET", path)
        assert answer.status == 200, answer
        return answer.body

    def post(self, path: str, body: object = None) -> Any:
        """Return the body of an answer that must be a success."""
        answer = self.ask("POST", path, body)
        assert answer.status == 200, answer
        return answer.body

    def ask(self, method: str, path: str, body: object = None) -> Answer:
        """Return an answer, refusals included."""
        return ask(method, self.address + path, body)

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.get("/api/bot/status")
        return found

    def wait_for_quotes(self, seconds: float = START_LIMIT_S) -> dict[str, Any]:
        """Wait until a bid and an ask rest, and return the status that says so."""

        def look() -> dict[str, Any] | None:
            status = self.status()
            return status if None not in status["current_quotes"].values() else None

        return eventually(look, seconds, "a bid and an ask of the bot resting on the exchange")

    def errors(self) -> list[str]:
        """Return the lines of the log that tell of errors."""
        return [line for line in self.lines() if line.startswith("[BOT ERROR]") or "Traceback" in line]


def write_config(folder: Path, **settings: object) -> Path:
    """Write a configuration file and return it."""
    file = folder / "mmbot.yaml"
    file.write_text("".join(f"{name}: {json.dumps(value)}\n" for name, value in settings.items()), encoding="utf-8")
    return file
