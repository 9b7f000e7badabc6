"""What is due when: a heap of (time, order of arrival, action). Time is an argument; nothing here reads a clock."""

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

Action = Callable[[int], None]
"""Called with the time it was due at, in milliseconds."""


class Agenda:
    """Run actions in the order of their times; equal times run in the order they were added."""

    __slots__ = ("_heap", "_order")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Action]] = []
        self._order = count()

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, due_ms: int, action: Action) -> None:
        heappush(self._heap, (due_ms, next(self._order), action))

    def next_due_ms(self) -> int | None:
        return self._heap[0][0] if self._heap else None

    def run_next(self) -> None:
        """Run the earliest action at its own time."""
        due_ms, _, action = heappop(self._heap)
        action(due_ms)
