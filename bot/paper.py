"""The embedded exchange: a simulated one in a process of its own, reached only through sockets, exactly as the real one."""

import asyncio
import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import msgspec

from bot.core.errors import ConfigurationError

START_TIMEOUT_S: Final = 30.0
STOP_TIMEOUT_S: Final = 5.0
ROOT: Final = Path(__file__).resolve().parent.parent
LINGER_S: Final = 120
"""How long the exchange outlives a bot that died without a word, so that its nets can be seen to work."""


class PaperAccount(msgspec.Struct, frozen=True):
    """One account of the simulated exchange; its keys are worth nothing anywhere else."""

    account_id: int
    vault: int
    api_key: str
    public_key: str
    private_key: str


class PaperExchange(msgspec.Struct, frozen=True):
    """The first line of the simulated exchange."""

    rest: str
    stream: str
    accounts: tuple[PaperAccount, ...]


class PaperProcess:
    """Starts the simulated exchange and ends it again."""

    def __init__(self, arguments: Sequence[str] = ()) -> None:
        self._arguments = tuple(arguments)
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> PaperExchange:
        """Start the process and return what its first line says.

        Raises: ConfigurationError when it does not come up.
        """
        command = (
            sys.executable,
            "-m",
            "simulator",
            "serve",
            "--port",
            "0",
            "--exit-on-stdin-close",
            "--linger",
            str(LINGER_S),
            *self._arguments,
        )
        self._process = await asyncio.create_subprocess_exec(
            *command,
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C reaches a whole terminal; the exchange must outlive our last cancel
        )
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                line = await self._process.stdout.readline()
            return msgspec.json.decode(line, type=PaperExchange, strict=False)
        except (TimeoutError, msgspec.DecodeError) as error:
            await self.stop()
            raise ConfigurationError(f"the simulated exchange did not start: {type(error).__name__} {error}") from None

    async def drain(self) -> None:
        """Read what the process prints after its first line, so that it never blocks; ends with the process."""
        assert self._process is not None
        assert self._process.stdout is not None
        while await self._process.stdout.readline():
            pass

    async def stop(self) -> None:
        """End the process, politely first."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        if process.stdin is not None:
            process.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def ask_accounts(rest: str) -> tuple[PaperAccount, ...]:
    """Return the accounts of a simulated exchange that runs already, from its control address.

    Raises: ConfigurationError when it does not answer.
    """
    parts = urlsplit(rest)
    address = f"{parts.scheme}://{parts.netloc}/sim/accounts"
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session, session.get(address) as answer:
            return msgspec.json.decode(await answer.read(), type=PaperExchange, strict=False).accounts
    except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError) as error:
        raise ConfigurationError(f"the simulated exchange at {rest} does not tell its accounts: {error}") from None
