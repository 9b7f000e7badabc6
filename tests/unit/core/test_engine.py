"""The documents' loop, told through events: cancel, calculate, place."""

from decimal import Decimal

import msgspec

from bot.core.actions import ArmDeadManSwitch, LookUpOrder, RefreshAccount
from bot.core.events import (
    CancelNotFound,
    FeedLost,
    FeedRestored,
    MarketRulesLoaded,
    OrderLookedUp,
    OrdersReported,
    PlaceNotSent,
    PlaceOutcomeUnknown,
    PlaceRefused,
    PositionReport,
    PositionsReported,
    QuotingStarted,
    QuotingStopped,
    VenueRefusedKey,
)
from bot.core.mode import BotState
from bot.core.orders import ExchangeStatus, Owner, Side, Status
from tests.unit.core.play import Play


def sides(play: Play) -> set[Side]:
    return {order.side for order in play.placed()}


def test_the_first_pair_stands_one_spread_around_the_mark_rounded_away_from_the_touch(play: Play) -> None:
    bid, ask = play.placed()

    assert (bid.side, bid.price, ask.side, ask.price) == (Side.BUY, 86_112, Side.SELL, 86_286)
    assert bid.post_only
    assert ask.post_only
    assert bid.size == ask.size == 1_000


def test_nothing_is_quoted_before_the_account_is_known() -> None:
    play = Play()
    play.engine.apply(MarketRulesLoaded(market=play.market, received_ms=play.now_ms))
    play.engine.apply(QuotingStarted(received_ms=play.now_ms))
    play.see("86198.85", bid=86_190, ask=86_208)
    play.arm()

    assert play.placed() == []
    play.engine.apply(FeedRestored(feed="account", market=None, received_ms=play.now_ms))
    assert play.placed() == []
    assert any(isinstance(action, RefreshAccount) for action in play.actions)
    reason = play.engine.makers["BTC-USD"].reason
    assert reason is not None
    assert reason.code == "account_not_synced"


def test_nothing_is_quoted_while_the_switch_is_not_armed(play: Play) -> None:
    play.now_ms += 31_000
    play.see("86198.85", bid=86_190, ask=86_208)

    assert play.placed() == []
    assert any(isinstance(action, ArmDeadManSwitch) for action in play.actions)
    reason = play.engine.makers["BTC-USD"].reason
    assert reason is not None
    assert reason.code == "switch_not_armed"


def test_quotes_stay_while_the_price_moves_less_than_the_threshold(play: Play) -> None:
    play.quoting()
    play.see("86370", bid=86_360, ask=86_380)

    assert play.decide() == []


def test_a_move_past_the_threshold_cancels_first_and_places_when_both_have_ended(play: Play) -> None:
    pair = play.quoting()
    play.see("86371.5", bid=86_360, ask=86_380)

    assert set(play.cancelled()) == {order.client_order_id for order in pair}
    play.report(pair[0], ExchangeStatus.CANCELLED)
    assert play.placed() == []
    play.report(pair[1], ExchangeStatus.CANCELLED)
    new = play.placed()
    assert [order.price for order in new] == [86_285, 86_458]


def test_quotes_return_one_second_after_a_fill(play: Play) -> None:
    bid, ask = play.quoting()
    play.fill(bid, "0.01")
    play.report(bid, ExchangeStatus.FILLED, filled=Decimal("0.01"))

    assert play.decide() == []
    play.later(1_000)
    assert play.cancelled() == [ask.client_order_id]
    play.report(ask, ExchangeStatus.CANCELLED)
    assert len(play.placed()) == 2


def test_the_side_that_would_pass_the_position_limit_is_withheld_and_the_other_is_not() -> None:
    play = Play(max_position=Decimal("0.01")).ready()
    bid, ask = play.quoting()
    play.fill(bid, "0.01")
    play.report(bid, ExchangeStatus.FILLED, filled=Decimal("0.01"))
    play.later(1_000)
    play.decide()
    play.report(ask, ExchangeStatus.CANCELLED)

    assert sides(play) == {Side.SELL}
    assert play.engine.makers["BTC-USD"].withheld[Side.BUY].code == "position_limit"


def test_an_order_of_unknown_outcome_counts_as_exposure_until_it_is_resolved() -> None:
    play = Play(max_position=Decimal("0.01")).ready()
    bid, ask = play.placed()
    play.acknowledge(ask)
    play.report(ask, ExchangeStatus.NEW)
    play.engine.apply(PlaceOutcomeUnknown(client_order_id=bid.client_order_id, reason="timeout", received_ms=play.now_ms))
    play.now_ms += 1
    play.see("86400", bid=86_390, ask=86_410)
    play.decide()
    play.report(ask, ExchangeStatus.CANCELLED)

    assert sides(play) == {Side.SELL}


