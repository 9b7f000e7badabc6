"""Draw what moods did as one SVG: per mood the mid with our fills, and below it the spread. The standard library is enough."""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from simulator.flow_play import MARKOUT_S, Figures, Moment, Played, figures, play

WIDTH: Final = 960
PRICE_HEIGHT: Final = 190
SPREAD_HEIGHT: Final = 50
LEFT, RIGHT, TOP, GAP = 78, 16, 34, 12
PANEL_HEIGHT: Final = TOP + PRICE_HEIGHT + GAP + SPREAD_HEIGHT + 34
INK, MUTED, BUY, SELL, LINE = "#1f2933", "#7b8794", "#1b7f5c", "#b3382c", "#2f5fa8"


def draw(regimes: Sequence[str], file: Path, *, seconds: int, seed: int, flow_name: str) -> None:
    """Play each mood, write the picture, and say on standard output what each one did.

    Raises: Refused for a flow without moods, OSError when the file cannot be written.
    """
    plays = []
    for regime in regimes:
        played = play(regime, seconds=seconds, seed=seed, flow_name=flow_name)
        plays.append(played)
        sys.stdout.write(f"{regime.replace('_', ' '):12} {_words(figures(played))}\n")
    file.write_text(svg(plays), encoding="utf-8")
    sys.stdout.write(f"{file}\n")


@dataclass(frozen=True, slots=True)
class _Scale:
    """A range of values on a range of pixels."""

    low: float
    high: float
    first: float
    last: float

    def at(self, value: float) -> float:
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return self.first + share * (self.last - self.first)


def svg(plays: Sequence[Played]) -> str:
    """Return one picture with a panel for each mood."""
    height = PANEL_HEIGHT * len(plays)
    panels = "".join(
        f'<g transform="translate(0 {number * PANEL_HEIGHT})">{_panel(played)}</g>' for number, played in enumerate(plays)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'font-family="sans-serif" font-size="11" fill="{INK}"><rect width="100%" height="100%" fill="#ffffff"/>{panels}</svg>\n'
    )


def _panel(played: Played) -> str:
    moments = played.moments
    time = _Scale(moments[0].second, moments[-1].second, LEFT, WIDTH - RIGHT)
    prices = [moment.mid for moment in moments] + [fill.price for fill in played.fills]
    price = _Scale(min(prices), max(prices), TOP + PRICE_HEIGHT, TOP)
    floor = TOP + PRICE_HEIGHT + GAP + SPREAD_HEIGHT
    spread = _Scale(0.0, max(moment.spread for moment in moments), floor, floor - SPREAD_HEIGHT)
    return "".join(
        (
            _title(played.regime, figures(played)),
            _axis(price, "{:,.0f}"),
            _axis(spread, "{:,.0f}"),
            _seconds(time, floor),
            _onset(time.at(played.began), floor),
            _path(moments, time, price, "mid", 1.2),
            _path(moments, time, spread, "spread", 0.9),
            "".join(_fill(time.at(fill.second), price.at(fill.price), is_buy=fill.is_buy) for fill in played.fills),
        )
    )


def _title(regime: str, found: Figures) -> str:
    return (
        f'<text x="{LEFT}" y="18" font-size="14" font-weight="bold">{escape(regime.replace("_", " "))}</text>'
        f'<text x="{WIDTH - RIGHT}" y="18" text-anchor="end" fill="{MUTED}">{escape(_words(found))}</text>'
    )


def _words(found: Figures) -> str:
    return (
        f"volatility {found.volatility_bps:.2f} bps/√s · spread {found.spread_bps:.2f} bps · {found.trades_per_s:.1f} trades/s · "
        f"our fills {found.fills}, worth {found.markout_bps:+.2f} bps after {MARKOUT_S} s"
    )


def _axis(scale: _Scale, shape: str) -> str:
    ends = ((scale.low, scale.first), (scale.high, scale.last))
    return "".join(
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e4e7eb"/>'
        f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="{MUTED}">{shape.format(value)}</text>'
        for value, y in ends
    )


def _seconds(time: _Scale, floor: float) -> str:
    marks = range(int(time.low), int(time.high) + 1, 20)
    return "".join(
        f'<text x="{time.at(second):.1f}" y="{floor + 16}" text-anchor="middle" fill="{MUTED}">{second} s</text>'
        for second in marks
    )


def _onset(x: float, floor: float) -> str:
    return f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{floor}" stroke="{MUTED}" stroke-dasharray="3 3"/>'


def _path(moments: Iterable[Moment], time: _Scale, scale: _Scale, name: str, width: float) -> str:
    points = " ".join(f"{time.at(each.second):.1f},{scale.at(getattr(each, name)):.1f}" for each in moments)
    return f'<polyline class="{name}" points="{points}" fill="none" stroke="{LINE}" stroke-width="{width}"/>'


def _fill(x: float, y: float, *, is_buy: bool) -> str:
    """Return a triangle: upwards and green where we bought, downwards and red where we sold."""
    tip = 6 if is_buy else -6
    kind, colour = ("buy", BUY) if is_buy else ("sell", SELL)
    corners = f"{x:.1f},{y - tip:.1f} {x - 4.5:.1f},{y + tip / 2:.1f} {x + 4.5:.1f},{y + tip / 2:.1f}"
    return f'<polygon class="{kind}" points="{corners}" fill="{colour}" fill-opacity="0.85"/>'
