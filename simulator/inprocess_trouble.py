"""Ready-made meddling for the exchange in process: what can happen to a request, and to a stream frame."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
from aiohttp import web

from simulator.answers import refused
from simulator.frames import Frame, encode
from simulator.inprocess import FrameMeddler, Handler, Meddler
from simulator.refusals import Code, Refused


def _broken(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=499)


def lose_request() -> Meddler:
    """Break the connection before anything happened."""

    async def act(request: web.Request, handler: Handler) -> web.StreamResponse:
        del handler
        return _broken(request)

    return act


def lose_answer(*, after_s: float = 0.0) -> Meddler:
    """Do what was asked, then break the connection."""

    async def act(request: web.Request, handler: Handler) -> web.StreamResponse:
        await handler(request)
        await asyncio.sleep(after_s)
        return _broken(request)

    return act


def never_answer(*, is_done: bool = True) -> Meddler:
    """Say nothing at all; the asker's own deadline ends it."""

    async def act(request: web.Request, handler: Handler) -> web.StreamResponse:
        if is_done:
            await handler(request)
        while request.transport is not None:  # noqa: ASYNC110 - the end of a connection rings no bell here
            await asyncio.sleep(1.0)
        return web.Response(status=499)

    return act


def delay(*, before_s: float = 0.0, after_s: float = 0.0) -> Meddler:
    """Be slow on the way there, or on the way back."""

    async def act(request: web.Request, handler: Handler) -> web.StreamResponse:
        await asyncio.sleep(before_s)
        response = await handler(request)
        await asyncio.sleep(after_s)
        return response

    return act


def answer(status: int, body: bytes = b"", content_type: str = "text/html", *, is_done: bool = False) -> Meddler:
    """Answer in the exchange's place; `is_done`: after the exchange has done it."""

    async def act(request: web.Request, handler: Handler) -> web.StreamResponse:
        if is_done:
            await handler(request)
        return web.Response(status=status, body=body, content_type=content_type)

    return act


def refuse(code: Code | int, message: str = "", *, http_status: int | None = None) -> Meddler:
    """Refuse in the exchange's own words."""

    async def act(request: web.Request, handler: Handler) -> web.StreamResponse:
        del request, handler
        return refused(Refused(Code(code), message, message=message, http_status=http_status))

    return act


def do_twice() -> Meddler:
    """A proxy on the way repeats the request: the answer is the second one's."""

    async def act(request: web.Request, handler: Handler) -> web.StreamResponse:
        await handler(request)
        return await handler(request)

    return act


def acknowledge_only(body: dict[str, object]) -> Meddler:
    """Say yes and do nothing."""

    async def act(request: web.Request, handler: Handler) -> web.StreamResponse:
        del request, handler
        return web.Response(body=encode({"status": "OK", "data": body}), content_type="application/json")

    return act


# ── frames ──


def silence() -> FrameMeddler:
    """Never say it."""
    return lambda _key, _frame: []


def late(delay_s: float) -> FrameMeddler:
    """Say it later; what comes meanwhile overtakes it."""
    return lambda _key, frame: [(delay_s, frame)]


def twice(delay_s: float = 0.0) -> FrameMeddler:
    """Say it, and say it again as something new."""
    return lambda _key, frame: [(0.0, frame), (delay_s, frame)]


def changed(**fields: object) -> FrameMeddler:
    """Say it with other fields in its first record."""

    def act(_key: str, frame: Frame) -> Sequence[tuple[float, Frame]]:
        content: dict[str, Any] = msgspec.json.decode(frame.data)
        for records in content.values():
            if isinstance(records, list) and records:
                records[0] |= fields
        return [(0.0, Frame(frame.family, frame.ts_ms, encode(content), frame.word))]

    return act


def account_frame(word: str, **fields: object) -> Any:
    """Match the frames of one kind on account streams whose first record has these fields."""

    def matches(_key: str, frame: Frame) -> bool:
        if frame.family != "account" or frame.word != word:
            return False
        content: dict[str, Any] = msgspec.json.decode(frame.data)
        records = [record for each in content.values() if isinstance(each, list) for record in each]
        return any(all(record.get(name) == value for name, value in fields.items()) for record in records)

    return matches


def family(*names: str) -> Any:
    """Match all frames of some families: orderbooks, best, trades, mark, index, funding, account."""
    return lambda _key, frame: frame.family in names
