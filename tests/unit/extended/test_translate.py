"""Wire records become events; what cannot be understood stops here."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from bot.core.errors import ProtocolError
from bot.core.orders import ExchangeStatus, Side
from bot.extended import translate, wire

ORDER: dict[str, Any] = {
    "id": 2103821900219158529,
    "externalId": "mm-000001",
    "accountId": 3017,
    "market": "BTC-USD",
    "type": "LIMIT",
    "side": "BUY",
    "status": "PARTIALLY_FILLED",
    "price": "84077",
    "averagePrice": "84077",
    "qty": "0.0015",
    "filledQty": "0.0005",
    "payedFee": "0",
    "reduceOnly": False,
    "postOnly": True,
    "timeInForce": "GTT",
    "createdTime": 1790424000000,
    "updatedTime": 1790424000450,
    "expireTime": 1795219200000,
}
TRADE: dict[str, Any] = {
    "id": 1784963886257016832,
    "market": "BTC-USD",
    "orderId": 2103821900219158529,
    "side": "BUY",
    "price": "84077",
    "qty": "0.0005",
    "value": "42.0385",
    "fee": "0",
    "tradeType": "TRADE",
    "isTaker": False,
    "createdTime": 1790424000450,
}
POSITION: dict[str, Any] = {
    "id": 1791183357858545669,
    "accountId": 3017,
    "market": "BTC-USD",
    "status": "OPENED",
    "side": "SHORT",
    "leverage": "5",
    "size": "0.3",
    "value": "25217.54",
    "openPrice": "84100",
    "markPrice": "84058.47",
    "liquidationPrice": "98000.12",
    "unrealisedPnl": "12.459",
    "realisedPnl": "-1.02",
    "createdAt": 1790420000000,
    "updatedAt": 1790424000000,
}
BALANCE: dict[str, Any] = {
    "collateralName": "USD",
    "status": "ACTIVE",
    "balance": "1000",
    "equity": "-3.5",
    "availableForTrade": "-10",
    "availableForWithdrawal": "0",
    "unrealisedPnl": "0.0000000000000000",
    "initialMargin": "0",
    "marginRatio": "0E-10",
    "updatedTime": 1759321515016,
}
MARKET: dict[str, Any] = {
    "name": "BTC-USD",
    "active": True,
    "status": "ACTIVE",
    "isRfq": False,
    "tradingConfig": {
        "minOrderSize": "0.0001",
        "minOrderSizeChange": "0.00001",
        "minPriceChange": "1",
        "maxMarketOrderValue": "3000000",
        "maxLimitOrderValue": "15000000",
        "maxPositionValue": "60000000",
        "maxLeverage": "50.00",
        "maxNumOrders": "200",
        "limitPriceCap": "0.05",
        "limitPriceFloor": "0.05",
    },
    "l2Config": {
        "type": "STARKX",
        "collateralId": "0x1",
        "collateralResolution": 1000000,
        "syntheticId": "0x4254432d3600000000000000000000",
        "syntheticResolution": 1000000,
    },
}


def order_of(**changes: Any) -> Any:
    fields = {name: value for name, value in {**ORDER, **changes}.items() if value is not ...}
    return translate.order_report(msgspec.convert(fields, wire.OrderRecord))


def test_an_order_is_read_with_its_big_id_intact() -> None:
    report = order_of()

    assert report.exchange_order_id == 2103821900219158529
    assert (report.client_order_id, report.side, report.status) == ("mm-000001", Side.BUY, ExchangeStatus.PARTIALLY_FILLED)
    assert (report.price, report.size, report.filled) == (Decimal(84077), Decimal("0.0015"), Decimal("0.0005"))
    assert (report.post_only, report.reduce_only, report.reason) == (True, False, "")
    assert (report.created_ms, report.updated_ms, report.expires_ms) == (1790424000000, 1790424000450, 1795219200000)


def test_f078_words_that_we_do_not_know_are_tolerated() -> None:
    report = order_of(status="FLOATING", statusReason="BAD_WEATHER", type="TANGO", timeInForce="TOB", brandNew={"a": 1})

    assert report.status is ExchangeStatus.UNKNOWN
    assert (report.reason, report.order_type, report.time_in_force) == ("BAD_WEATHER", "TANGO", "TOB")
    assert order_of(status="TRIGGERED").status is ExchangeStatus.TRIGGERED


def test_what_an_order_may_lack_is_filled_in() -> None:
    report = order_of(price=..., averagePrice="0", filledQty=..., expireTime=None, statusReason="NONE", updatedTime=...)

    assert (report.price, report.average_price, report.filled) == (None, None, Decimal(0))
    assert (report.expires_ms, report.reason, report.updated_ms) == (None, "", 1790424000000)


def test_numbers_may_come_as_json_numbers() -> None:
    assert order_of(qty=0.0015, price=84077).size == Decimal("0.0015")


@pytest.mark.parametrize(
    "change",
    [
        {"qty": "NaN"},
        {"qty": "-1"},
        {"qty": "Infinity"},
        {"qty": ""},
        {"qty": "1e99"},
        {"price": "-5"},
        {"filledQty": "-0.1"},
        {"side": "LONG"},
        {"id": -4},
        {"id": "12.5"},
        {"createdTime": "yesterday"},
    ],
)
def test_f110_an_order_with_an_impossible_number_stops_here(change: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError):
        order_of(**change)


def test_a_fill_is_read_with_either_spelling_of_our_id_or_none() -> None:
    def fill(**changes: Any) -> Any:
        return translate.fill_of(msgspec.convert({**TRADE, **changes}, wire.OwnTrade))

    assert fill().client_order_id is None
    assert fill(externalOrderId="mmb-1").client_order_id == "mmb-1"
    assert fill(externalId="mmb-2").client_order_id == "mmb-2"
    assert (fill().trade_id, fill().is_maker, fill().fee) == (1784963886257016832, True, Decimal(0))
    assert fill(fee="-0.01").fee == Decimal("-0.01")  # F-056: a rebate keeps its sign
    for wrong in ({"price": "0"}, {"qty": "0"}, {"qty": "nan"}):
        with pytest.raises(ProtocolError):
            fill(**wrong)


def test_a_short_position_is_negative_and_keeps_the_exchange_s_own_fields() -> None:
    report = translate.position_report(POSITION, exchange_ms=5)

    assert (report.size, report.entry_price) == (Decimal("-0.3"), Decimal(84100))
    assert report.updated_ms == 1790424000000
    assert report.wire == POSITION
    assert type(report.wire["id"]) is int


def test_both_spellings_of_a_position_s_time_are_read() -> None:
    fields = {name: value for name, value in POSITION.items() if name not in ("createdAt", "updatedAt")}

    assert translate.position_report({**fields, "updatedTime": 7}, exchange_ms=5).updated_ms == 7
    assert translate.position_report(fields, exchange_ms=5).updated_ms == 5


@pytest.mark.parametrize("closed", [{"status": "CLOSED"}, {"size": "0"}])
def test_a_closed_position_is_flat_however_it_is_said(closed: dict[str, Any]) -> None:
    assert translate.position_report({**POSITION, **closed}, exchange_ms=5).size == 0


@pytest.mark.parametrize("wrong", [{"side": "BOTH"}, {"size": "-1"}, {"size": None}, {"openPrice": "NaN"}])
def test_a_position_that_cannot_be_understood_stops_here(wrong: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError):
        translate.position_report({**POSITION, **wrong}, exchange_ms=5)


def test_a_balance_may_be_negative_and_is_never_guessed() -> None:
    report = translate.balance_reported(BALANCE, source="rest", received_ms=9)

    assert (report.equity, report.available_for_trade) == (Decimal("-3.5"), Decimal(-10))
    assert (report.updated_ms, report.received_ms, report.margin_ratio) == (1759321515016, 9, Decimal(0))
    for wrong in ({"equity": "NaN"}, {"balance": None}, {"updatedTime": "x"}, {"initialMargin": "-1"}):
        with pytest.raises(ProtocolError):
            translate.balance_reported({**BALANCE, **wrong}, source="rest", received_ms=9)


def test_a_market_s_rules_are_read_from_its_configuration() -> None:
    market = translate.markets_of([MARKET], strict=True)["BTC-USD"]

    assert (market.tick_size, market.lot_size, market.min_size) == (Decimal(1), Decimal("0.00001"), Decimal("0.0001"))
    assert (market.max_open_orders, market.price_cap, market.is_tradable) == (200, Decimal("0.05"), True)
    assert (market.synthetic_id, market.synthetic_resolution) == ("0x4254432d3600000000000000000000", 1_000_000)


@pytest.mark.parametrize("change", [{"active": False}, {"status": "REDUCE_ONLY"}, {"isRfq": True}])
def test_a_market_that_is_closed_in_any_way_is_not_tradable(change: dict[str, Any]) -> None:
    assert not translate.markets_of([{**MARKET, **change}], strict=True)["BTC-USD"].is_tradable


@pytest.mark.parametrize("value", ["0", "-1", "NaN", "", None])
@pytest.mark.parametrize("field", ["minPriceChange", "minOrderSizeChange", "minOrderSize"])
def test_f111_a_market_without_a_real_grid_is_refused_or_left_out(field: str, value: Any) -> None:
    broken = {**MARKET, "tradingConfig": {**MARKET["tradingConfig"], field: value}}

    with pytest.raises(ProtocolError):
        translate.markets_of([broken], strict=True)
    assert list(translate.markets_of([broken, {**MARKET, "name": "ETH-USD"}], strict=False)) == ["ETH-USD"]


def test_the_figures_of_the_last_day_are_read_and_what_is_missing_stays_unknown() -> None:
    stats = msgspec.convert(
        {
            "markPrice": "84058.47", "dailyVolume": "39659164", "dailyPriceChangePercentage": "-0.0012", "dailyLow": "83200",
            "dailyHigh": "84900",
        },
        wire.MarketStats,
    )  # fmt: skip

    day = translate.day_stats("BTC-USD", stats, 7)

    assert (day.low, day.high, day.change, day.volume) == (
        Decimal(83_200), Decimal(84_900), Decimal("-0.0012"), Decimal(39_659_164),
    )  # fmt: skip
    assert day.open_interest is None


def test_a_negative_volume_is_refused() -> None:
    with pytest.raises(ProtocolError, match="dailyVolume"):
        translate.day_stats("BTC-USD", wire.MarketStats(mark_price="1", daily_volume="-1"), 7)
