"""Measurements in Prometheus' text format: units in the names, labels from small fixed sets, never an id."""

from collections.abc import Iterator
from typing import Any, Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from backend.service import Service
from bot.core.mode import BotState
from bot.core.orders import Owner
from bot.observers.status import metrics

MONEY: Final = {
    "realised_pnl": ("mmbot_realised_pnl_usd", "PnL booked by closing, before fees, in this run."),
    "unrealised_pnl": ("mmbot_unrealised_pnl_usd", "PnL of the open positions at mark."),
    "total_pnl": ("mmbot_total_pnl_usd", "Realised and unrealised PnL less fees, in this run."),
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
        yield from _ages(self._service)
        yield from _program(self._service)


def _orders(service: Service) -> Iterator[Metric]:
    engine = service.bot.engine
    counters = engine.counters
    yield _counter("mmbot_orders_placed", "Orders of the bot that the exchange took.", counters.orders_placed)
    yield _counter("mmbot_orders_ended", "Orders of the bot that ended.", counters.orders_ended)
    yield _counter("mmbot_orders_filled", "Ended orders of the bot with at least one fill.", counters.orders_filled)
    yield _counter("mmbot_fills", "Executions of the bot's orders.", counters.fills)
    yield _counter("mmbot_orders_rejected", "Orders that were refused or rejected.", sum(counters.rejects.values()))
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
    yield _gauge("mmbot_viewers", "Sockets that look on.", broadcaster.stats()["clients"])
    yield _counter("mmbot_broadcast_messages", "Messages queued for viewers.", broadcaster.messages)
    yield _counter("mmbot_broadcast_bytes", "Bytes queued for viewers.", broadcaster.bytes)
    yield _counter("mmbot_viewers_dropped", "Viewers dropped because they did not keep up.", broadcaster.drops)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)


def _counter(name: str, words: str, value: float) -> Metric:
    return CounterMetricFamily(name, words, value=value)
