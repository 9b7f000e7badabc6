"""Where one market's money of the day came from, and how its fills aged, told no faster than anybody reads it."""

from decimal import Decimal
from typing import Final

from bot.core.engine import Engine
from bot.core.markout import Markouts
from bot.core.numbers import plain
from bot.core.pnl import DAY_MS, PnlLine
from bot.observers.picture import Picture, known

MONEY_STEP: Final = Decimal("0.000001")
MARKOUT_DIGITS: Final = 3
TOLD_EVERY_MS: Final = 250
JUDGED_EVERY_MS: Final = 1_000


class Earned:
    """The parts of one market, as told last; the same objects where nothing changed."""

    def __init__(self) -> None:
        self._told_ms: int | None = None
        self._judged_ms: int | None = None
        self._pnl: Picture = {}
        self._markouts: Picture = {}

    def parts(self, engine: Engine, market: str, now_ms: int) -> Picture:
        """Return `pnl` and `markouts`; without either until there is something to tell."""
        if _is_due(self._told_ms, now_ms, TOLD_EVERY_MS):
            self._told_ms = now_ms
            books = engine.risk.pnl.markets.get(market)
            pnl = {} if books is None else pnl_part(books.days.get(now_ms // DAY_MS, PnlLine()))
            self._pnl = self._pnl if pnl == self._pnl else pnl
        if _is_due(self._judged_ms, now_ms, JUDGED_EVERY_MS):
            self._judged_ms = now_ms
            judged = engine.risk.markouts.get(market)
            markouts = {} if judged is None else markouts_part(judged)
            self._markouts = self._markouts if markouts == self._markouts else markouts
        parts = {"pnl": self._pnl, "markouts": self._markouts}
        return {name: part for name, part in parts.items() if part}


def _is_due(last_ms: int | None, now_ms: int, every_ms: int) -> bool:
    return last_ms is None or not 0 <= now_ms - last_ms < every_ms


def pnl_part(line: PnlLine) -> Picture:
    """Return the parts of one day: total = spread + inventory - fees + funding; fees positive when paid."""
    return {
        "spread": _money(line.spread),
        "inventory": _money(line.inventory),
        "fees": _money(line.fees),
        "funding": _money(line.funding),
        "total": _money(line.total),
        "fills": line.fills,
        "maker_volume": _money(line.maker_volume),
        "taker_volume": _money(line.taker_volume),
    }


def markouts_part(markouts: Markouts) -> Picture:
    """Return how maker fills aged, by horizon in ms; basis points, positive aged well."""
    return {
        str(each.horizon_ms): known(
            {
                "fills": each.fills,
                "markout_bps": round(each.markout_bps, MARKOUT_DIGITS),
                "adverse_bps": round(each.adverse_bps, MARKOUT_DIGITS),
                "error_bps": None if each.error_bps is None else round(each.error_bps, MARKOUT_DIGITS),
            }
        )
        for each in markouts.summaries()
    }


def _money(value: Decimal) -> str:
    return plain(value.quantize(MONEY_STEP))
