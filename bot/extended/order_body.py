"""The body of a create or replace request: what is signed and what is sent come from the same texts."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from bot.core.errors import InvalidInput
from bot.core.market import Market
from bot.core.numbers import plain
from bot.core.orders import POSITION_STOP, Order, StopOrder
from bot.extended.signing import OrderAmounts, order_amounts, order_message_hash, signed_expiration_s

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
    _require_whole(price=order.price, size=order.size)
    size, price = market.size(order.size), market.price(order.price)
    amounts, settlement = _settled(
        order, size, price, market, account=account, fee_rate=fee_rate, domain=domain, sign=sign, message_hash=message_hash
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
        "settlement": settlement,
        "debuggingAmounts": {
            "collateralAmount": str(amounts.quote),
            "feeAmount": str(amounts.fee),
            "syntheticAmount": str(amounts.base),
        },
    }
    if replaces is not None:
        body["cancelId"] = replaces
    return body


def _require_whole(**counts: object) -> None:
    """Let only whole ticks and lots reach the signer: a float has lost digits, a decimal may lie between two steps.

    Raises: InvalidInput.
    """
    for field, count in counts.items():
        if isinstance(count, bool) or not isinstance(count, int):
            raise InvalidInput(field, count, "a whole number of ticks or lots")


def _settled(
    order: Order | StopOrder,
    size: Decimal,
    price: Decimal,
    market: Market,
    *,
    account: AccountKeys,
    fee_rate: Decimal,
    domain: Mapping[str, object],
    sign: Sign,
    message_hash: Callable[..., int],
) -> tuple[OrderAmounts, dict[str, object]]:
    """Return the signed amounts, and the record that carries their signature."""
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
    return amounts, {
        "signature": {"r": hex(r), "s": hex(s)},
        "starkKey": hex(account.public_key),
        "collateralPosition": str(account.vault),
    }


WHOLE_POSITION: Final = 50
"""A whole-position stop is signed for this many times the largest position, so that it covers whatever is held then."""


def stop_body(
    stop: StopOrder,
    market: Market,
    *,
    account: AccountKeys,
    fee_rate: Decimal,
    domain: Mapping[str, object],
    sign: Sign,
    message_hash: Callable[..., int] = order_message_hash,
) -> dict[str, Any]:
    """Return the request body of a position stop; only its leg is signed, the order itself has neither size nor price.

    Raises: InvalidInput for a stop that cannot be signed.
    """
    _require_whole(trigger=stop.trigger, worst=stop.worst)
    worst = market.price(stop.worst)
    size = market.size(market.floor_lots(market.max_position_value * WHOLE_POSITION / worst))
    _, settlement = _settled(
        stop, size, worst, market, account=account, fee_rate=fee_rate, domain=domain, sign=sign, message_hash=message_hash
    )
    body: dict[str, Any] = {
        "id": stop.client_order_id,
        "market": stop.market,
        "type": POSITION_STOP,
        "side": stop.side.value,
        "qty": "0",
        "price": "0",
        "reduceOnly": True,
        "postOnly": False,
        "timeInForce": "GTT",
        "expiryEpochMillis": stop.expires_ms,
        "fee": plain(fee_rate),
        "nonce": str(stop.nonce),
        "selfTradeProtectionLevel": SELF_TRADE_PROTECTION,
        "tpSlType": "POSITION",
        "stopLoss": {
            "triggerPrice": plain(market.price(stop.trigger)),
            "triggerPriceType": "MARK",
            "price": plain(worst),
            "priceType": "MARKET",
            "settlement": settlement,
        },
    }
    if stop.replaces is not None:
        body["cancelId"] = stop.replaces
    return body
