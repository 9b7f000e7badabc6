"""`mmbot run` and `mmbot demo`: one server, one worker, one bot, one printed address."""

import asyncio
import contextlib
import gc
import logging
import os
import secrets
import socket
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import uvicorn

from backend.bound_address import url_of
from backend.main import create_app
from backend.patient_http import PatientHttp
from backend.watching import from_outside, wants_json
from backend.wire_socket import WireSocket
from bot.assembly import open_market_maker
from bot.bot_logger import BotLogger
from bot.clock import SystemClock
from bot.core.errors import ConfigurationError
from bot.environment import EnvironmentName
from bot.overrides import starting_config

BACKLOG: Final = 256
LARGEST_MESSAGE: Final = 8 * 1024
MOST_CONNECTIONS: Final = 500
GRACE_S: Final = 3
"""How long open requests may take once the server ends; the bot's own stop has a deadline of its own."""


def serve(
    *,
    host: str,
    port: int | None,
    environment: str | None,
    config_file: Path | None,
    assignments: Sequence[str] = (),
    demo: bool = False,
    seed: int | None = None,
    shadow: bool = False,
) -> int:
    """Serve until a signal; return the process's exit code.

    Raises: ConfigurationError, in one sentence, for everything that must be changed first: settings, port, state folder.
    """
    if shadow:
        os.environ["MMBOT_SHADOW"] = "1"
    chosen, alert_settings = from_outside(os.environ, name=environment, port=port)
    config = starting_config(chosen, config_file, os.environ, assignments)
    if demo:
        config = config.model_copy(update={"enabled": True})
    clock = SystemClock()
    logger = BotLogger(clock.now_ms, level=chosen.log_level, stream=sys.stdout, json=wants_json(os.environ))
    with contextlib.closing(_listen(host, chosen.port)) as listening:
        address, bound_port = listening.getsockname()[:2]
        arguments = _paper_arguments(demo, seed) if chosen.name is EnvironmentName.PAPER else ()
        app = create_app(
            environment=chosen,
            config=config,
            host=host,
            port=bound_port,
            clock=clock,
            logger=logger,
            alert_settings=alert_settings,
            open_bot=partial(open_market_maker, paper_arguments=arguments),
        )
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=PatientHttp,
                ws=WireSocket,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE_S,
                limit_concurrency=MOST_CONNECTIONS,
                ws_max_size=LARGEST_MESSAGE,
                ws_per_message_deflate=False,  # a message is made once for all viewers; compressing would be work for each
            )
        )
        logging.getLogger("uvicorn").addHandler(logging.NullHandler())  # what it has to say is said by us, in one sentence
        settle_memory()
        with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:  # the quick loop, where it is installed
            runner.run(_run(server, listening, url_of(address, bound_port)))
        if not server.started:
            raise ConfigurationError(app.state.why_not_started or "the service did not start; the log says why")
    return 0


def settle_memory() -> None:
    """Let the collector pass over everything that was loaded for good: walking through it would hold up orders for 0.1 s."""
    gc.collect()
    gc.freeze()


async def _run(server: uvicorn.Server, listening: socket.socket, address: str) -> None:
    async def announce() -> None:
        while not server.started:  # noqa: ASYNC110 - the server has no bell for it
            await asyncio.sleep(0.02)
        sys.stdout.write(f"Screen and API: {address}\n")
        sys.stdout.flush()

    telling = asyncio.create_task(announce())
    try:
        with contextlib.suppress(SystemExit):  # uvicorn's way to say that the lifespan failed; `started` tells us the same
            await server.serve(sockets=[listening])
    finally:
        telling.cancel()


def _listen(host: str, port: int) -> socket.socket:
    """Take the port before anything else starts, so that a busy one is one sentence."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise ConfigurationError(
            f"cannot listen on {host} port {port}: {error.strerror}; choose another with --port or PORT"
        ) from None
    return listening


def _paper_arguments(demo: bool, seed: int | None) -> tuple[str, ...]:
    chosen = seed if seed is not None else secrets.randbelow(2**31)
    return ("--seed", str(chosen)) if demo or seed is not None else ()
