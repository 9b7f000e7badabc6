"""Money is conserved over ten million random operations of every order type, and positions are the sum of the fills told.

    python -m proofs.conservation [--operations=10000000] [--runs-of=100000] [--at-once=2] [--minutes=N] [--seed=1]

In process, several customers and markets, funding, liquidations, rebates. Each run begins a fresh exchange from its own seed. The
ledger checks its running sums with every booking; every thousand operations everything is summed from scratch, and positions and
fees are held against the fills the exchange told its customers.
"""

import argparse
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from proofs.stage.random_trade import RandomTrade
from proofs.stage.reports import say, table, write_report
from simulator.accounts import HOUSE_ACCOUNT
from simulator.ledger import ConservationError

FULL_EVERY: Final = 1_000


@dataclass(slots=True)
class Found:
    """What one run did, or several together."""

    operations: int = 0
    full_checks: int = 0
    trades: int = 0
    liquidations: int = 0
    hours: float = 0.0
    rates: int = 0
    rebates: Decimal = Decimal(0)
    busy_s: float = 0.0
    wrong: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Found") -> None:
        self.operations += other.operations
        self.full_checks += other.full_checks
        self.trades += other.trades
        self.liquidations += other.liquidations
        self.hours += other.hours
        self.rates += other.rates
        self.rebates += other.rebates
        self.busy_s += other.busy_s
        self.wrong += other.wrong
        for mine, theirs in ((self.done, other.done), (self.refused, other.refused), (self.events, other.events)):
            mine.update(theirs)


def check_in_full(trade: RandomTrade) -> None:
    """Sum the ledger from scratch, and hold it against the fills that were told.

    Raises: ConservationError.
    """
    ledger = trade.venue.ledger
    ledger.check()
    held = {key: position.lots for key, position in ledger.positions.items() if key[0] != HOUSE_ACCOUNT}
    told = {key: lots for key, lots in trade.bought.items() if lots}
    if held != told:
        raise ConservationError(f"positions {held} are not the sum of the fills told, {told}")
    if ledger.fee_pot + trade.venue.rebates.paid != trade.fees:
        raise ConservationError(f"fees of {ledger.fee_pot} and rebates of {trade.venue.rebates.paid} are not {trade.fees}")


def one_run(task: tuple[int, int]) -> Found:
    """Run `operations` from one seed; what goes wrong is found, not raised, so that other runs go on."""
    seed, operations = task
    trade, found, began = RandomTrade(seed), Found(), time.process_time()
    started_ms = trade.venue.now_ms
    step = "nothing"
    try:
        for number in range(1, operations + 1):
            step = trade.step()
            found.operations = number
            if number % FULL_EVERY == 0:
                check_in_full(trade)
        check_in_full(trade)
    except Exception as error:  # noqa: BLE001 - whatever breaks an exchange is what this proof is looking for
        found.wrong.append(f"seed {seed}, operation {found.operations + 1} ({step}): {type(error).__name__}: {error}")
    found.busy_s = time.process_time() - began
    found.full_checks, found.trades = trade.venue.ledger.full_checks, trade.venue.ledger.bookings
    found.liquidations, found.hours = trade.liquidations, (trade.venue.now_ms - started_ms) / 3_600_000
    found.rates = sum(len(rates) for rates in trade.venue.funding.applied.values())
    found.rebates = trade.venue.rebates.paid
    found.done, found.refused, found.events = trade.done, trade.refused, trade.events
    return found


def _runs(asked: argparse.Namespace) -> Iterator[tuple[int, int]]:
    left, seed = asked.operations, asked.seed
    while left > 0:
        yield seed, min(left, asked.runs_of)
        left, seed = left - asked.runs_of, seed + 1


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=10_000_000)
    parser.add_argument("--runs-of", type=int, default=100_000)
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=0.0, help="begin to stop after so long; 0: never")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    began, total = time.monotonic(), Found()
    with multiprocessing.Pool(asked.at_once) as pool:
        for found in pool.imap_unordered(one_run, _runs(asked)):
            total.add(found)
            spent_s = time.monotonic() - began
            say(f"{total.operations:,} operations, {total.trades:,} trades, {total.operations / spent_s:,.0f} a second")
            if found.wrong or (asked.minutes and spent_s > asked.minutes * 60):
                for line in found.wrong:
                    say(line)
                pool.terminate()
                break
    _report(asked, total, time.monotonic() - began)
    return 1 if total.wrong else 0


def _report(asked: argparse.Namespace, total: Found, spent_s: float) -> None:
    figures = {
        "operations": f"{total.operations:,}",
        "asked for": f"{asked.operations:,}",
        "seeds": f"{asked.seed} onwards, {asked.runs_of:,} operations each",
        "trades booked, running sums checked with each": f"{total.trades:,}",
        "sums from scratch": f"{total.full_checks:,}",
        "fills told to customers": f"{total.events['FillBooked']:,}",
        "of them in liquidations": f"{total.liquidations:,}",
        "operations refused": f"{sum(total.refused.values()):,}",
        "rebates paid, USD": f"{total.rebates:,.0f}",
        "funding rates charged": f"{total.rates:,}",
        "hours of the exchange's time": f"{total.hours:,.0f}",
        "operations a second, all processes": f"{total.operations / spent_s:,.0f}",
        "operations a second of processor time": f"{total.operations / total.busy_s:,.0f}",
    }
    cut = total.operations < asked.operations and not total.wrong
    words = (
        "Every order type, 12 customers of two clients, three markets; funding, liquidations, rebates, drawn self-trade rules."
    )
    ending = "\n".join(f"- {line}" for line in total.wrong) or "Not a millionth of a dollar appeared or vanished."
    if cut:
        ending += f" Stopped after {spent_s / 60:.0f} minutes as asked, before the number asked for."
    parts = [
        words,
        table(("figure", "value"), figures.items()),
        ending,
        table(("operation", "times"), ((name.replace("_", " "), f"{count:,}") for name, count in total.done.most_common())),
        table(("refused because", "times"), ((name, f"{count:,}") for name, count in total.refused.most_common())),
    ]
    write_report("conservation", "Money is conserved", parts, passed=not total.wrong)


if __name__ == "__main__":
    sys.exit(main())
