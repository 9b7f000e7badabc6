"""Run every method of ccxt's class for this exchange against the exchange whose first line comes on standard input."""

import asyncio
import inspect
import json
import logging
import sys
from typing import Any

import ccxt.async_support
import ccxt.pro

from proofs.conformance import ccxt_paths, ccxt_rest, ccxt_sockets
from proofs.conformance.cases import Complaints, never_tried, run_all, tell
from proofs.conformance.ccxt_stage import Stage, prepare


def own_methods(kind: type, label: str) -> set[str]:
    """Return every public coroutine the class itself defines: what talks to the exchange."""
    return {
        f"{label}.{name}"
        for name, member in vars(kind).items()  # which also holds second names in camelCase
        if inspect.iscoroutinefunction(member) and member.__module__ == kind.__module__ and name == member.__name__
    }


def announced(exchange: Any) -> set[str]:
    """Return what the class says it `has`, by Python's names."""
    names = {exchange.un_camel_case(name) for name, has in exchange.has.items() if has and not name.endswith("Ws")}
    return {name for name in names if name.startswith("watch") or inspect.iscoroutinefunction(getattr(exchange, name, None))}


def wanted_methods(stage: Stage) -> set[str]:
    """Return every method of the class, found by looking: its own, those it announces, and one for each path."""
    rest = {f"extended.{name}" for name in [*ccxt_paths.path_methods(), *announced(stage.plain)]}
    sockets = {f"pro.extended.{name}" for name in announced(stage.sockets) if name.startswith("watch")}
    own = own_methods(ccxt.async_support.extended, "extended") | own_methods(ccxt.pro.extended, "pro.extended")
    return rest | sockets | own


async def main() -> None:
    stage = Stage(json.loads(sys.stdin.read()))
    complaints = Complaints(level=logging.WARNING)
    logging.getLogger("ccxt").addHandler(complaints)
    try:
        await prepare(stage)
        cases = [*ccxt_rest.CASES.every, *ccxt_paths.CASES.every, *ccxt_sockets.CASES.every]
        await run_all(cases, stage, stage.used, complaints)
    finally:
        await stage.close()
    wanted = wanted_methods(stage)
    tell({"methods": sorted(wanted), "never_tried": never_tried(wanted, cases)})


if __name__ == "__main__":
    asyncio.run(main())
