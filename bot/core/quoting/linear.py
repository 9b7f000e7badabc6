"""Small linear algebra in plain Python: enough for a table of some thirty states, and nothing more."""

from collections.abc import Sequence

Matrix = list[list[float]]

TINY = 1e-300
"""A pivot below this is no pivot: the system has no single answer."""


def solve(matrix: Sequence[Sequence[float]], right: Sequence[Sequence[float]]) -> Matrix | None:
    """Return X with matrix · X = right by elimination with row exchange; None when the matrix is singular.

    `right` has one row for each row of the square `matrix`, and as many columns as there are systems to solve.
    """
    size = len(matrix)
    rows = [[*map(float, row), *map(float, extra)] for row, extra in zip(matrix, right, strict=True)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda each: abs(rows[each][column]))
        if abs(rows[pivot][column]) < TINY:
            return None
        rows[column], rows[pivot] = rows[pivot], rows[column]
        _eliminate_below(rows, column, size)
    return _substitute(rows, size)


def _eliminate_below(rows: Matrix, column: int, size: int) -> None:
    top = rows[column]
    for below in range(column + 1, size):
        row = rows[below]
        if row[column] == 0.0:
            continue
        factor = row[column] / top[column]
        for each in range(column, len(row)):
            row[each] -= factor * top[each]


def _substitute(rows: Matrix, size: int) -> Matrix:
    width = len(rows[0]) - size if rows else 0
    answer = [[0.0] * width for _ in range(size)]
    for row in range(size - 1, -1, -1):
        for column in range(width):
            known = sum(rows[row][each] * answer[each][column] for each in range(row + 1, size))
            answer[row][column] = (rows[row][size + column] - known) / rows[row][row]
    return answer


def times(matrix: Sequence[Sequence[float]], vector: Sequence[float]) -> list[float]:
    """Return matrix · vector."""
    return [sum(entry * each for entry, each in zip(row, vector, strict=True)) for row in matrix]
