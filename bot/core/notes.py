"""What the engine wants people to know; written down by whoever listens, with the clock of the batch."""

import msgspec


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """One thing worth telling: an event name, its numbers, and how loud it is (DEBUG, INFO, WARNING, ERROR)."""

    level: str
    event: str
    market: str | None
    fields: dict[str, object]


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """Why something is not done: a stable code and a sentence with its numbers."""

    code: str
    text: str
