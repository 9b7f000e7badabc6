"""Orders by hand over HTTP: what passes the door, and what each outcome is answered with."""

from decimal import Decimal
from typing import Any

import pytest
from starlette.testclient import TestClient

from bot.core.errors import (
    ExchangeUnreachable,
    IdsExhausted,
    InvalidInput,
    MakerError,
    NotFound,
    NotSent,
    OutcomeUnknown,
    PriceUnavailable,
    ProtocolError,
    RateLimited,
    Refused,
    RiskRefused,
    Unauthorised,
    VenueMode,
)
from bot.core.events import OrdersReported
from bot.core.orders import ExchangeStatus, OrderReport, Side
from tests.unit.backend.fakes import World
from tests.unit.core.play import START_MS

ORDER: dict[str, Any] = {"market": "BTC-PERP", "side": "BUY", "price": "60000", "size": "0.001", "timeInForce": "POST_ONLY"}


def test_the_printed_order_reaches_the_bot_with_the_markets_real_name(world: World, client: TestClient) -> None:
    answer = client.post("/api/orders/create", json=ORDER)

    assert answer.status_code == 200
    assert world.bot.calls == [("create_order", {**ORDER, "market": "BTC-USD", "reduceOnly": False})]


@pytest.mark.parametrize("kind", ["POST_ONLY", "GTC", "GTT", "IOC", "FOK"])
@pytest.mark.parametrize("reduce_only", [False, True])
def test_every_kind_of_order_is_passed_on(world: World, client: TestClient, kind: str, *, reduce_only: bool) -> None:
    client.post("/api/orders/create", json={**ORDER, "timeInForce": kind, "reduceOnly": reduce_only})

    assert world.bot.calls[0][1]["timeInForce"] == kind
    assert world.bot.calls[0][1]["reduceOnly"] is reduce_only


BAD_NUMBERS: list[Any] = [
    "NaN", "nan", "Infinity", "-Infinity", "0", "0.0", "-1", "-0", "1e5", "1E-3", "", " ", "abc", "1,000", "1_000", "0x10",
    "9" * 60, "0." + "1" * 60, "١٢", "½", "1.2.3", ".", "+", 60000, 0.001, True, None, [], {}, ["1"],
]  # fmt: skip
BAD_VALUES: dict[str, list[Any]] = {
    "price": BAD_NUMBERS,
    "size": BAD_NUMBERS,
    "market": ["", "btc-usd", "BTC", "BTC-USD; DROP", "BTC/USD", "../etc", "BTC-USD\n", 7, None, []],
    "side": ["buy", "LONG", "", 1, None],
    "timeInForce": ["post_only", "DAY", "", 1, None],
    "reduceOnly": ["true", "false", 1, 0, "yes", None, []],
}
BAD = [(field, value) for field, values in BAD_VALUES.items() for value in values]


@pytest.mark.parametrize(("field", "bad"), BAD)
def test_a_value_that_cannot_be_used_is_named_and_nothing_is_sent(world: World, client: TestClient, field: str, bad: Any) -> None:
    answer = client.post("/api/orders/create", json={**ORDER, field: bad})

    assert answer.status_code == 422
    assert answer.json()["field"] == field
    assert answer.json()["message"].startswith(f"{field} is ")
    assert answer.json()["hint"]
    assert not world.bot.calls


@pytest.mark.parametrize("field", ["market", "side", "price", "size", "timeInForce"])
def test_a_missing_field_is_named(world: World, client: TestClient, field: str) -> None:
    answer = client.post("/api/orders/create", json={name: value for name, value in ORDER.items() if name != field})

    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert not world.bot.calls


