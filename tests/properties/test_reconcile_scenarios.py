"""Whatever is live, in whatever state: every order has one fate and every wish is answered."""

from hypothesis import given
from hypothesis import strategies as st

from bot.core.numbers import Lots, Ticks
from bot.core.orders import ENDED, Order, Owner, Side, Status, TimeInForce
from bot.core.quoting.ladder import Quote
from bot.core.reconcile import ON_ITS_WAY, reconcile

NAMES = [f"mmb-1-{number}" for number in range(1, 7)]
LIVE = sorted(set(Status) - ENDED)


@st.composite
def live_orders(draw: st.DrawFn) -> list[Order]:
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=6))
    return [
        Order(
            client_order_id=name,
            nonce=1,
            market="BTC-USD",
            side=draw(st.sampled_from(list(Side))),
            price=Ticks(draw(st.integers(90, 95))),
            size=Lots(10),
            time_in_force=TimeInForce.GTT,
            post_only=True,
            reduce_only=False,
            owner=Owner.BOT,
            created_ms=0,
            expires_ms=90_000,
            status=draw(st.sampled_from(LIVE)),
            filled=Lots(draw(st.sampled_from([0, 0, 4]))),
            adopted=draw(st.sampled_from([False, False, True])),
            replaces=draw(st.sampled_from([None, *NAMES])),
            replaced_by=draw(st.sampled_from([None, *NAMES])),
        )
        for name in names
    ]


quotes = st.lists(
    st.builds(Quote, side=st.sampled_from(list(Side)), price=st.integers(90, 95).map(Ticks), size=st.just(Lots(10))),
    max_size=2,
    unique_by=lambda quote: quote.side,
)


@given(live=live_orders(), desired=quotes, may_amend=st.booleans(), replace_all=st.booleans())
def test_every_live_order_has_one_fate(live: list[Order], desired: list[Quote], may_amend: bool, replace_all: bool) -> None:
    plan = reconcile(desired, live, may_amend=lambda order, quote: may_amend, replace_all=replace_all)

    named = [*plan.keep, *plan.cancel, *plan.wait, *(each.order for each in plan.amend)]
    doubtful = [order for order in live if order.status is Status.UNKNOWN]
    assert sorted(order.client_order_id for order in [*named, *doubtful]) == sorted(order.client_order_id for order in live)
    assert all(quote in desired for quote in plan.place)
    for order in () if replace_all else plan.cancel:
        for quote in desired:
            if (order.side, order.price, order.remaining, order.adopted) == (quote.side, quote.price, quote.size, False):
                same = [
                    kept for kept in plan.keep if (kept.side, kept.price, kept.remaining) == (quote.side, quote.price, quote.size)
                ]
                assert same, "an order that is as wished goes only where another one stands in its place"
    for side in Side:
        moving = [order for order in live if order.side is side and order.status in ON_ITS_WAY]
        legs = [order for order in moving if order.client_order_id not in {each.replaces for each in moving}]
        assert not legs or not [quote for quote in plan.place if quote.side is side], "what is on its way decides first"