def test_a_lost_answer_is_asked_about_and_never_read_as_a_refusal(play: Play) -> None:
    bid, _ = play.placed()
    play.engine.apply(PlaceOutcomeUnknown(client_order_id=bid.client_order_id, reason="timeout", received_ms=play.now_ms))
    actions = play.decide()

    assert LookUpOrder(client_order_id=bid.client_order_id) in actions
    held = play.engine.orders.get(bid.client_order_id)
    assert held is not None
    assert held.status is Status.UNKNOWN


def test_two_answers_of_not_found_and_the_passed_expiry_end_an_order_and_one_answer_does_not(play: Play) -> None:
    bid, _ = play.placed()
    order_id = bid.client_order_id
    play.engine.apply(PlaceOutcomeUnknown(client_order_id=order_id, reason="timeout", received_ms=play.now_ms))
    for _ in range(2):
        play.later(1_500)
        play.decide()
        asked = play.now_ms
        play.engine.apply(OrderLookedUp(client_order_id=order_id, report=None, asked_ms=asked, received_ms=asked))
    play.decide()
    assert order_id in {order.client_order_id for order in play.engine.bot_orders()}

    play.later(101_000)
    play.decide()

    held = play.engine.orders.get(order_id)
    assert held is not None
    assert (held.status, held.reason) == (Status.EXPIRED, "EXPIRED (inferred)")


def test_a_fill_wins_over_a_cancel_that_found_nothing(play: Play) -> None:
    bid, _ = play.quoting()
    play.see("86400", bid=86_390, ask=86_410)
    play.decide()
    play.engine.apply(CancelNotFound(client_order_id=bid.client_order_id, received_ms=play.now_ms))
    play.fill(bid, "0.01")
    play.report(bid, ExchangeStatus.FILLED, filled=Decimal("0.01"))

    held = play.engine.orders.get(bid.client_order_id)
    assert held is not None
    assert held.status is Status.FILLED
    assert play.engine.account.position("BTC-USD") == Decimal("0.01")


def test_the_same_fill_from_stream_and_rest_is_counted_once(play: Play) -> None:
    bid, _ = play.quoting()
    play.fill(bid, "0.004", trade_id=7)
    play.fill(bid, "0.004", trade_id=7, source="rest")

    assert play.engine.account.position("BTC-USD") == Decimal("0.004")
    assert play.engine.counters.fills == 1


def test_stop_cancels_everything_and_creates_nothing_afterwards(play: Play) -> None:
    pair = play.quoting()
    play.engine.apply(QuotingStopped(reason="a person", received_ms=play.now_ms))

    assert set(play.cancelled()) == {order.client_order_id for order in pair}
    for order in pair:
        play.report(order, ExchangeStatus.CANCELLED)
    play.later(60_000)
    assert play.decide() == []
    assert play.engine.bot_orders() == ()


def test_an_order_acknowledged_after_the_stop_is_cancelled_on_sight(play: Play) -> None:
    pair = play.placed()
    play.engine.apply(QuotingStopped(reason="a person", received_ms=play.now_ms))
    assert play.decide() == []
    for order in pair:
        play.acknowledge(order)

    assert set(play.cancelled()) == {order.client_order_id for order in pair}


def test_a_cancel_that_is_not_confirmed_is_sent_again(play: Play) -> None:
    play.quoting()
    play.engine.apply(QuotingStopped(reason="a person", received_ms=play.now_ms))
    assert len(play.cancelled()) == 2
    play.later(500)
    assert play.cancelled() == []
    play.later(1_100)
    assert len(play.cancelled()) == 2


def test_a_stale_mark_pulls_the_quotes(play: Play) -> None:
    play.quoting()
    play.now_ms += 5_001
    play.arm()

    assert len(play.cancelled()) == 2
    reason = play.engine.makers["BTC-USD"].reason
    assert reason is not None
    assert reason.code == "stale_mark_price"


def test_a_mark_far_from_the_mid_pulls_the_quotes(play: Play) -> None:
    play.quoting()
    play.see("86198.85", bid=87_000, ask=87_010)

    assert len(play.cancelled()) == 2
    reason = play.engine.makers["BTC-USD"].reason
    assert reason is not None
    assert reason.code == "divergence"


def test_after_a_mark_far_from_the_mid_both_must_agree_for_a_second(play: Play) -> None:
    pair = play.quoting()
    play.see("86198.85", bid=87_000, ask=87_010)
    assert len(play.cancelled()) == 2
    for order in pair:
        play.report(order, ExchangeStatus.CANCELLED)

    play.later(100)
    play.see("86198.85", bid=86_190, ask=86_208)
    play.later(800)
    assert play.placed() == [], "where our own quotes were the touch, pulling them alone brings the mid back"
    play.later(200)

    assert len(play.placed()) == 2


