"""What risk measures and decided, in plain words and numbers: amounts are text, what is not known is None."""

from decimal import Decimal
from typing import Any

import msgspec

from bot.core.engine import Engine
from bot.core.numbers import plain
from bot.core.risk.state import MarketRisk, RiskState
from bot.core.risk.tiers import Finding, Tier


def risk_part(engine: Engine, now_ms: int) -> dict[str, Any]:
    """Return tier, meters, findings, the day's loss and each market's verdict; before the first decision only that nothing is."""
    state = engine.risk.state
    if state is None:
        return {"tier": Tier.GREEN.word, "meters": [], "findings": [], "loss": {}, "markets": {}}
    return {
        "tier": state.tier.word,
        "meters": [meter(each) for each in engine.risk.manager.meters()],
        "findings": [told(each) for each in state.findings],
        "loss": _loss(state),
        "gross": plain(state.gross),
        "worst_gross": plain(state.worst_gross),
        "net": plain(state.net),
        "leverage": None if state.leverage is None else f"{float(state.leverage):.4f}",
        "flatten": state.flatten,
        "markets": {name: _verdict(engine, verdict, now_ms) for name, verdict in state.markets.items()},
    }


def risk_summary(engine: Engine) -> dict[str, Any]:
    """Return what a viewer sees at a glance, keyed by cause; empty before the first decision."""
    state = engine.risk.state
    if state is None:
        return {}
    return {
        "tier": state.tier.word,
        "today_loss": f"{state.loss.day_loss:.2f}",
        "drawdown": f"{state.loss.drawdown:.2f}",
        "meters": {
            f"{each.code} {each.market or 'account'}": {"tier": each.tier.word, "value": each.value, "limit": each.limit}
            for each in engine.risk.manager.meters()
        },
        "findings": {f"{each.code} {each.market or 'account'}": each.text for each in state.findings},
    }


def meter(finding: Finding) -> dict[str, Any]:
    """Return one number with its limit, and which part of the limit it has used up."""
    value, limit = Decimal(finding.value), Decimal(finding.limit)
    return {**told(finding), "used": f"{float(value / limit):.4f}" if limit > 0 else None}


def told(finding: Finding) -> dict[str, Any]:
    """Return a finding as people read it."""
    return {
        "code": finding.code,
        "market": finding.market,
        "tier": finding.tier.word,
        "value": finding.value,
        "limit": finding.limit,
        "text": finding.text,
    }


def limits_of(engine: Engine, market: str | None = None) -> dict[str, Any]:
    """Return the limits in force, hard caps applied, of the account or of one market; what is not set is None."""
    manager = engine.risk.manager
    limits = manager.account_limits if market is None else manager.limits_of(market)
    return {name: _shown(value) for name, value in msgspec.structs.asdict(limits).items()}


def _shown(value: object) -> object:
    if isinstance(value, Decimal):
        return plain(value)
    return msgspec.structs.asdict(value) if isinstance(value, msgspec.Struct) else value


def _loss(state: RiskState) -> dict[str, Any]:
    loss = state.loss
    return {
        "today": f"{loss.day_loss:.2f}",
        "drawdown": f"{loss.drawdown:.2f}",
        "opening": None if loss.opening is None else f"{loss.opening:.2f}",
        "highest": None if loss.peak is None else f"{loss.peak:.2f}",
        "unexplained": f"{loss.unexplained:.2f}",
    }


def _verdict(engine: Engine, verdict: MarketRisk, now_ms: int) -> dict[str, Any]:
    market = verdict.market
    return {
        "tier": verdict.tier.word,
        "widening": verdict.widening,
        "findings": [told(each) for each in verdict.findings],
        "reduce_only": verdict.reduce_only and verdict.reduce_only.text,
        "holds": [{"code": each.code, "text": each.text} for each in verdict.blocks],
        "allowance": {side.value: plain(size) for side, size in verdict.allowance.items()},
        "largest_order": None if verdict.largest_order is None else plain(verdict.largest_order),
        "safety_ticks": {side.value: ticks for side, ticks in engine.risk.safety_ticks(market, now_ms).items()},
        "pauses": {side.value: reason.text for side, reason in engine.risk.pauses(market, now_ms).items()},
        "breaker_trips": {code: count for code, count in engine.risk.manager.breaker_trips(market).items() if count},
    }
