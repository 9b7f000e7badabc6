"""How the exchange says no: its own codes, names and the HTTP status each travels on."""

from enum import IntEnum
from typing import Final


class Code(IntEnum):
    """The documented error codes this exchange can answer."""

    BAD_REQUEST = 400
    UNAUTHORIZED = 401
    FORBIDDEN = 403
    NOT_FOUND = 404
    UNPROCESSABLE = 422
    RATE_LIMITED = 429
    INTERNAL = 500
    ASSET_NOT_FOUND = 1000
    MARKET_NOT_FOUND = 1001
    MARKET_DISABLED = 1002
    ACCOUNT_NOT_FOUND = 1004
    INTERVAL_NOT_SUPPORTED = 1005
    ACTION_NOT_ALLOWED = 1009
    MAINTENANCE = 1010
    POST_ONLY_MODE = 1011
    REDUCE_ONLY_MODE = 1012
    MARKET_REDUCE_ONLY = 1014
    LEVERAGE_TOO_LOW = 1049
    LEVERAGE_TOO_HIGH = 1050
    LEVERAGE_POSITION_VALUE = 10501
    LEVERAGE_MARGIN = 1052
    LEVERAGE_PRECISION = 1053
    PUBLIC_KEY = 1100
    SIGNATURE = 1101
    VAULT = 1102
    SIZE_BELOW_MINIMUM = 1120
    SIZE_OFF_STEP = 1121
    VALUE_TOO_LARGE = 1122
    SIZE_PRECISION = 1123
    PRICE_OFF_TICK = 1124
    PRICE_PRECISION = 1125
    TOO_MANY_ORDERS = 1126
    POSITION_VALUE = 1127
    FEE_TOO_LOW = 1128
    TPSL_SIZE = 1129
    PRICE_MISSING = 1130
    TPSL_TRIGGER_MISSING = 1131
    ORDER_TYPE = 1132
    ORDER_PARAMETERS = 1133
    DUPLICATE_ORDER = 1134
    EXPIRATION = 1135
    REDUCE_ONLY_SIZE = 1136
    REDUCE_ONLY_NO_POSITION = 1137
    REDUCE_ONLY_SAME_SIDE = 1138
    MARKET_MUST_BE_IOC = 1139
    ORDER_COST = 1140
    PRICE_INVALID = 1141
    EDIT_NOT_FOUND = 1142
    TRIGGER_MISSING = 1143
    POST_ONLY_MARKET_TRIGGER = 1144
    ONLY_REDUCING_ALLOWED = 1145
    OPEN_LOSS = 1147
    TPSL_OPEN_LOSS = 1148


MESSAGES: Final[dict[Code, str]] = {
    Code.MARKET_NOT_FOUND: "Market not found",
    Code.MARKET_DISABLED: "Market is disabled",
    Code.MAINTENANCE: "Exchange is under maintenance",
    Code.POST_ONLY_MODE: "Exchange is in post only mode",
    Code.REDUCE_ONLY_MODE: "Exchange is in reduce only mode",
    Code.MARKET_REDUCE_ONLY: "Market is in reduce only mode",
    Code.PUBLIC_KEY: "Invalid Starknet public key",
    Code.SIGNATURE: "Invalid StarkEx signature",
    Code.VAULT: "Invalid Starknet vault",
    Code.SIZE_BELOW_MINIMUM: "Order qty less than min trade size",
    Code.SIZE_OFF_STEP: "Invalid quantity wrong size increment",
    Code.VALUE_TOO_LARGE: "Order value exceeds max order value",
    Code.SIZE_PRECISION: "Invalid quantity precision",
    Code.PRICE_OFF_TICK: "Invalid price wrong price movement",
    Code.PRICE_PRECISION: "Invalid price precision",
    Code.TOO_MANY_ORDERS: "Max open orders number exceeded",
    Code.POSITION_VALUE: "Max position value exceeded",
    Code.FEE_TOO_LOW: "Trading fees are invalid",
    Code.PRICE_MISSING: "Order price is missing",
    Code.ORDER_TYPE: "Order type is not allowed",
    Code.ORDER_PARAMETERS: "Invalid order parameters",
    Code.DUPLICATE_ORDER: "Duplicate order",
    Code.EXPIRATION: "Invalid order expiration",
    Code.REDUCE_ONLY_SIZE: "Reduce only order size exceeds position size",
    Code.REDUCE_ONLY_NO_POSITION: "Reduce only order position is missing",
    Code.REDUCE_ONLY_SAME_SIDE: "Reduce only order and position are on the same side",
    Code.MARKET_MUST_BE_IOC: "Market order must be IOC",
    Code.ORDER_COST: "New order cost exceeds available balance",
    Code.PRICE_INVALID: "Invalid price amount",
    Code.EDIT_NOT_FOUND: "Order to edit or cancel not found",
    Code.ONLY_REDUCING_ALLOWED: "Non reduce only orders are not allowed",
    Code.OPEN_LOSS: "Open loss exceeds equity",
}

HTTP_STATUS: Final[dict[Code, int]] = {
    **{code: int(code) for code in Code if code < 1000},
    Code.ASSET_NOT_FOUND: 404,
    Code.MARKET_NOT_FOUND: 404,
    Code.ACCOUNT_NOT_FOUND: 404,
    Code.MAINTENANCE: 503,
}
"""Business errors travel on 400 unless listed; the real status is not documented."""


class Refused(Exception):
    """The exchange refused a request; nothing happened."""

    def __init__(self, code: Code, detail: str = "", *, message: str = "", http_status: int | None = None) -> None:
        self.code = code
        self.message = message or MESSAGES.get(code, code.name.replace("_", " ").capitalize())
        self.detail = detail
        self.http_status = http_status or HTTP_STATUS.get(code, 400)
        super().__init__(f"{int(code)} {self.message}: {detail}" if detail else f"{int(code)} {self.message}")
