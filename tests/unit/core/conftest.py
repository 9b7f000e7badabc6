"""The play that every test of the engine begins with."""

import pytest

from tests.unit.core.play import Play


@pytest.fixture
def play() -> Play:
    return Play().ready()
