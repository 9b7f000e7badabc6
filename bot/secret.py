"""A value that must not be seen: it has no readable form, no equality, no copy and no pickle."""

from typing import Final, Never

MASK: Final = "********"
"""Always the same: not even the length or the first characters of a secret are shown."""


class Secret:
    """One secret text. Only `reveal()` gives it back: call it where the value leaves, nowhere else."""

    __slots__ = ("__text",)

    def __init__(self, text: str) -> None:
        self.__text = text

    def reveal(self) -> str:
        """Return the text itself."""
        return self.__text

    def __bool__(self) -> bool:
        return bool(self.__text)

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return MASK

    def __reduce_ex__(self, protocol: object) -> Never:
        raise TypeError("a secret cannot be copied or pickled")
