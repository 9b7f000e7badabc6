"""The state folder `MMBOT_HOME`: what must survive the process, in small files that only their owner can read."""

import contextlib
import json
import os
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from bot.core.errors import ConfigurationError
from bot.core.order_ids import MAX_NONCE
from bot.core.orders import Order, Owner, StopOrder

CRASH_WINDOW_MS: Final = 600_000
KILLED: Final = "killed\n"
"""Content of the HALT marker that a kill leaves."""
EPOCHS_KEPT: Final = 1_000
"""Runs remembered; the orders of older ones have expired long ago."""
ID_BLOCK: Final = 1_000
"""Order ids reserved at a time; a crash loses at most this many numbers, and never repeats one."""


class StateFolder:
    """Files under `MMBOT_HOME`. Opening it creates it with mode 0700.

    Raises: ConfigurationError, in one sentence with the remedy, where the folder cannot be used.
    """

    def __init__(self, path: Path, *, for_writing: bool = True) -> None:
        """With `for_writing` False nothing is made and nothing is tried: what stands there can be read."""
        self.path = path
        if not for_writing:
            return
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            probe = path / ".writable"
            probe.write_text("", encoding="utf-8")
            probe.unlink()
        except OSError as error:
            raise ConfigurationError(
                f"the state folder {path} cannot be written ({error.strerror}); "
                "make it writable or set MMBOT_HOME to another folder"
            ) from None

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder for this process.

        Raises: ConfigurationError when another process holds it.
        """
        with (self.path / "lock").open("a+", encoding="utf-8") as file:
            if not _try_lock(file):
                file.seek(0)
                raise ConfigurationError(
                    f"another bot (process {file.read().strip() or 'unknown'}) runs with the state folder {self.path}; "
                    "stop it first, or give this one a folder of its own with MMBOT_HOME"
                )
            file.seek(0)
            file.truncate()
            file.write(str(os.getpid()))
            file.flush()
            yield

    def reserve_ids(self) -> tuple[int, int]:
        """Reserve the next block of order ids durably and return it as (first, end), end exclusive.

        Raises: ConfigurationError when the folder cannot be written or the numbers are used up.
        """
        file = self.path / "id_blocks"
        first = _whole_number(file) if file.exists() else 1
        end = first + ID_BLOCK
        if end > MAX_NONCE:
            raise ConfigurationError(f"all order ids up to {MAX_NONCE} are used; start with a new MMBOT_HOME and a new API key")
        self._write(file, str(end), durable=True)
        return first, end

    def note_epoch(self, epoch: str) -> frozenset[str]:
        """Remember durably that a run with this epoch in its order ids begins; return the epochs of all runs before it.

        Raises: ConfigurationError when the folder cannot be written.
        """
        file = self.path / "epochs"
        earlier = file.read_text(encoding="utf-8").split() if file.exists() else []
        self._write(file, "\n".join([*earlier[-EPOCHS_KEPT:], epoch]), durable=True)
        return frozenset(earlier)

    def token(self) -> str:
        """Return the access token, made at the first call."""
        file = self.path / "token"
        if file.exists():
            token = file.read_text(encoding="utf-8").strip()
            if len(token) < 32:
                raise ConfigurationError(f"the access token in {file} is too weak; delete the file and a new one is made")
            return token
        return self.rotate_token()

    def rotate_token(self, role: str = "") -> str:
        """Make a new random token of 256 bits and return it; with `role`, one that may do less than the owner's."""
        token = secrets.token_urlsafe(32)
        self._write(self._token_file(role), token, durable=False)
        return token

    def role_token(self, role: str) -> str | None:
        """Return the token of a lesser role; None where nobody asked for one."""
        file = self._token_file(role)
        if not file.exists():
            return None
        token = file.read_text(encoding="utf-8").strip()
        return token if len(token) >= 32 else None

    def _token_file(self, role: str) -> Path:
        return self.path / (f"token-{role}" if role else "token")

    def announce(self, address: str) -> None:
        """Tell other programs of this user where the running bot answers."""
        self._write(self.path / "run.json", json.dumps({"address": address, "process": os.getpid()}), durable=False)

    def withdraw_announcement(self) -> None:
        (self.path / "run.json").unlink(missing_ok=True)

    def running(self) -> str | None:
        """Return the address of the bot that runs with this folder, None when there is none."""
        try:
            content = json.loads((self.path / "run.json").read_text(encoding="utf-8"))
            address, process = str(content["address"]), int(content["process"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return address if _is_alive(process) else None

    def note_exchange(self, address: str) -> None:
        """Write down where the simulated exchange of this run answers, for a `cancel-all` without a running bot."""
        self._write(self.path / "exchange.json", json.dumps({"rest": address}), durable=False)

    def exchange_address(self) -> str | None:
        """Return where the simulated exchange of the last run answered, None when none is known."""
        try:
            return str(json.loads((self.path / "exchange.json").read_text(encoding="utf-8"))["rest"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, name: str, text: str, *, durable: bool) -> None:
        """Write a small file as a whole.

        Raises: ConfigurationError when the folder cannot be written.
        """
        self._write(self.path / name, text, durable=durable)

    def read_kept(self, name: str) -> bytes | None:
        """Return a small file's content, None when there is none.

        Raises: ConfigurationError when it cannot be read.
        """
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ConfigurationError(f"{self.path / name} cannot be read: {error.strerror}") from None

    def set_aside(self, name: str) -> None:
        """Keep a file that cannot be understood under another name, for a person to look at."""
        (self.path / name).replace(self.path / f"{name}.damaged")

    def note_start(self, now_ms: int) -> int:
        """Note that the program started; return how many starts within ten minutes before this one never ended properly."""
        file = self.path / "starts.json"
        try:
            starts = [int(each) for each in json.loads(file.read_text(encoding="utf-8"))]
        except (OSError, ValueError, TypeError):
            starts = []
        recent = [each for each in starts if 0 <= now_ms - each <= CRASH_WINDOW_MS]
        self._write(file, json.dumps([*recent, now_ms]), durable=False)
        return len(recent)

    def note_end(self) -> None:
        """Note that the program ended as it should: its starts are forgotten."""
        (self.path / "starts.json").unlink(missing_ok=True)

    def halt(self) -> None:
        """Leave a HALT marker: a running bot with this folder creates nothing more until it is removed."""
        self._write(self.path / "HALT", "", durable=True)

    def note_kill(self) -> None:
        """Leave the HALT marker of a kill, which a person's start takes away; another marker that stands is kept as it is.

        Raises: ConfigurationError when the folder cannot be written.
        """
        if not self.is_halted:
            self._write(self.path / "HALT", KILLED, durable=True)

    def forgive_kill(self) -> None:
        """Take the HALT marker of a kill away; any other one stays.

        Raises: ConfigurationError when it cannot be removed.
        """
        if not self.is_killed:
            return
        try:
            (self.path / "HALT").unlink(missing_ok=True)
        except OSError as error:
            raise ConfigurationError(f"{self.path / 'HALT'} cannot be removed: {error.strerror}") from None

    @property
    def is_halted(self) -> bool:
        """True while a HALT marker stands in the folder, whoever left it."""
        return (self.path / "HALT").exists()

    @property
    def is_killed(self) -> bool:
        """True while the HALT marker is the one of a kill; one that cannot be read counts as a person's."""
        try:
            return (self.path / "HALT").read_text(encoding="utf-8") == KILLED
        except (OSError, ValueError):
            return False

    @property
    def marker_text(self) -> str:
        """Say which HALT marker stands and how to go on."""
        if self.is_killed:
            return "killed in an earlier run, and its HALT marker stands; a person's start takes it away"
        return f"a HALT marker stands; remove {self.path / 'HALT'} when the cause is known, and start"

    def forbids(self, order: Order | StopOrder) -> bool:
        """Report whether a HALT marker forbids an order; after a kill a person may still reduce the position."""
        if not self.is_halted:
            return False
        reduces_by_hand = isinstance(order, Order) and order.owner is Owner.HAND and order.reduce_only
        return not (reduces_by_hand and self.is_killed)

    def write(self, name: str, text: str) -> None:
        """Write a file of the folder durably and as a whole; a folder in its name is made.

        Raises: ConfigurationError when it cannot be written.
        """
        file = self.path / name
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(f"{file.parent} cannot be made: {error.strerror}") from None
        self._write(file, text, durable=True)

    def _write(self, file: Path, text: str, *, durable: bool) -> None:
        """Replace a file as a whole, so that a reader and a crash see the old text or the new one."""
        temporary = file.with_name(f"{file.name}.new")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
                opened.write(text)
                if durable:
                    opened.flush()
                    os.fsync(opened.fileno())
            temporary.replace(file)
            if durable and os.name == "posix":
                folder = os.open(file.parent, os.O_RDONLY)
                try:
                    os.fsync(folder)
                finally:
                    os.close(folder)
        except OSError as error:
            raise ConfigurationError(f"{file} cannot be written: {error.strerror}") from None


def _whole_number(file: Path) -> int:
    text = file.read_text(encoding="utf-8").strip()
    if not text.isdigit():
        raise ConfigurationError(f"{file} is damaged; it must hold one whole number larger than every order id ever used")
    return int(text)


def _try_lock(file: IO[str]) -> bool:
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 - exists on Windows only

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl  # noqa: PLC0415 - does not exist on Windows

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
