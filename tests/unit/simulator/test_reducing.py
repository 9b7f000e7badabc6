"""Reduce-only orders at rest, when what they would reduce goes away under them."""

from typing import Any

from simulator.orders import Reason, Status, TimeInForce

ALICE, BOB = 3001, 3002


def test_a_taker_meets_a_reduce_only_maker_whose_position_it_has_just_closed(desk: Any) -> None:
    """The first match closes the maker's position, which cancels the order the taker is already waiting for."""
    desk.buy(ALICE, 86_200)
    desk.sell(BOB, 86_200)
    desk.sell(ALICE, 86_300)  # a plain order that will close the long
    exit_order = desk.sell(ALICE, 86_300, reduce_only=True)

    taker = desk.buy(BOB, 86_300, "0.02", time_in_force=TimeInForce.IOC)

    assert (exit_order.status, exit_order.reason) == (Status.CANCELLED, Reason.REDUCE_ONLY_FAILED)
    assert (taker.filled, desk.position(ALICE), desk.position(BOB)) == (1000, 0, 0)
