"""The same resting orders in one recording under different queue models: the tape never reacts, so only the models differ."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple

from simulator.accounts import derive_accounts
from simulator.events import FillBooked
from simulator.exchange import replay_exchange
from simulator.matching import Side
from simulator.options import VenueOptions
from simulator.orders import Kind, OrderRequest, SelfTrade, TimeInForce
from simulator.queue_models import QUEUE_MODELS
from simulator.tape import Tape, load_tape
from simulator.venue import Venue

START_MS: Final = 1_790_000_000_000
EVERY_MS: Final = 5_000
"""A fresh order at each best price this often; the last ones are cancelled."""
STEP_MS: Final = 50
NEVER: Final = 10**9


class Wait(NamedTuple):
    """One order: its name, and after how many milliseconds the first of it filled (`NEVER` when it did not)."""

    name: str
    first_fill_ms: int


def waits(tape: Tape, model: str, length_ms: int) -> list[Wait]:
    """Join both best prices again and again, and note when each order was reached."""
    accounts = derive_accounts(1, 1, None)
    exchange = replay_exchange(
        seed=1,
        accounts=accounts,
        start_ms=START_MS,
        tape=tape,
        options=VenueOptions(accept_delay_ms=(0, 0), mark_balance_interval_ms=0),
        queue_model=QUEUE_MODELS[model],
    )
    venue, account = exchange.venue, accounts[0].account_id
    placed: dict[str, int] = {}
    filled: dict[str, int] = {}
    names: dict[int, str] = {}
    for elapsed_ms in range(0, min(length_ms, tape.length_ms), STEP_MS):
        for event in exchange.advance(START_MS + elapsed_ms):
            if isinstance(event, FillBooked):
                filled.setdefault(names[event.trade.order_id], event.ms)
        if elapsed_ms % EVERY_MS == 0:
            venue.mass_cancel(account, everything=True)
            for side in Side:
                request = _join(venue, tape.market, side, f"{side.value}-{elapsed_ms}")
                if request is not None:
                    names[venue.submit(account, request).order_id] = request.external_id
                    placed[request.external_id] = venue.now_ms
    return [Wait(name, filled[name] - at if name in filled else NEVER) for name, at in placed.items()]


def _join(venue: Venue, market: str, side: Side, name: str) -> OrderRequest | None:
    state = venue.markets[market]
    best = state.best_price(side)
    if best is None:
        return None
    return OrderRequest(
        external_id=name,
        market=market,
        kind=Kind.LIMIT,
        side=side,
        size=state.spec.min_order_size,
        price=best,
        time_in_force=TimeInForce.GTT,
        expiry_ms=venue.now_ms + 3_600_000,
        fee=Decimal(0),
        nonce=1,
        settlement=None,
        self_trade=SelfTrade.ACCOUNT,
        reduce_only=False,
        post_only=True,
    )


def all_waits(file: Path, models: Sequence[str], length_ms: int) -> dict[str, list[Wait]]:
    """Return each model's waits in one recording.

    Raises: TapeError.
    """
    tape = load_tape(file)
    return {model: waits(tape, model, length_ms) for model in models}


ORDER: Final = (
    ("risk-averse", "power3"),
    ("power3", "power1"),
    ("power1", "power-whole"),
    ("risk-averse", "log-whole"),
    ("log-whole", "log"),
    ("risk-averse", "power2"),
)
"""(slower, faster): with every queue the first thinks fewer of those who cancelled stood before us."""


def overtaken(slower: Sequence[Wait], faster: Sequence[Wait]) -> list[str]:
    """Return the orders that the slower model filled sooner."""
    return [one.name for one, other in zip(slower, faster, strict=True) if one.first_fill_ms < other.first_fill_ms]
