"""The market maker of this process, for the documents' functions that are called inside it."""

from typing import Any, Protocol


class RunningBot(Protocol):
    """What those functions need from it."""

    async def create_order(
        self,
        *,
        market: str,
        side: str,
        price: object,
        size: object,
        time_in_force: str,
        reduce_only: bool = False,
        shy: bool = False,
    ) -> dict[str, Any]: ...
    async def cancel_order(self, order_id: str) -> dict[str, Any]: ...
    def open_orders(self, market: str | None = None) -> list[dict[str, Any]]: ...
    def mark_price(self, market: str) -> float: ...


class _Here:
    """Holds at most one bot; set while it runs."""

    bot: RunningBot | None = None


def set_running(bot: RunningBot | None) -> None:
    """Say which bot runs in this process, None when it has ended."""
    _Here.bot = bot


def running_here() -> RunningBot | None:
    """Return the bot of this process, None when there is none."""
    return _Here.bot
