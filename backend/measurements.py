"""Measurements in Prometheus' text format: units in the names, labels from small fixed sets, never an id."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from backend.risk_measurements import risk_metrics
from backend.risk_view import exposure
from backend.service import Service
from bot.core.mode import BotState
from bot.core.orders import Owner
from bot.observers.status import metrics, resting_prices

FEEDS: Final = ("account", "best_quote", "book", "funding", "index", "mark", "trades")
MOST_REASONS: Final = 30
_REASON: Final = re.compile(r"[0-9]{3,5}|[A-Z][A-Z_]{2,39}\b|not sent")

MONEY: Final = {
    "realised_pnl": ("mmbot_realised_pnl_usd", "PnL booked by closing, before fees, in this run."),
    "funding": ("mmbot_funding_usd", "Funding received in this run; negative: paid."),
    "unrealised_pnl": ("mmbot_unrealised_pnl_usd", "PnL of the open positions at mark."),
    "total_pnl": ("mmbot_total_pnl_usd", "Realised and unrealised PnL less fees plus funding, in this run."),
    "fees": ("mmbot_fees_usd", "Fees paid in this run; negative: rebates."),
    "equity": ("mmbot_equity_usd", "Equity as the exchange reports it."),
}


def exposition(service: Service) -> bytes:
    """Return every measurement as text."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Reader(service))
    return bytes(generate_latest(registry))


class _Reader(Collector):
    """Reads the service at the moment somebody asks."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterator[Metric]:
        yield from _orders(self._service)
        yield from _account(self._service)
        yield from _markets(self._service)
        yield from _feeds(self._service)
        yield from _steps(self._service)
        yield from _ages(self._service)
        yield from risk_metrics(self._service.bot.engine, self._service.clock.now_ms())
        yield from _program(self._service)


def _orders(service: Service) -> Iterator[Metric]:
    engine = service.bot.engine
    counters = engine.counters
    yield _counter("mmbot_orders_placed", "Orders of the bot that the exchange took.", counters.orders_placed)
    yield _counter("mmbot_orders_ended", "Orders of the bot that ended.", counters.orders_ended)
    yield _counter("mmbot_orders_filled", "Ended orders of the bot with at least one fill.", counters.orders_filled)
    yield _counter("mmbot_fills", "Executions of the bot's orders.", counters.fills)
    rejected = CounterMetricFamily("mmbot_orders_rejected", "Orders that were refused or rejected.", labels=["reason"])
    for reason, count in _bounded(counters.rejects).items():
        rejected.add_metric([reason], count)
    yield rejected
    if counters.fill_rate is not None:
        yield _gauge("mmbot_fill_rate_ratio", "Ended orders with a fill, divided by ended orders.", counters.fill_rate)
    live = GaugeMetricFamily("mmbot_live_orders", "Orders that may still fill.", labels=["owner"])
    for owner in (Owner.BOT, Owner.HAND):
        live.add_metric([owner.value], sum(order.owner is owner for order in engine.orders))
    live.add_metric([Owner.FOREIGN.value], len(engine.orders.foreign))
    yield live


def _account(service: Service) -> Iterator[Metric]:
    engine = service.bot.engine
    figures: dict[str, Any] = metrics(engine, service.bot.config.market)
    for name, (metric, words) in MONEY.items():
        if figures.get(name) is not None:
            yield _gauge(metric, words, float(figures[name]))
    position = GaugeMetricFamily("mmbot_position_size", "Signed position in the base asset; positive is long.", labels=["market"])
    for market in engine.settings:
        position.add_metric([market], float(engine.account.position(market)))
    yield position


def _markets(service: Service) -> Iterator[Metric]:
    """Yield what belongs to each market that is quoted."""
    engine = service.bot.engine
    uptime = GaugeMetricFamily(
        "mmbot_quote_uptime_ratio", "Share of the running time with both sides resting.", labels=["market"]
    )
    width = GaugeMetricFamily("mmbot_quote_width_bps", "Distance of our ask from our bid, of their middle.", labels=["market"])
    spread = GaugeMetricFamily("mmbot_market_spread_bps", "Distance of best ask from best bid, of the mid.", labels=["market"])
    notional = GaugeMetricFamily("mmbot_position_notional_usd", "Signed position at mark.", labels=["market"])
    mismatches = CounterMetricFamily(
        "mmbot_book_audit_mismatches", "Snapshots that differ from the deltas' book.", labels=["market"]
    )
    for name in engine.makers:
        view = engine.views[name]
        if (share := service.tallies.uptime(name)) is not None:
            uptime.add_metric([name], share)
        quotes = resting_prices(engine, name)
        if quotes["bid"] is not None and quotes["ask"] is not None:
            width.add_metric([name], _width_bps(quotes["bid"], quotes["ask"]))
        bid, ask, _ = view.touch()
        if bid is not None and ask is not None:
            spread.add_metric([name], _width_bps(view.rules.price(bid.price), view.rules.price(ask.price)))
        if view.mark is not None:
            notional.add_metric([name], float(engine.account.position(name) * view.mark.value))
        mismatches.add_metric([name], view.book.audit_mismatches)
    yield from (uptime, width, spread, notional, mismatches)
    yield _gauge("mmbot_exposure_usd", "Net notional of all positions at mark.", float(exposure(engine)))


def _width_bps(low: Decimal, high: Decimal) -> float:
    return float((high - low) / (high + low) * 20_000)


def _feeds(service: Service) -> Iterator[Metric]:
    lost = CounterMetricFamily("mmbot_feed_losses", "Streams that broke, skipped a number or fell silent.", labels=["feed"])
    connected = CounterMetricFamily(
        "mmbot_feed_connections", "Streams that were connected, the first time included.", labels=["feed"]
    )
    for feed in FEEDS:
        lost.add_metric([feed], service.tallies.feeds_lost[feed])
        connected.add_metric([feed], service.tallies.feeds_connected[feed])
    yield from (lost, connected)


def _steps(service: Service) -> Iterator[Metric]:
    times = HistogramMetricFamily("mmbot_step_seconds", "How long signing and each kind of request take.", labels=["step"])
    for step, each in sorted(service.bot.steps.steps.items()):
        times.add_metric([step], buckets=each.cumulative, sum_value=each.total_s)
    yield times
    yield _gauge("mmbot_loop_lag_worst_seconds", "Longest time in which the loop did not turn.", service.bot.lag.worst_ms / 1000)


def _bounded(rejects: Mapping[str, int]) -> dict[str, int]:
    """Return the counts by a short reason from a small set: the exchange's code or word, never its sentence."""
    found: Counter[str] = Counter()
    for reason, count in rejects.items():
        word = _REASON.match(reason)
        name = word[0].lower() if word else "other"
        found[name if name in found or len(found) < MOST_REASONS else "other"] += count
    return dict(found)


