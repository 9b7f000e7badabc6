"""`limits.toml` in the state folder: hard caps above the configuration, which no program interface can write.

Only a person with an editor changes them, and they are read at start. The file is strict: a key that is not a cap is refused by
name, with the nearest one that is.
"""

import difflib
import os
import stat
import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from bot.core.errors import ConfigurationError
from bot.core.market import market_name
from bot.core.risk.caps import ALL_MARKETS, AccountCaps, HardCaps, MarketCaps

NAME: Final = "limits.toml"
MOST_BYTES: Final = 64 * 1024
WHOLE: Final = frozenset({"max_open_orders", "orders_per_minute"})
FRACTIONS: Final = frozenset({"daily_loss_fraction", "drawdown_fraction", "margin_red", "price_collar"})
MEANINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "max_gross_exposure": "collateral; value of all positions that could come about, long and short counted alike",
        "max_net_exposure": "collateral; longs minus shorts, either way",
        "max_open_orders": "orders",
        "max_order_notional": "collateral; value of one order",
        "orders_per_minute": "orders",
        "max_leverage": "gross exposure over equity",
        "max_daily_loss": "collateral, since 00:00 UTC",
        "daily_loss_fraction": "of the equity with which the day began: 0.02 is 2 %",
        "max_drawdown": "collateral, from the highest account value",
        "drawdown_fraction": "of the highest account value",
        "margin_red": "the exchange's margin ratio at which everything stops; 1 is liquidation",
        "max_position": "base asset, long and short alike",
        "max_market_notional": "collateral; value of the position that could come about",
        "stop_loss": "collateral; unrealised loss of the open position",
        "price_collar": "largest distance of an order's price from mark and last price, on the side that costs",
    }
)
EXAMPLE_ACCOUNT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "max_gross_exposure": "20000",
        "max_order_notional": "5000",
        "max_leverage": "2",
        "daily_loss_fraction": "0.02",
        "drawdown_fraction": "0.05",
        "margin_red": "0.66",
        "orders_per_minute": "600",
        "max_open_orders": "100",
    }
)
EXAMPLE_MARKET: Final[Mapping[str, str]] = MappingProxyType(
    {"max_market_notional": "10000", "price_collar": "0.02", "orders_per_minute": "300"}
)


def load_limits(folder: Path) -> HardCaps | None:
    """Read the hard caps of a state folder; None when there is no file.

    Raises: ConfigurationError naming the file, the key, what was found and what is allowed; also when others could write it.
    """
    file = folder / NAME
    try:
        _check_owner(file)
        text = file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}") from None
    if len(text) > MOST_BYTES:
        raise ConfigurationError(f"{file} is larger than {MOST_BYTES} bytes")
    try:
        return parse_limits(text.decode("utf-8"))
    except UnicodeDecodeError:
        raise ConfigurationError(f"{file} is not a text file") from None
    except ConfigurationError as error:
        raise ConfigurationError(f"{file}: {error}") from None


def parse_limits(text: str) -> HardCaps:
    """Read hard caps from TOML.

    Raises: ConfigurationError naming the key, what was found and what is allowed.
    """
    try:
        content = tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, InvalidOperation) as error:
        raise ConfigurationError(f"not readable TOML: {error}") from None
    _known(content, ("account", "markets"), "")
    markets = _table(content.get("markets", {}), "markets")
    parsed: dict[str, MarketCaps] = {}
    for name, caps in markets.items():
        real = name if name == ALL_MARKETS else market_name(name)
        if real in parsed:
            raise ConfigurationError(f'markets."{name}" is given twice, also under its other name')
        parsed[real] = MarketCaps(**_caps(caps, MarketCaps.__struct_fields__, f'markets."{name}"'))
    account = AccountCaps(**_caps(content.get("account", {}), AccountCaps.__struct_fields__, "account"))
    return HardCaps(account=account, markets=parsed)


