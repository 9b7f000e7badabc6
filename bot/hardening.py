"""What the program does against leaks of its own process: secrets leave the environment, and no core dump is written."""

import contextlib
import ctypes
import os
import sys
from collections.abc import MutableMapping
from typing import Final

SECRET_NAMES: Final = ("EXTENDED_API_KEY", "MMBOT_DATABASE_URL", "MMBOT_ALERT_URLS", "MMBOT_HEARTBEAT_URL")
SECRET_ENDINGS: Final = ("_STARKNET_PRIVATE",)
_PR_SET_DUMPABLE: Final = 4


def wipe_environment(variables: MutableMapping[str, str]) -> list[str]:
    """Remove secrets once they were read, so that no child process and no dump of the environment has them; returns the names."""
    names = [name for name in variables if name in SECRET_NAMES or name.endswith(SECRET_ENDINGS)]
    for name in names:
        del variables[name]
    return names


def forbid_core_dumps() -> bool:
    """Have a crash write no memory to disk, and hide the process's memory from other programs of the same user (Linux).

    Returns whether core dumps are known to be off.
    """
    if os.name != "posix":
        return False
    import resource  # noqa: PLC0415 - does not exist on Windows

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # another C library: the limit above holds all the same
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    return resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