def _ages(service: Service) -> Iterator[Metric]:
    ages = GaugeMetricFamily("mmbot_source_age_seconds", "Age of the newest word of each source.", labels=["source"])
    for source, age_ms in service.broadcaster.ages().items():
        ages.add_metric([source], age_ms / 1000)
    yield ages


def _program(service: Service) -> Iterator[Metric]:
    broadcaster = service.broadcaster
    state = GaugeMetricFamily("mmbot_state", "1 for the state the bot is in.", labels=["state"])
    for each in BotState:
        state.add_metric([each.value], float(service.bot.engine.state is each))
    yield state
    yield _gauge("mmbot_ready", "1 while feeds are fresh and the account is known.", float(service.readiness() == "ready"))
    yield _gauge("mmbot_exchange_connected", "1 while connected.", float(service.bot.exchange_status == "connected"))
    yield _gauge("mmbot_requests_last_minute", "Requests to the exchange in the last minute.", service.bot.requests_last_minute())
    limit = service.bot.engine.account_settings.requests_per_minute
    yield _gauge("mmbot_requests_per_minute_limit", "Requests that the exchange allows in a minute.", limit)
    yield _gauge("mmbot_records_ready", "1 while the records follow the journal.", float(not service.records.problem))
    yield _counter("mmbot_records_rows", "Rows written to the records.", service.records.written)
    if service.alerts is not None:
        yield _counter("mmbot_alerts_sent", "Messages that reached people.", service.alerts.sent)
        yield _counter("mmbot_alerts_failed", "Messages that did not.", service.alerts.failed + service.alerts.dropped)
    yield _gauge("mmbot_viewers", "Sockets that look on.", broadcaster.stats()["clients"])
    yield _counter("mmbot_broadcast_messages", "Messages queued for viewers.", broadcaster.messages)
    yield _counter("mmbot_broadcast_bytes", "Bytes queued for viewers.", broadcaster.bytes)
    yield _counter("mmbot_viewers_dropped", "Viewers dropped because they did not keep up.", broadcaster.drops)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)


def _counter(name: str, words: str, value: float) -> Metric:
    return CounterMetricFamily(name, words, value=value)
