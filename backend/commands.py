"""What people asked the bot to do: every command has an id, a state that can be seen, and a reason when it was refused."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Any, Final, TypeVar

import msgspec
from pydantic import BaseModel

from bot.core.errors import MakerError
from bot.core.notes import Note
from bot.ports import Clock

T = TypeVar("T")
MOST_KEPT: Final = 500
MOST_RUNNING: Final = 20
NEVER_TOO_MANY: Final = frozenset({"kill", "stop", "pause", "stop_market", "cancel_order"})
"""What takes orders off the book is carried out however many other commands are under way."""
LONGEST_TEXT: Final = 500


class CommandState(StrEnum):
    RUNNING = "RUNNING"
    DONE = "DONE"
    REFUSED = "REFUSED"
    """Nothing was done, for the reason given."""
    FAILED = "FAILED"
    """Our bug, or it was cut short: look at what is true now."""


class Command(msgspec.Struct, kw_only=True):
    """One command. `who` is the role of the token, or `local`; `before` and `after` are hashes of the settings."""

    id: str
    verb: str
    who: str
    began_ms: int
    arguments: dict[str, Any]
    state: CommandState = CommandState.RUNNING
    ended_ms: int | None = None
    code: str | None = None
    reason: str | None = None
    before: str = ""
    after: str | None = None
    result: Any = None


def _plain(value: Any) -> Any:
    """Return settings as they are told; anything else that is not plain is a bug of the command."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    raise TypeError(f"a command answered with {type(value).__name__}, which cannot be told as JSON")


class TooManyCommands(MakerError):
    """More commands are under way than may be."""

    code = "too_many_commands"


class Commands:
    """Carries out commands and remembers the newest; each is told when it begins and when it ends."""

    def __init__(self, clock: Clock, tell: Callable[[Note], None], settings_hash: Callable[[], str]) -> None:
        self._clock = clock
        self._tell = tell
        self._settings_hash = settings_hash
        self._kept: OrderedDict[str, Command] = OrderedDict()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._epoch = clock.now_ms()
        self._count = 0

    def newest(self, limit: int) -> list[Command]:
        """Return the newest commands first."""
        return list(reversed(self._kept.values()))[:limit]

    def get(self, command_id: str) -> Command | None:
        return self._kept.get(command_id)

    def begin(self, verb: str, who: str, arguments: Mapping[str, Any]) -> Command:
        """Give a command its id.

        Raises: TooManyCommands, for a verb that may wait.
        """
        running = sum(command.state is CommandState.RUNNING for command in self._kept.values())
        if verb not in NEVER_TOO_MANY and running >= MOST_RUNNING:
            raise TooManyCommands(f"{MOST_RUNNING} commands are under way; wait for one to end")
        self._count += 1
        command = Command(
            id=f"cmd-{self._epoch:x}-{self._count}",
            verb=verb,
            who=who,
            began_ms=self._clock.now_ms(),
            arguments=dict(arguments),
            before=self._settings_hash(),
        )
        self._kept[command.id] = command
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        self._say(command)
        return command

    async def carry_out(self, command: Command, work: Callable[[], Awaitable[T]]) -> T:
        """Do the work and note how it ended; what it raises goes on to the caller."""
        try:
            result = await work()
            command.result = msgspec.to_builtins(result, enc_hook=_plain)
        except MakerError as error:
            self._end(command, CommandState.REFUSED, error.code, str(error))
            raise
        except BaseException as error:
            self._end(command, CommandState.FAILED, "failed", type(error).__name__)
            raise
        self._end(command, CommandState.DONE)
        return result

    def start(self, command: Command, work: Callable[[], Awaitable[Any]]) -> None:
        """Do the work beside the caller, who looks at its state later."""

        async def alone() -> None:
            try:
                await self.carry_out(command, work)
            except MakerError:
                return  # the command's state says why

        task = asyncio.create_task(alone(), name=command.id)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """End what is still under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _end(self, command: Command, state: CommandState, code: str | None = None, reason: str | None = None) -> None:
        command.state, command.ended_ms = state, self._clock.now_ms()
        command.code, command.reason = code, reason and reason[:LONGEST_TEXT]
        command.after = self._settings_hash()
        self._say(command)

    def _say(self, command: Command) -> None:
        fields: dict[str, object] = {
            "id": command.id,
            "verb": command.verb,
            "who": command.who,
            "state": command.state.value,
            "began_ms": command.began_ms,
            "arguments": command.arguments,
            "code": command.code,
            "reason": command.reason or "",
            "before": command.before,
            "after": command.after,
        }
        level = "WARNING" if command.state in (CommandState.REFUSED, CommandState.FAILED) else "INFO"
        self._tell(Note(level=level, event="command", market=None, fields=fields))
