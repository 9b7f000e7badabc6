"""How long the loop did not turn."""

from bot.clock import TurnableClock
from bot.core.events import Event, LoopSlept
from bot.supervision import LagWatch


class Rounds:
    """A watched loop whose rounds a test spaces out."""

    def __init__(self) -> None:
        self.now_ms = 0
        self.emitted: list[Event] = []
        self.woken = 0
        clock = TurnableClock(0)
        self.watch = LagWatch(self.emitted.append, clock, lambda *words, **fields: None, self._woke, lambda: self.now_ms)

    def _woke(self) -> None:
        self.woken += 1

    def turn_after(self, *gaps_ms: int) -> None:
        for gap_ms in gaps_ms:
            self.now_ms += gap_ms
            self.watch.tick()


def test_a_long_gap_is_remembered_for_half_a_minute_and_for_the_whole_run_as_the_worst() -> None:
    rounds = Rounds()

    rounds.turn_after(50, 400, 50)
    assert (rounds.watch.recent_ms, rounds.watch.worst_ms) == (400, 400)
    rounds.turn_after(*[50] * 700)
    assert rounds.watch.recent_ms == 400
    rounds.turn_after(*[50] * 700)

    assert (rounds.watch.recent_ms, rounds.watch.worst_ms) == (50, 400)


def test_a_gap_of_seconds_is_a_sleep_from_which_the_connections_are_made_anew() -> None:
    rounds = Rounds()

    rounds.turn_after(50, 4_999)
    assert not rounds.emitted
    rounds.turn_after(5_000)

    assert [type(event) for event in rounds.emitted] == [LoopSlept]
    assert rounds.woken == 1
