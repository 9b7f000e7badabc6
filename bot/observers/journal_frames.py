"""One record on disk, and how a file of them is read: pure, no file is touched here.

A file is text. Its first line names the format; every other line is one record:

    <32 hexadecimal digits> [seq,wall_ms,monotonic_ms,{"type":"…",…}]

The digits are BLAKE2b (128 bits) over the digest of the line before and this line's bytes, so each line vouches for all before
it. A line counts only when it is complete and its digest is right. Reading stops at the first one that is not: nothing behind a
damage is ever believed. Damage that an unfinished write explains (the last line, or zeros behind it) is a torn tail; anything
else is corruption.
"""

import re
from collections.abc import Iterable
from enum import StrEnum
from hashlib import blake2b
from string import hexdigits
from typing import Final

import msgspec

from bot.observers.journal_records import FORMAT, Header, JournalRefused, Payload, Unwritable

MAGIC: Final = b"extended-mm-bot journal, format "
FIRST_LINE: Final = MAGIC + str(FORMAT).encode()
DIGEST_BYTES: Final = 16
MASK: Final = "[removed]"
_HEX: Final = 2 * DIGEST_BYTES
_ANY_FORMAT: Final = re.compile(re.escape(MAGIC) + rb"([0-9]{1,6})")
_LONG_HEX: Final = re.compile(r"[0-9a-fA-F]{50,}")
"""Keys and signatures are 60 to 64 hexadecimal digits; nothing in a journal looks like that, but the hash in a header."""
# Looking for fifty equal bytes in a translated copy takes a tenth of the time of the pattern.
_SHAPE: Final = bytes(ord("x") if chr(byte) in hexdigits else ord(" ") for byte in range(256))
_FIFTY: Final = b"x" * 50


class Frame(msgspec.Struct, frozen=True, array_like=True):
    """One record as it stands on disk; `payload` is JSON not yet looked into."""

    seq: int
    wall_ms: int
    monotonic_ms: int
    payload: msgspec.Raw


class Damage(StrEnum):
    """How a file ends."""

    NONE = "none"
    TORN = "torn"
    CORRUPT = "corrupt"


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """What a file holds up to its first damage; `good_bytes` is the length of that part."""

    frames: tuple[Frame, ...]
    good_bytes: int
    damage: Damage
    digest: bytes
    """Of the last good line."""


def first_digest() -> bytes:
    """Return what the first record of a file is chained to."""
    return blake2b(FIRST_LINE, digest_size=DIGEST_BYTES).digest()


def digest_after(digest: bytes, body: bytes) -> bytes:
    """Return the digest of a line whose predecessor has `digest`."""
    return blake2b(digest + body, digest_size=DIGEST_BYTES).digest()


class Encoder:
    """Turns payloads into JSON without secrets: known values are removed, and whatever has the shape of a key."""

    def __init__(self, hide: Iterable[str] = ()) -> None:
        self._json = msgspec.json.Encoder(enc_hook=str)
        self._texts = tuple(secret for secret in hide if len(secret) >= 6)
        self._hidden = tuple(msgspec.json.encode(text)[1:-1] for text in self._texts)

    def encode(self, payload: Payload) -> bytes:
        """Return the payload as JSON; one that cannot be put into words is replaced by a record that says so."""
        try:
            text = self._json.encode(payload)
        except (TypeError, ValueError, OverflowError) as error:
            return self._json.encode(Unwritable(kind=type(payload).__name__, reason=type(error).__name__))
        has_shape = not isinstance(payload, Header) and _FIFTY in text.translate(_SHAPE)
        if not has_shape and not any(secret in text for secret in self._hidden):
            return text
        return self._json.encode(self._clean(msgspec.json.decode(text)))

    def _clean(self, value: object) -> object:
        if isinstance(value, dict):
            return {str(self._clean(key)): self._clean(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self._clean(each) for each in value]
        if isinstance(value, bool | float) or value is None or (isinstance(value, int) and abs(value) < 10**40):
            return value
        text = str(value)
        for secret in self._texts:
            text = text.replace(secret, MASK)
        return _LONG_HEX.sub(MASK, text)


class Chain:
    """Makes the lines of one file, each vouching for those before."""

    def __init__(self, encoder: Encoder, next_seq: int) -> None:
        self._encoder = encoder
        self.next_seq = next_seq
        self.digest = first_digest()

    def line(self, wall_ms: int, monotonic_ms: int, payload: Payload) -> bytes:
        """Return the next line."""
        body = b"[%d,%d,%d,%b]" % (self.next_seq, wall_ms, monotonic_ms, self._encoder.encode(payload))
        self.next_seq += 1
        self.digest = digest_after(self.digest, body)
        return b"%b %b\n" % (self.digest.hex().encode(), body)


def scan(content: bytes) -> Scan:
    """Return the records of one file up to its first damage.

    Raises: JournalRefused when the file is whole and of another format.
    """
    digest, offset = first_digest(), len(FIRST_LINE) + 1
    if content[:offset] != FIRST_LINE + b"\n":
        return _without_first_line(content)
    frames: list[Frame] = []
    while offset < len(content):
        end = content.find(b"\n", offset)
        frame, following = _read_line(content[offset:end], digest) if end >= 0 else (None, digest)
        if frame is None or (frames and frame.seq != frames[-1].seq + 1):
            return Scan(frames=tuple(frames), good_bytes=offset, damage=_damage_at(content, offset), digest=digest)
        frames.append(frame)
        digest, offset = following, end + 1
    return Scan(frames=tuple(frames), good_bytes=offset, damage=Damage.NONE, digest=digest)


def _read_line(line: bytes, digest: bytes) -> tuple[Frame | None, bytes]:
    body = line[_HEX + 1 :]
    following = digest_after(digest, body)
    if line[: _HEX + 1] != following.hex().encode() + b" ":
        return None, digest
    try:
        return msgspec.json.decode(body, type=Frame), following
    except msgspec.MsgspecError:
        return None, digest


def _damage_at(content: bytes, offset: int) -> Damage:
    """Tell an unfinished write from anything else: behind it there is nothing, or only zeros."""
    end = content.find(b"\n", offset)
    behind = content[offset:] if end < 0 else content[end + 1 :]
    return Damage.TORN if end < 0 or not behind.strip(b"\0") else Damage.CORRUPT


def _without_first_line(content: bytes) -> Scan:
    """Tell a file whose creation was cut short, a damaged one, and one of another format."""
    line, newline, rest = content.partition(b"\n")
    found = _ANY_FORMAT.fullmatch(line)
    is_ours, _ = _read_line(rest.partition(b"\n")[0], first_digest())
    if found is not None and newline and is_ours is None and int(found[1]) != FORMAT:
        raise _other_format(int(found[1]))
    is_cut_short = not newline and FIRST_LINE.startswith(line.rstrip(b"\0"))
    return Scan(frames=(), good_bytes=0, damage=Damage.TORN if is_cut_short else Damage.CORRUPT, digest=first_digest())


def _other_format(found: int) -> JournalRefused:
    if found > FORMAT:
        return JournalRefused(
            f"it has format {found} and this program knows {FORMAT}: it was written by a newer version; use that version, "
            "or move the journal folder away to start a new one"
        )
    return JournalRefused(
        f"it has format {found} and this program knows {FORMAT}: it was written by a version too old to be read; "
        "move the journal folder away to start a new one"
    )
