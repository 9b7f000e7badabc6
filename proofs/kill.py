"""kill -9 of the bot: its orders are gone from the exchange within the dead-man's switch countdown, in real time.

    python -m proofs.kill [--times=3]

The bot dies at different moments of the switch's rhythm; times are the exchange's own.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from proofs.stage.asking import NeverHappened, eventually
from proofs.stage.programs import Bot, SimulatedExchange
from proofs.stage.reports import say, table, write_report

COUNTDOWN_S: Final = 30.0
RENEWAL_S: Final = 10.0
EXPIRY_S: Final = 90.0
SLACK_S: Final = 0.5
"""Between the kill and our look at the exchange's clock."""


class Death(NamedTuple):
    """One kill: how long the bot had quoted, how many orders it left, and when the last of them was gone."""

    quoted_s: float
    orders: int
    gone_s: float
    by_switch: bool


def death(quoted_s: float, folder: Path) -> Death:
    """Kill one bot after it has quoted for a while, and watch the exchange."""
    with SimulatedExchange(folder) as exchange, Bot(folder, "demo", variables=exchange.variables()) as bot:
        bot.wait_for_quotes()
        time.sleep(quoted_s)
        bot.kill()
        found = exchange.truth("orders?open=true")
        left = [order["externalId"] for order in found["orders"]]
        try:
            eventually(lambda: not exchange.open_orders(), EXPIRY_S + 30, "no order of the dead bot", every_s=0.2)
        except NeverHappened:
            return Death(quoted_s, len(left), float("inf"), by_switch=False)
        ended = [order for order in exchange.truth("orders")["orders"] if order["externalId"] in left]
        gone_ms = max((order["updatedTime"] for order in ended), default=found["now_ms"])
        by_switch = any("deadman_switch" in line for line in exchange.lines())
        return Death(quoted_s, len(left), (gone_ms - found["now_ms"]) / 1000, by_switch)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=3)
    asked = parser.parse_args(arguments)
    moments = random.Random(1)  # noqa: S311 - moments of a proof, the same every time
    deaths = []
    for _ in range(asked.times):
        with tempfile.TemporaryDirectory() as folder:
            deaths.append(death(round(moments.uniform(0, 2 * RENEWAL_S), 1), Path(folder)))
        say(f"killed after {deaths[-1].quoted_s} s: {deaths[-1].orders} orders gone {deaths[-1].gone_s:.1f} s later")
    passed = all(each.orders > 0 and each.by_switch and each.gone_s <= COUNTDOWN_S + SLACK_S for each in deaths)
    rows = [(each.quoted_s, each.orders, f"{each.gone_s:.1f}", "yes" if each.by_switch else "no") for each in deaths]
    words = f"The switch counts down {COUNTDOWN_S:g} s and is renewed every {RENEWAL_S:g} s; orders expire after {EXPIRY_S:g} s."
    head = ("quoted before the kill, s", "orders left", "all gone after, s", "by the switch")
    write_report("kill", "A killed bot leaves no order", [words, table(head, rows)], passed=passed)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
