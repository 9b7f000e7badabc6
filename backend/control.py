"""What the web application needs from the bot."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from bot.bot_logger import BotLogger
from bot.config import BotConfig
from bot.core.engine import Engine
from bot.core.notes import Note
from bot.environment import Environment
from bot.observers.step_times import StepTimes
from bot.ports import Clock
from bot.simple_mm_bot import Watcher
from bot.supervision import LagWatch


class BotControl(Protocol):
    """The bot as the buttons see it. Verbs raise the errors of `bot.core.errors`, and each has a deadline of its own."""

    config: BotConfig
    engine: Engine
    requests_last_minute: Callable[[], int]
    """Counts the requests that left for the exchange in the last minute."""
    watchers: list[Watcher]
    steps: StepTimes
    """How long signing and the exchange's answers take."""
    lag: LagWatch
    """Knows when the loop did not turn."""

    @property
    def exchange_status(self) -> str:
        """connecting, connected, unreachable or refused."""
        ...

    @property
    def exchange_detail(self) -> str:
        """Why it is not connected, or whose account it is."""
        ...

    async def run(self) -> None:
        """Run until cancelled."""
        ...

    async def start(self) -> dict[str, Any]:
        """Start quoting; raises AlreadyRunning."""
        ...

    async def stop(self, reason: str = ...) -> dict[str, Any]:
        """Stop quoting and cancel the bot's orders; names what is left."""
        ...

    async def pause(self, reason: str = ...) -> dict[str, Any]:
        """Pull the quotes until the next start; raises NotWhileRunning when stopped."""
        ...

    async def pause_market(self, market: str, reason: str = ...) -> dict[str, Any]:
        """Take one market out while the others go on; raises InvalidInput."""
        ...

    async def resume_market(self, market: str) -> dict[str, Any]:
        """Quote a market again; raises InvalidInput or AlreadyRunning."""
        ...

    def tell(self, note: Note) -> None:
        """Write something that must be remembered into log and journal."""
        ...

    async def flatten(self, market: str | None = None) -> dict[str, Any]:
        """Pause and close the position; raises NotWhileRunning or PriceUnavailable."""
        ...

    async def kill(self, reason: str = ...) -> dict[str, Any]:
        """Halt and cancel every order of the account, whoever placed it; names what is left."""
        ...

    def check(self, changes: dict[str, object]) -> BotConfig:
        """Return what `configure` would lead to; raises what it would, and changes nothing."""
        ...

    def configure(self, changes: dict[str, object]) -> BotConfig:
        """Change settings; raises ConfigErrors, InvalidInput or NotWhileRunning."""
        ...

    def status(self) -> dict[str, Any]:
        """Return the documents' status."""
        ...

    async def create_order(
        self, *, market: str, side: str, price: str, size: str, time_in_force: str, reduce_only: bool
    ) -> dict[str, Any]:
        """Place an order by hand; status UNKNOWN in the answer: it may exist."""
        ...

    async def check_order(
        self, *, market: str, side: str, price: str, size: str, time_in_force: str, reduce_only: bool
    ) -> dict[str, Any]:
        """Say what the gate would say to an order; nothing is sent. Raises InvalidInput."""
        ...

    async def cancel_order(self, order_id: str) -> dict[str, Any]:
        """Cancel by the exchange's id or ours; raises NotFound."""
        ...


class OpenBot(Protocol):
    """Assembles the bot for one environment and takes it apart again."""

    def __call__(
        self, environment: Environment, config: BotConfig, *, clock: Clock, logger: BotLogger
    ) -> AbstractAsyncContextManager[BotControl]: ...


NowMs = Callable[[], int]
