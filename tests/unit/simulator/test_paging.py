"""Pages of lists: after the cursor's row, in whatever order the list is."""

from collections.abc import Sequence

import pytest
from multidict import MultiDict

from simulator.paging import page


def cut(rows: Sequence[int], most: int = 10_000, **query: str) -> tuple[list[int], dict[str, int]]:
    return page(rows, MultiDict(query), lambda row: row, most=most)


@pytest.mark.parametrize("rows", [[9, 7, 5, 3], [5, 9, 3, 7]])
def test_pages_put_together_are_the_list_in_either_order(rows: list[int]) -> None:
    seen: list[int] = []
    query = {"limit": "2"}
    while len(seen) < len(rows):
        found, pagination = cut(rows, **query)
        assert pagination == {"cursor": found[-1], "count": len(found)}
        seen += found
        query["cursor"] = str(pagination["cursor"])

    assert seen == rows
    assert cut(rows, **query) == ([], {"count": 0})


def test_a_cursor_whose_row_is_gone_goes_on_below_it() -> None:
    assert cut([9, 7, 5, 3], cursor="6") == ([5, 3], {"cursor": 3, "count": 2})


def test_a_page_is_never_longer_than_its_list_allows_and_its_cursor_is_its_last_row() -> None:
    assert cut(list(range(99, 0, -1)), most=50, limit="80") == (list(range(99, 49, -1)), {"cursor": 50, "count": 50})
