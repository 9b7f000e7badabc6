"""One market can be taken out while the bot goes on."""

from bot.core.events import QuotingPaused, QuotingStarted
from tests.unit.core.play import Play


def pause(play: Play) -> None:
    play.engine.apply(QuotingPaused(reason="news", received_ms=play.now_ms, market="BTC-USD"))


def test_a_paused_market_pulls_its_quotes_and_the_bot_keeps_running() -> None:
    play = Play().ready()
    pair = play.quoting()

    pause(play)

    assert set(play.cancelled()) == {order.client_order_id for order in pair}
    assert play.engine.state == "RUNNING"
    reason = play.engine.makers["BTC-USD"].reason
    assert reason is not None
    assert (reason.code, reason.text) == ("market_paused", "news")


def test_starting_the_whole_bot_leaves_a_paused_market_out() -> None:
    play = Play().ready()
    pause(play)

    play.engine.apply(QuotingStarted(received_ms=play.now_ms))

    assert play.placed() == []


def test_a_resumed_market_is_quoted_again() -> None:
    play = Play().ready()
    pause(play)
    play.decide()

    play.engine.apply(QuotingStarted(received_ms=play.now_ms, market="BTC-USD"))

    assert len(play.placed()) == 2
    assert [note.event for note in play.engine.take_notes() if "market_" in note.event] == ["market_paused", "market_resumed"]
