"""Orders by hand: create, list, cancel."""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request

from backend.answers import Json
from backend.routes.common import Documented, commanded, errors, service_of
from backend.schemas import (
    LONGEST_ID,
    CancelAnswer,
    DecimalText,
    MarketText,
    NewOrder,
    OpenOrders,
    OrderAnswer,
    OrderCheck,
    SideName,
    TimeInForceName,
)
from bot.core.errors import OutcomeUnknown
from bot.core.market import market_name
from bot.observers.feed import orders_part

router: Final = APIRouter(prefix="/api/orders", tags=["orders"])
UNKNOWN: Final[Documented] = {202: {"model": OrderAnswer, "description": "The answer was lost: the order may exist."}}
UNKNOWN_CANCEL: Final[Documented] = {
    202: {"model": CancelAnswer, "description": "The answer was lost: the order may still stand."}
}


@router.post("/create", operation_id="createOrder", responses={200: {"model": OrderAnswer}, **UNKNOWN, **errors(409, 422)})
async def create(request: Request, order: NewOrder) -> Json:
    """Place an order by hand, through the same risk gate as the bot's."""
    bot = service_of(request).bot
    answer = await commanded(
        request,
        "create_order",
        order.model_dump(mode="json"),
        lambda: bot.create_order(
            market=order.market,
            side=order.side.value,
            price=order.price,
            size=order.size,
            time_in_force=order.timeInForce.value,
            reduce_only=order.reduceOnly,
        ),
    )
    return Json(answer, 202 if answer["status"] == "UNKNOWN" else 200)


@router.get("", operation_id="getOpenOrders", responses={200: {"model": OpenOrders}, **errors(422)})
async def open_orders(
    request: Request, market: Annotated[str | None, Query(description="BTC-USD; BTC-PERP is another name of it.")] = None
) -> Json:
    """Return every order that may still fill: the bot's, ours by hand, and strangers'."""
    engine = service_of(request).bot.engine
    name = None if market is None else engine.view_of(market_name(market)).rules.name
    orders = [order for order in orders_part(engine).values() if name in (None, order["market"])]
    return Json({"orders": sorted(orders, key=lambda order: -int(order["createdTime"]))})


@router.get("/check", operation_id="checkOrder", responses={200: {"model": OrderCheck}, **errors(422)})
async def check(
    *,
    request: Request,
    market: Annotated[MarketText, Query()],
    side: SideName,
    price: Annotated[DecimalText, Query()],
    size: Annotated[DecimalText, Query()],
    time_in_force: Annotated[TimeInForceName, Query(alias="timeInForce")],
    reduce_only: Annotated[bool, Query(alias="reduceOnly")] = False,
) -> Json:
    """Say what the risk gate would say to an order now; nothing is sent."""
    bot = service_of(request).bot
    answer = await bot.check_order(
        market=market, side=side.value, price=price, size=size, time_in_force=time_in_force.value, reduce_only=reduce_only
    )
    return Json(answer)


@router.delete(
    "/{order_id}",
    operation_id="cancelOrder",
    responses={200: {"model": CancelAnswer}, **UNKNOWN_CANCEL, **errors(404, 409, 422)},
)
async def cancel(
    request: Request,
    order_id: Annotated[str, Path(min_length=1, max_length=LONGEST_ID, description="The exchange's id or ours.")],
) -> Json:
    """Cancel one order by the exchange's id or ours."""
    try:
        bot = service_of(request).bot
        answer = await commanded(request, "cancel_order", {"id": order_id}, lambda: bot.cancel_order(order_id))
    except OutcomeUnknown as error:
        return Json({"status": "UNKNOWN", "id": order_id, "message": str(error)}, 202)
    return Json(answer, 202 if answer["status"] == "UNKNOWN" else 200)
