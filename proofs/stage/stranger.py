"""Another customer of the simulated exchange, who makes a market where there is none and trades with the bot when told to.

He signs with the two functions that the documents name, and sends what they print: hash, signature, order.
"""

import itertools
import time
from typing import Any, Final

from bot.order_manager import generate_order_hash, sign_order
from proofs.stage.asking import Answer, ask_with
from proofs.stage.programs import SimulatedExchange

LIFETIME_MS: Final = 3_600_000
FEE_RATE: Final = "0.00025"


class Stranger:
    """One account of the exchange, by its keys."""

    def __init__(self, exchange: SimulatedExchange, account: int, market: str = "BTC-USD") -> None:
        self.account = exchange.account(account)
        self._rest = exchange.rest
        self._domain = exchange.first_line["starknet_domain"]
        self._market = market
        (listed,) = self._ask("GET", f"/info/markets?market={market}")["data"]
        self._assets = listed["l2Config"]
        self._numbers = itertools.count(1)

    def place(self, side: str, price: str, size: str, *, time_in_force: str = "GTT") -> str:
        """Place a limit order and return its own id."""
        number = next(self._numbers)
        own_id = f"stranger-{self.account['account_id']}-{number}"
        expiry_ms = (time.time_ns() // 1_000_000 + LIFETIME_MS) // 1000 * 1000
        order = {
            "id": own_id, "market": self._market, "type": "LIMIT", "side": side, "qty": size, "price": price, "fee": FEE_RATE,
            "timeInForce": time_in_force, "expiryEpochMillis": expiry_ms, "nonce": str(number), "postOnly": False,
            "reduceOnly": False, "selfTradeProtectionLevel": "ACCOUNT",
        }  # fmt: skip
        r, s = self._sign(side, price, size, number, expiry_ms)
        settlement = {
            "signature": {"r": hex(r), "s": hex(s)},
            "starkKey": self.account["public_key"],
            "collateralPosition": str(self.account["vault"]),
        }
        self._ask("POST", "/user/order", {**order, "settlement": settlement})
        return own_id

    def _sign(self, side: str, price: str, size: str, nonce: int, expiry_ms: int) -> tuple[int, int]:
        order_hash = generate_order_hash(
            side=side,
            size=size,
            price=price,
            fee_rate=FEE_RATE,
            nonce=nonce,
            expiry_ms=expiry_ms,
            vault=self.account["vault"],
            public_key=self.account["public_key"],
            synthetic_id=self._assets["syntheticId"],
            synthetic_resolution=self._assets["syntheticResolution"],
            collateral_id=self._assets["collateralId"],
            collateral_resolution=self._assets["collateralResolution"],
            domain=self._domain,
        )
        return sign_order(order_hash, int(self.account["private_key"], 16))

    def make_market(self, bid: str, ask: str, size: str = "0.1") -> None:
        """Show two resting orders, so that there is a book with two sides."""
        self.place("BUY", bid, size)
        self.place("SELL", ask, size)

    def stir(self) -> None:
        """Change the book far away from everything: a sign of life on a market where nothing else happens."""
        self.cancel(self.place("BUY", "1000", "0.001"))

    def cancel(self, own_id: str) -> None:
        """Cancel one order."""
        self._ask("DELETE", f"/user/order?externalId={own_id}")

    def cancel_all(self) -> None:
        """Cancel everything."""
        self._ask("POST", "/user/order/massCancel", {"cancelAll": True})

    def _ask(self, method: str, path: str, body: object = None) -> Any:
        headers = {"X-Api-Key": self.account["api_key"], "User-Agent": "stranger"}
        answer: Answer = ask_with(headers, method, self._rest + path, body)
        assert answer.status == 200, answer
        return answer.body
