"""What changed between two pictures, as a JSON merge patch (RFC 7396).

A patch can delete (null) and replace, but it cannot set a value to null: pictures therefore hold no null in an object, and what
is not known is left out. Lists are replaced as a whole.
"""

from typing import Any, Final

Json = Any
MISSING: Final = object()


def merge_patch(before: dict[str, Json], after: dict[str, Json]) -> dict[str, Json]:
    """Return the patch that turns `before` into `after`; empty when nothing changed. `after` must hold no null in an object."""
    patch: dict[str, Json] = {key: None for key in before if key not in after}
    for key, value in after.items():
        held = before.get(key, MISSING)
        if value is held:
            continue
        if isinstance(value, dict) and isinstance(held, dict):
            change = merge_patch(held, value)
            if change:
                patch[key] = change
        elif not is_same(held, value):
            assert value is not None, f"{key} is null; a picture leaves out what is not known"
            patch[key] = value
    return patch


def apply_patch(target: Json, patch: Json) -> Json:
    """Return `target` with a merge patch applied; neither is changed."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = apply_patch(result.get(key), value)
    return result


def is_same(one: Json, other: Json) -> bool:
    """Compare as JSON does: 1, 1.0 and true are three different values."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(is_same(value, other[key]) for key, value in one.items())
    return bool(one == other)
