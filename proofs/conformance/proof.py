"""One conformance proof: start the exchange, run a reference client against it, write the page."""

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from proofs.conformance.cases import FAILED, LIMITED, PASSED, REFUSED
from proofs.conformance.environment import reference_python, run_client, versions
from proofs.stage.programs import SimulatedExchange
from proofs.stage.reports import say, table, write_report

EXCHANGE: Final = ("--accounts", "4", "--clock-offset-ms", "-3900000")
"""The clock begins more than an hour behind: the client trades, jumps to now, and has paid funding."""
WORST_FIRST: Final = (FAILED, PASSED, REFUSED, LIMITED)


@dataclass(frozen=True)
class Reference:
    """One reference client: the module that runs it, its packages, and what its page says."""

    module: str
    page: str
    title: str
    about: str
    packages: tuple[str, ...]
    notes: str


def prove(reference: Reference) -> int:
    """Run the proof, write its page and return the exit code."""
    python = reference_python()
    outcomes: list[dict[str, Any]] = []
    summary: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, SimulatedExchange(Path(folder), *EXCHANGE, seed=7) as exchange:
        for record in run_client(python, reference.module, exchange.first_line):
            if "verdict" in record:
                outcomes.append(record)
                say(f"{record['verdict']}: {record['title']} — {record['note']}")
            else:
                summary = record
    verdicts = verdict_of_methods(outcomes, summary["methods"])
    counts = Counter(verdicts.values())
    passed = not counts[FAILED] and not summary["never_tried"] and bool(outcomes)
    say(_sentence(verdicts, counts))
    packages = ", ".join(f"{name} {version}" for name, version in versions(python, reference.packages).items())
    parts = [
        f"{reference.about}\n\nIn an environment of its own: {packages}.",
        f"**{_sentence(verdicts, counts)}**",
        _listed("Never tried", summary["never_tried"]),
        _listed("What fails in the client itself", [_limit(each) for each in outcomes if each["verdict"] == LIMITED]),
        "## Methods\n\n" + table(("method", "verdict"), [(f"`{each}`", verdicts[each]) for each in sorted(verdicts)]),
        "## Cases\n\n" + table(("case", "verdict", "seen"), [_row(each) for each in outcomes]),
        reference.notes,
    ]
    write_report(reference.page, reference.title, [part for part in parts if part], passed=passed)
    return 0 if passed else 1


def verdict_of_methods(outcomes: Sequence[dict[str, Any]], methods: Sequence[str]) -> dict[str, str]:
    """Return each method's verdict: one failure fails it; one success passes it; else every case of it was a refusal."""
    found: dict[str, str] = dict.fromkeys(methods, FAILED)
    for method in methods:
        seen = {each["verdict"] for each in outcomes if method in each["methods"]}
        found[method] = next((verdict for verdict in WORST_FIRST if verdict in seen), FAILED)
    return found


def _sentence(verdicts: dict[str, str], counts: Counter[str]) -> str:
    return (
        f"{len(verdicts)} methods found and tried: {counts[PASSED]} passed, {counts[REFUSED]} refused as documented, "
        f"{counts[LIMITED]} cannot work with any exchange, {counts[FAILED]} failed."
    )


def _limit(outcome: dict[str, Any]) -> str:
    return f"{outcome['title']} ({', '.join(f'`{each}`' for each in outcome['methods'])}): {outcome['note']}"


def _row(outcome: dict[str, Any]) -> tuple[str, str, str]:
    return outcome["title"], outcome["verdict"], outcome["note"].replace("|", "\\|")


def _listed(head: str, lines: Sequence[str]) -> str:
    return "\n".join([f"## {head}", "", *(f"- {line}" for line in lines)]) if lines else ""
