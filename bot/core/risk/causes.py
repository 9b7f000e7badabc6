"""What can raise the tier, measured: losses, drawdown, margin, exposure beyond its limit, and not knowing.

Losses and margin have tiers with hysteresis, because they move around their limits by themselves. Exposure beyond a limit, a
balance that is missing or old and an equity that we cannot explain are orange exactly as long as they last.
"""

from decimal import Decimal
from typing import Final

import msgspec

from bot.core.events import BalanceReported
from bot.core.numbers import plain
from bot.core.risk.day import Loss
from bot.core.risk.exposure import Stake, Stakes
from bot.core.risk.settings import AccountLimits, MarketLimits
from bot.core.risk.tiers import Cause, Finding, Steps, Tier

ZERO: Final = Decimal(0)


class Number(msgspec.Struct, frozen=True, kw_only=True):
    """One cause's number, where its tiers begin, and the words for it."""

    value: Decimal
    steps: Steps
    limit: Decimal
    text: str
    is_fraction: bool = False


class Causes:
    """The causes with hysteresis, by code and market; None is the account."""

    def __init__(self) -> None:
        self._causes: dict[tuple[str, str | None], Cause] = {}
        self._findings: dict[tuple[str, str | None], Finding] = {}
        self.changes: list[tuple[Tier, Finding]] = []
        """Tier before, and the finding with the tier after; taken and cleared by whoever tells people."""

    def see(self, code: str, market: str | None, number: Number, now_ms: int, calm_ms: int) -> Finding:
        """Take in a number and return the finding, green included."""
        key = (code, market)
        cause = self._causes.setdefault(key, Cause())
        before = cause.tier
        finding = Finding(
            code=code,
            market=market,
            tier=cause.see(number.value, number.steps, now_ms, calm_ms),
            value=_shown(number.value, is_fraction=number.is_fraction),
            limit=_shown(number.limit, is_fraction=number.is_fraction),
            text=number.text,
        )
        self._findings[key] = finding
        if finding.tier != before:
            self.changes.append((before, finding))
        return finding

    def unlimited(self, code: str, market: str | None) -> None:
        """A limit was taken away or cannot be measured: below red it raises nothing any more; a red stays for a person."""
        key = (code, market)
        if (cause := self._causes.get(key)) is not None and cause.tier is not Tier.RED:
            del self._causes[key]
            self._findings.pop(key, None)

    def above_green(self, market: str | None) -> tuple[Finding, ...]:
        """Return the findings of one market, or of the account, that are not green."""
        return tuple(each for (_, whose), each in self._findings.items() if whose == market and each.tier > Tier.GREEN)

    def every(self) -> tuple[Finding, ...]:
        """Return the findings of all causes, green ones included."""
        return tuple(self._findings.values())

    def acknowledge(self) -> frozenset[str]:
        """A person has seen every red; returns their codes."""
        seen = set()
        for (code, market), cause in self._causes.items():
            if cause.tier is Tier.RED:
                cause.acknowledge()
                seen.add(code)
                self._findings[code, market] = msgspec.structs.replace(self._findings[code, market], tier=cause.tier)
        return frozenset(seen)

    def latched(self) -> tuple[Finding, ...]:
        """Return the reds that no person has acknowledged."""
        return tuple(self._findings[key] for key, cause in self._causes.items() if cause.tier is Tier.RED)

    def acknowledged(self) -> tuple[str, ...]:
        """Return the causes that a person has seen and that are not green again, as "code market"."""
        return tuple(f"{code} {market or ''}" for (code, market), cause in self._causes.items() if cause.is_acknowledged)

    def restore(self, latched: tuple[Finding, ...], acknowledged: tuple[str, ...]) -> None:
        """Take over what the run before had found."""
        for finding in latched:
            key = (finding.code, finding.market)
            self._causes.setdefault(key, Cause()).latch()
            self._findings[key] = finding
        for text in acknowledged:
            code, _, market = text.partition(" ")
            cause = self._causes.setdefault((code, market or None), Cause())
            cause.latch()
            cause.acknowledge()


def daily_loss(limits: AccountLimits, loss: Loss) -> Number | None:
    """Measure the day's loss against the smaller of its limits; None without a limit that can be judged."""
    limit = _smaller(limits.max_daily_loss, limits.daily_loss_fraction, loss.opening)
    if limit is None:
        return None
    value = max(loss.day_loss, ZERO)
    text = f"lost {_money(value)} since 00:00 UTC, limit {_money(limit)}"
    return Number(value=value, limit=limit, steps=_steps(limits, limit), text=text)


