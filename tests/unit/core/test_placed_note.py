"""The note about placed orders has the documents' shape, whichever answer comes first."""

from tests.unit.core.play import Play


def test_the_bid_is_named_first_although_the_ask_was_answered_first() -> None:
    play = Play().ready()
    bid, ask = sorted(play.placed(), key=lambda order: order.side)
    play.engine.take_notes()

    play.acknowledge(ask)
    play.acknowledge(bid)
    play.decide()

    (note,) = [note for note in play.engine.take_notes() if note.event == "orders_placed"]
    assert note.fields["orders"] == "BUY @ 86112, SELL @ 86286"
