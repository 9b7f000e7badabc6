"""A snapshot and the differences after it are the picture."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from backend.diff import apply_patch, is_same, merge_patch

scalars = some.one_of(some.booleans(), some.integers(-3, 3), some.sampled_from([0.0, 1.0, 2.5]), some.text(max_size=3))
names = some.sampled_from(["a", "b", "c", ""])
values = some.recursive(
    scalars,
    lambda inner: some.one_of(some.lists(inner, max_size=3), some.dictionaries(names, inner, max_size=3)),
    max_leaves=12,
)
pictures = some.dictionaries(names, values, max_size=4)


@given(before=pictures, after=pictures)
def test_a_patch_turns_one_picture_into_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    patched = apply_patch(before, merge_patch(before, after))

    assert is_same(patched, after)


@given(picture=pictures)
def test_nothing_changed_is_an_empty_patch(picture: dict[str, Any]) -> None:
    copy = apply_patch({}, picture)

    assert merge_patch(picture, copy) == {}


@given(story=some.lists(pictures, min_size=2, max_size=5))
def test_a_snapshot_and_all_the_patches_after_it_are_the_last_picture(story: list[dict[str, Any]]) -> None:
    seen: Any = story[0]

    for before, after in itertools.pairwise(story):
        seen = apply_patch(seen, merge_patch(before, after))

    assert is_same(seen, story[-1])


@given(before=pictures, after=pictures)
def test_neither_picture_is_changed_by_comparing(before: dict[str, Any], after: dict[str, Any]) -> None:
    copies = apply_patch({}, before), apply_patch({}, after)

    apply_patch(before, merge_patch(before, after))

    assert is_same(before, copies[0])
    assert is_same(after, copies[1])


def test_what_is_gone_is_deleted_by_a_null() -> None:
    assert merge_patch({"orders": {"1": {"a": 1}, "2": {"a": 1}}}, {"orders": {"2": {"a": 1}}}) == {"orders": {"1": None}}


def test_a_null_in_a_picture_is_a_bug_of_ours() -> None:
    with pytest.raises(AssertionError, match="leaves out what is not known"):
        merge_patch({"price": "1"}, {"price": None})


@pytest.mark.parametrize(("one", "other"), [(1, True), (1, 1.0), (0, False), ([1], [True]), ({"a": 1}, {"a": 1.0})])
def test_values_that_json_tells_apart_are_different(one: Any, other: Any) -> None:
    assert not is_same(one, other)
    assert merge_patch({"x": one}, {"x": other}) == {"x": other}


def test_lists_are_replaced_as_a_whole() -> None:
    assert merge_patch({"bids": [["1", "2"], ["0", "9"]]}, {"bids": [["1", "3"], ["0", "9"]]}) == {
        "bids": [["1", "3"], ["0", "9"]]
    }


def test_an_object_may_take_the_place_of_a_scalar_and_back() -> None:
    assert apply_patch({"x": 1}, merge_patch({"x": 1}, {"x": {}})) == {"x": {}}
    assert apply_patch({"x": {"y": 1}}, merge_patch({"x": {"y": 1}}, {"x": 1})) == {"x": 1}


VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "merge_patches.json").read_text())
"""The examples of RFC 7396, appendix A, that end with an object, and a few of our own; the screen may use them too."""


@pytest.mark.parametrize("case", VECTORS, ids=[json.dumps(case["patch"]) for case in VECTORS])
def test_a_patch_is_applied_as_the_standard_says(case: dict[str, Any]) -> None:
    assert is_same(apply_patch(case["target"], case["patch"]), case["result"])


def test_the_recorded_session_adds_up_to_the_pictures_that_the_server_held() -> None:
    session = json.loads((Path(__file__).parents[2] / "vectors" / "broadcast_session.json").read_text())
    held: Any = None
    seq, compared = 0, 0

    for message in session["messages"]:
        if message["type"] == "snapshot":
            assert held is None or is_same(held, message["data"]), "a picture that is asked for again is the one that is held"
            held, seq = message["data"], message["seq"]
        else:
            assert message["seq"] == seq + 1
            held, seq = apply_patch(held, message["data"]), message["seq"]
        if str(seq) in session["pictures"]:
            assert is_same(held, session["pictures"][str(seq)])
            compared += 1

    assert compared >= len(session["pictures"]) >= 10