def drawdown(limits: AccountLimits, loss: Loss) -> Number | None:
    """Measure the fall from the highest account value."""
    limit = _smaller(limits.max_drawdown, limits.drawdown_fraction, loss.peak)
    if limit is None:
        return None
    text = f"{_money(loss.drawdown)} below the highest account value, limit {_money(limit)}"
    return Number(value=loss.drawdown, limit=limit, steps=_steps(limits, limit), text=text)


def margin(limits: AccountLimits, balance: BalanceReported) -> Number:
    """Measure the distance to liquidation by the exchange's own ratio."""
    steps = Steps(yellow=limits.margin_yellow, orange=limits.margin_orange, red=limits.margin_red)
    told = f"margin ratio {float(balance.margin_ratio):.1%}, limit {float(limits.margin_red):.1%}"
    return Number(
        value=balance.margin_ratio,
        limit=limits.margin_red,
        steps=steps,
        text=f"{told}; the exchange liquidates at 100 %",
        is_fraction=True,
    )


def stop_loss(limits: MarketLimits, account: AccountLimits, *, unrealised: Decimal, cost: Decimal) -> Number | None:
    """Measure what the open position has lost; `cost` is what it was entered for."""
    limit = _smaller(limits.stop_loss, limits.stop_loss_fraction, cost)
    if limit is None:
        return None
    value = max(-unrealised, ZERO)
    text = f"the position has lost {_money(value)}, limit {_money(limit)}"
    return Number(value=value, limit=limit, steps=_steps(account, limit), text=text)


def standing(limits: AccountLimits, balance: BalanceReported | None, loss: Loss, now_ms: int) -> list[Finding]:
    """Return what is not known well enough to open anything."""
    found = []
    if limits.needs_balance and balance is None:
        found.append(_orange("no_balance", "none", "any", "the exchange has not told the balance yet: nothing is opened"))
    elif limits.needs_balance and balance is not None and now_ms - balance.received_ms > limits.max_balance_age_ms:
        age_ms = now_ms - balance.received_ms
        text = f"the balance is {age_ms} ms old, allowed {limits.max_balance_age_ms}: nothing is opened"
        found.append(_orange("stale_balance", str(age_ms), str(limits.max_balance_age_ms), text))
    if loss.unexplained > 0 and loss.unexplained_left_ms > 0:
        text = (
            f"equity is {_money(loss.unexplained)} lower than our own count says: a transfer that was not read, or a loss; "
            f"it counts as a loss in {loss.unexplained_left_ms / 1000:.0f} s"
        )
        found.append(_orange("unexplained_equity", _money(loss.unexplained), "0", text))
    return found


def exposure(gross: tuple[Decimal | None, str], stakes: Stakes) -> list[Finding]:
    """Return an orange finding when the positions held now are worth more than they may be."""
    limit, name = gross
    held = stakes.held()
    if limit is None or held <= limit:
        return []
    text = f"positions are worth {_money(held)}, and {name} allows {_money(limit)}"
    return [_orange("gross_exposure", _money(held), _money(limit), text)]


def position(market: str, stake: Stake, limits: MarketLimits) -> list[Finding]:
    """Return an orange finding when the position is larger than it may be: its limit was lowered, or a price has moved."""
    found = []
    limit = limits.max_long if stake.position > 0 else limits.max_short
    if limit is not None and abs(stake.position) > limit:
        text = f"the position {plain(stake.position)} is larger than its limit {plain(limit)}: it is reduced, not forced out"
        found.append(_orange("position_above_limit", plain(abs(stake.position)), plain(limit), text, market))
    money = limits.max_market_notional
    if money is not None and stake.held > money:
        text = f"the position is worth {_money(stake.held)}, limit {_money(money)}"
        found.append(_orange("notional_above_limit", _money(stake.held), _money(money), text, market))
    return found


def _orange(code: str, value: str, limit: str, text: str, market: str | None = None) -> Finding:
    return Finding(code=code, market=market, tier=Tier.ORANGE, value=value, limit=limit, text=text)


def _steps(limits: AccountLimits, limit: Decimal) -> Steps:
    return Steps(yellow=limit * limits.yellow_share, orange=limit * limits.orange_share, red=limit)


def _smaller(amount: Decimal | None, fraction: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """Return the smaller of an amount and a fraction of a whole, whichever are known; a limit of nothing is no limit."""
    found = [amount] if amount is not None else []
    if fraction is not None and whole is not None and whole > 0:
        found.append(fraction * whole)
    return min(found, default=None)


def _money(value: Decimal) -> str:
    return f"{value:.2f}"


def _shown(value: Decimal, *, is_fraction: bool) -> str:
    return f"{float(value):.4f}" if is_fraction else _money(value)