def missing_for_live(caps: HardCaps | None, market: str) -> tuple[str, ...]:
    """Name what must be capped before real money is traded and is not; empty when nothing is missing."""
    if caps is None:
        return (NAME,)
    account, own = caps.account, caps.of(market)
    needed = {
        "account.max_daily_loss or account.daily_loss_fraction": (account.max_daily_loss, account.daily_loss_fraction),
        "account.max_gross_exposure or account.max_leverage": (account.max_gross_exposure, account.max_leverage),
        f'max_position or max_market_notional in markets.default or markets."{market}"': (
            own.max_position,
            own.max_market_notional,
        ),
        "max_order_notional in account or the market": (account.max_order_notional, own.max_order_notional),
    }
    return tuple(name for name, found in needed.items() if all(each is None for each in found))


def require_caps(caps: HardCaps | None, markets: Iterable[str], folder: Path) -> None:
    """Insist on every cap without which no real money is traded.

    Raises: ConfigurationError naming the file, what is missing in it, and how to begin one.
    """
    missing = sorted({name for market in markets for name in missing_for_live(caps, market)})
    if not missing:
        return
    file = folder / NAME
    if caps is None:
        raise ConfigurationError(
            f"live needs hard caps in {file}, and there is no such file; `mmbot config limits > {file}` begins one: "
            "look at every number in it"
        )
    raise ConfigurationError(f"live needs more caps in {file}, missing: {'; '.join(missing)}")


def example_limits() -> str:
    """Return a file with every cap, its meaning, and values that suit an account of 10,000."""
    lines = [
        "# Hard caps. The configuration can ask for less, never for more. No program writes this file; it is read at start.",
        "",
        "[account]",
        *_example_lines(AccountCaps.__struct_fields__, EXAMPLE_ACCOUNT),
        "",
        '# For every market. A table such as [markets."BTC-USD"] makes one market tighter.',
        f"[markets.{ALL_MARKETS}]",
        *_example_lines(MarketCaps.__struct_fields__, EXAMPLE_MARKET),
    ]
    return "\n".join(lines) + "\n"


def _example_lines(names: tuple[str, ...], values: Mapping[str, str]) -> list[str]:
    return [
        f"{name} = {values[name]}  # {MEANINGS[name]}" if name in values else f"# {name} =  # {MEANINGS[name]}" for name in names
    ]


def _check_owner(file: Path) -> None:
    mode = file.stat().st_mode
    if os.name == "posix" and mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ConfigurationError(f"{file} can be written by others than its owner; run: chmod 600 {file}")


def _table(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ConfigurationError(f"{where} is {value!r}; expected a table such as [{where}]")
    return value


def _known(table: Mapping[str, object], allowed: tuple[str, ...], where: str) -> None:
    for name in table:
        if name not in allowed:
            near = difflib.get_close_matches(name, allowed, n=1, cutoff=0.0)
            place = f"[{where}] " if where else ""
            raise ConfigurationError(f"{place}{name} is not a cap; did you mean {near[0]}? Caps are: {', '.join(allowed)}")


def _caps(value: object, allowed: tuple[str, ...], where: str) -> dict[str, Any]:
    table = _table(value, where)
    _known(table, allowed, where)
    return {name: _number(found, name, f"{where}.{name}") for name, found in table.items()}


def _number(value: object, name: str, where: str) -> Decimal | int:
    """Return a cap as an exact number; text such as "0.05" is a number, too."""
    whole = name in WHOLE
    wanted = "a whole number above zero" if whole else "a number above zero"
    if name in FRACTIONS:
        wanted = "a fraction above zero and at most 1, such as 0.02 for 2 %"
    try:
        number = Decimal(value) if isinstance(value, int | str | Decimal) and not isinstance(value, bool) else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    is_usable = number.is_finite() and number > 0 and number.adjusted() < 30
    if not is_usable or (whole and number != int(number)) or (name in FRACTIONS and number > 1):
        raise ConfigurationError(f"{where} is {value!s}; expected {wanted}")
    return int(number) if whole else number
