"""The leverage that is set on the exchange: ours at the start, and whether somebody changes it meanwhile."""

import contextlib
from collections.abc import Callable
from decimal import Decimal
from typing import Final

from bot.config import BotConfig
from bot.core.errors import ConfigurationError, ExchangeError
from bot.core.events import LeverageReported
from bot.ports import Clock, Emit, Exchange

LEVERAGE_S: Final = 60.0
"""A leverage that was changed elsewhere is known within a minute."""


class LeverageKeeper:
    """Sets what is configured, and asks now and then what is set."""

    def __init__(self, exchange: Exchange, config: Callable[[], BotConfig], emit: Emit, clock: Clock) -> None:
        self._exchange = exchange
        self._config = config
        self._emit = emit
        self._clock = clock

    async def set(self) -> None:
        """Set the configured leverages, and read back that they hold.

        Raises: ConfigurationError when the exchange keeps another one; ExchangeError.
        """
        markets = self._config().markets()
        wanted = {each.market: Decimal(each.leverage) for each in markets if each.leverage is not None}
        if not wanted:
            return
        held = await self._exchange.leverage(tuple(wanted))
        for market, leverage in wanted.items():
            if held.get(market) != leverage:
                await self._exchange.set_leverage(market, leverage)
        held = await self._exchange.leverage(tuple(wanted))
        for market, leverage in wanted.items():
            if held.get(market) != leverage:
                raise ConfigurationError(f"leverage of {market} is {held.get(market)} on the exchange, {leverage} was asked for")

    async def run(self) -> None:
        """Read until cancelled; a reading that fails is repeated at the next turn. What somebody else set is never set back."""
        while True:
            with contextlib.suppress(ExchangeError):
                held = await self._exchange.leverage(tuple(each.market for each in self._config().markets()))
                self._emit(LeverageReported(leverages=held, received_ms=self._clock.now_ms()))
            await self._clock.sleep(LEVERAGE_S)
