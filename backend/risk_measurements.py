"""Measurements of risk and money: tiers, losses, breakers, the parts of the PnL, markouts, presence."""

from collections.abc import Iterator
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from bot.core.engine import Engine
from bot.core.orders import Side
from bot.core.pnl import DAY_MS

PARTS: Final = ("spread", "inventory", "fees", "funding", "total")


def risk_metrics(engine: Engine, now_ms: int) -> Iterator[Metric]:
    """Yield every measurement; nothing of risk before the first decision."""
    yield from _tiers(engine)
    yield from _money(engine, now_ms)
    yield from _quality(engine, now_ms)


def _tiers(engine: Engine) -> Iterator[Metric]:
    state = engine.risk.state
    if state is None:
        return
    tiers = GaugeMetricFamily("mmbot_risk_tier", "0 green, 1 yellow, 2 orange, 3 red.", labels=["market"])
    tiers.add_metric(["account"], int(state.tier))
    trips = CounterMetricFamily("mmbot_breaker_trips", "How often a market stopped by itself.", labels=["market", "breaker"])
    for name, verdict in state.markets.items():
        tiers.add_metric([name], int(verdict.tier))
        for code, count in engine.risk.manager.breaker_trips(name).items():
            trips.add_metric([name, code], count)
    yield from (tiers, trips)
    yield GaugeMetricFamily("mmbot_day_loss_usd", "Lost since 00:00 UTC; negative: gained.", value=float(state.loss.day_loss))
    yield GaugeMetricFamily("mmbot_drawdown_usd", "Below the highest account value.", value=float(state.loss.drawdown))
    yield GaugeMetricFamily("mmbot_gross_exposure_usd", "Value of all positions.", value=float(state.gross))
    yield GaugeMetricFamily(
        "mmbot_worst_gross_exposure_usd", "The same, should the worse side of every market fill.", value=float(state.worst_gross)
    )


def _money(engine: Engine, now_ms: int) -> Iterator[Metric]:
    parts = GaugeMetricFamily(
        "mmbot_pnl_today_usd", "Parts of today's PnL: total = spread + inventory - fees + funding.", labels=["market", "part"]
    )
    for name, books in engine.risk.pnl.markets.items():
        if (day := books.days.get(now_ms // DAY_MS)) is not None:
            for part in PARTS:
                parts.add_metric([name, part], float(getattr(day, part)))
    yield parts
    if (found := engine.risk.reconciled) is not None:
        yield GaugeMetricFamily(
            "mmbot_equity_residual_usd",
            "Equity as the exchange reports it less what our books expect.",
            value=float(found.residual),
        )


def _quality(engine: Engine, now_ms: int) -> Iterator[Metric]:
    aged = GaugeMetricFamily(
        "mmbot_markout_bps",
        "Move of the mid after our fills, in our favour, from the fill's price.",
        labels=["market", "horizon"],
    )
    for name, each in engine.risk.markouts.items():
        for row in each.summaries():
            aged.add_metric([name, f"{row.horizon_ms // 1000}s"], row.markout_bps)
    words = "Share of today's watched time with both sides near mark."
    up = GaugeMetricFamily("mmbot_quote_near_mark_ratio", words, labels=["market"])
    best = GaugeMetricFamily("mmbot_at_best_ratio", "Share of today's watched time at the best price.", labels=["market", "side"])
    for name, presence in engine.risk.presence.items():
        day = presence.days.get(now_ms // DAY_MS)
        if day is None or day.uptime is None:
            continue
        up.add_metric([name], day.uptime)
        for side in Side:
            best.add_metric([name, side.value], day.at_best(side) or 0.0)
    yield from (aged, up, best)
