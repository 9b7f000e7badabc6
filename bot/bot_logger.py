"""The bot's log: one event name for each line, the documents' shapes on a terminal, and a ring that the API shows.

    [BOT INFO] Quotes updated: 86112.65 / 86285.05 (price: 86198.85)
    [BOT DEBUG] No refresh needed (price: 86198.85, last: 86198.85)

Secrets are removed at the sink, by value and by shape, whatever a caller passed in.
"""

import itertools
import logging
import re
import sys
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TextIO

import msgspec
import structlog

RING_SIZE: Final = 2_000
LEVELS: Final = {"DEBUG": logging.DEBUG, "INFO": logging.INFO, "WARNING": logging.WARNING, "ERROR": logging.ERROR}
MASK: Final = "[removed]"
_LONG_HEX: Final = re.compile(r"\b(?:0x)?[0-9a-fA-F]{50,}\b")
"""Keys and signatures are 60 to 64 hexadecimal digits, or over 70 decimal ones; nothing else that is logged looks like that."""
_UNSEEN: Final = {
    code: f"\\u{code:04x}"
    for code in (*range(32), *range(127, 160), 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A))
}
"""What would end a line, steer a terminal or turn the direction of writing is shown by its number: no line can be forged."""
LARGEST_NUMBER: Final = 10**40
"""Whole numbers from here on are keys or signatures, not prices, sizes or ids."""


class LogLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line as the API shows it. `ts` is milliseconds since the epoch."""

    id: int
    ts: int
    level: str
    event: str
    market: str | None
    message: str
    fields: dict[str, Any]


class BotLogger:
    """Writes lines to a stream and keeps the newest in a ring."""

    def __init__(
        self, now_ms: Callable[[], int], *, level: str = "INFO", stream: TextIO | None = None, json: bool = False
    ) -> None:
        self._now_ms = now_ms
        self._ring: deque[LogLine] = deque(maxlen=RING_SIZE)
        self._numbers = itertools.count(1)
        self._secrets: set[str] = set()
        self.dropped = 0
        self.listeners: list[Callable[[LogLine], None]] = []
        """Each is shown every line, cleaned of secrets; must return at once."""
        processors: list[structlog.typing.Processor] = [_document_line]
        if json:
            processors = [_flat, structlog.processors.JSONRenderer()]
        self._sink = structlog.wrap_logger(
            structlog.PrintLogger(stream or sys.stderr),
            processors=processors,
            wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level]),
            cache_logger_on_first_use=True,
        )

    def hide(self, secrets: Iterable[str]) -> None:
        """Never write these values, whoever passes them in."""
        self._secrets |= {secret for secret in secrets if len(secret) >= 6}

    def log(self, level: str, event: str, market: str | None = None, **fields: object) -> None:
        """Write one line. `fields` are shown as they are, after secrets are removed."""
        shown = {name: self._clean(value) for name, value in fields.items()}
        line = LogLine(
            id=next(self._numbers),
            ts=self._now_ms(),
            level=level,
            event=event,
            market=market,
            message=message_of(event, market, shown),
            fields=shown,
        )
        self._ring.append(line)
        for listen in self.listeners:
            listen(line)
        try:
            self._sink.log(LEVELS[level], event, line=line)
        except (OSError, ValueError):
            self.dropped += 1  # a full disk or a closed terminal never stops the bot; the ring still has the line

    def lines(self, *, limit: int, level: str | None = None, market: str | None = None, since_ms: int = 0) -> list[LogLine]:
        """Return the newest lines first; `level` is the quietest level shown."""
        quietest = LEVELS[level] if level else 0
        found = (
            line
            for line in reversed(self._ring)
            if LEVELS[line.level] >= quietest and market in (None, line.market) and line.ts >= since_ms
        )
        return list(itertools.islice(found, limit))

    def _clean(self, value: object) -> object:
        if isinstance(value, Mapping):
            return {str(key): self._clean(each) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self._clean(each) for each in value]
        if value is None or isinstance(value, bool | float) or (isinstance(value, int) and abs(value) < LARGEST_NUMBER):
            return value
        text = str(value)
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return _LONG_HEX.sub(MASK, text)


def _flat(logger: object, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Return the line with its fields beside it, for machines."""
    del logger, method
    return msgspec.to_builtins(event["line"])  # type: ignore[no-any-return]  # a LogLine becomes a dict


def _document_line(logger: object, method: str, event: structlog.typing.EventDict) -> str:
    del logger, method
    line: LogLine = event["line"]
    return f"[BOT {line.level}] {line.message.translate(_UNSEEN)}"


