"""The bot's picture beside the exchange's own truth."""

import json
from decimal import Decimal
from typing import Any, NamedTuple

from websockets.sync.client import connect

from proofs.stage.asking import ask
from proofs.stage.programs import Bot, SimulatedExchange


class Book(NamedTuple):
    """Price and size of each level, best first."""

    bids: tuple[tuple[Decimal, Decimal], ...]
    asks: tuple[tuple[Decimal, Decimal], ...]


def picture_of(bot: Bot) -> dict[str, Any]:
    """Return the bot's whole picture at one moment, as its viewers get it."""
    with connect(bot.address.replace("http", "ws") + "/ws/broadcast", proxy=None, max_size=2**24) as socket:
        snapshot = json.loads(socket.recv(timeout=5))
    assert snapshot["type"] == "snapshot"
    found: dict[str, Any] = snapshot["data"]
    return found


def bots_book(bot: Bot, market: str = "BTC-USD") -> Book:
    """Return as much of the book as the bot shows."""
    shown = picture_of(bot)["markets"][market]["book"]
    return Book(*(tuple((Decimal(price), Decimal(size)) for price, size in shown[side]) for side in ("bids", "asks")))


def exchanges_book(exchange: SimulatedExchange, market: str = "BTC-USD", depth: int | None = None) -> Book:
    """Return the exchange's book over its REST, the best `depth` levels of each side."""
    answer = ask("GET", f"{exchange.rest}/info/markets/{market}/orderbook")
    assert answer.status == 200, answer
    sides = (answer.body["data"][side][:depth] for side in ("bid", "ask"))
    return Book(*(tuple((Decimal(level["price"]), Decimal(level["qty"])) for level in side) for side in sides))
