"""The container's own start command, run without a container engine."""

import json
import os
import re
import sys
from pathlib import Path

import pytest

from tests.support.server import free_port, plain_environment, running


@pytest.mark.skipif(os.name == "nt", reason="the container's shell is sh")
def test_the_containers_command_serves_and_stops_cleanly(repository: Path, tmp_path: Path) -> None:
    command = re.search(r"^CMD (\[.*\])$", (repository / "Dockerfile").read_text(), flags=re.MULTILINE)
    assert command is not None
    port, log = free_port(), tmp_path / "server.log"
    environment = plain_environment(
        tmp_path / "home",
        port,
        PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        # As on Render: present, real-looking, and ignored in paper.
        EXTENDED_API_KEY="not-a-key",
        EXTENDED_API_BASE_URL="https://api.starknet.extended.exchange/api/v1",
    )
    ready = f"http://127.0.0.1:{port}/readyz"

    with running(json.loads(command[1]), environment, where=repository, ready=ready, log=log):
        pass

    assert "not-a-key" not in log.read_text()
