"""The Broadcaster: one picture, numbered differences, many viewers.

It asks the exchange nothing; it follows the feed. A message is encoded once, however many look on. Each viewer has a bounded
queue; one that does not keep up is dropped and never waited for, and gets a snapshot when it returns.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Final

import msgspec

from backend.diff import merge_patch
from backend.selection import EVERYTHING, Selection
from backend.wire_socket import Wire, frame_of
from bot.ports import Clock

HEARTBEAT_MS: Final = 200
"""Published at least this often, which leaves room below the promised 250 ms."""
PACE_MS: Final = 50
"""Changes that come closer together than this are published together."""
COURTESY_S: Final = 0.01
"""After a change the order that answers it goes first: comparing and encoding pictures takes the loop for a few milliseconds."""
VIEWERS_PER_MS: Final = 5
"""From 250 viewers on, each five of them stretch the pace by a millisecond, up to the heartbeat."""
SENDS_PER_TURN: Final = 2
"""After so many viewers the loop gets a turn: orders never wait for spectators."""
MOST_VIEWERS: Final = 50
QUEUE_LENGTH: Final = 64
MOST_SELECTIONS: Final = 32
"""A message is made once for each kind of viewer; so many kinds at most."""

Picture = dict[str, Any]


class Message(msgspec.Struct, frozen=True):
    """One message, made once however many look on: as text, and as it stands on the wire."""

    text: str
    frame: bytes


class Viewer:
    """One socket's way out: straight to its wire, or a queue where somebody else serves it.

    `ended` is set when it should close, with the reason in `why`.
    """

    def __init__(
        self,
        *,
        showed_token: bool = False,
        queue_length: int = QUEUE_LENGTH,
        selection: Selection = EVERYTHING,
        wire: Wire | None = None,
    ) -> None:
        self.showed_token = showed_token
        self.selection = selection
        self.wire = wire
        self.ended = asyncio.Event()
        self.why = ""
        self._waiting: asyncio.Queue[str] = asyncio.Queue(queue_length)

    def offer(self, message: Message) -> bool:
        """Send or queue a message; False, and the end of this viewer, when it is too far behind."""
        if self.wire is not None:
            taken = self.wire.write(message.frame)
        elif taken := not self._waiting.full():
            self._waiting.put_nowait(message.text)
        if not taken:
            self.end("too slow")
        return taken

    async def next(self) -> str:
        return await self._waiting.get()

    def end(self, why: str) -> None:
        """Ask the socket to close."""
        self.why = self.why or why
        self.ended.set()


class Broadcaster:
    """Publishes the picture that `read_picture` returns, when `changed` is set and at least every 250 ms."""

    def __init__(
        self,
        read_picture: Callable[[], Picture],
        changed: asyncio.Event,
        clock: Clock,
        *,
        most_viewers: int = MOST_VIEWERS,
    ) -> None:
        self._read_picture = read_picture
        self._changed = changed
        self._clock = clock
        self._most_viewers = most_viewers
        self._viewers: set[Viewer] = set()
        self._encoder = msgspec.json.Encoder()
        self._snapshots: dict[Selection, Message] = {}
        self._account_text = b""
        self._published_ms = clock.monotonic_ms()
        self.picture: Picture = {}
        """The picture as published last, under `seq`."""
        self.seq = 0
        self.messages = 0
        self.bytes = 0
        self.drops = 0
        self.refused = 0

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            await self._wait_until_due()
            if self._changed.is_set():
                await asyncio.sleep(COURTESY_S)
            await self.publish()

    def wait_ms(self, now_ms: int) -> int:
        """Return how long to wait before the next message: the rest of the pace after a change, else of the heartbeat."""
        since_ms = now_ms - self._published_ms
        return max(0, (self.pace_ms if self._changed.is_set() else HEARTBEAT_MS) - since_ms)

    @property
    def pace_ms(self) -> int:
        """How close together messages may come: a great many viewers get fewer of them, so that the bot pays the same."""
        return min(HEARTBEAT_MS, max(PACE_MS, len(self._viewers) // VIEWERS_PER_MS))

    async def _wait_until_due(self) -> None:
        while wait_ms := self.wait_ms(self._clock.monotonic_ms()):
            if self._changed.is_set():
                await self._clock.sleep(wait_ms / 1000)
            else:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait_ms / 1000):
                        await self._changed.wait()

    async def publish(self) -> None:
        """Take the picture anew and send every viewer what changed, under the next number."""
        self._published_ms = self._clock.monotonic_ms()
        self._changed.clear()
        before, self.picture = self.picture, self._read_picture()
        self.seq += 1
        self._snapshots, self._account_text = {}, b""
        viewers = tuple(self._viewers)
        messages = {each: self._diff(each, before) for each in {viewer.selection for viewer in viewers}}
        for count, viewer in enumerate(viewers, 1):
            self._offer(viewer, messages[viewer.selection])
            if count % SENDS_PER_TURN == 0:
                await asyncio.sleep(0)

    def join(
        self,
        *,
        showed_token: bool = False,
        queue_length: int = QUEUE_LENGTH,
        selection: Selection = EVERYTHING,
        wire: Wire | None = None,
    ) -> Viewer | None:
        """Take in a viewer and queue its snapshot; None when there are as many, or as many kinds of them, as allowed."""
        kinds = {viewer.selection for viewer in self._viewers} | {selection}
        if len(self._viewers) >= self._most_viewers or len(kinds) > MOST_SELECTIONS:
            self.refused += 1
            return None
        if self.seq == 0:
            self.picture, self.seq = self._read_picture(), 1
        viewer = Viewer(showed_token=showed_token, queue_length=queue_length, selection=selection, wire=wire)
        self._viewers.add(viewer)
        self.send_snapshot(viewer)
        return viewer

    def send_snapshot(self, viewer: Viewer) -> None:
        """Queue all that this viewer wants of the picture, under the present number."""
        selection = viewer.selection
        if selection not in self._snapshots:
            self._snapshots[selection] = self._message("snapshot", selection.of(self.picture))
        self._offer(viewer, self._snapshots[selection])

    def leave(self, viewer: Viewer) -> None:
        self._viewers.discard(viewer)

    def drop(self, viewer: Viewer, why: str) -> None:
        """Part with a viewer that does not keep up."""
        if viewer in self._viewers:
            self._viewers.discard(viewer)
            self.drops += 1
        viewer.end(why)

    def close_authenticated(self) -> None:
        """Close the sockets that were opened with a token that is no longer the right one."""
        for viewer in tuple(self._viewers):
            if viewer.showed_token:
                viewer.end("the token was rotated")
                self.leave(viewer)

    def close_all(self) -> None:
        """Close every socket: the program ends."""
        for viewer in tuple(self._viewers):
            viewer.end("the program ends")
            self.leave(viewer)

    def cached_account(self) -> bytes:
        """Return the account as published last, as JSON; encoded once for each number, whoever asks."""
        if self.seq == 0:
            self.picture, self.seq = self._read_picture(), 1
        if not self._account_text:
            picture = self.picture
            body = {name: list(picture.get(name, {}).values()) for name in ("positions", "trades", "orders")}
            balance = picture.get("balance", {})
            self._account_text = self._encoder.encode({"seq": self.seq, **body, "balance": balance, "age_ms": self.ages()})
        return self._account_text

    def ages(self) -> dict[str, int]:
        """Return the age of each source in milliseconds, when it was published."""
        return {source: each["age_ms"] for source, each in self.picture.get("sources", {}).items()}

    def stats(self) -> dict[str, Any]:
        """Return the counters."""
        return {
            "clients": len(self._viewers),
            "messages": self.messages,
            "bytes": self.bytes,
            "seq": self.seq,
            "drops": self.drops,
            "refused": self.refused,
            "published_ms_ago": max(0, self._clock.monotonic_ms() - self._published_ms),
            "age_ms": self.ages(),
            "exchange": self.picture.get("exchange", {}),
        }

    def _offer(self, viewer: Viewer, message: Message) -> None:
        if viewer.offer(message):
            self.messages += 1
            self.bytes += len(message.frame)
        else:
            self.drop(viewer, "too slow")

    def _diff(self, selection: Selection, before: Picture) -> Message:
        return self._message("diff", merge_patch(selection.of(before), selection.of(self.picture)))

    def _message(self, kind: str, content: Picture) -> Message:
        payload = self._encoder.encode({"type": kind, "seq": self.seq, "data": content})
        return Message(payload.decode(), frame_of(payload))
