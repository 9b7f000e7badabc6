"""The screen's folders import downwards only: app → features → lib, components, stream; no feature another."""

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from tests.architecture.tree import files, text

SOURCES = PurePosixPath("frontend/src")
IMPORT = re.compile(r"""(?:\bfrom|\bimport|\bimport\()\s*["'](\.[^"']*)["']""")
HEIGHT = {"app": 2, "features": 1, "lib": 0, "components": 0, "stream": 0, "locales": 0}


def complaint(importer: str, imported: str) -> str | None:
    """Return what is wrong with one import between two files under frontend/src, or None."""
    here, there = importer.split("/"), imported.split("/")
    if len(here) == 1 or len(there) == 1:
        return None  # main.tsx mounts everything
    if here[0] == there[0] == "features" and here[1] != there[1]:
        return "features never import each other: move what they share to lib or stream"
    if HEIGHT[here[0]] < HEIGHT[there[0]]:
        return f"{here[0]} lies below {there[0]} and must not know it"
    if here[0] == "components" and there[0] == "stream":
        return "components draw what they are given: subscribe in a feature"
    return None


def imports() -> Iterator[tuple[str, str]]:
    """Yield importer and imported of every relative import, both relative to frontend/src."""
    for path in files():
        if path.suffix in {".ts", ".tsx"} and Path(SOURCES) in path.parents:
            importer = path.relative_to(SOURCES).as_posix()
            for target in IMPORT.findall(text(path)):
                yield importer, posixpath.normpath(posixpath.join(posixpath.dirname(importer), target))


def test_the_screens_folders_import_downwards_only() -> None:
    found = [f"{here} → {there}: {wrong}" for here, there in imports() if (wrong := complaint(here, there))]

    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("importer", "imported", "is_allowed"),
    [
        ("features/orders/OrderPanel.tsx", "lib/format", True),
        ("features/orders/OrderPanel.tsx", "features/orders/order-form", True),
        ("features/orders/OrderPanel.tsx", "features/bot/BotSwitch", False),
        ("features/orders/OrderPanel.tsx", "app/App", False),
        ("lib/format.ts", "features/orders/order-form", False),
        ("components/ui/Button.tsx", "stream/store", False),
        ("components/ui/Button.tsx", "lib/format", True),
        ("stream/store.ts", "lib/decimal", True),
        ("app/App.tsx", "features/orders/OrderPanel", True),
        ("main.tsx", "app/App", True),
    ],
)
def test_the_rule_knows_up_from_down(importer: str, imported: str, *, is_allowed: bool) -> None:
    assert (complaint(importer, imported) is None) is is_allowed


def test_imports_are_found_in_every_shape() -> None:
    source = 'import { a } from "./a";\nimport "../b.css";\nconst c = import("../../c");\nimport d from "react";\n'

    assert IMPORT.findall(source) == ["./a", "../b.css", "../../c"]
