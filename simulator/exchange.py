"""The whole exchange on somebody else's clock: venue and background flow, without sockets.

`Exchange` is what the server runs behind its sockets, and what a test runs on a virtual clock: same code, same records.
"""

from collections.abc import Sequence
from decimal import Decimal
from hashlib import sha256
from typing import Final

import msgspec

from simulator.accounts import Account
from simulator.events import Event
from simulator.flow import Flow, SteerableFlow, SyntheticFlow
from simulator.flow_cst import CstFlow, ExtendedFlow
from simulator.markets import LISTED, MarketSpec
from simulator.options import VenueOptions
from simulator.queue_models import RISK_AVERSE, QueueModel
from simulator.refusals import Code, Refused
from simulator.regimes import NORMAL, REGIMES, Regime
from simulator.replay import ReplayFlow
from simulator.tape import Tape
from simulator.venue import Venue

SYNTHETIC: Final = "synthetic"
GENERATED: Final = (SYNTHETIC, "cst", "extended")
"""Flows made from a seed; the first is the default."""
WARM_UP_MS: Final = 10_000
"""Before the doors open the flow trades this long around a price that stands still."""


class EventLog:
    """A running digest of everything that happened: equal digests mean byte-identical logs."""

    def __init__(self) -> None:
        self._digest = sha256()
        self._encoder = msgspec.json.Encoder()
        self.count = 0

    def add(self, events: Sequence[Event]) -> None:
        for event in events:
            self._digest.update(self._encoder.encode(event))
            self._digest.update(b"\n")
        self.count += len(events)

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


class Exchange:
    """A venue with its flow; time only moves through `advance`."""

    def __init__(self, venue: Venue, flows: dict[str, Flow], *, flow_name: str) -> None:
        self.venue = venue
        self.flows = flows
        self.flow_name = flow_name

    def advance(self, now_ms: int) -> list[Event]:
        """Let time pass and return what happened, in order."""
        self.venue.advance(now_ms)
        return self.venue.drain()

    def next_due_ms(self) -> int | None:
        return self.venue.next_due_ms()

    def sit_out(self, skipped_ms: int) -> None:
        """Tell the flows that the clock is about to jump: they do not live through the time skipped."""
        self.venue.sit_out(skipped_ms)
        for flow in self.flows.values():
            flow.sit_out(skipped_ms)

    def set_regime(self, name: str, market: str | None = None) -> None:
        """Change the mood of one market with a generated flow, or of all.

        Raises: Refused for an unknown regime, or where no flow with moods runs.
        """
        regime = REGIMES.get(name)
        if regime is None:
            raise Refused(Code.BAD_REQUEST, f"regime must be one of {', '.join(REGIMES)}")
        for flow in self._steerable(market):
            flow.set_regime(regime)

    def set_price(self, market: str, price: Decimal) -> None:
        """Move the efficient price of a synthetic market, or the mark and index of a market without flow.

        Raises: Refused.
        """
        self.venue.market(market)
        if not price.is_finite() or price <= 0:
            raise Refused(Code.BAD_REQUEST, "price must be a positive number")
        if market in self.flows:
            for flow in self._steerable(market):
                flow.set_price(float(price))
        else:
            self.venue.set_index(market, price)
            self.venue.set_mark(market, price)
            self.venue.look_at_triggers()

    def _steerable(self, market: str | None) -> list[SteerableFlow]:
        chosen = [
            flow for name, flow in self.flows.items() if isinstance(flow, SyntheticFlow | ExtendedFlow) and market in (None, name)
        ]
        if not chosen:
            raise Refused(Code.BAD_REQUEST, f"no flow with moods and an efficient price runs on {market or 'any market'}")
        return [*chosen]


def synthetic_exchange(
    *,
    seed: int,
    accounts: Sequence[Account],
    start_ms: int,
    options: VenueOptions | None = None,
    regime: Regime = NORMAL,
    speed: float = 1.0,
    with_flow: bool = True,
    flow_name: str = SYNTHETIC,
    specs: Sequence[MarketSpec] = tuple(LISTED.values()),
) -> Exchange:
    """Build an exchange whose books are full and whose marks stand at the start prices at `start_ms`.

    Without flow the books are empty and prices stand still; `flow_name` is one of `GENERATED`.

    Raises: ValueError for an unknown flow, or a mood for one that has none.
    """
    warm_up_ms = WARM_UP_MS if with_flow else 0
    venue = Venue(specs=specs, accounts=accounts, options=options or VenueOptions(), seed=seed, start_ms=start_ms - warm_up_ms)
    flows: dict[str, Flow] = {}
    if with_flow:
        generated = [_generated(flow_name, venue, spec.name, seed=seed, regime=regime, speed=speed) for spec in specs]
        for flow, spec in zip(generated, specs, strict=True):
            flow.start()
            flows[spec.name] = flow
        venue.advance(start_ms)
        for flow in generated:
            flow.frozen = False
        venue.drain()
    return Exchange(venue, flows, flow_name=flow_name if with_flow else "none")


def _generated(name: str, venue: Venue, market: str, *, seed: int, regime: Regime, speed: float) -> SyntheticFlow | CstFlow:
    match name:
        case "synthetic":
            return SyntheticFlow(venue, market, seed=seed, regime=regime, speed=speed)
        case "extended":
            return ExtendedFlow(venue, market, seed=seed, regime=regime, speed=speed)
        case "cst":
            if regime is not NORMAL:
                raise ValueError("the cst flow has no moods: leave --regime out")
            return CstFlow(venue, market, seed=seed, speed=speed)
        case _:
            raise ValueError(f"flow {name} is none of {', '.join(GENERATED)}")


def replay_exchange(
    *,
    seed: int,
    accounts: Sequence[Account],
    start_ms: int,
    tape: Tape,
    options: VenueOptions | None = None,
    speed: float = 1.0,
    queue_model: QueueModel = RISK_AVERSE,
) -> Exchange:
    """Build an exchange that plays a recording as one market; the other markets are listed and stand still."""
    venue = Venue(
        specs=[_on_tape(spec, tape) if spec.name == tape.market else spec for spec in LISTED.values()],
        accounts=accounts,
        options=options or VenueOptions(),
        seed=seed,
        start_ms=start_ms,
    )
    flow = ReplayFlow(venue, tape, speed=speed, queue_model=queue_model)
    flow.start()
    venue.drain()
    return Exchange(venue, {tape.market: flow}, flow_name="replay")


def _on_tape(spec: MarketSpec, tape: Tape) -> MarketSpec:
    bid, ask = (levels[0][0] for levels in (tape.snapshot.bids, tape.snapshot.asks))
    return spec.on_grid(
        tick_size=tape.tick_size,
        lot_size=tape.lot_size,
        min_order_size=max(spec.min_order_size, tape.lot_size),
        start_price=tape.tick_size * (bid + ask) / 2,
    )
