"""The container's own start command, run without a container engine."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

START_LIMIT_S = 60
STOP_LIMIT_S = 30


def free_port() -> int:
    """Return a port that was free a moment ago; the command wants a number."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def wait_until_ready(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while not answers(url):
        assert server.poll() is None, f"The command ended by itself:\n{log.read_text()}"
        assert time.monotonic() < deadline, f"Not ready after {START_LIMIT_S} s:\n{log.read_text()}"
        time.sleep(0.2)


@pytest.mark.skipif(os.name == "nt", reason="the container's shell is sh")
def test_the_containers_command_serves_and_stops_cleanly(repository: Path, tmp_path: Path) -> None:
    command = re.search(r"^CMD (\[.*\])$", (repository / "Dockerfile").read_text(), flags=re.MULTILINE)
    assert command is not None
    port, log = free_port(), tmp_path / "server.log"
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PORT": str(port),
        "MMBOT_ENV": "paper",
        "MMBOT_HOME": str(tmp_path / "home"),
        # As on Render: present, real-looking, and ignored in paper.
        "EXTENDED_API_KEY": "not-a-key",
        "EXTENDED_API_BASE_URL": "https://api.starknet.extended.exchange/api/v1",
    }

    with log.open("wb") as output:
        server = subprocess.Popen(
            json.loads(command[1]), cwd=repository, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            wait_until_ready(f"http://127.0.0.1:{port}/readyz", server, log)
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=STOP_LIMIT_S)
        finally:
            if server.poll() is None:
                server.kill()
                server.wait()

    assert server.returncode in {0, -signal.SIGTERM}, log.read_text()
    assert "not-a-key" not in log.read_text()
