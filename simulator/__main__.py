"""`python -m simulator serve`: the simulated exchange as a process of its own; `draw` pictures its moods."""

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Final

from simulator.accounts import derive_accounts
from simulator.exchange import GENERATED, SYNTHETIC, Exchange, replay_exchange, synthetic_exchange
from simulator.faults import FaultOrders, decode_faults
from simulator.flow_drawing import draw
from simulator.flow_play import CALM_BEFORE_MS, MARKOUT_S
from simulator.options import ServerOptions, VenueOptions, with_options
from simulator.queue_models import QUEUE_MODELS, RISK_AVERSE
from simulator.rate_limit import TIERS, Window
from simulator.refusals import Refused
from simulator.regimes import NORMAL, REGIMES
from simulator.server import print_line, serve
from simulator.site import Site, VenueClock
from simulator.tape import TapeError, load_tape
from simulator.verify import MAINNET, TESTNET, SigningLibraryMissing, public_key_function

_DEFAULTS: Final = ServerOptions()


def _delay(value: str) -> tuple[int, int]:
    low, _, high = value.partition("-")
    shortest, longest = int(low), int(high or low)
    if not 0 <= shortest <= longest:
        raise argparse.ArgumentTypeError("expected MS or MIN-MAX, e.g. 10 or 5-20")
    return shortest, longest


def parser() -> argparse.ArgumentParser:
    """Return the command line of the simulated exchange."""
    top = argparse.ArgumentParser(prog="python -m simulator", description="A simulated Extended exchange on this machine.")
    verbs = top.add_subparsers(dest="verb", required=True)
    run = verbs.add_parser("serve", help="serve REST and streams until SIGTERM or SIGINT")
    run.add_argument("--host", default="127.0.0.1")
    run.add_argument("--port", type=int, default=0, help="0 picks a free one; the first output line names it")
    run.add_argument("--seed", type=int, default=1, help="accounts, keys and background flow follow from it")
    run.add_argument("--accounts", type=int, default=4, metavar="K")
    run.add_argument("--flow", default="synthetic", help="synthetic, cst, extended, none, or replay:FILE")
    run.add_argument("--regime", default=NORMAL.name, choices=list(REGIMES))
    run.add_argument("--queue-model", default=RISK_AVERSE.name, choices=list(QUEUE_MODELS), help="for replay")
    run.add_argument("--faults", metavar="FILE", help="faults to begin with, as the JSON of POST /sim/faults")
    run.add_argument("--speed", type=float, default=1.0, help="scales the background flow only")
    run.add_argument("--verify", choices=["on", "off"], default="on", help="check Stark signatures")
    run.add_argument("--domain", choices=["testnet", "mainnet"], default="testnet")
    run.add_argument("--clock-offset-ms", type=int, default=0, help="venue clock minus system clock")
    run.add_argument("--read-lag-ms", type=int, default=_DEFAULTS.read_lag_ms)
    run.add_argument("--accept-delay-ms", type=_delay, default=_DEFAULTS.venue.accept_delay_ms, metavar="MS|MIN-MAX")
    run.add_argument("--rate-limit", type=int, metavar="N", help="requests per minute and address; 0: no limit")
    run.add_argument("--rate-tier", choices=list(TIERS), default="default", help="the same, as the exchange's tiers have it")
    run.add_argument("--rate-window", choices=[each.value for each in Window], default=Window.BUCKET.value)
    run.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE", help="any switch of simulator/options.py; repeatable"
    )
    run.add_argument("--exit-on-stdin-close", action="store_true", help="stop when the parent closes standard input")
    run.add_argument("--linger", type=int, default=0, metavar="SECONDS", help="wait this long after standard input has closed")
    picture = verbs.add_parser("draw", help="play each regime with a plain maker in it and draw what happened, as SVG")
    picture.add_argument("--regime", choices=list(REGIMES), action="append", help="only this one; may be repeated")
    picture.add_argument("--out", type=Path, default=Path("regimes.svg"), metavar="FILE")
    picture.add_argument("--seconds", type=int, default=120, help="the mood sets in after 20 s")
    picture.add_argument("--seed", type=int, default=1)
    picture.add_argument("--flow", choices=[SYNTHETIC, "extended"], default=SYNTHETIC)
    return top


def _draw(asked: argparse.Namespace) -> int:
    if asked.seconds <= CALM_BEFORE_MS // 1000 + MARKOUT_S:
        sys.stderr.write(f"--seconds must be more than {CALM_BEFORE_MS // 1000 + MARKOUT_S}\n")
        return 2
    try:
        draw(asked.regime or list(REGIMES), asked.out, seconds=asked.seconds, seed=asked.seed, flow_name=asked.flow)
    except OSError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _exchange(asked: argparse.Namespace, options: VenueOptions, clock: VenueClock) -> Exchange:
    accounts = derive_accounts(asked.seed, asked.accounts, public_key_function())
    kind, _, file = asked.flow.partition(":")
    if kind == "replay":
        tape = load_tape(Path(file))  # before the doors open: nobody waits for it
        return replay_exchange(
            seed=asked.seed,
            accounts=accounts,
            start_ms=clock.now_ms(),
            tape=tape,
            options=options,
            speed=asked.speed,
            queue_model=QUEUE_MODELS[asked.queue_model],
        )
    if asked.flow not in (*GENERATED, "none"):
        raise ValueError(f"--flow {asked.flow} is none of {', '.join(GENERATED)}, none, replay:FILE")
    return synthetic_exchange(
        seed=asked.seed,
        accounts=accounts,
        start_ms=clock.now_ms(),
        options=options,
        regime=REGIMES[asked.regime],
        speed=asked.speed,
        with_flow=asked.flow != "none",
        flow_name=SYNTHETIC if asked.flow == "none" else asked.flow,
    )


def main(arguments: list[str] | None = None) -> int:
    asked = parser().parse_args(arguments)
    if asked.verb == "draw":
        return _draw(asked)
    public_key_of = public_key_function()
    if asked.verify == "on" and public_key_of is None:
        sys.stderr.write(f"{SigningLibraryMissing()}\n")
        return 3
    if asked.speed <= 0 or asked.accounts < 0 or not 0 <= asked.port <= 65_535:
        sys.stderr.write("--speed must be positive, --accounts at least 0, --port a port number\n")
        return 2
    venue_options = VenueOptions(accept_delay_ms=asked.accept_delay_ms, max_expiry_days=90 if asked.domain == "mainnet" else 28)
    options = ServerOptions(
        verify_signatures=asked.verify == "on",
        read_lag_ms=asked.read_lag_ms,
        clock_offset_ms=asked.clock_offset_ms,
        rate_limit_per_minute=TIERS[asked.rate_tier] if asked.rate_limit is None else asked.rate_limit,
        rate_window=Window(asked.rate_window),
        venue=venue_options,
    )
    clock = VenueClock(asked.clock_offset_ms)
    try:
        options = with_options(options, asked.option)
        exchange = _exchange(asked, options.venue, clock)
        trouble = decode_faults(Path(asked.faults).read_bytes()) if asked.faults else FaultOrders()
    except (TapeError, ValueError, OSError, Refused) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    domain = MAINNET if asked.domain == "mainnet" else TESTNET

    async def run() -> None:
        site = Site(exchange, clock=clock, options=options, domain=domain, seed=asked.seed, announce=print_line)
        site.apply_faults(trouble)
        await serve(site, asked.host, asked.port, exit_on_stdin_close=asked.exit_on_stdin_close, linger_s=asked.linger)

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
