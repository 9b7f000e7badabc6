"""Child processes of a benchmark: started, asked for their CPU time and memory, and ended by their own id."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parents[2]
_CLOCK_TICKS: Final = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


class Running(NamedTuple):
    """A child and the JSON of its first line."""

    child: "subprocess.Popen[str]"
    first_line: dict[str, Any]

    def cpu_seconds(self) -> float:
        """Return the CPU time used so far, in user and system mode."""
        fields = Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _CLOCK_TICKS

    def peak_mb(self) -> float:
        """Return the most memory the child has had resident, in MB."""
        lines = Path(f"/proc/{self.child.pid}/status").read_text().splitlines()
        found = {name: rest for name, _, rest in (line.partition(":") for line in lines)}
        return int((found.get("VmHWM") or found["VmRSS"]).split()[0]) / 1024


@contextmanager
def started(module: str, *arguments: str) -> Iterator[Running]:
    """Run `python -m MODULE …` until the block ends; its first line of output must be a JSON object."""
    command = [sys.executable, "-m", module, *arguments]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own modules
    try:
        assert child.stdout is not None
        line = child.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(command)} ended before it said anything")
        yield Running(child, json.loads(line))
    finally:
        child.terminate()
        child.wait(timeout=20)


def needs_proc() -> str | None:
    """Return why CPU time and memory of a child cannot be read here, or None."""
    return None if Path("/proc/self/stat").exists() else "this system has no /proc"
