"""The machinery of the conformance proofs: a case is judged by what happened, and no method is forgotten."""

import asyncio
import logging
from types import SimpleNamespace
from typing import Any

import pytest

from proofs.conformance import cases
from proofs.conformance.cases import FAILED, LIMITED, PASSED, REFUSED, Cases, Complaints, Watched, expect, never_tried, until
from proofs.conformance.proof import verdict_of_methods


class Client:
    """A client of two methods."""

    def read(self) -> int:
        return 7

    def write(self) -> None:
        raise ValueError('{"code":1009}')


async def judged(book: Cases, capsys: pytest.CaptureFixture[str], complaints: Complaints | None = None) -> list[str]:
    used: set[str] = set()
    stage = SimpleNamespace(client=Watched(Client(), "Client", used))
    outcomes = await cases.run_all(book.every, stage, used, complaints or Complaints(level=logging.WARNING))
    assert len(capsys.readouterr().out.splitlines()) == len(outcomes)
    return [outcome.verdict for outcome in outcomes]


async def test_a_case_passes_when_it_succeeds_and_used_what_it_is_about(capsys: pytest.CaptureFixture[str]) -> None:
    book = Cases()

    @book.case("reads", "Client.read")
    async def reads(stage: Any) -> str:
        expect(stage.client.read() == 7)
        return "seven"

    @book.case("claims to write", "Client.write")
    async def idle(stage: Any) -> str:
        return str(stage.client.read())

    @book.case("expects something else", "Client.read")
    async def wrong(stage: Any) -> None:
        expect(stage.client.read() == 8)

    assert await judged(book, capsys) == [PASSED, FAILED, FAILED]


async def test_a_refusal_must_carry_its_code(capsys: pytest.CaptureFixture[str]) -> None:
    book = Cases()

    async def write(stage: Any) -> None:
        stage.client.write()

    async def read(stage: Any) -> None:
        stage.client.read()

    book.refused("the right code", '"code":1009', "Client.write")(write)
    book.refused("another code", '"code":1008', "Client.write")(write)
    book.refused("no refusal at all", '"code":1009', "Client.read")(read)
    book.limited("the client's own limit", "1009", "Client.write")(write)

    assert await judged(book, capsys) == [REFUSED, FAILED, FAILED, LIMITED]


async def test_what_a_client_only_logs_fails_the_case(capsys: pytest.CaptureFixture[str]) -> None:
    book, complaints = Cases(), Complaints(level=logging.WARNING)

    @book.case("swallows", "Client.read")
    async def swallows(stage: Any) -> None:
        stage.client.read()
        complaints.handle(logging.makeLogRecord({"msg": "cannot read this frame", "levelno": logging.ERROR}))

    assert await judged(book, capsys, complaints) == [FAILED]


async def test_waiting_ends_with_a_failure() -> None:
    async def never() -> None:
        await asyncio.sleep(0)

    with pytest.raises(AssertionError, match="a miracle"):
        await until(never, "a miracle", seconds=0.01)


def test_every_public_method_is_found_and_missed_when_no_case_is_about_it() -> None:
    book = Cases()
    book.case("reads", "Client.read")(lambda stage: stage)
    wanted = cases.public_names(Client, "Client", within=__name__)

    assert wanted == {"Client.read", "Client.write"}
    assert never_tried(wanted, book.every) == ["Client.write"]


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [([PASSED, REFUSED], PASSED), ([PASSED, FAILED], FAILED), ([REFUSED], REFUSED), ([REFUSED, LIMITED], REFUSED), ([], FAILED)],
)
def test_a_method_is_as_good_as_its_cases(seen: list[str], verdict: str) -> None:
    outcomes = [{"verdict": each, "methods": ["Client.read"]} for each in seen]

    assert verdict_of_methods(outcomes, ["Client.read"]) == {"Client.read": verdict}
