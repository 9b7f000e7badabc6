"""Start a server of ours as a program of its own, wait until it is ready, stop it as its operator would."""

import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

START_LIMIT_S = 60
STOP_LIMIT_S = 30


def free_port() -> int:
    """Return a port that was free a moment ago, for a command that wants a number and not 0."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def answers(url: str) -> bool:
    """Report whether an address answers with success."""
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@contextmanager
def running(
    command: Sequence[str | Path], environment: Mapping[str, str], *, where: Path, ready: str, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the end of the block, then stop it with SIGTERM; its output is in `log`.

    Raises: AssertionError with the output if it ends by itself, does not become ready, or does not stop.
    """
    with log.open("wb") as output:
        server = subprocess.Popen(list(command), cwd=where, env={**environment}, stdout=output, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + START_LIMIT_S
        while not answers(ready):
            assert server.poll() is None, f"The server ended by itself:\n{log.read_text()}"
            assert time.monotonic() < deadline, f"Not ready after {START_LIMIT_S} s:\n{log.read_text()}"
            time.sleep(0.2)
        yield server
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=STOP_LIMIT_S)
        assert server.returncode in {0, -signal.SIGTERM}, log.read_text()
    finally:
        if server.poll() is None:
            server.kill()
            server.wait()


def plain_environment(home: Path, port: int, **more: str) -> dict[str, str]:
    """Return a small environment for a paper server: no key, no setting of whoever runs the tests."""
    return {"PATH": os.environ["PATH"], "MMBOT_ENV": "paper", "MMBOT_HOME": str(home), "PORT": str(port), **more}
