"""A full disk under the running program: nothing is created, cancels leave, and with space again everything goes on."""

import sys
from pathlib import Path

import pytest

from proofs.stage.programs import SimulatedExchange

if sys.platform == "linux":
    from proofs.full_disk import play, recover
    from proofs.random_kills import compare, start


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets one program limit another's files")
def test_f144_on_a_full_disk_quotes_are_pulled_nothing_is_created_and_nothing_is_lost(tmp_path: Path) -> None:
    with SimulatedExchange(tmp_path) as exchange:
        bot = start(tmp_path, exchange, 1)
        try:
            bot.wait_for_quotes()

            assert play(bot, exchange, 3) == []
            assert recover(bot, exchange) == []
            assert compare(exchange, bot) == []
        finally:
            bot.stop()
