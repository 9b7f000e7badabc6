"""Everything one market teaches while it is watched: events in, opinions out. Nothing here reads a clock.

The engine gives it each market event after the view has folded it, each fill of ours, and, at each decision, our resting orders.
"""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from bot.core.events import (
    BestQuoteSeen,
    BookDelta,
    BookSnapshot,
    DayStatsSeen,
    FundingRateSeen,
    IndexPriceSeen,
    Level,
    MarketDataEvent,
    MarkPriceSeen,
    TradeSeen,
)
from bot.core.market_view import MarketView
from bot.core.markout import Markouts
from bot.core.numbers import Ticks
from bot.core.orders import Fill, Order, Side, Status
from bot.core.quoting.book_signals import FlowMeter, imbalance
from bot.core.quoting.exposure_fit import ExposureMeter
from bot.core.quoting.glft_formulas import gamma_for
from bot.core.quoting.intensity import Intensity, IntensityEstimator, PrintGrouper
from bot.core.quoting.inventory import limit_lots
from bot.core.quoting.lead import IndexLead
from bot.core.quoting.microprice import MicropriceEstimator
from bot.core.quoting.opinions import Opinions
from bot.core.quoting.parameters import QuotingSettings
from bot.core.quoting.queue_position import QueueWatch, Resting
from bot.core.quoting.setting_table import COLD_SETTINGS
from bot.core.quoting.skew import Slewed
from bot.core.quoting.toxicity import Vpin
from bot.core.quoting.volatility import VolatilityPair
from bot.core.settings import MakerSettings

OWN_TRADES_KEPT: Final = 2_000
HOUR_MS: Final = 3_600_000


class _Mid:
    """The mid now, and the one before the exchange's present moment: a print is measured from before it moved the book."""

    def __init__(self) -> None:
        self.now = 0.0
        self.before = 0.0
        self.exchange_ms = 0

    def see(self, mid: float, exchange_ms: int) -> None:
        if exchange_ms > self.exchange_ms:
            self.before, self.exchange_ms = self.now or mid, exchange_ms
        self.now = mid

    def just_before(self, exchange_ms: int) -> float:
        return self.now if exchange_ms > self.exchange_ms else self.before


