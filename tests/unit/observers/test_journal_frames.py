"""Lines, digests, and what is believed of a damaged file. Everything here is pure: bytes in, records out."""

import random
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.core.events import BalanceReported, PlaceAcknowledged, QuotingStarted
from bot.observers.journal_fold import Fold
from bot.observers.journal_frames import (
    FIRST_LINE,
    Chain,
    Damage,
    Encoder,
    Frame,
    digest_after,
    first_digest,
    scan,
)
from bot.observers.journal_records import FORMAT, Header, JournalRefused, Payload, RunEnded
from bot.observers.journal_recovery import entries
from tests.unit.core.play import START_MS
from tests.unit.observers.journal_play import manifest

PAYLOADS: list[Payload] = [
    Header(run=manifest(), segment=1, previous_file="", previous_digest=""),
    Fold().point(),
    QuotingStarted(received_ms=START_MS),
    *(PlaceAcknowledged(client_order_id=f"mmb-a-{n}", exchange_order_id=n, received_ms=START_MS + n) for n in range(4)),
    BalanceReported(
        balance=Decimal("9999.5"), equity=Decimal(1), available_for_trade=Decimal(1), unrealised_pnl=Decimal(0),
        initial_margin=Decimal(0), margin_ratio=Decimal(0), updated_ms=1, received_ms=2, source="rest", wire={"é": "ż\n"},
    ),
    RunEnded(),
]  # fmt: skip


def lines(payloads: list[Payload] = PAYLOADS) -> list[bytes]:
    chain = Chain(Encoder(), 0)
    return [FIRST_LINE + b"\n", *(chain.line(START_MS + n, n, payload) for n, payload in enumerate(payloads))]


LINES = lines()
WHOLE = b"".join(LINES)
FRAMES = scan(WHOLE).frames


def content(frames: tuple[Frame, ...]) -> list[tuple[int, int, int, bytes]]:
    return [(each.seq, each.wall_ms, each.monotonic_ms, bytes(each.payload)) for each in frames]


def is_beginning(frames: tuple[Frame, ...]) -> bool:
    return content(frames) == content(FRAMES)[: len(frames)]


def records_before(offset: int) -> int:
    """Return how many whole records end at or before `offset`."""
    ends = [sum(map(len, LINES[: n + 1])) for n in range(1, len(LINES))]
    return sum(end <= offset for end in ends)


def test_what_is_read_is_what_was_written() -> None:
    found = scan(WHOLE)

    assert [entry.payload for entry in entries(found.frames)] == PAYLOADS
    assert [entry.seq for entry in entries(found.frames)] == list(range(len(PAYLOADS)))
    assert (found.damage, found.good_bytes) == (Damage.NONE, len(WHOLE))


def test_each_line_vouches_for_all_before_it() -> None:
    digest = first_digest()
    for line in LINES[1:]:
        digest = digest_after(digest, line[33:-1])
        assert line[:33].decode() == digest.hex() + " "

    assert scan(WHOLE).digest == digest


@pytest.mark.parametrize("cut", range(1, len(LINES[-1]) + 1))
def test_f146_a_last_record_torn_at_any_byte_is_cut_off_and_the_rest_kept(cut: int) -> None:
    found = scan(WHOLE[:-cut])

    assert content(found.frames) == content(FRAMES)[:-1]
    assert found.good_bytes == len(WHOLE) - len(LINES[-1])
    assert found.damage is (Damage.NONE if cut == len(LINES[-1]) else Damage.TORN)


def test_f146_zeros_behind_the_last_record_are_an_unfinished_write() -> None:
    found = scan(WHOLE + b"\0" * 4096)

    assert found.frames == FRAMES
    assert (found.damage, found.good_bytes) == (Damage.TORN, len(WHOLE))


@pytest.mark.parametrize("record", range(len(PAYLOADS) - 1))
def test_f147_a_flip_before_the_last_record_is_corruption_and_nothing_behind_it_is_believed(record: int) -> None:
    start = sum(map(len, LINES[: record + 1]))
    for offset in (start, start + 33, start + len(LINES[record + 1]) - 2):
        damaged = bytearray(WHOLE)
        damaged[offset] ^= 0x04

        found = scan(bytes(damaged))

        assert content(found.frames) == content(FRAMES)[:record]
        assert (found.damage, found.good_bytes) == (Damage.CORRUPT, start)


