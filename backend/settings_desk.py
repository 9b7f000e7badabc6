"""Changes of the configuration: validated whole, written down, applied; or refused whole, with nothing changed.

Two phases under one lock: everything that can be refused is, before a version is written; a version that then does not come into
force, because the bot was started in between, is forgotten again.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping

import msgspec

from backend.control import BotControl
from bot.config import BotConfig
from bot.config_history import ConfigHistory, Version
from bot.config_schema import Change, changes_between, config_hash
from bot.core.errors import MakerError


class ConfigChanged(MakerError):
    """Another configuration is in force than the caller has seen."""

    code = "config_changed"


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """What came into force."""

    config: BotConfig
    version: int
    changes: tuple[Change, ...]


class SettingsDesk:
    """The configuration in force, and its versions."""

    def __init__(self, bot: BotControl, history: ConfigHistory, now_ms: Callable[[], int]) -> None:
        self._bot = bot
        self.history = history
        self._now_ms = now_ms
        self._lock = asyncio.Lock()
        self.version = 0
        """Number of the version in force; 0 before `begin`."""

    async def begin(self) -> None:
        """Note the configuration the program starts with, unless it is the one that was in force last.

        Raises: ConfigurationError when the state folder cannot be written.
        """
        newest = await asyncio.to_thread(self.history.newest)
        if newest is not None and newest.hash == config_hash(self._bot.config):
            self.version = newest.version
            return
        written = await self._write(self._bot.config, who="start", verb="start", comment="")
        self.version = written.version

    async def change(
        self, changes: Mapping[str, object], *, who: str, verb: str = "change", expected: str | None = None, comment: str = ""
    ) -> Applied:
        """Validate, write down and apply changes of top-level fields.

        Raises: ConfigChanged when `expected` is not the hash in force; ConfigErrors, InvalidInput and NotWhileRunning as the bot
        does; ConfigurationError when the version cannot be written. The running configuration is then untouched.
        """
        async with self._lock:
            before = self._bot.config
            if expected is not None and expected != config_hash(before):
                raise ConfigChanged(
                    f"version {self.version} ({config_hash(before)}) is in force by now, not {expected}; look again"
                )
            after = self._bot.check(dict(changes))
            differing = changes_between(before, after)
            if not differing:
                return Applied(config=self._bot.configure(dict(changes)), version=self.version, changes=())
            written = await self._write(after, who=who, verb=verb, comment=comment)
            async with contextlib.AsyncExitStack() as unless_applied:
                unless_applied.push_async_callback(asyncio.to_thread, self.history.discard, written)
                config = self._bot.configure(dict(changes))
                unless_applied.pop_all()
            self.version = written.version
            return Applied(config=config, version=written.version, changes=differing)

    def changes_to(self, wanted: BotConfig) -> dict[str, object]:
        """Return the top-level fields, with their values, that lead from the configuration in force to the wanted one."""
        held, fields = self._bot.config.model_dump(mode="json"), wanted.model_dump(mode="json")
        return {name: value for name, value in fields.items() if value != held[name]}

    async def _write(self, config: BotConfig, *, who: str, verb: str, comment: str) -> Version:
        return await asyncio.to_thread(self.history.add, config, at_ms=self._now_ms(), who=who, verb=verb, comment=comment)
