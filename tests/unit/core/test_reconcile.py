"""From wishes and live orders to a plan: every order has one fate, every wish is served once."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bot.core.numbers import Lots, Ticks
from bot.core.orders import Order, Owner, Side, Status, TimeInForce
from bot.core.quoting.ladder import Quote
from bot.core.reconcile import Plan, reconcile


def order(
    number: int, price: int, *, side: Side = Side.BUY, size: int = 10, status: Status = Status.RESTING, **more: object
) -> Order:
    made = Order(
        client_order_id=f"mmb-a-{number}",
        nonce=number,
        market="M",
        side=side,
        price=Ticks(price),
        size=Lots(size),
        time_in_force=TimeInForce.GTT,
        post_only=True,
        reduce_only=False,
        owner=Owner.BOT,
        created_ms=0,
        expires_ms=1,
        status=status,
        exchange_order_id=number,
    )
    return msgspec.structs.replace(made, **more)


def quote(price: int, *, side: Side = Side.BUY, size: int = 10) -> Quote:
    return Quote(side=side, price=Ticks(price), size=Lots(size))


def plan(wishes: list[Quote], live: list[Order], **options: bool) -> Plan:
    return reconcile(wishes, live, may_amend=lambda *_: True, replace_all=options.get("replace_all", False))


def test_levels_that_are_as_wished_are_kept_wherever_they_stand_in_the_list() -> None:
    made = plan([quote(100), quote(99), quote(98)], [order(1, 98), order(2, 100), order(3, 99)])

    assert len(made.keep) == 3
    assert made.is_done


def test_a_ladder_that_moves_by_one_level_amends_one_order_and_keeps_the_others() -> None:
    made = plan([quote(101), quote(100), quote(99)], [order(1, 100), order(2, 99), order(3, 98)])

    assert {each.client_order_id for each in made.keep} == {"mmb-a-1", "mmb-a-2"}
    assert [(each.order.client_order_id, each.quote.price) for each in made.amend] == [("mmb-a-3", 101)]


def test_a_level_too_many_is_cancelled_and_a_level_too_few_is_placed() -> None:
    assert [each.client_order_id for each in plan([quote(100)], [order(1, 100), order(2, 99)]).cancel] == ["mmb-a-2"]
    assert [each.price for each in plan([quote(100), quote(99)], [order(1, 100)]).place] == [99]


def test_an_order_on_its_way_serves_its_wish_and_the_other_levels_go_on() -> None:
    made = plan([quote(100), quote(99)], [order(1, 100, status=Status.PLACING)])

    assert [each.client_order_id for each in made.wait] == ["mmb-a-1"]
    assert [each.price for each in made.place] == [99]


def test_a_wish_waits_for_the_order_that_is_cancelled_in_its_favour() -> None:
    made = plan([quote(100, size=20)], [order(1, 100, size=10)])

    assert len(made.cancel) == 1
    assert made.place == ()


def test_both_legs_of_an_edit_take_one_slot() -> None:
    old = order(1, 100, status=Status.CANCELLING, replaced_by="mmb-a-2")
    new = order(2, 101, status=Status.PLACING, replaces="mmb-a-1")
    made = plan([quote(101), quote(99)], [old, new])

    assert len(made.wait) == 2
    assert [each.price for each in made.place] == [99]


def test_an_order_that_somebody_has_begun_to_fill_is_cancelled_and_not_edited() -> None:
    """An edit would give the new leg the whole size again."""
    made = plan([quote(101)], [order(1, 100, filled=Lots(4))])

    assert ([each.client_order_id for each in made.cancel], made.amend, made.place) == (["mmb-a-1"], (), ())


def test_an_order_whose_replacement_is_in_doubt_is_cancelled_and_not_replaced_once_more() -> None:
    old = order(1, 100, replaced_by="mmb-a-2")
    doubtful = order(2, 101, status=Status.UNKNOWN, replaces="mmb-a-1")
    made = plan([quote(102)], [old, doubtful])

    assert ([each.client_order_id for each in made.cancel], made.amend) == (["mmb-a-1"], ())


def test_an_order_of_an_earlier_run_is_cancelled_though_it_stands_where_it_should() -> None:
    made = plan([quote(100)], [order(1, 100, adopted=True)])

    assert ([each.client_order_id for each in made.cancel], made.keep, made.amend) == (["mmb-a-1"], (), ())


def test_an_order_in_doubt_holds_no_slot() -> None:
    made = plan([quote(100)], [order(1, 100, status=Status.UNKNOWN)])

    assert [each.price for each in made.place] == [100]
    assert (made.wait, made.cancel) == ((), ())


ORDERS = st.lists(
    st.tuples(
        st.integers(95, 105),
        st.sampled_from([Status.RESTING, Status.PLACING, Status.ACKED, Status.CANCELLING, Status.UNKNOWN]),
        st.sampled_from(list(Side)),
        st.sampled_from([10, 20]),
    ),
    max_size=8,
)
WISHES = st.lists(st.tuples(st.integers(95, 105), st.sampled_from(list(Side))), max_size=6, unique=True)


@given(orders=ORDERS, wishes=WISHES)
def test_every_order_has_one_fate_and_no_wish_is_served_twice(
    orders: list[tuple[int, Status, Side, int]], wishes: list[tuple[int, Side]]
) -> None:
    live = [
        order(number, price, status=status, side=side, size=size) for number, (price, status, side, size) in enumerate(orders, 1)
    ]
    desired = [quote(price, side=side) for price, side in wishes]
    made = plan(desired, live)

    fates = [*made.keep, *(each.order for each in made.amend), *made.cancel, *made.wait]
    assert len({each.client_order_id for each in fates}) == len(fates)
    assert set(fates) | {each for each in live if each.status is Status.UNKNOWN} == set(live)
    served = [*made.place, *(each.quote for each in made.amend)]
    assert len(served) == len(set(served))
    for side in Side:
        shown = sum(each.side is side for each in [*made.keep, *made.place]) + sum(each.quote.side is side for each in made.amend)
        assert shown <= sum(each.side is side for each in desired)


@given(orders=ORDERS, wishes=WISHES)
def test_a_plan_that_was_carried_out_needs_no_other(
    orders: list[tuple[int, Status, Side, int]], wishes: list[tuple[int, Side]]
) -> None:
    desired = [quote(price, side=side) for price, side in wishes]
    live = [order(number, each.price, side=each.side) for number, each in enumerate(desired, 1)]
    del orders

    assert plan(desired, live).is_done
