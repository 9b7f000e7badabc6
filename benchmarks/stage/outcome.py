"""How a benchmark speaks: measurements, then each target with a tick or a cross, and an exit code."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple


class Reached(NamedTuple):
    """One target and what was measured."""

    line: str
    is_met: bool


@dataclass(frozen=True, slots=True)
class Target:
    """A measurement with a bound: a ratio to a peer in the same run wherever there is one."""

    name: str
    bound: float
    unit: str = ""
    at_most: bool = False

    def reached(self, value: float) -> Reached:
        met = value <= self.bound if self.at_most else value >= self.bound
        word = "at most" if self.at_most else "at least"
        return Reached(f"{'✓' if met else '✗'} {self.name}: {value:.3g}{self.unit} ({word} {self.bound:g}{self.unit})", met)


def say(text: str) -> None:
    """Write one line to the terminal, at once."""
    sys.stdout.write(f"  {text}\n")
    sys.stdout.flush()


def conclude(results: Iterable[Reached]) -> int:
    """Say every target, and return the exit code: 1 when one is missed."""
    found = list(results)
    for each in found:
        say(each.line)
    return 0 if all(each.is_met for each in found) else 1
