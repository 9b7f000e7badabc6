"""Plain objects of text, numbers and truth values, as pictures are made of them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from bot.core.numbers import plain

LARGEST_EXACT: Final = 2**53
"""Whole numbers above this lose digits in a browser, so they travel as text."""
ID_FIELDS: Final = frozenset({"id", "accountId", "orderId", "positionId"})

Picture = dict[str, Any]


def known(fields: Mapping[str, Any]) -> Picture:
    """Return the fields without those that are None, at every depth; large whole numbers and decimals become text."""
    return {str(key): _plain_value(key, value) for key, value in fields.items() if value is not None}


def _plain_value(key: object, value: Any) -> Any:
    if isinstance(value, Mapping):
        return known(value)
    if isinstance(value, list | tuple):
        return [_plain_value("", each) for each in value if each is not None]
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, int) and not isinstance(value, bool) and (key in ID_FIELDS or abs(value) > LARGEST_EXACT):
        return str(value)
    return value