def test_a_lost_account_stream_pulls_the_quotes_until_everything_was_read_again(play: Play) -> None:
    pair = play.quoting()
    play.engine.apply(FeedLost(feed="account", market=None, reason="gap", received_ms=play.now_ms))
    assert len(play.cancelled()) == 2
    for order in pair:
        play.report(order, ExchangeStatus.CANCELLED)
    play.later(100)
    play.engine.apply(FeedRestored(feed="account", market=None, received_ms=play.now_ms))
    assert play.placed() == []
    play.later(100)
    play.read()
    assert len(play.placed()) == 2


def test_orders_of_an_earlier_run_are_cancelled_before_the_first_quotes() -> None:
    play = Play()
    play.ready()
    stray = play.report_of(play.placed()[0], ExchangeStatus.NEW, client_order_id="mmb-old-7", exchange_order_id=77)
    play = Play()
    play.engine.apply(MarketRulesLoaded(market=play.market, received_ms=play.now_ms))
    play.engine.apply(FeedRestored(feed="account", market=None, received_ms=play.now_ms))
    play.see("86198.85", bid=86_190, ask=86_208)
    play.read(stray)
    play.engine.apply(QuotingStarted(received_ms=play.now_ms))
    play.arm()

    assert play.cancelled() == ["mmb-old-7"]
    assert play.placed() == []


def test_a_strangers_order_is_counted_and_never_cancelled(play: Play) -> None:
    stranger = play.report_of(
        play.placed()[0], ExchangeStatus.NEW, client_order_id="someone", exchange_order_id=9, size=Decimal("0.045")
    )
    now_ms = play.now_ms
    play.engine.apply(OrdersReported(orders=(stranger,), is_snapshot=False, source="stream", asked_ms=now_ms, received_ms=now_ms))
    play.engine.apply(QuotingStopped(reason="a person", received_ms=now_ms))

    assert "someone" not in play.cancelled()
    assert 9 in play.engine.orders.foreign


def test_a_rejected_post_only_order_waits_longer_each_time(play: Play) -> None:
    waits = []
    for _ in range(3):
        orders = play.placed()
        bid = next(order for order in orders if order.side is Side.BUY)
        play.acknowledge(bid)
        play.report(bid, ExchangeStatus.REJECTED, reason="POST_ONLY_FAILED")
        others = [order for order in play.engine.bot_orders() if order.side is Side.SELL]
        for waited in range(0, 60_000, 100):
            play.later(100)
            play.decide()
            for order in others:
                play.report(order, ExchangeStatus.CANCELLED)
            if any(order.side is Side.BUY for order in play.engine.bot_orders()):
                waits.append(waited + 100)
                break
        for order in play.engine.bot_orders():
            play.report(order, ExchangeStatus.REJECTED, reason="POST_ONLY_FAILED")
        play.later(60_000)

    assert waits[0] >= 1_000
    assert play.engine.counters.rejects["POST_ONLY_FAILED"] >= 3


def test_a_refused_signature_halts_and_is_not_tried_again(play: Play) -> None:
    bid, ask = play.placed()
    play.engine.apply(
        PlaceRefused(client_order_id=bid.client_order_id, exchange_code=1101, message="signature", received_ms=play.now_ms)
    )
    play.acknowledge(ask)

    assert play.engine.state is BotState.HALTED
    assert play.cancelled() == [ask.client_order_id]
    play.report(ask, ExchangeStatus.CANCELLED)
    play.later(120_000)
    assert play.decide() == []


def test_a_refused_key_halts(play: Play) -> None:
    play.engine.apply(VenueRefusedKey(exchange_code=401, message="no", received_ms=play.now_ms))

    assert play.engine.state is BotState.HALTED
    assert play.placed() == []


def test_an_order_that_was_not_sent_frees_its_place_after_the_cool_down(play: Play) -> None:
    pair = play.placed()
    for order in pair:
        play.engine.apply(PlaceNotSent(client_order_id=order.client_order_id, reason="no connection", received_ms=play.now_ms))
    assert play.engine.bot_orders() == ()
    assert play.decide() == []
    play.later(1_000)

    assert len(play.placed()) == 2


def test_quotes_are_renewed_at_their_old_prices_before_the_book_drops_them(play: Play) -> None:
    pair = play.quoting()
    play.see("86250", bid=86_240, ask=86_260)
    play.later(60_001)
    assert len(play.cancelled()) == 2
    for order in pair:
        play.report(order, ExchangeStatus.CANCELLED)

    assert [order.price for order in play.placed()] == [order.price for order in pair]