class MarketSense:
    """The estimators of one market."""

    def __init__(self, quoting: QuotingSettings) -> None:
        self.quoting = quoting
        self.volatility = VolatilityPair(quoting.fast_half_life_s, quoting.slow_half_life_s)
        self.microprice = MicropriceEstimator()
        self.flow = FlowMeter()
        self.lead = IndexLead()
        self.intensity = IntensityEstimator(
            prior_rate=quoting.prior_rate,
            prior_decay=quoting.prior_decay,
            prior_orders=quoting.prior_orders,
            window_s=quoting.intensity_window_s,
            from_bps=quoting.intensity_from_bps,
        )
        self.exposure = ExposureMeter()
        self.queue = QueueWatch(quoting.queue_model)
        self.markouts = Markouts()
        self.vpin = Vpin(quoting.vpin_bucket_lots) if quoting.vpin_bucket_lots > 0 else None
        self._prints = PrintGrouper()
        self._mid = _Mid()
        self._touch: tuple[Level | None, Level | None] = (None, None)
        self._resting: tuple[Resting, ...] = ()
        self._own_trades: OrderedDict[int, None] = OrderedDict()
        self._gamma = Slewed()

    def under(self, quoting: QuotingSettings) -> "MarketSense":
        """Return what was learnt as it serves other settings: this sense, or a fresh one where an estimator has to start anew."""
        if any(getattr(quoting, name) != getattr(self.quoting, name) for name in COLD_SETTINGS):
            return MarketSense(quoting)
        self.quoting = quoting
        return self

    # --- what is seen -----------------------------------------------------------------------------------------------------

    def apply(self, event: MarketDataEvent, view: MarketView) -> None:
        """Fold a market event that `view` has already folded."""
        match event:
            case BestQuoteSeen():
                self._see_touch(view, event.exchange_ms, event.received_ms)
            case BookSnapshot() | BookDelta():
                self._see_touch(view, event.exchange_ms, event.received_ms)
                self._look_at_queue(view)
            case TradeSeen():
                self._see_trade(event, view)
            case IndexPriceSeen():
                self._see_index(view, event.received_ms)
            case MarkPriceSeen() | FundingRateSeen() | DayStatsSeen():
                pass  # the view keeps them; no estimate rests on them

    def _see_touch(self, view: MarketView, exchange_ms: int, now_ms: int) -> None:
        bid, ask, _ = view.touch()
        mid = view.mid()
        if mid is not None and mid > 0:
            self._mid.see(float(mid), exchange_ms)
            self.volatility.see(self._mid.now, now_ms)
            self.markouts.see(self._mid.now, now_ms)
        if (bid, ask) == self._touch:
            return
        self._touch = (bid, ask)
        self.microprice.see(bid, ask, now_ms)
        self.flow.see(bid, ask, now_ms)

    def _see_trade(self, event: TradeSeen, view: MarketView) -> None:
        price = float(view.rules.price(event.price))
        mid = self._mid.just_before(event.exchange_ms)
        self._prints.see(
            event.trade_id, event.side, price=price, mid=mid, exchange_ms=event.exchange_ms, received_ms=event.received_ms
        )
        self.queue.traded(taker_sells=event.side is Side.SELL, price=event.price, size=event.size)
        if self.vpin is not None:
            self.vpin.see(float(event.side.sign * event.size))

    def _see_index(self, view: MarketView, now_ms: int) -> None:
        mid = view.mid()
        if mid is not None and view.index is not None:
            self.lead.see(float(mid), float(view.index.value), now_ms)

    def _look_at_queue(self, view: MarketView) -> None:
        if not view.book.problem:
            self.queue.look(self._resting, lambda is_bid, price: _level_size(view, price, is_bid=is_bid))

    def filled(self, fill: Fill, now_ms: int) -> None:
        """Take a fill of ours, once."""
        self._own_trades[fill.trade_id] = None
        while len(self._own_trades) > OWN_TRADES_KEPT:
            self._own_trades.popitem(last=False)
        if fill.is_maker:
            self.markouts.filled(fill.side, float(fill.price), float(fill.size), now_ms)
            self.exposure.filled(fill.client_order_id or "")

    def look(self, orders: Iterable[Order], view: MarketView, now_ms: int) -> None:
        """Take the bot's live orders of this market: where they rest, for how long, and behind whom."""
        resting = [order for order in orders if order.status is Status.RESTING]
        self._resting = tuple(
            Resting(
                order_id=order.client_order_id,
                is_bid=order.side is Side.BUY,
                price=order.price,
                remaining=order.remaining,
            )
            for order in resting
        )
        mid = self._mid.now
        away = {
            order.client_order_id: order.side.sign * (mid - float(view.rules.price(order.price))) / mid * 1e4
            for order in resting
            if mid > 0
        }
        self.exposure.look(away, now_ms)
        self._look_at_queue(view)

    def share_ahead(self, order_id: str) -> float | None:
        """Return the part of its level that stands in front of an order of ours, 0 to 1; None for one that is not watched."""
        place = self.queue.place(order_id)
        return None if place is None else place.share_ahead

    # --- what is believed -------------------------------------------------------------------------------------------------

    def opinions(
        self,
        view: MarketView,
        settings: MakerSettings,
        now_ms: int,
        *,
        exchange_offset_ms: int = 0,
        latency_ms: float | None = None,
    ) -> Opinions:
        """Return what is believed now. `exchange_offset_ms` is exchange time minus ours: funding is paid on its full hours."""
        self.markouts.settle(now_ms)
        bid, ask, _ = view.touch()
        adverse_bps, fills = self.markouts.recent_adverse
        markout_bps, markout_fills = self.markouts.recent_markout(now_ms)
        volatility, intensity = self.volatility.read(), self._read_intensity(now_ms)
        calm = volatility.slow if volatility else 0.0
        wanted = gamma_for(
            self.quoting.rho,
            limit_lots(settings),
            sigma=calm,
            fill_rate=intensity.fills_per_s,
            decay=intensity.decay_per_bps,
        )
        return Opinions(
            volatility=volatility,
            intensity=intensity,
            gamma=self._gamma.toward(wanted, now_ms),
            imbalance=imbalance(bid, ask),
            flow=self.flow.read(now_ms),
            microprice_offset_ticks=self.microprice.offset_ticks(bid, ask) if bid is not None and ask is not None else None,
            microprice_age_ms=self.microprice.table_age_ms(now_ms),
            index_age_ms=view.index.age_ms(now_ms) if view.index else None,
            basis=self.lead.basis,
            lead_weight=self.lead.weight,
            funding_rate=float(view.funding_rate.value) if view.funding_rate else None,
            seconds_to_funding=(HOUR_MS - (now_ms + exchange_offset_ms) % HOUR_MS) / 1000,
            markout_bps=markout_bps if markout_fills else None,
            markout_fills=markout_fills,
            adverse_bps=adverse_bps if fills else None,
            adverse_fills=fills,
            vpin=self.vpin.value if self.vpin else None,
            latency_ms=latency_ms,
        )

    def _read_intensity(self, now_ms: int) -> Intensity:
        self.intensity.see(self._prints.take(now_ms, self._own_trades), now_ms)
        from_trades = self.intensity.read(now_ms)
        return self.exposure.read(from_trades, now_ms) or from_trades


def _level_size(view: MarketView, price: int, *, is_bid: bool) -> int:
    return view.book.bid_size(Ticks(price)) if is_bid else view.book.ask_size(Ticks(price))
