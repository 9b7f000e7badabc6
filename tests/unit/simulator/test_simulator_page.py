"""The page about the exchange names every fault, every switch and every lever, and nothing that does not exist."""

import re
from dataclasses import fields
from pathlib import Path

from simulator import control, levers
from simulator.__main__ import parser
from simulator.faults import KINDS, STREAMS
from simulator.options import ServerOptions, VenueOptions

PAGE = (Path(__file__).parents[3] / "docs" / "simulator.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| (F-\d{3}) \|[^|]*\| (.*) \|$", PAGE, re.MULTILINE))
OPTIONS = {each.name for record in (ServerOptions, VenueOptions) for each in fields(record)}
LEVERS = {f"{route.method} {route.path}" for module in (control, levers) for route in module.routes()}
SWITCHES = {word for action in parser()._subparsers._group_actions[0].choices["serve"]._actions for word in action.option_strings}  # type: ignore[union-attr, index, call-overload]  # argparse has no list
VENUE_OR_NETWORK = [
    *range(1, 8), *range(9, 17), 19, *range(20, 28), *range(29, 35), 37, *range(40, 50), *range(52, 62), *range(63, 87),
    *range(91, 108), 110, 111, *range(130, 140), 150,
]  # fmt: skip
"""The rows of the fault catalogue that happen at the venue or on the way; the others happen in the bot or its host."""
PLACES = {*STREAMS, "any", "cancel", "create", "edit", "switch", "positions", "ORDER", "BALANCE"}


def words_of(how: str) -> list[str]:
    return re.findall(r"`([^`]+)`", how)


def test_every_row_that_concerns_venue_or_network_can_be_injected() -> None:
    assert sorted(ROWS) == [f"F-{number:03d}" for number in VENUE_OR_NETWORK]
    for row, how in ROWS.items():
        assert words_of(how) or how == "any client with the account's key", row


def test_every_means_a_row_names_exists() -> None:
    known = {*KINDS, *LEVERS, *OPTIONS, *PLACES}
    for row, how in ROWS.items():
        for word in words_of(how):
            assert word in known or word.split()[0] in SWITCHES, (row, word)


def test_every_kind_of_fault_serves_some_row() -> None:
    used = {word for how in ROWS.values() for word in words_of(how)}

    assert set(KINDS) - used == {"bare_404"}  # the testnet's own: the answer of a writer that knows no such path


def test_every_option_of_the_page_exists_and_every_undocumented_one_is_on_it() -> None:
    section = PAGE.partition("## What nobody documents")[2].partition("\n## ")[0]
    named = {word for line in section.splitlines() if line.startswith("| ") for word in words_of(line)}
    values = {"c", "d", "data.ts", "taker", "maker", "both", "--accept-delay-ms"}

    assert named - values <= OPTIONS
    plain = {"venue", "verify_signatures", "rate_limit_per_minute", "default_leverage", "maker_fee", "taker_fee"}
    own = {"max_body_bytes", "queue_frames", "max_connections", "first_request_s", "body_s", "keep_alive_s"}
    assert OPTIONS - named == plain | own


def test_every_lever_is_on_the_page() -> None:
    for lever in LEVERS - {"GET /sim/accounts"}:
        assert f"`{lever}" in PAGE, lever
