"""From what we want to show and what may be live to a plan: keep, amend, place, cancel.

One slot for each level of each side. The rules, in this order:

- An order on its way (being placed, or replaced) is waited for: its answer decides.
- An order whose outcome is in doubt does not hold the slot; it is counted in the exposure, and asked about elsewhere.
- A resting order that is already as wished is kept: its place in the queue is worth more than a new one.
- A resting order that only has the wrong price, and that nobody has begun to fill, is amended in one request. It is cancelled
  first where amending could cost both orders: close to the opposite touch the book may refuse a post-only order.
- Anything else, an order of an earlier run included, is cancelled; the slot is filled when the exchange has confirmed the end.
"""

from collections.abc import Callable, Sequence

import msgspec

from bot.core.orders import Order, Side, Status
from bot.core.quoting.ladder import Quote

ON_ITS_WAY = frozenset({Status.RESERVED, Status.PLACING, Status.ACKED, Status.CANCELLING})


class Amend(msgspec.Struct, frozen=True, kw_only=True):
    """Replace one resting order by another of the same size in one request."""

    order: Order
    quote: Quote


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to do in one market now. Every live order is kept, amended, cancelled or waited for; every wish likewise."""

    keep: tuple[Order, ...] = ()
    amend: tuple[Amend, ...] = ()
    place: tuple[Quote, ...] = ()
    cancel: tuple[Order, ...] = ()
    wait: tuple[Order, ...] = ()

    @property
    def is_done(self) -> bool:
        """True when what is live is what was wished."""
        return not (self.amend or self.place or self.cancel or self.wait)


def reconcile(
    desired: Sequence[Quote],
    live: Sequence[Order],
    *,
    may_amend: Callable[[Order, Quote], bool],
    replace_all: bool = False,
) -> Plan:
    """Compare wishes with the bot's live orders of one market.

    `may_amend` says whether replacing in place is safe and wanted for this pair. With `replace_all`, an order that is as wished
    is replaced all the same: its time on the book runs out, or the documents' loop is followed to the letter.
    """
    plan = Plan()
    for side in Side:
        wishes = [quote for quote in desired if quote.side is side]
        held = [order for order in live if order.side is side and order.status is not Status.UNKNOWN]
        plan = _with(plan, _one_side(wishes, held, may_amend=may_amend, replace_all=replace_all))
    doubtful = sum(order.status is Status.UNKNOWN for order in live)
    fates = len(plan.keep) + len(plan.amend) + len(plan.cancel) + len(plan.wait)
    assert fates + doubtful == len(live), "every live order has one fate"
    return plan


def _one_side(
    wishes: list[Quote], held: Sequence[Order], *, may_amend: Callable[[Order, Quote], bool], replace_all: bool
) -> Plan:
    """Plan one side; its levels are matched from the touch outwards, each order to at most one wish."""
    moving = [order for order in held if order.status in ON_ITS_WAY]
    resting = [order for order in held if order.status is Status.RESTING]
    on_their_way = {order.client_order_id for order in moving}
    spoken_for = [order for order in resting if order.replaced_by in on_their_way or _leads_to(order, moving)]
    free = sorted((order for order in resting if order not in spoken_for), key=_outwards)
    keep: list[Order] = []
    unkept = list(wishes)
    for quote in wishes:
        fits = [order for order in free if _is_as_wished(order, quote) and not replace_all]
        if fits:
            keep.append(fits[0])
            free.remove(fits[0])
            unkept.remove(quote)
    # Only now: an order that is being cancelled must not take the wish of one that rests where it should.
    open_wishes = _not_yet_served(unkept, moving)
    amend: list[Amend] = []
    cancel: list[Order] = []
    for order in free:
        # One whose replacement is in doubt is cancelled: a second replacement could meet the first.
        is_clear = order.replaced_by is None
        instead = next((each for each in open_wishes if is_clear and _same_size(order, each) and may_amend(order, each)), None)
        if instead is None:
            cancel.append(order)
        else:
            amend.append(Amend(order=order, quote=instead))
            open_wishes.remove(instead)
    # A cancelled order leaves its slot when the exchange has confirmed its end; until then one wish waits for it.
    place = open_wishes[: max(0, len(open_wishes) - len(cancel))]
    return Plan(keep=tuple(keep), amend=tuple(amend), place=tuple(place), cancel=tuple(cancel), wait=tuple(moving + spoken_for))


def _not_yet_served(wishes: list[Quote], moving: Sequence[Order]) -> list[Quote]:
    """Return the wishes that no order on its way serves: one at the same price serves its wish, any other the outermost one."""
    left = list(wishes)
    legs = [order for order in moving if not _leads_to(order, moving)] or list(moving[:1])
    for order in sorted(legs, key=_outwards):
        if left:
            exact = next((quote for quote in left if quote.price == order.price), left[-1])
            left.remove(exact)
    return left


def _outwards(order: Order) -> int:
    return -order.side.sign * order.price


def _with(plan: Plan, other: Plan) -> Plan:
    return Plan(
        keep=plan.keep + other.keep,
        amend=plan.amend + other.amend,
        place=plan.place + other.place,
        cancel=plan.cancel + other.cancel,
        wait=plan.wait + other.wait,
    )


def _leads_to(order: Order, moving: Sequence[Order]) -> bool:
    return any(each.replaces == order.client_order_id for each in moving)


def _is_as_wished(order: Order, quote: Quote) -> bool:
    return order.price == quote.price and order.remaining == quote.size and not order.adopted


def _same_size(order: Order, quote: Quote) -> bool:
    return order.filled == 0 and order.size == quote.size and not order.adopted
