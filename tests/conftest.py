"""What holds for every test: nothing leaves this machine, nobody's keys are read, seeds are fixed."""

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, settings

SETTINGS_OF_A_PERSON = ("MMBOT_", "EXTENDED_", "VITE_")
CREDENTIAL_ENDINGS = ("_STARKNET_PUBLIC", "_STARKNET_PRIVATE", "_VAULT_NUMBER", "_CLIENT_ID")
KEPT = {"MMBOT_RECORDINGS"}

# Same seed, same run: what fails here fails on every machine. No deadline: the machine may be busy.
settings.register_profile("house", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
# The long proofs look for examples nobody has seen yet: HYPOTHESIS_PROFILE=wild.
settings.register_profile("wild", settings.get_profile("house"), derandomize=False, max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))


def _is_local(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode()
    if host in {None, "", "localhost", "testserver"}:
        return True
    try:
        address = ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _refuse_the_outside(event: str, arguments: tuple[object, ...]) -> None:
    """Refuse to look up or connect to any address but this machine's own (an audit hook)."""
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    if not _is_local(host):
        raise PermissionError(f"A test tried to reach {host!r}; tests stay on this machine.")


sys.addaudithook(_refuse_the_outside)


@pytest.fixture(scope="session", autouse=True)
def _an_empty_world() -> Iterator[None]:
    """Hide the settings, keys and state folder of whoever runs the tests."""
    for name in list(os.environ):
        personal = name.startswith(SETTINGS_OF_A_PERSON) or name.endswith(CREDENTIAL_ENDINGS) or name == "PORT"
        if personal and name not in KEPT:
            del os.environ[name]
    home = Path(tempfile.mkdtemp(prefix="mmbot-tests-"))
    os.environ["MMBOT_HOME"] = str(home / "home")
    yield
    shutil.rmtree(home, ignore_errors=True)


def left_out(reason: str) -> NoReturn:
    """Skip a test visibly because something is missing here; fail where everything is required (CI=true)."""
    if os.environ.get("CI", "").lower() in {"1", "true", "yes"}:
        pytest.fail(f"With CI=true nothing may be left out: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def recordings() -> Path:
    """Return the folder with recordings of real markets."""
    folder = os.environ.get("MMBOT_RECORDINGS")
    if not folder or not Path(folder).is_dir():
        left_out("no recordings: MMBOT_RECORDINGS names no folder")
    return Path(folder)


@pytest.fixture(scope="session")
def built_screen(repository: Path) -> Path:
    """Return the folder of the built screen."""
    folder = repository / "backend" / "ui_dist"
    if not (folder / "index.html").is_file():
        left_out("the screen is not built: make screen")
    return folder


@pytest.fixture(scope="session")
def repository() -> Path:
    """Return the root of the working tree."""
    return Path(__file__).resolve().parent.parent
