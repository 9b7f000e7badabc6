"""A PostgreSQL of Debian's package, started for a test in a folder of its own and ended after it."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.server import free_port

DEBIAN = Path("/usr/lib/postgresql")


def server_programs() -> Path | None:
    """Return the folder with initdb and pg_ctl of the newest version that is installed, None without one."""
    found = sorted(DEBIAN.glob("*/bin"), key=lambda folder: int(folder.parent.name)) if DEBIAN.is_dir() else []
    if found and (found[-1] / "initdb").is_file():
        return found[-1]
    initdb = shutil.which("initdb")
    return Path(initdb).parent if initdb else None


@contextmanager
def postgres() -> Iterator[str]:
    """Run a server on loopback and yield the address of an empty database. The server never runs as root: it refuses to.

    Its folder is no test's: other test runs may close theirs to other users while the server lives.
    """
    programs = server_programs()
    assert programs is not None
    user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    with tempfile.TemporaryDirectory(prefix="mmbot-postgres-") as folder:
        if os.getuid() == 0:
            shutil.chown(folder, user)
        data, port = f"{folder}/data", free_port()

        def run(program: str, *arguments: str, check: bool = True) -> int:
            command = [programs / program, *arguments]
            return subprocess.run(command, check=check, user=user, cwd=folder, capture_output=True, timeout=60).returncode

        run("initdb", "-D", data, "-U", "mmbot", "-A", "trust", "-E", "UTF8", "--no-sync")
        settings = ["listen_addresses=127.0.0.1", f"port={port}", f"unix_socket_directories={folder}", "fsync=off"]
        options = [word for setting in settings for word in ("-c", setting)]
        with Path(folder, "log").open("wb") as log:
            server = subprocess.Popen(
                [programs / "postgres", "-D", data, *options], user=user, cwd=folder, stdout=log, stderr=log
            )
        try:
            until = time.monotonic() + 60
            while run("pg_isready", "-h", "127.0.0.1", "-p", str(port), check=False):
                assert server.poll() is None, Path(folder, "log").read_text()
                assert time.monotonic() < until, "the database did not answer within a minute"
                time.sleep(0.05)
            yield f"postgresql://mmbot@127.0.0.1:{port}/postgres"
        finally:
            server.send_signal(signal.SIGQUIT)  # at once: nothing in it is worth keeping
            server.wait(60)
