"""Lists in pages: newest first, the cursor is the id after which to continue."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final, TypeVar

from multidict import MultiMapping

from simulator.refusals import Code, Refused

PAGE_LIMIT: Final = 10_000
DEFAULT_PAGE: Final = 1_000

_Row = TypeVar("_Row")


def integer(query: MultiMapping[str], name: str) -> int | None:
    """Return a whole number from the query, None when it is absent.

    Raises: Refused 400.
    """
    value = query.get(name)
    if value is None:
        return None
    if len(value) > 20 or not (value.isascii() and value.isdigit()):
        raise Refused(Code.BAD_REQUEST, f"{name} must be a whole number")
    return int(value)


def page(
    rows: Sequence[_Row], query: MultiMapping[str], id_of: Callable[[_Row], int], *, most: int = PAGE_LIMIT
) -> tuple[list[_Row], dict[str, int]]:
    """Cut one page out of rows; return it with its pagination record.

    The page begins after the row whose id is the cursor; where that row is gone, with the first row of a smaller id.
    """
    cursor, limit = integer(query, "cursor"), integer(query, "limit")
    wanted = min(limit or DEFAULT_PAGE, most)
    cut = list(islice(_after(rows, cursor, id_of), wanted))
    pagination = {"count": len(cut)}
    if cut:
        pagination = {"cursor": id_of(cut[-1]), "count": len(cut)}
    return cut, pagination


def _after(rows: Sequence[_Row], cursor: int | None, id_of: Callable[[_Row], int]) -> Iterator[_Row]:
    if cursor is None:
        return iter(rows)
    position = next((number for number, row in enumerate(rows) if id_of(row) == cursor), None)
    if position is not None:
        return islice(rows, position + 1, None)
    return (row for row in rows if id_of(row) < cursor)
