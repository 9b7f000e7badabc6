"""Every benchmark runs to its end on a small scale: what is never run rots, and one learns of it when the figures are needed."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SMALL = {
    "broadcaster": ("--viewers=20", "--seconds=2", "--rounds=1"),
    "decisions": ("--events=400",),
    "fifty_markets": ("--seconds=2",),
    "idle_sockets": ("--sockets=20", "--seconds=1"),
    "matching": ("--commands=2000", "--rounds=1"),
    "signed_orders": ("--orders=60",),
    "snapshot_delay": ("--levels=200", "--rounds=2"),
}


def test_every_benchmark_has_a_small_run() -> None:
    assert {each.stem for each in (ROOT / "benchmarks").glob("*.py")} - {"__init__"} == set(SMALL)


@pytest.mark.parametrize("name", sorted(SMALL))
def test_a_benchmark_reaches_its_targets_lines(name: str) -> None:
    """Met or missed is not asked here: a small run on a busy machine measures nothing."""
    ran = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *SMALL[name]],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip

    assert ran.stderr == ""
    assert ran.returncode in (0, 1)
    told = [line for line in ran.stdout.splitlines() if line.strip().startswith(("✓", "✗"))]
    assert told, ran.stdout
    assert not any("nan" in line for line in told), ran.stdout
