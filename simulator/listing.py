"""A market as the exchange lists it: the object of `/info/markets`, every member its SDK insists on."""

from decimal import Decimal
from typing import Final

from simulator.market_state import MarketState
from simulator.markets import COLLATERAL, COLLATERAL_ID, COLLATERAL_PRECISION, COLLATERAL_RESOLUTION
from simulator.matching import Side
from simulator.rules import MarketStatus
from simulator.wire import rounded, text

CREATED_MS: Final = 1_750_000_000_000


def market_object(state: MarketState, open_base: Decimal) -> dict[str, object]:
    spec = state.spec
    return {
        "name": spec.name,
        "uiName": spec.name,
        "type": "PERPETUAL",
        "category": "L1",
        "assetName": spec.asset,
        "assetPrecision": spec.asset_precision,
        "collateralAssetName": COLLATERAL,
        "collateralAssetPrecision": COLLATERAL_PRECISION,
        "description": spec.description,
        "active": state.status in (MarketStatus.ACTIVE, MarketStatus.REDUCE_ONLY),
        "status": state.status.value,
        "isRfq": spec.is_rfq,
        "isOffHours": state.is_off_hours,
        "tradingHours": spec.trading_hours,
        "marketStats": stats_object(state, open_base),
        "tradingConfig": _trading_config(state),
        "l2Config": {
            "type": "STARKX",
            "collateralId": COLLATERAL_ID,
            "collateralResolution": COLLATERAL_RESOLUTION,
            "syntheticId": spec.synthetic_id,
            "syntheticResolution": spec.synthetic_resolution,
        },
        "visibleOnUi": True,
        "createdAt": CREATED_MS,
    }


def _trading_config(state: MarketState) -> dict[str, object]:
    spec = state.spec
    return {
        "minOrderSize": text(spec.min_order_size),
        "minOrderSizeChange": text(spec.lot_step),
        "minPriceChange": text(spec.tick_step),
        "maxMarketOrderValue": text(spec.max_market_order_value),
        "maxLimitOrderValue": text(spec.max_limit_order_value),
        "maxPositionValue": text(spec.max_position_value),
        "maxLeverage": text(spec.max_leverage),
        "maxNumOrders": str(spec.max_orders),
        "limitPriceCap": text(spec.price_cap),
        "limitPriceFloor": text(spec.price_floor),
        "hourlyFundingRateCap": text(spec.hourly_funding_cap),
        "openInterestLimit": "0",
        "uPnlWithdrawable": True,
        "postWithdrawalMarginFactor": "0.1",
        "riskFactorConfig": [
            {"upperBound": text(each.upper_bound), "riskFactor": text(each.risk_factor), "isAvailableForUsers": True}
            for each in spec.brackets
        ],
    }


def stats_object(state: MarketState, open_base: Decimal) -> dict[str, object]:
    """Return the market's statistics; the day counts from what has traded here."""
    minutes = state.day.minutes
    first = minutes[0].open if minutes else state.last
    low = min((minute.low for minute in minutes), default=state.last)
    high = max((minute.high for minute in minutes), default=state.last)
    bid, ask = state.best_price(Side.BUY), state.best_price(Side.SELL)
    return {
        "dailyVolume": text(state.day.volume),
        "dailyVolumeBase": text(state.day.base),
        "dailyPriceChange": text(state.last - first),
        "dailyPriceChangePercentage": rounded((state.last - first) / first),
        "dailyLow": text(low),
        "dailyHigh": text(high),
        "lastPrice": text(state.last),
        "askPrice": text(ask if ask is not None else state.last),
        "bidPrice": text(bid if bid is not None else state.last),
        "markPrice": text(state.mark),
        "indexPrice": text(state.index),
        "fundingRate": text(state.funding_rate),
        "nextFundingRate": state.next_funding_ms,
        "openInterest": rounded(state.mark * open_base),
        "openInterestBase": text(open_base),
    }
