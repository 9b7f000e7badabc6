"""What risk must not forget, in one file of the state folder: the day, reds that nobody has seen to, the books, the presence.

Read once before the first decision; written again and again by a task of its own, in a thread, and once more at the end.
"""

import asyncio
from typing import Final

import msgspec

from bot.bot_logger import BotLogger
from bot.core.engine import Engine
from bot.core.errors import ConfigurationError
from bot.core.notes import Reason
from bot.core.pnl import PnlRecord
from bot.core.presence import PresenceLine
from bot.core.risk.state import RiskRecord
from bot.core.risk_loop import RiskMemory
from bot.ports import Clock
from bot.state_folder import StateFolder

PAUSE_S: Final = 1.0
VERSION: Final = 1


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The file's content. `scope` names the exchange: a paper exchange that ended takes its money with it."""

    version: int = VERSION
    scope: str
    risk: RiskRecord
    books: PnlRecord
    presence: dict[str, dict[int, PresenceLine]]
    began_ms: int = 0


class RiskKeeper:
    """Keeps one account's record of risk; `name` is the file's, one for each account of each environment."""

    def __init__(self, home: StateFolder, clock: Clock, logger: BotLogger, *, name: str = "risk", scope: str = "") -> None:
        self._home = home
        self._clock = clock
        self._logger = logger
        self._name = f"{name}.json"
        self._scope = scope
        self._written: RiskMemory | None = None

    async def restore(self, engine: Engine) -> Reason | None:
        """Let the engine go on from what earlier runs wrote; returns why a person must look before anything is quoted, if so."""
        text = await asyncio.to_thread(self._home.read_kept, self._name)
        if text is None:
            return None
        try:
            kept = msgspec.json.decode(text, type=Kept)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            await asyncio.to_thread(self._home.set_aside, self._name)
            why = f"{self._name} cannot be read, what was lost today is not known ({error}); start when you have looked"
            return Reason(code="risk_record", text=why)
        if kept.version != VERSION:
            raise ConfigurationError(
                f"{self._home.path / self._name} was written by another version of this program ({kept.version}); "
                "use that version, or move the file away to begin the day anew"
            )
        if kept.scope != self._scope:
            return None
        engine.risk.restore(RiskMemory(risk=kept.risk, books=kept.books, presence=kept.presence, began_ms=kept.began_ms))
        return engine.risk.manager.latched

    async def run(self, engine: Engine) -> None:
        """Write what has changed, once a second, until cancelled."""
        while True:
            await self._clock.sleep(PAUSE_S)
            await self.write(engine)

    async def write(self, engine: Engine) -> None:
        """Write what has changed since the last time; a folder that cannot be written is said in the log and tried again."""
        memory = engine.risk.memory()
        if memory == self._written:
            return
        before = self._written
        is_grave = before is None or before.risk.latched != memory.risk.latched
        try:
            await asyncio.to_thread(self._write, memory, durable=is_grave)
        except ConfigurationError as error:
            self._logger.log("ERROR", "risk_not_kept", None, reason=str(error))
        else:
            self._written = memory

    def _write(self, memory: RiskMemory, *, durable: bool) -> None:
        kept = Kept(scope=self._scope, risk=memory.risk, books=memory.books, presence=memory.presence, began_ms=memory.began_ms)
        self._home.keep(self._name, msgspec.json.encode(kept).decode(), durable=durable)
