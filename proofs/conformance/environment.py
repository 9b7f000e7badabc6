"""Environments apart from the project's own: the reference clients want other versions than we do."""

import hashlib
import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from proofs.stage.programs import ROOT
from proofs.stage.reports import say

CLIENTS: Final = ("x10-python-trading-starknet==2.6.0", "ccxt==4.5.90", "websockets<14")
FOLDER: Final = ROOT / ".venv-conformance"
CLIENT_LIMIT_S: Final = 600


def reference_python() -> Path:
    """Return the Python of the environment with the reference clients, making it first where it is missing or old."""
    python = FOLDER / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp, wanted = FOLDER / ".installed", hashlib.sha256("\n".join([sys.version, *CLIENTS]).encode()).hexdigest()
    if not stamp.is_file() or stamp.read_text(encoding="ascii") != wanted:
        say(f"making {FOLDER.name} with {', '.join(CLIENTS)}")
        venv.create(FOLDER, with_pip=True, clear=True, symlinks=os.name != "nt")
        install = [str(python), "-m", "pip", "install", "-qq", "--disable-pip-version-check", *CLIENTS]
        subprocess.run(install, check=True)  # noqa: S603 - our own words
        stamp.write_text(wanted, encoding="ascii")
    return python


def versions(python: Path, names: Sequence[str]) -> dict[str, str]:
    """Return the installed versions of some packages."""
    code = f"import json, importlib.metadata as m; print(json.dumps({{n: m.version(n) for n in {list(names)!r}}}))"
    asked = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True)  # noqa: S603 - our own words
    found: dict[str, str] = json.loads(asked.stdout)
    return found


def run_client(python: Path, module: str, first_line: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Run a module of this package in the environment and yield the JSON lines it prints.

    Raises: RuntimeError when it ends with an error.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    environment.pop("VIRTUAL_ENV", None)
    command = [str(python), "-m", f"proofs.conformance.{module}"]
    process = subprocess.Popen(  # noqa: S603 - our own modules
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        process.stdin.write(json.dumps(first_line))
        process.stdin.close()
        for line in process.stdout:
            if line.startswith("{"):
                yield json.loads(line)
        code = process.wait(CLIENT_LIMIT_S)
    if code:
        raise RuntimeError(f"{module} ended with {code}; its own message stands above")
