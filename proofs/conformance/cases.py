"""Cases that use a client's methods, and what became of them; standard library only: it runs in a foreign environment.

A case names the methods it uses. A watcher around the client's objects notes which were really used, so a method counts as tried
only when it was; the methods themselves are found by looking into the client, so none is forgotten.
"""

import asyncio
import inspect
import json
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

PASSED: Final = "passed"
REFUSED: Final = "refused as documented"
LIMITED: Final = "fails in the client itself"
FAILED: Final = "FAILED"
LIMIT_S: Final = 30.0

Run = Callable[[Any], Coroutine[Any, Any, str]] | Callable[[Any], Coroutine[Any, Any, None]]
_Run = TypeVar("_Run", bound=Run)
Found = TypeVar("Found")


@dataclass(frozen=True)
class Case:
    """One use of some methods.

    `text` is what its failure must say: the code of a documented refusal, or the client's own complaint; None: it must succeed.
    """

    title: str
    methods: tuple[str, ...]
    run: Run
    text: str | None = None
    verdict: str = PASSED


@dataclass(frozen=True)
class Outcome:
    title: str
    methods: tuple[str, ...]
    verdict: str
    note: str
    seconds: float


@dataclass
class Cases:
    """The cases of one client, in the order they run."""

    every: list[Case] = field(default_factory=list)

    def case(self, title: str, *methods: str) -> Callable[[_Run], _Run]:
        """Add a case that must succeed."""
        return self._add(title, methods, None, PASSED)

    def refused(self, title: str, code: str, *methods: str) -> Callable[[_Run], _Run]:
        """Add a case that must meet the refusal with this code."""
        return self._add(title, methods, code, REFUSED)

    def limited(self, title: str, text: str, *methods: str) -> Callable[[_Run], _Run]:
        """Add a case that the client cannot do with any exchange, and says so with this text."""
        return self._add(title, methods, text, LIMITED)

    def _add(self, title: str, methods: tuple[str, ...], text: str | None, verdict: str) -> Callable[[_Run], _Run]:
        def keep(run: _Run) -> _Run:
            self.every.append(Case(title, methods, run, text, verdict))
            return run

        return keep


class Watched:
    """Stand in for an object and note every public name that is asked for."""

    def __init__(self, target: Any, label: str, used: set[str]) -> None:
        self._target = target
        self._label = label
        self._used = used

    def __getattr__(self, name: str) -> Any:
        self._used.add(f"{self._label}.{name}")
        return getattr(self._target, name)


class Complaints(logging.Handler):
    """Catch what the client only writes to its log: it swallows frames that it cannot read."""

    def __init__(self, *, level: int) -> None:
        super().__init__(level)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage()[:300])


def public_names(kind: type, label: str, *, within: str) -> set[str]:
    """Return `label.name` for every public method and property of a class; `within` limits them to classes of a package."""
    return {
        f"{label}.{name}"
        for each in kind.__mro__
        if each.__module__.startswith(within)
        for name, member in vars(each).items()
        if not name.startswith("_") and (inspect.isroutine(member) or isinstance(member, property | staticmethod))
    }


async def run_all(cases: Iterable[Case], stage: Any, used: set[str], complaints: Complaints) -> list[Outcome]:
    """Run every case and print each outcome as one JSON line."""
    outcomes = []
    for case in cases:
        used.clear()
        complaints.lines.clear()
        started = time.monotonic()
        verdict, note = await _one(case, stage, used, complaints)
        outcome = Outcome(case.title, case.methods, verdict, note, round(time.monotonic() - started, 3))
        outcomes.append(outcome)
        tell(vars(outcome))
    return outcomes


async def _one(case: Case, stage: Any, used: set[str], complaints: Complaints) -> tuple[str, str]:
    note, failure = "", None
    try:
        async with asyncio.timeout(LIMIT_S):
            note = await case.run(stage) or ""
    except Exception as error:  # noqa: BLE001 - the border of a case: whatever the client throws is its outcome
        failure = " ".join(f"{type(error).__name__}: {error}".split())
    idle = set(case.methods) - used
    if idle:
        return FAILED, f"never used {', '.join(sorted(idle))}; {failure or note}"[:600]
    if case.text is not None:
        met = failure is not None and case.text in failure
        return (case.verdict, _short(case.text)) if met else (FAILED, f"was not met with {case.text}: {failure or note}"[:600])
    if failure is not None:
        return FAILED, failure[:600]
    if complaints.lines:
        return FAILED, f"the client complained: {complaints.lines[0]}"
    return PASSED, note


def _short(text: str) -> str:
    return text.replace('"', "").replace(":", " ")


def never_tried(wanted: Iterable[str], cases: Iterable[Case]) -> list[str]:
    """Return the methods no case is about."""
    return sorted(set(wanted) - {method for case in cases for method in case.methods})


def tell(record: dict[str, Any]) -> None:
    """Print one JSON line at once."""
    sys.stdout.write(json.dumps(record) + "\n")
    sys.stdout.flush()


def expect(what: object, why: object = "") -> None:
    """Fail the case unless `what` is true."""
    if not what:
        raise AssertionError(str(why))


async def until(look: Callable[[], Awaitable[Found | None]], what: str, seconds: float = 10.0) -> Found:
    """Return the first result of `look` that is neither empty nor None.

    Raises: AssertionError after `seconds`.
    """
    deadline = time.monotonic() + seconds
    while True:
        found = await look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        await asyncio.sleep(0.05)