def test_a_lasting_difference_to_the_exchange_is_adopted_and_told(play: Play) -> None:
    report = PositionReport(
        market="BTC-USD",
        size=Decimal("-0.2"),
        entry_price=Decimal(86_000),
        mark_price=Decimal(86_100),
        unrealised_pnl=Decimal(0),
        realised_pnl=Decimal(0),
        liquidation_price=None,
        leverage=Decimal(10),
        updated_ms=play.now_ms,
        wire={},
    )
    play.engine.decide(play.now_ms)
    for _ in range(7):
        play.later(1_000)
        play.engine.apply(
            PositionsReported(positions=(report,), is_snapshot=True, source="rest", asked_ms=play.now_ms, received_ms=play.now_ms)
        )
        play.decide()

    assert play.engine.account.position("BTC-USD") == Decimal("-0.2")
    assert "position_adopted" in {note.event for note in play.engine.take_notes()}


def test_an_order_missing_from_the_list_is_in_doubt_and_not_gone(play: Play) -> None:
    bid, ask = play.quoting()
    play.later(4_000)
    play.read(play.report_of(ask, ExchangeStatus.NEW))
    held = play.engine.orders.get(bid.client_order_id)
    assert held is not None
    assert held.status is Status.RESTING, "a list that may lag the book proves nothing yet"
    play.later(2_000)
    play.read(play.report_of(ask, ExchangeStatus.NEW))

    held = play.engine.orders.get(bid.client_order_id)
    assert held is not None
    assert held.status is Status.UNKNOWN
    assert LookUpOrder(client_order_id=bid.client_order_id) in play.decide()


def test_counts_of_the_documents_follow_the_orders(play: Play) -> None:
    bid, ask = play.quoting()
    play.fill(bid, "0.01")
    play.report(bid, ExchangeStatus.FILLED, filled=Decimal("0.01"))
    play.report(ask, ExchangeStatus.CANCELLED)

    counters = play.engine.counters
    assert (counters.orders_placed, counters.orders_ended, counters.orders_filled, counters.fills) == (2, 2, 1, 1)
    assert counters.fill_rate == 0.5
    assert all(order.owner is Owner.BOT for order in play.engine.bot_orders())


def test_an_end_that_we_concluded_gives_way_to_the_exchanges_word(play: Play) -> None:
    bid, _ = play.placed()
    refused = PlaceRefused(client_order_id=bid.client_order_id, exchange_code=1140, message="cost", received_ms=play.now_ms)
    play.engine.apply(refused)
    assert bid.client_order_id not in {order.client_order_id for order in play.engine.bot_orders()}

    play.now_ms += 10
    play.report(bid, ExchangeStatus.NEW)

    held = play.engine.orders.get(bid.client_order_id)
    assert held is not None
    assert (held.status, held.reason) == (Status.RESTING, "came back")
    play.later(1_600)
    assert bid.client_order_id in play.cancelled()


def test_an_end_that_the_exchange_reported_stays_whatever_is_said_later(play: Play) -> None:
    bid, _ = play.quoting()
    play.report(bid, ExchangeStatus.CANCELLED)
    play.now_ms += 10
    play.report(bid, ExchangeStatus.NEW)

    held = play.engine.orders.get(bid.client_order_id)
    assert held is not None
    assert held.status is Status.CANCELLED


def test_two_quotes_cancelled_by_somebody_else_pause_the_bot_until_a_person_starts_it(play: Play) -> None:
    pair = play.quoting()
    for order in pair:
        play.report(order, ExchangeStatus.CANCELLED)

    assert play.engine.state is BotState.PAUSED
    play.later(60_000)
    assert play.decide() == []
    play.engine.apply(QuotingStarted(received_ms=play.now_ms))
    assert len(play.placed()) == 2


def test_orders_of_an_earlier_run_that_we_cancel_do_not_pause_the_bot(play: Play) -> None:
    from bot.core.events import PastRecovered

    orders = [
        msgspec.structs.replace(order, client_order_id=f"mmb-old-{number}")
        for number, order in enumerate(Play().ready().placed())
    ]
    play.engine.apply(
        PastRecovered(open_orders=tuple(orders), trade_ids=(), positions={}, day=0, figures={}, received_ms=play.now_ms)
    )
    play.later(1_500)
    play.decide()
    assert {LookUpOrder(client_order_id=order.client_order_id) for order in orders} <= set(play.actions)
    for order in orders:
        play.report(order, ExchangeStatus.NEW)
    assert {order.client_order_id for order in orders} <= set(play.cancelled())
    for order in orders:
        play.report(order, ExchangeStatus.CANCELLED)

    assert play.engine.state is BotState.RUNNING
