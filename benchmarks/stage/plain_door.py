"""A web server that only reads a JSON body and says yes: what the same framework can do at best. Run as a module."""

import asyncio
import json
import socket
import sys
from typing import Any

import msgspec
from aiohttp import web


async def accept(request: web.Request) -> web.Response:
    body: dict[str, Any] = msgspec.json.decode(await request.read())
    return web.json_response({"status": "OK", "data": {"id": 1, "externalId": body["id"]}})


async def main() -> None:
    app = web.Application()
    app.router.add_post("/api/v1/user/order", accept)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    await web.SockSite(runner, listener).start()
    sys.stdout.write(json.dumps({"rest": f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"}) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
