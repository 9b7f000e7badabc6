"""After the exchange's position was adopted, both sides are decided anew: what each may still hold has changed."""

from decimal import Decimal

from bot.core.events import PositionReport, PositionsReported
from bot.core.orders import Side
from tests.unit.core.play import Play


def report(size: str, now_ms: int) -> PositionReport:
    return PositionReport(
        market="BTC-USD",
        size=Decimal(size),
        entry_price=Decimal(86_000),
        mark_price=Decimal(86_100),
        unrealised_pnl=Decimal(0),
        realised_pnl=Decimal(0),
        liquidation_price=None,
        leverage=Decimal(10),
        updated_ms=now_ms,
        wire={},
    )


def say(play: Play, *reports: PositionReport) -> None:
    now_ms = play.now_ms
    play.engine.apply(PositionsReported(positions=reports, is_snapshot=True, source="rest", asked_ms=now_ms, received_ms=now_ms))


def test_a_side_that_the_forgotten_position_held_back_is_shown_again_within_seconds() -> None:
    play = Play(edit_in_place=True)
    play.ready()
    say(play, report("0.05", play.now_ms))
    for _ in range(7):
        play.later(1_000)
        say(play, report("0.05", play.now_ms))
        play.decide()
    assert play.engine.account.position("BTC-USD") == Decimal("0.05"), "the limit: only the sell may stand"

    shown: list[Side] = []
    for _ in range(9):
        play.later(1_000)
        say(play)
        shown += [order.side for order in play.placed()]

    assert play.engine.account.position("BTC-USD") == 0
    assert Side.BUY in shown