@pytest.mark.parametrize("rearranged", ["without one", "one twice", "two swapped", "one of another file"])
def test_f147_records_that_are_whole_but_out_of_place_are_corruption(rearranged: str) -> None:
    changed = list(LINES)
    if rearranged == "without one":
        del changed[4]
    elif rearranged == "one twice":
        changed.insert(4, changed[4])
    elif rearranged == "two swapped":
        changed[4], changed[5] = changed[5], changed[4]
    else:
        changed[4] = lines([RunEnded()] * 6)[4]

    found = scan(b"".join(changed))

    assert found.damage is Damage.CORRUPT
    assert is_beginning(found.frames)
    assert len(found.frames) <= 4


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_any_flipped_byte_ends_what_is_believed(offset: int, flip: int) -> None:
    damaged = bytearray(WHOLE)
    damaged[offset] ^= flip

    try:
        found = scan(bytes(damaged))
    except JournalRefused:
        raise AssertionError("a flipped byte must not look like another format") from None

    assert is_beginning(found.frames)
    assert len(found.frames) <= records_before(offset)
    assert found.damage is not Damage.NONE


def test_a_flip_in_the_format_number_is_damage_and_not_another_format() -> None:
    position = len(FIRST_LINE) - 1
    for digit in b"023456789":
        damaged = WHOLE[:position] + bytes([digit]) + WHOLE[position + 1 :]

        assert scan(damaged).damage is Damage.CORRUPT


@given(st.integers(0, len(WHOLE)), st.integers(0, len(WHOLE)))
def test_any_missing_piece_ends_what_is_believed(one: int, other: int) -> None:
    start, end = sorted((one, other))

    left = WHOLE[:start] + WHOLE[end:]
    found = scan(left)

    # A cut may end with the very bytes that follow it, so the measure is: what is believed was written exactly so.
    assert left[: found.good_bytes] == WHOLE[: found.good_bytes]
    assert is_beginning(found.frames)
    assert found.damage is not Damage.NONE or WHOLE.startswith(left)


@given(st.integers(0, 2**32))
def test_heaps_of_damage_raise_nothing_but_the_documented_error(seed: int) -> None:
    rng = random.Random(seed)
    damaged = bytearray(WHOLE)
    for _ in range(rng.randint(1, 8)):
        start = rng.randrange(len(damaged))
        piece = rng.randbytes(rng.randint(0, 40)) if rng.random() < 0.5 else WHOLE[rng.randrange(len(WHOLE)) :][:200]
        damaged[start : start + rng.randint(0, 60)] = piece

    try:
        found = scan(bytes(damaged))
    except JournalRefused:
        return

    assert is_beginning(found.frames)


@given(st.binary(max_size=300))
@example(b"")
@example(b"\0" * 50)
@example(FIRST_LINE)
@example(FIRST_LINE + b"\n\n\n")
@example(FIRST_LINE + b"\n" + b"0" * 32 + b" []\n")
def test_anything_at_all_can_be_read_without_a_surprise(anything: bytes) -> None:
    assert scan(anything).frames == ()
    assert scan(FIRST_LINE + b"\n" + anything).frames == ()


@pytest.mark.parametrize("length", range(len(FIRST_LINE) + 1))
def test_a_file_whose_creation_was_cut_short_is_torn(length: int) -> None:
    assert scan(FIRST_LINE[:length]).damage is Damage.TORN


def test_f148_another_format_is_refused_and_says_what_to_do() -> None:
    for found, words in ((FORMAT + 1, "newer version; use that version"), (FORMAT - 1, "too old to be read; move")):
        first = FIRST_LINE.replace(str(FORMAT).encode(), str(found).encode())

        with pytest.raises(JournalRefused, match=words):
            scan(first + b"\nwhatever that format looks like\n")
