"""The body of a create or replace request: what is signed and what is sent come from the same texts."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from bot.core.market import Market
from bot.core.numbers import plain
from bot.core.orders import Order
from bot.extended.signing import order_amounts, order_message_hash, signed_expiration_s

SELF_TRADE_PROTECTION: Final = "ACCOUNT"
"""No order of ours may trade with another of the same account."""

Sign = Callable[[int], tuple[int, int]]
"""Takes an order hash, gives (r, s)."""


class AccountKeys(msgspec.Struct, frozen=True, kw_only=True):
    """The public half of who signs: position number and Stark public key."""

    vault: int
    public_key: int


def order_body(
    order: Order,
    market: Market,
    *,
    account: AccountKeys,
    fee_rate: Decimal,
    domain: Mapping[str, object],
    sign: Sign,
    message_hash: Callable[..., int] = order_message_hash,
    replaces: str | None = None,
) -> dict[str, Any]:
    """Return the signed request body; `replaces` is our id of the open order that this one takes the place of.

    Raises: InvalidInput for an order that cannot be signed.
    """
    size, price = market.size(order.size), market.price(order.price)
    amounts = order_amounts(
        side=order.side,
        size=size,
        price=price,
        fee_rate=fee_rate,
        synthetic_resolution=market.synthetic_resolution,
        collateral_resolution=market.collateral_resolution,
    )
    r, s = sign(
        message_hash(
            amounts=amounts,
            expiration_s=signed_expiration_s(order.expires_ms),
            nonce=order.nonce,
            vault=account.vault,
            public_key=account.public_key,
            synthetic_id=market.synthetic_id,
            collateral_id=market.collateral_id,
            domain=domain,
        )
    )
    body: dict[str, Any] = {
        "id": order.client_order_id,
        "market": order.market,
        "type": "LIMIT",
        "side": order.side.value,
        "qty": plain(size),
        "price": plain(price),
        "reduceOnly": order.reduce_only,
        "postOnly": order.post_only,
        "timeInForce": order.time_in_force.value,
        "expiryEpochMillis": order.expires_ms,
        "fee": plain(fee_rate),
        "nonce": str(order.nonce),
        "selfTradeProtectionLevel": SELF_TRADE_PROTECTION,
        "settlement": {
            "signature": {"r": hex(r), "s": hex(s)},
            "starkKey": hex(account.public_key),
            "collateralPosition": str(account.vault),
        },
        "debuggingAmounts": {
            "collateralAmount": str(amounts.quote),
            "feeAmount": str(amounts.fee),
            "syntheticAmount": str(amounts.base),
        },
    }
    if replaces is not None:
        body["cancelId"] = replaces
    return body
