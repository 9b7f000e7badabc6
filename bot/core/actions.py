"""What we want done, in the imperative. The engine returns these; the order manager carries them out."""

import msgspec

from bot.core.orders import Order, StopOrder


class Action(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of all actions."""


class ApprovedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order that passed the risk gate. Only `bot.core.risk.limits.approve` makes one; a test watches over that."""

    order: Order


class PlaceOrder(Action, frozen=True, kw_only=True):
    """Send this order. It passed risk and is already counted as live by whoever made the action."""

    approved: ApprovedOrder
    decided_ms: int
    """Local time of the decision; a price that waited too long is not sent."""
    worth_bps: float = 0.0
    """How far the quote it corrects is from where it should be; what corrects most is sent first."""


class PlaceStop(Action, frozen=True, kw_only=True):
    """Send this position stop. It only ever reduces, so it passes no gate and counts in no exposure."""

    stop: StopOrder
    decided_ms: int


class CancelOrder(Action, frozen=True, kw_only=True):
    """Ask the exchange to cancel; by exchange id where it is known, else by ours."""

    client_order_id: str
    exchange_order_id: int | None
    market: str


class LookUpOrder(Action, frozen=True, kw_only=True):
    """Ask the exchange what became of an order whose outcome is in doubt."""

    client_order_id: str


class RefreshAccount(Action, frozen=True, kw_only=True):
    """Read open orders, positions, balance and recent trades over REST."""

    reason: str


class ArmDeadManSwitch(Action, frozen=True, kw_only=True):
    """Renew the account-wide countdown, in seconds; 0 disarms."""

    countdown_s: int


AnyAction = PlaceOrder | PlaceStop | CancelOrder | LookUpOrder | RefreshAccount | ArmDeadManSwitch


def cancel_of(order: Order) -> CancelOrder:
    """Return the cancel of one order."""
    return CancelOrder(client_order_id=order.client_order_id, exchange_order_id=order.exchange_order_id, market=order.market)
