"""The table of an order's life: every state against every voice."""

import pytest

from bot.core.errors import InvariantBroken
from bot.core.orders import ENDED, TRANSITIONS, ExchangeStatus, Saw, Side, Status, next_status

REPORTED_END = {
    Saw.FILLED: Status.FILLED,
    Saw.CANCELLED: Status.CANCELLED,
    Saw.EXPIRED: Status.EXPIRED,
    Saw.REJECTED: Status.REJECTED,
}
SENT_STATES = [Status.PLACING, Status.ACKED, Status.RESTING, Status.CANCELLING, Status.UNKNOWN]


@pytest.mark.parametrize("status", SENT_STATES)
@pytest.mark.parametrize("saw", list(REPORTED_END))
def test_the_exchange_can_end_an_order_that_was_sent_in_any_state(status: Status, saw: Saw) -> None:
    assert next_status(status, saw) is REPORTED_END[saw]


@pytest.mark.parametrize("ended", sorted(ENDED))
@pytest.mark.parametrize("saw", [saw for saw in Saw if saw is not Saw.SENT])
def test_an_ended_order_stays_ended_whatever_is_heard(ended: Status, saw: Saw) -> None:
    assert next_status(ended, saw) is ended


@pytest.mark.parametrize("status", SENT_STATES)
@pytest.mark.parametrize(
    "saw", [Saw.ANSWER_LOST, Saw.SILENCE, Saw.CANCEL_SENT, Saw.CANCEL_ANSWERED, Saw.CANCEL_LOST, Saw.CANCEL_NOT_FOUND]
)
def test_absence_of_news_never_ends_an_order(status: Status, saw: Saw) -> None:
    if saw in TRANSITIONS[status]:
        assert not next_status(status, saw).is_ended


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("saw", list(Saw))
def test_a_pair_that_is_not_in_the_table_is_our_bug(status: Status, saw: Saw) -> None:
    if saw in TRANSITIONS[status]:
        assert isinstance(next_status(status, saw), Status)
    else:
        with pytest.raises(InvariantBroken, match=saw.value):
            next_status(status, saw)


def test_the_forbidden_pairs_are_exactly_these() -> None:
    forbidden = {(status, saw) for status in Status for saw in Saw if saw not in TRANSITIONS[status]}

    sent_twice = {(status, Saw.SENT) for status in Status if status is not Status.RESERVED}
    before_sending = {(Status.RESERVED, saw) for saw in Saw if saw not in (Saw.SENT, Saw.NOT_SENT)}
    answered_before = {(Status.ACKED, Saw.REFUSED)} | {(status, Saw.NOT_SENT) for status in (Status.ACKED, Status.RESTING)}
    assert forbidden == sent_twice | before_sending | answered_before


def test_every_open_word_of_the_exchange_counts_as_open() -> None:
    assert {word for word in ExchangeStatus if word.is_open} == {
        ExchangeStatus.NEW,
        ExchangeStatus.PARTIALLY_FILLED,
        ExchangeStatus.UNTRIGGERED,
    }


def test_a_buy_adds_and_a_sell_takes_away() -> None:
    assert (Side.BUY.sign, Side.SELL.sign, Side.BUY.opposite) == (1, -1, Side.SELL)
