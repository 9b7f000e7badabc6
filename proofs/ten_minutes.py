"""Ten minutes of the demo: position and PnL move as the exchange's own truth says, no error in the log, stop leaves nothing.

    python -m proofs.ten_minutes [--minutes=10] [--seed=1]

Looks at bot and exchange every few seconds. A look counts when no fill happened around it, so both speak of the same fills.
"""

import argparse
import contextlib
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from proofs.stage.asking import eventually
from proofs.stage.books import picture_of
from proofs.stage.programs import Bot, SimulatedExchange, write_config
from proofs.stage.reports import say, table, write_report

LOOK_EVERY_S: Final = 5.0
SETTLED_MS: Final = 1_500
CENT: Final = Decimal("0.0001")
MARKET: Final = "BTC-USD"
SPREADS: Final = (0.001, 0.0002)


class Trial(NamedTuple):
    """One demo: its figures, and everything that was wrong."""

    spread: float
    figures: dict[str, object]
    wrong: list[str]


def differences(bot: Bot, exchange: SimulatedExchange) -> list[str] | None:
    """Return where the bot's figures differ from the truth; None when a fill was too close to compare."""
    fills, standing, held = _truth(exchange)
    picture = picture_of(bot)
    after = exchange.truth("fills")
    if len(after["fills"]) != len(fills) or (fills and after["now_ms"] - fills[-1]["createdTime"] < SETTLED_MS):
        return None
    figures = {name: Decimal(str(value)) for name, value in picture["metrics"].items() if value is not None}
    mark = Decimal(picture["markets"][MARKET]["mark_price"])
    size = Decimal(standing["positions"].get(MARKET, "0"))
    entry = Decimal(held["openPrice"]) if held else Decimal(0)
    wanted = {
        "position_size": size,
        "fills": Decimal(sum(1 for fill in fills)),
        "realised_pnl": Decimal(standing["trade_pnl"]),
        "fees": Decimal(standing["fees"]),
        "unrealised_pnl": size * (mark - entry),
    }
    return [f"{name}: bot {figures[name]}, truth {value}" for name, value in wanted.items() if abs(figures[name] - value) > CENT]


def _truth(exchange: SimulatedExchange) -> tuple[list[dict[str, Any]], dict[str, Any], dict[str, Any] | None]:
    account = exchange.account()["account_id"]
    positions = exchange.truth(f"positions?account={account}")["positions"]
    held = next((each for each in positions if each["market"] == MARKET), None)
    return exchange.fills(), exchange.standing(), held


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    with ThreadPoolExecutor(len(SPREADS)) as workers:
        trials = list(workers.map(partial(trial, seed=asked.seed, minutes=asked.minutes), SPREADS))
    for each in trials:
        for line in each.wrong:
            say(f"spread {each.spread:g}: {line}")
    passed = all(not each.wrong and each.figures["looks compared"] for each in trials)
    words = (
        f"{asked.minutes:g} minutes, seed {asked.seed}, one demo at its default spread and one at a fifth of it, side by side."
    )
    rows = [(name, *(each.figures[name] for each in trials)) for name in trials[0].figures]
    head = ("figure", *(f"`spread_percentage` {each.spread:g}" for each in trials))
    found = [f"- spread {each.spread:g}: {line}" for each in trials for line in each.wrong]
    parts = [words, table(head, rows), "\n".join(found) or "Nothing differed; no error in the logs."]
    write_report("ten-minutes", "Ten minutes of the demo agree with the exchange", parts, passed=passed)
    return 0 if passed else 1


def trial(spread: float, *, seed: int, minutes: float) -> Trial:
    """Run one demo and compare it with its exchange."""
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        exchange = stack.enter_context(SimulatedExchange(folder, seed=seed))
        config = write_config(folder, spread_percentage=spread)
        bot = stack.enter_context(Bot(folder, "demo", "--config", str(config), variables=exchange.variables()))
        bot.wait_for_quotes()
        return Trial(spread, *_watch(bot, exchange, minutes))


def _watch(bot: Bot, exchange: SimulatedExchange, minutes: float) -> tuple[dict[str, object], list[str]]:
    """Look until time is up, then stop the bot; returns the figures and everything that was wrong."""
    wrong: list[str] = []
    looks = skipped = 0
    positions = set()
    end = time.monotonic() + minutes * 60
    while time.monotonic() < end:
        time.sleep(LOOK_EVERY_S)
        found = differences(bot, exchange)
        looks, skipped = looks + 1, skipped + (found is None)
        wrong += [f"look {looks}: {each}" for each in found or ()]
        positions.add(exchange.position())
    answer = bot.post("/api/bot/stop")
    left = exchange.open_orders()
    wrong += [] if answer == {"status": "stopped", "remaining": []} else [f"stop answered {answer}"]
    wrong += [f"left on the exchange: {order['externalId']}" for order in left] + bot.errors()
    wrong += eventually(lambda: differences(bot, exchange), 20, "a look at the end") or []
    return _figures(bot, exchange, looks, skipped, positions), wrong


def _figures(bot: Bot, exchange: SimulatedExchange, looks: int, skipped: int, positions: set[Decimal]) -> dict[str, object]:
    metrics, standing = bot.status()["metrics"], exchange.standing()
    return {
        "looks compared": looks - skipped,
        "looks with a fill too close": skipped,
        "orders placed": metrics["orders_placed"],
        "fills": metrics["fills"],
        "fill rate": metrics["fill_rate"],
        "position between": f"{min(positions)} and {max(positions)}",
        "realised PnL, bot": metrics["realised_pnl"],
        "realised PnL, exchange": standing["trade_pnl"],
        "equity, bot": metrics["equity"],
        "equity, exchange": standing["equity"],
        "lines in the log": len(bot.lines()),
        "warnings in the log": sum("[BOT WARNING]" in line for line in bot.lines()),
        "orders left after stop": len(exchange.open_orders()),
    }


if __name__ == "__main__":
    sys.exit(main())
