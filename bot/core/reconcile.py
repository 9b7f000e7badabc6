"""From what we want to show and what may be live to a plan: keep, amend, place, cancel.

One slot for each side. The rules, in this order:

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
    keep: list[Order] = []
    amend: list[Amend] = []
    place: list[Quote] = []
    cancel: list[Order] = []
    wait: list[Order] = []
    for side in Side:
        quote = next((each for each in desired if each.side is side), None)
        held = [order for order in live if order.side is side and order.status is not Status.UNKNOWN]
        moving = [order for order in held if order.status in ON_ITS_WAY]
        resting = [order for order in held if order.status is Status.RESTING]
        if moving:
            wait += moving
            for order in resting:
                is_spoken_for = order.replaced_by is not None or _leads_to(order, moving)
                (wait if is_spoken_for else cancel).append(order)
            continue
        fits = [order for order in resting if quote is not None and _is_as_wished(order, quote) and not replace_all]
        if fits:
            keep.append(fits[0])
            cancel += [order for order in resting if order is not fits[0]]
        elif quote is not None and len(resting) == 1 and _same_size(resting[0], quote) and may_amend(resting[0], quote):
            amend.append(Amend(order=resting[0], quote=quote))
        elif resting:
            cancel += resting
        elif quote is not None:
            place.append(quote)
    doubtful = sum(order.status is Status.UNKNOWN for order in live)
    assert len(keep) + len(amend) + len(cancel) + len(wait) + doubtful == len(live), "every live order has one fate"
    return Plan(keep=tuple(keep), amend=tuple(amend), place=tuple(place), cancel=tuple(cancel), wait=tuple(wait))


def _leads_to(order: Order, moving: Sequence[Order]) -> bool:
    return any(each.replaces == order.client_order_id for each in moving)


def _is_as_wished(order: Order, quote: Quote) -> bool:
    return order.price == quote.price and order.remaining == quote.size and not order.adopted


def _same_size(order: Order, quote: Quote) -> bool:
    return order.filled == 0 and order.size == quote.size and not order.adopted
