"""The three kinds of number, and the named crossings between them.

`int` for what the exchange counts (ticks, lots, milliseconds), `Decimal` for money, `float` for opinions. This is the only
file in the house that rounds a price or a size.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Final, NewType

from bot.core.errors import InvalidInput

Ticks = NewType("Ticks", int)
"""A price, counted in the market's tick size."""

Lots = NewType("Lots", int)
"""A size, counted in the market's lot size; signed where it is a position."""

BPS: Final = Decimal(10_000)
MAX_DIGITS: Final = 30
EXACT: Final = Context(prec=80)
"""Wide enough that no product of two accepted numbers is ever rounded."""


def parse_decimal(field: str, value: object) -> Decimal:
    """Return `value` as an exact decimal.

    Accepts `Decimal`, `int` and plain decimal text such as "86198.85"; a `float` is read through its shortest text, so that
    0.1 means 0.1.

    Raises: InvalidInput for NaN, infinity, exponent notation in text, more than 30 digits, or any other type.
    """
    if isinstance(value, bool) or not isinstance(value, Decimal | int | float | str):
        raise InvalidInput(field, value, "a decimal number such as 0.01")
    text = value.strip() if isinstance(value, str) else format(Decimal(repr(value)) if isinstance(value, float) else value, "f")
    if not _is_plain(text):
        raise InvalidInput(field, value, f"a plain decimal number of at most {MAX_DIGITS} digits, without exponent")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise InvalidInput(field, value, "a decimal number such as 0.01") from None


def _is_plain(text: str) -> bool:
    unsigned = text[1:] if text[:1] in ("-", "+") else text
    whole, _, fraction = unsigned.partition(".")
    digits = whole + fraction
    return digits.isascii() and digits.isdigit() and len(digits) <= MAX_DIGITS


def floor_steps(value: Decimal, step: Decimal) -> int:
    """Return how many whole steps fit into `value`, rounding towards minus infinity."""
    return int(EXACT.divide(value, step).to_integral_value(ROUND_FLOOR))


def ceil_steps(value: Decimal, step: Decimal) -> int:
    """Return how many steps are needed to reach `value`, rounding towards plus infinity."""
    return int(EXACT.divide(value, step).to_integral_value(ROUND_CEILING))


def nearest_steps(value: Decimal, step: Decimal) -> int:
    """Return the number of steps closest to `value`; for showing, never for sending."""
    return int(EXACT.divide(value, step).to_integral_value(ROUND_HALF_EVEN))


def plain(value: Decimal) -> str:
    """Return the number in plain notation without trailing zeros: "0.01", never "1E-2"."""
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") or "0") if "." in text else text


def bps_of(part: Decimal, whole: Decimal) -> float:
    """Return `part / whole` in basis points, as an opinion."""
    return float(part / whole * BPS)
