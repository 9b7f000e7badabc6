"""What could happen at worst, and what holds it: limits, room, nets and reasons, as far as the engine knows them."""

from decimal import Decimal
from typing import Any

from bot.core.engine import Engine
from bot.core.maker import Maker
from bot.core.numbers import plain
from bot.core.orders import Side
from bot.core.risk.exposure import possibly_live
from bot.observers.risk_part import limits_of, risk_part, told


def risk(engine: Engine, now_ms: int) -> dict[str, Any]:
    """Return the state of every limit and net; amounts are text."""
    measured = risk_part(engine, now_ms)
    blocked = engine.sync.blocks() or engine.switch.blocks(now_ms)
    return {
        "state": engine.state.value,
        "reason": engine.state_reason.text,
        "reason_code": engine.state_reason.code,
        "blocked": blocked and {"code": blocked.code, "reason": blocked.text},
        "creates_held": engine.hold or None,
        "switch": {"left_ms": engine.switch.left_ms(now_ms), "problem": engine.switch.problem or None},
        "account": {"is_synced": engine.sync.is_synced, "adjustments": engine.account.adjustments},
        **{name: value for name, value in measured.items() if name != "markets"},
        "account_limits": limits_of(engine),
        "latched": [told(each) for each in engine.risk.manager.record().latched],
        "limits": {
            "max_clock_offset_ms": engine.account_settings.max_clock_offset_ms,
            "requests_per_minute": engine.account_settings.requests_per_minute,
        },
        "clock_offset_ms": engine.exchange_clock.offset_ms,
        "reprices_per_minute": round(engine.pace.reprices_per_minute),
        "exposure": plain(exposure(engine)),
        "markets": {
            name: {**_market(engine, maker), **measured["markets"].get(name, {})} for name, maker in engine.makers.items()
        },
    }


def exposure(engine: Engine) -> Decimal:
    """Return the net notional of all positions at mark, signed, in collateral."""
    total = Decimal(0)
    for name, ledger in engine.account.ledgers.items():
        view = engine.views.get(name)
        if view is not None and view.mark is not None:
            total += ledger.size * view.mark.value
    return total


def _market(engine: Engine, maker: Maker) -> dict[str, Any]:
    rules, position = maker.view.rules, engine.account.position(maker.market)
    live = {side: possibly_live(engine.orders, rules, side) for side in Side}
    limit = maker.settings.max_position
    mark = maker.view.mark
    paused = engine.paused_markets.get(maker.market)
    return {
        "position": plain(position),
        "notional": None if mark is None else plain(abs(position) * mark.value),
        "max_position": plain(limit),
        "limits": limits_of(engine, maker.market),
        "worst_long": plain(position + live[Side.BUY]),
        "worst_short": plain(position - live[Side.SELL]),
        "room": _room(engine, maker, live),
        "live": {side.value: plain(live[side]) for side in Side},
        "paused": paused and paused.text,
        "reason_code": maker.reason and maker.reason.code,
        "withheld": {side.value: {"code": why.code, "reason": why.text} for side, why in maker.withheld.items()},
    }


def _room(engine: Engine, maker: Maker, live: dict[Side, Decimal]) -> dict[str, str]:
    """Return how much more each side may show, never negative; before the first decision only the position limit is known."""
    state = engine.risk.state
    verdict = None if state is None else state.markets.get(maker.market)
    allowance = dict.fromkeys(Side, maker.settings.max_position) if verdict is None else verdict.allowance
    return {side.value: plain(max(allowance[side] - live[side], Decimal(0))) for side in Side}
