"""Keeps the workers alive, and says so when one is not: nothing dies silently, and nothing is started again for ever."""

import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from bot.core.events import LoopSlept, TaskFailed
from bot.ports import Clock, Emit

FIRST_PAUSE_S: Final = 1.0
LONGEST_PAUSE_S: Final = 30.0
FAILURES_MOST: Final = 5
FAILURES_WITHIN_MS: Final = 300_000
LAG_MS: Final = 1_000
SLEPT_MS: Final = 5_000
REMEMBERED_MS: Final = 30_000
"""A loop that did not run for this long has missed more than it can know."""

Log = Callable[..., None]


async def keep_running(name: str, work: Callable[[], Awaitable[None]], *, emit: Emit, clock: Clock) -> None:
    """Run `work` for ever; when it dies, tell the engine, wait, start it again. Ends with its task, or when it dies too often.

    This is the border of the task: whatever the worker raises is caught here, quotes are pulled by the engine, and after five
    deaths in five minutes the bot halts.
    """
    failures: deque[int] = deque(maxlen=FAILURES_MOST)
    pause_s = FIRST_PAUSE_S
    while True:
        started_ms = clock.monotonic_ms()
        try:
            await work()
            reason = "it ended"
        except Exception as error:  # noqa: BLE001 - the border of the task
            reason = sentence_of(error)
        now_ms = clock.monotonic_ms()
        if now_ms - started_ms > FAILURES_WITHIN_MS:
            pause_s = FIRST_PAUSE_S
        failures.append(now_ms)
        is_final = len(failures) == FAILURES_MOST and now_ms - failures[0] <= FAILURES_WITHIN_MS
        emit(TaskFailed(task=name, reason=reason, is_final=is_final, received_ms=clock.now_ms()))
        if is_final:
            return
        await clock.sleep(pause_s)
        pause_s = min(pause_s * 2, LONGEST_PAUSE_S)


def sentence_of(error: BaseException) -> str:
    """Return the first cause in a few words; a group names its first member."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"[:300]


class LagWatch:
    """Notices that the loop did not run: starved, stopped, or the whole machine asleep."""

    def __init__(
        self, emit: Emit, clock: Clock, log: Log, woke: Callable[[], None], read_ms: Callable[[], int] | None = None
    ) -> None:
        self._emit = emit
        self._clock = clock
        self._log = log
        self._woke = woke
        self._read_ms = read_ms or machine_ms
        self._last_ms = self._read_ms()
        self.worst_ms = 0
        """Longest gap of this run."""
        self._since_ms = self._last_ms
        self._worst_now = self._worst_before = 0

    @property
    def recent_ms(self) -> int:
        """The longest gap of the last half minute, or a little more."""
        return max(self._worst_now, self._worst_before)

    def tick(self) -> None:
        """Say that the loop runs; called once in every round, which is due at least twenty times a second."""
        now_ms = self._read_ms()
        gap_ms, self._last_ms = now_ms - self._last_ms, now_ms
        self.worst_ms = max(self.worst_ms, gap_ms)
        if now_ms - self._since_ms >= REMEMBERED_MS:
            self._since_ms, self._worst_before, self._worst_now = now_ms, self._worst_now, 0
        self._worst_now = max(self._worst_now, gap_ms)
        if gap_ms >= SLEPT_MS:
            self._emit(LoopSlept(gap_ms=gap_ms, received_ms=self._clock.now_ms()))
            self._woke()
        elif gap_ms >= LAG_MS:
            self._log("WARNING", "loop_lag", None, ms=gap_ms)


def machine_ms() -> int:
    """Return milliseconds of a clock that also runs while the machine sleeps, where there is one."""
    boot: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    return (time.monotonic_ns() if boot is None else time.clock_gettime_ns(boot)) // 1_000_000
