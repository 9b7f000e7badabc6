"""Order ids that carry their owner and can never be used twice.

`mmb-<epoch in base 36>-<sequence>` is an order of the bot, `mmh-…` one that a person made through us; anything else on the
account is a stranger's. The epoch is the start time in milliseconds; the sequence comes from a block that was reserved durably
before its first number is used, and is also the salt (nonce) of the signature.
"""

import msgspec

from bot.core.errors import IdsExhausted
from bot.core.orders import Owner

PREFIXES = {Owner.BOT: "mmb", Owner.HAND: "mmh"}
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
MAX_NONCE = 2**31 - 1
"""The exchange documents salts from 1 to 2^31."""


class OrderId(msgspec.Struct, frozen=True, kw_only=True):
    """One number of the sequence, as id and as salt."""

    text: str
    nonce: int


class OrderIds:
    """Hands out ids from reserved blocks; the only place where an id is made."""

    def __init__(self, epoch_ms: int) -> None:
        self.epoch = base36(epoch_ms)
        self._next = 1
        self._end = 1

    @property
    def left(self) -> int:
        """How many ids may still be used before another block must be reserved."""
        return self._end - self._next

    def extend(self, first: int, end: int) -> None:
        """Use the numbers from `first` up to, not including, `end`, which were reserved durably."""
        if self._next >= self._end:
            self._next = first
        elif first != self._end:
            raise IdsExhausted(f"block {first} does not follow {self._end}")
        self._end = end

    def take(self, owner: Owner) -> OrderId:
        """Return the next id.

        Raises: IdsExhausted when no reserved number is left.
        """
        if self._next >= self._end:
            raise IdsExhausted("no reserved order id is left")
        sequence, self._next = self._next, self._next + 1
        return OrderId(text=f"{PREFIXES[owner]}-{self.epoch}-{sequence}", nonce=sequence)


def base36(value: int) -> str:
    """Return a non-negative number in base 36."""
    text = ""
    while True:
        value, digit = divmod(value, 36)
        text = _DIGITS[digit] + text
        if value == 0:
            return text


def owner_of(client_order_id: str) -> Owner:
    """Return who made the order, by its id."""
    prefix = client_order_id.partition("-")[0]
    return next((owner for owner, known in PREFIXES.items() if known == prefix), Owner.FOREIGN)


def epoch_of(client_order_id: str) -> str:
    """Return the epoch written in an id of ours, "" for a stranger's."""
    parts = client_order_id.split("-")
    return parts[1] if len(parts) == 3 and parts[0] in PREFIXES.values() else ""
