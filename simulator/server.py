"""The exchange behind its sockets: assembles the web application, opens the door, and closes it."""

import asyncio
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from aiohttp import web

from simulator import control, levers, rest_elsewhere, rest_history, rest_orders, rest_private, rest_public, sockets, sockets_rpc
from simulator.accounts import Account
from simulator.door import door_of, strangers_log
from simulator.gate import API, SITE, STREAMS, gate
from simulator.site import Site
from simulator.verify import Domain


def build_app(site: Site) -> web.Application:
    """Return the application with every route of the exchange."""
    app = web.Application(middlewares=[gate], client_max_size=site.options.max_body_bytes)
    app[SITE] = site
    for module in (rest_public, rest_private, rest_orders, rest_history, rest_elsewhere, sockets, sockets_rpc, control, levers):
        app.router.add_routes(module.routes())
    return app


def first_line(host: str, port: int, domain: Domain, accounts: list[Account]) -> dict[str, object]:
    """Return what the first line of standard output says: addresses, signing domain, accounts with their keys."""
    shown = f"[{host}]" if ":" in host else host
    return {
        "rest": f"http://{shown}:{port}{API}",
        "stream": f"ws://{shown}:{port}{STREAMS}/v1",
        "stream_rpc": f"ws://{shown}:{port}{STREAMS}/v2/rpc",
        "starknet_domain": {
            "name": domain.name, "version": domain.version, "chainId": domain.chain_id, "revision": domain.revision,
        },
        "accounts": [
            {
                "account_id": each.account_id,
                "vault": each.vault,
                "api_key": each.api_key,
                "public_key": hex(each.public_key),
                "private_key": hex(each.private_key),
            }
            for each in accounts
        ],
    }  # fmt: skip


def print_line(record: dict[str, object]) -> None:
    """Write one JSON line to standard output at once; a reader that is gone does not stop the exchange."""
    with suppress(BrokenPipeError):
        sys.stdout.write(json.dumps(record) + "\n")
        sys.stdout.flush()


@asynccontextmanager
async def serving(site: Site, host: str, port: int) -> AsyncIterator[int]:
    """Serve until the block ends; yields the port."""
    runner = web.AppRunner(
        build_app(site),
        access_log=None,
        logger=strangers_log,
        shutdown_timeout=1.0,
        keepalive_timeout=site.options.keep_alive_s,
        lingering_time=site.options.body_s,
    )
    await runner.setup()
    listener = _listen(host, port)
    assert runner.server is not None
    door = await asyncio.get_running_loop().create_server(door_of(site, runner.server), sock=listener)
    books = asyncio.create_task(site.publish())
    site.kick()
    try:
        yield listener.getsockname()[1]
    finally:
        books.cancel()
        door.close()
        site.hub.cut_all()
        site.stop()
        await runner.cleanup()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a restart takes the same port at once
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


async def serve(site: Site, host: str, port: int, *, exit_on_stdin_close: bool = False, linger_s: int = 0) -> None:
    """Run the exchange until a signal (or the end of standard input, if asked) says stop."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(NotImplementedError):  # Windows: Ctrl-C arrives as KeyboardInterrupt instead
            loop.add_signal_handler(number, stop.set)
    async with serving(site, host, port) as bound:
        site.first_line = first_line(host, bound, site.domain, list(site.venue.accounts.values()))
        print_line(site.first_line)
        if exit_on_stdin_close:
            loop.run_in_executor(None, _wait_for_stdin, loop, lambda: loop.call_later(linger_s, stop.set))
        await stop.wait()


def _wait_for_stdin(loop: asyncio.AbstractEventLoop, ended: Callable[[], object]) -> None:
    sys.stdin.buffer.read()
    with suppress(RuntimeError):  # the loop may have closed for another reason
        loop.call_soon_threadsafe(ended)
