"""A hostile exchange: well-formed or broken, everything it says may be something else than what was documented.

A lie is drawn from a seed and told instead of the truth: a field gone, null, of another type, not finite, absurdly large or
negative, HTML in a name, a list said twice, a text cut off in its middle, bytes that are no text at all.
"""

from collections.abc import Sequence
from random import Random
from typing import Any, Final

import msgspec
from aiohttp import web

from simulator.frames import Frame, encode
from simulator.inprocess import FrameMeddler, Handler, Meddler

VALUES: Final[tuple[Any, ...]] = (
    None, "", " ", "NaN", "Infinity", "-Infinity", "-1", "0", "-0", "1e400", "1e-400", "0x10", "1,5", "9" * 400, -1, 0, 2**70,
    1.5, True, [], {}, [None], {"a": {}}, "ETH-USD", "UNHEARD_OF", "<script>alert(1)</script>", "\u202etxet", "\x00", "x" * 5_000,
)  # fmt: skip
"""What may stand in a field's place."""
NOT_TEXT: Final = b"\xff\xfe\x00{"


def places(content: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path to every value within a JSON value, itself not among them."""
    inner = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    found: list[tuple[Any, ...]] = []
    for key, value in inner:
        found += [(*path, key), *places(value, (*path, key))]
    return found


def lie_about(content: Any, random: Random) -> Any:
    """Return a changed copy of a JSON value: one to three of its places say something else."""
    changed = msgspec.json.decode(msgspec.json.encode(content))
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        if not (known := places(changed)):
            return random.choice(VALUES)
        path = random.choice(known)
        holder = changed
        for key in path[:-1]:
            holder = holder[key]
        match random.randrange(6):
            case 0:
                del holder[path[-1]]
            case 1 if isinstance(holder[path[-1]], list):
                holder[path[-1]] = holder[path[-1]] * 2
            case 2 if isinstance(holder[path[-1]], str) and holder[path[-1]][:1].isdigit():
                holder[path[-1]] = random.choice(("-", "1000000", "0.00000000", "0.")) + holder[path[-1]]
            case _:
                holder[path[-1]] = random.choice(VALUES)
    return changed


def lying_answer(random: Random, *, likely: float = 1.0) -> Meddler:
    """Do what was asked and say something else about it."""

    async def act(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        body = response.body if isinstance(response, web.Response) else None
        if not isinstance(body, bytes) or random.random() >= likely:
            return response
        told = _broken(body, random) if random.random() < 0.15 else encode(lie_about(msgspec.json.decode(body), random))
        status = (
            response.status if random.random() < 0.8 else random.choice((200, 201, 204, 302, 400, 401, 404, 418, 429, 500, 503))
        )
        return web.Response(status=status, body=told, content_type="application/json")

    return act


def lying_frame(random: Random, *, likely: float = 1.0) -> FrameMeddler:
    """Say something else in a stream frame than what happened."""

    def act(_key: str, frame: Frame) -> Sequence[tuple[float, Frame]]:
        if random.random() >= likely:
            return [(0.0, frame)]
        if random.random() < 0.1:
            return [(0.0, Frame(frame.family, frame.ts_ms, _broken(frame.data, random), frame.word))]
        told = encode(lie_about(msgspec.json.decode(frame.data), random))
        ts_ms = frame.ts_ms if random.random() < 0.9 else random.choice((-1, 0, frame.ts_ms * 2, frame.ts_ms - 10**9))
        word = frame.word if frame.word is None or random.random() < 0.95 else "UNHEARD_OF"
        return [(0.0, Frame(frame.family, ts_ms, told, word))]

    return act


def _broken(text: bytes, random: Random) -> bytes:
    match random.randrange(4):
        case 0:
            return text[: random.randrange(len(text))]
        case 1:
            return NOT_TEXT + text
        case 2:
            return b"<html><body>Bad Gateway</body></html>"
        case _:
            return b"[" * 20_000