SENTENCES: Final[dict[str, str]] = {
    "bot_started": "Market Making Bot started",
    "bot_stopping": "Market Making Bot stopping: {reason}",
    "bot_stopped": "Market Making Bot stopped, {remaining} orders left on the exchange",
    "bot_halted": "Market Making Bot HALTED: {text}",
    "risk_tier": "Risk of {market}: {code} is {tier}, was {before}: {text}",
    "risk_acknowledged": "A person started again and has seen: {codes}",
    "risk_not_kept": "What risk must not forget could not be written: {reason}",
    "only_reducing": "Only the reducing side is quoted: {text}",
    "breaker_tripped": "{market} stops by itself: {text}",
    "breaker_resumed": "{market} resumes: {text}",
    "fill_protection": "{market} is frozen for {frozen_ms} ms: {text}",
    "flatten_attempt": "Closing the position of {market}, try {attempt}: {side} {size} at {price} or better",
    "flatten_refused": "Our own gate refused to close the position of {market}: {text}",
    "transfer_seen": "Money moved: {amount} (positive: into the account)",
    "shadow_run": "Shadow run: {text}",
    "market_paused": "{market} paused, the other markets go on: {reason}",
    "market_resumed": "{market} is quoted again",
    "command": "Command {id} ({verb}) by {who}: {state} {reason}",
    "configuration": "Configuration {hash} is in force",
    "alert": "Alert ({severity}): {text}",
    "records_stalled": "The records cannot follow the journal: {reason}",
    "records_follow": "The records follow the journal again",
    "records_gap": "A part of the journal could not be read into the records: {reason}",
    "bot_paused": "Market Making Bot paused: {reason}",
    "loop_crashed": "The main loop crashed, the bot's orders are being cancelled: {reason}",
    "panic_not_verified": "The bot's orders could not be seen gone, trying again: {reason}",
    "loop_lag": "The loop did not run for {ms} ms",
    "loop_slept": "The process did not run for {gap_ms} ms; everything is read again",
    "task_failed": "{task} failed and is started again: {reason}",
    "creates_held": "Nothing is created: {reason}",
    "creates_released": "Orders are created again",
    "requests_limited": "The exchange limits our requests; refreshes now use at most {reprices_per_minute} a minute",
    "flattened": "Position of {market} after flatten: {position} ({status}, {tries} orders)",
    "killed": "Killed: {found} orders of the account found, {remaining} left, verified: {verified}",
    "kill_unmarked": "The kill left no HALT marker, a restarted program may quote again: {reason}",
    "kill_not_verified": "The kill could not be verified: {reason}",
    "journal_found": "Journal {file}: {status}, {records} records {detail}",
    "journal_stalled": "The journal cannot follow, nothing is created: {reason}",
    "journal_follows": "The journal follows again",
    "journal_not_closed": "The journal was not written to its end: {unwritten} records, {reason}",
    "missed_fills_booked": "Executions since the last run: {fills}",
    "orders_in_doubt": "{orders} orders of earlier runs have no known end; asking the exchange",
    "price_found": "✅ Found LIVE price {price} in balance mark_prices for {market}",
    "quotes_updated": "Quotes updated: {bid} / {ask} (price: {price}, {why})",
    "leverage_changed": "Leverage of {market} was changed elsewhere: {after}, was {before}; what may be held follows it",
    "spread_clamped": "{market}: {text}; look at the estimates, or at the setting",
    "quotes_pulled": "No quotes on {market}: {text}",
    "orders_placed": "Orders placed: {orders}",
    "no_refresh_needed": "No refresh needed (price: {price}, last: {last})",
    "order_attempt": "Order attempt {order}: {side} {lots} lots of {market} at tick {ticks}",
    "order_edit": "Order attempt {order}: {side} {lots} lots of {market} at tick {ticks}, in place of {replaces}",
    "order_signed": "Order {order} signed in {us} µs",
    "exchange_answered": "Exchange answered {status} in {ms} ms for {order}: {answer}",
    "order_rejected": "Order {order} ({side}) rejected by the exchange: {reason}",
    "order_refused": "Order {order} ({side}) refused: {reason}",
    "order_withheld": "{side} order withheld: {text}",
    "order_ended": "Order {order} ended: {status} {reason}",
    "order_adopted": "Order {order} of an earlier run found on the exchange",
    "order_came_back": "Order {order} had ended, and the exchange still lists it as open: it counts as live again",
    "order_outcome_unknown": "Order {order}: the answer was lost ({reason}); asking the exchange",
    "order_inferred_gone": "Order {order} counts as gone: {reason}",
    "filled": "Filled: {side} {size} {market} @ {price} (position: {position})",
    "feed_lost": "Feed {feed} lost: {reason}",
    "feed_restored": "Feed {feed} connected",
    "account_synced": "Account known: {positions} positions, {orders} orders of the bot",
    "account_read_failed": "Account could not be read: {reason}",
    "fill_contradicts": "Trade {trade} of {market} was told again with another size or price: {size}, known as {known}",
    "overfilled": "Order {order}: {lots} lots filled, {ordered} ordered",
    "position_unsettled": "The position of {market} is not confirmed, only what reduces it is quoted: {text}",
    "position_stop_ended": "Position stop {order} on {market} ended: {reason}",
    "position_stop_refused": "Position stop on {market} was refused, only what reduces is quoted: {reason}",
    "position_settled": "Positions are confirmed again",
    "position_adopted": "Position of {market} differs: we counted {held}, the exchange says {exchange}; taking the exchange's",
    "cancel_failed": "Cancel of {order} failed, it counts as live: {reason}",
    "dead_man_switch_failed": "Dead-man's switch could not be armed: {reason}",
    "exchange_unreachable": "Exchange unreachable, retrying: {reason}",
    "configuration_changed": "Configuration changed: {changes}",
    "configuration_warning": "{text}",
}


def message_of(event: str, market: str | None, fields: Mapping[str, object]) -> str:
    """Return the sentence of an event; one without a sentence, or with a missing field, shows its name and fields."""
    sentence = SENTENCES.get(event)
    if sentence is not None:
        try:
            return sentence.format_map({"market": market, **fields})
        except KeyError:
            pass  # a field is missing: fall through to the plain form, which loses nothing
    details = " ".join(f"{name}={value}" for name, value in fields.items())
    return f"{event} {market or ''} {details}".strip()
