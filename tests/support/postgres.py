"""A PostgreSQL of Debian's package, started for a test in a folder of its own and ended after it."""

import os
import pwd
import shutil
import subprocess
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
def postgres(folder: Path) -> Iterator[str]:
    """Run a server on loopback and yield the address of an empty database. The server never runs as root: it refuses to."""
    programs = server_programs()
    assert programs is not None
    user = pwd.getpwnam("postgres").pw_name if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    home, port = folder / "postgres", free_port()
    home.mkdir()
    if os.getuid() == 0:
        for each in (home, *home.parents):
            if str(each) not in {"/", "/tmp"}:
                each.chmod(each.stat().st_mode | 0o011)
        shutil.chown(home, user)

    def run(program: str, *arguments: str) -> None:
        subprocess.run([programs / program, *arguments], check=True, user=user, cwd=home, capture_output=True, timeout=60)

    run("initdb", "-D", str(home / "data"), "-U", "mmbot", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={home} -c fsync=off"
    run("pg_ctl", "-D", str(home / "data"), "-w", "-l", str(home / "log"), "-o", options, "start")
    try:
        yield f"postgresql://mmbot@127.0.0.1:{port}/postgres"
    finally:
        run("pg_ctl", "-D", str(home / "data"), "-m", "immediate", "-w", "stop")