@pytest.mark.parametrize("extra", ["postOnly", "leverage", "__proto__", "Price", "id"])
def test_an_unknown_field_is_named(world: World, client: TestClient, extra: str) -> None:
    answer = client.post("/api/orders/create", json={**ORDER, extra: "1"})

    assert (answer.status_code, answer.json()["field"]) == (422, extra)
    assert not world.bot.calls


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"{", b'"order"', b"NaN"])
def test_a_body_that_is_no_order_is_refused(world: World, client: TestClient, body: bytes) -> None:
    answer = client.post("/api/orders/create", content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code == 422
    assert {"code", "message", "field", "hint"} <= set(answer.json())
    assert not world.bot.calls


def test_a_long_value_is_shortened_in_the_answer(client: TestClient) -> None:
    answer = client.post("/api/orders/create", json={**ORDER, "price": "9" * 5000})

    assert len(answer.text) < 1500


@pytest.mark.parametrize(
    ("outcome", "status"), [("RESTING", 200), ("FILLED", 200), ("REJECTED", 200), ("CANCELLED", 200), ("UNKNOWN", 202)]
)
def test_a_lost_answer_is_a_202_and_everything_known_a_200(world: World, client: TestClient, outcome: str, status: int) -> None:
    world.bot.answers["create_order"] = {"status": outcome, "externalId": "mmh-1-1"}

    answer = client.post("/api/orders/create", json=ORDER)

    assert answer.status_code == status
    assert answer.json()["status"] == outcome


OUTCOMES: list[tuple[MakerError, int, str, str | None]] = [
    (InvalidInput("price", "60000.3", "a multiple of 1", "the nearest prices are 60000 or 60001"), 422, "invalid_input", "price"),
    (RiskRefused("price_band", "a buy may stand at most at 90508.79, asked 99999"), 422, "risk_price_band", "price"),
    (RiskRefused("position_limit", "no room"), 422, "risk_position_limit", "size"),
    (RiskRefused("own_quotes_in_the_way", "not pulled in time"), 422, "risk_own_quotes_in_the_way", None),
    (Refused(1140, "not enough balance", http_status=400), 400, "refused_by_exchange", None),
    (RateLimited(429, "too many"), 429, "rate_limited", None),
    (Unauthorised(401, "key"), 502, "unauthorised", None),
    (VenueMode(1150, "maintenance"), 503, "venue_mode", None),
    (NotFound(1142, "no order"), 404, "not_found", None),
    (NotSent("no connection"), 503, "not_sent", None),
    (ExchangeUnreachable("no connection"), 503, "exchange_unreachable", None),
    (ProtocolError("not JSON"), 502, "protocol", None),
    (PriceUnavailable("BTC-USD"), 503, "price_unavailable", None),
    (IdsExhausted("no id"), 503, "ids_exhausted", None),
    (OutcomeUnknown("lost"), 504, "outcome_unknown", None),
]


@pytest.mark.parametrize("row", OUTCOMES, ids=[row[2] for row in OUTCOMES])
def test_each_refusal_has_its_status_code_and_field(
    world: World, client: TestClient, row: tuple[MakerError, int, str, str | None]
) -> None:
    error, status, code, field = row
    world.bot.fails["create_order"] = error

    answer = client.post("/api/orders/create", json=ORDER)

    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (status, code, field)
    assert str(error) == answer.json()["message"]


def test_the_two_nearest_prices_are_named_in_the_hint(world: World, client: TestClient) -> None:
    world.bot.fails["create_order"] = OUTCOMES[0][0]

    assert client.post("/api/orders/create", json=ORDER).json()["hint"] == "the nearest prices are 60000 or 60001"


def test_the_exchanges_own_code_is_passed_on(world: World, client: TestClient) -> None:
    world.bot.fails["create_order"] = Refused(1140, "not enough balance", http_status=400)

    assert client.post("/api/orders/create", json=ORDER).json()["exchange_code"] == 1140


def foreign(exchange_id: int, market: str = "BTC-USD") -> OrderReport:
    return OrderReport(
        exchange_order_id=exchange_id, client_order_id="x", market=market, side=Side.SELL, price=Decimal(86300),
        size=Decimal("0.5"), filled=Decimal(0), average_price=None, status=ExchangeStatus.NEW, reason="", order_type="LIMIT",
        time_in_force="GTT", post_only=False, reduce_only=False, created_ms=START_MS, updated_ms=START_MS, expires_ms=None,
    )  # fmt: skip


def test_open_orders_tell_the_bots_from_strangers(world: World, client: TestClient) -> None:
    play = world.bot.play.ready()
    for order in play.placed():
        play.acknowledge(order)
        play.report(order, ExchangeStatus.NEW)
    world.bot.happens(
        OrdersReported(orders=(foreign(2**60),), is_snapshot=False, source="stream", asked_ms=START_MS, received_ms=START_MS)
    )

    orders = client.get("/api/orders").json()["orders"]

    assert sorted(order["owner"] for order in orders) == ["bot", "bot", "foreign"]
    assert {"id": str(2**60), "side": "SELL", "price": "86300", "qty": "0.5"}.items() <= next(
        order for order in orders if order["owner"] == "foreign"
    ).items()
    assert client.get("/api/orders?market=BTC-PERP").json()["orders"] == orders


def test_open_orders_of_an_unknown_market_are_refused(world: World, client: TestClient) -> None:
    world.bot.play.ready()

    answer = client.get("/api/orders?market=XYZ-USD")

    assert (answer.status_code, answer.json()["field"]) == (422, "market")


@pytest.mark.parametrize("order_id", ["mmh-kzx-17", "2103821900219158529", "some.thing:else_1"])
def test_an_order_is_cancelled_by_either_id(world: World, client: TestClient, order_id: str) -> None:
    answer = client.delete(f"/api/orders/{order_id}")

    assert answer.json() == {"status": "CANCELLED", "id": order_id}
    assert world.bot.calls == [("cancel_order", order_id)]


def test_cancelling_what_nobody_knows_is_a_404(world: World, client: TestClient) -> None:
    world.bot.fails["cancel_order"] = NotFound(1142, "order not found")

    assert client.delete("/api/orders/nope").status_code == 404


def test_a_cancel_whose_answer_was_lost_is_a_202(world: World, client: TestClient) -> None:
    world.bot.fails["cancel_order"] = OutcomeUnknown("no answer within 5 s")

    answer = client.delete("/api/orders/mmh-1-1")

    assert (answer.status_code, answer.json()["status"]) == (202, "UNKNOWN")


@pytest.mark.parametrize("order_id", ["x" * 65, "x" * 5000])
def test_an_id_that_no_order_can_have_is_refused(world: World, client: TestClient, order_id: str) -> None:
    assert client.delete(f"/api/orders/{order_id}").status_code == 422
    assert not world.bot.calls


def test_an_id_cannot_lead_elsewhere(world: World, client: TestClient) -> None:
    assert client.delete("/api/orders/..%2Fbot%2Fstop").status_code == 404
    assert not world.bot.calls


CHECK = {"market": "BTC-PERP", "side": "BUY", "price": "60000", "size": "0.001", "timeInForce": "GTC", "reduceOnly": "true"}


def test_a_check_asks_the_gate_and_places_nothing(world: World, client: TestClient) -> None:
    answer = client.get("/api/orders/check", params=CHECK)

    assert answer.json()["verdict"] == "PASS"
    assert world.bot.calls == [("check_order", {**CHECK, "market": "BTC-USD", "reduceOnly": True})]


def test_a_check_that_is_refused_is_an_answer_and_not_an_error(world: World, client: TestClient) -> None:
    world.bot.answers["check_order"] = {
        "market": "BTC-USD", "verdict": "REFUSED", "notional": "1", "code": "position_limit", "reason": "no room",
    }  # fmt: skip

    answer = client.get("/api/orders/check", params=CHECK)

    assert (answer.status_code, answer.json()["code"]) == (200, "position_limit")


@pytest.mark.parametrize(
    ("field", "bad"), [("price", "NaN"), ("size", "0"), ("market", "x"), ("side", "up"), ("timeInForce", "DAY")]
)
def test_a_check_of_what_is_no_order_is_refused_at_the_door(world: World, client: TestClient, field: str, bad: str) -> None:
    answer = client.get("/api/orders/check", params={**CHECK, field: bad})

    assert answer.status_code == 422
    assert world.bot.calls == []
