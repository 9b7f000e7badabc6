"""Turns what the engine notes into log lines."""

from bot.bot_logger import BotLogger
from bot.core.engine import Engine


class Narrator:
    """Tells the log what happened, once for each change."""

    def __init__(self, logger: BotLogger) -> None:
        self._logger = logger

    def tell(self, engine: Engine) -> None:
        """Write the engine's notes."""
        for note in engine.take_notes():
            self._logger.log(note.level, note.event, note.market, **note.fields)
