"""The account as published: the cached answer, the Broadcaster's counters, and the socket."""

import asyncio
from typing import Final

import msgspec
from fastapi import APIRouter, Request, WebSocket
from starlette.responses import Response
from starlette.websockets import WebSocketDisconnect

from backend.answers import Json, error_answer
from backend.auth import caller_of
from backend.broadcaster import Broadcaster, Viewer
from backend.routes.common import errors, service_of
from backend.schemas import BroadcasterStats, CachedAccount
from backend.selection import selection_of
from backend.service import Service
from backend.wire_socket import EXTENSION, Wire
from bot.core.errors import InvalidInput

router: Final = APIRouter(tags=["account"])

TOKEN_TIMEOUT_S: Final = 2.0
SEND_TIMEOUT_S: Final = 5.0
MOST_WITHOUT_TOKEN: Final = 100
TOKEN_REFUSED: Final = 4401
TRY_AGAIN_LATER: Final = 1013
GOING_AWAY: Final = 1001
NOT_UNDERSTOOD: Final = 4400


class Over(Exception):
    """The socket has ended."""


class Hello(msgspec.Struct):
    """The first message of a socket where a token is needed."""

    token: str
    type: str = "auth"


@router.get("/api/cached-account", operation_id="getCachedAccount", responses={200: {"model": CachedAccount}, **errors()})
async def cached_account(request: Request) -> Response:
    """Return positions, trades, balance and orders as last published, under the same number as on the socket."""
    return Response(service_of(request).broadcaster.cached_account(), media_type="application/json")


@router.get(
    "/api/broadcaster/stats", operation_id="getBroadcasterStats", responses={200: {"model": BroadcasterStats}, **errors()}
)
async def stats(request: Request) -> Json:
    """Return the Broadcaster's counters and the age of each source."""
    return Json(service_of(request).broadcaster.stats())


@router.get("/ws/broadcast", include_in_schema=False)
async def not_a_socket() -> Json:
    """Tell a plain request that this address is a socket."""
    return error_answer(426, "socket_only", "connect with a WebSocket", headers={"Upgrade": "websocket"})


@router.websocket("/ws/broadcast")
async def broadcast(socket: WebSocket) -> None:
    """Send a snapshot, then numbered differences, until one side ends it."""
    service = service_of(socket)
    needs_token = service.door.needs_token(caller_of(socket.scope))
    await socket.accept()
    if needs_token:
        if service.sockets_without_token >= MOST_WITHOUT_TOKEN:
            await socket.close(TRY_AGAIN_LATER, "too many sockets without a token")
            return
        service.sockets_without_token += 1
        try:
            if not await _shows_token(socket, service):
                return
        finally:
            service.sockets_without_token -= 1
    try:
        selection = selection_of(socket.query_params)
    except InvalidInput as error:
        await socket.close(NOT_UNDERSTOOD, str(error)[:120])
        return
    wire: Wire | None = socket.scope.get("extensions", {}).get(EXTENSION)
    viewer = service.broadcaster.join(showed_token=needs_token, selection=selection, wire=wire)
    if viewer is None:
        await socket.close(TRY_AGAIN_LATER, "too many viewers")
        return
    try:
        await _serve(socket, service.broadcaster, viewer)
    finally:
        service.broadcaster.leave(viewer)


async def _shows_token(socket: WebSocket, service: Service) -> bool:
    """Wait for the first message and check its token; closes the socket when it is late or wrong."""
    token: str | None = None
    try:
        async with asyncio.timeout(TOKEN_TIMEOUT_S):
            token = msgspec.json.decode(await socket.receive_text(), type=Hello).token
    except WebSocketDisconnect:
        return False
    except (TimeoutError, msgspec.MsgspecError, KeyError):
        pass  # late, not JSON, without a token, or not text: all count as no token
    refusal = service.door.admit_token(caller_of(socket.scope), token)
    if refusal is not None:
        await socket.close(TOKEN_REFUSED, refusal.code)
    return refusal is None


async def _serve(socket: WebSocket, broadcaster: Broadcaster, viewer: Viewer) -> None:
    """Send and listen until the viewer leaves, is dropped, or the program ends."""
    try:
        async with asyncio.TaskGroup() as tasks:
            if viewer.wire is None:
                tasks.create_task(_send(socket, broadcaster, viewer))
            tasks.create_task(_listen(socket, broadcaster, viewer))
            tasks.create_task(_wait_for_end(viewer))
    except* Over:
        pass  # the first of the three to end takes the others with it
    if viewer.why == "too slow" and viewer.wire is not None:
        viewer.wire.abort()
    elif viewer.ended.is_set():
        code = {"the token was rotated": TOKEN_REFUSED, "the program ends": GOING_AWAY}.get(viewer.why, TRY_AGAIN_LATER)
        await _close(socket, code, viewer.why)


async def _send(socket: WebSocket, broadcaster: Broadcaster, viewer: Viewer) -> None:
    try:
        while True:
            text = await viewer.next()
            async with asyncio.timeout(SEND_TIMEOUT_S):
                await socket.send_text(text)
    except TimeoutError:
        broadcaster.drop(viewer, "too slow")
        raise Over from None
    except (WebSocketDisconnect, RuntimeError):
        raise Over from None  # the other side left in the middle of a message


async def _listen(socket: WebSocket, broadcaster: Broadcaster, viewer: Viewer) -> None:
    """Read what the viewer says: `{"type": "resync"}` asks for a snapshot, once for each number; the rest is ignored."""
    answered = -1
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            raise Over
        if answered != broadcaster.seq and (message.get("text") or "").strip() == '{"type":"resync"}':
            answered = broadcaster.seq
            broadcaster.send_snapshot(viewer)


async def _wait_for_end(viewer: Viewer) -> None:
    await viewer.ended.wait()
    raise Over


async def _close(socket: WebSocket, code: int, why: str) -> None:
    try:
        async with asyncio.timeout(SEND_TIMEOUT_S):
            await socket.close(code, why)
    except (TimeoutError, RuntimeError, WebSocketDisconnect):
        return  # it is gone already, or its buffer is full; the server cuts it
