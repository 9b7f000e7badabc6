"""Prints the contract with the screen: `python -m backend.openapi > frontend/openapi.json`. Needs no server and no settings."""

import json
import sys
from pathlib import Path
from typing import Any, Final

from backend.main import create_app

EXAMPLES: Final = Path(__file__).with_name("openapi_examples.json")
"""Answers as they really were, by the name of their schema; recorded by `python -m tests.support.api_examples`."""


def schema() -> dict[str, Any]:
    """Return the OpenAPI description of every route, with an example of every answer."""
    description = create_app().openapi()
    examples = json.loads(EXAMPLES.read_text(encoding="utf-8")) if EXAMPLES.is_file() else {}
    for name, example in examples.items():
        described = description["components"]["schemas"].get(name)
        if described is not None:
            described.setdefault("examples", [example])
    return description


def main() -> None:
    """Write the description to standard output, keys sorted, so that two runs give the same text."""
    json.dump(schema(), sys.stdout, indent=2, sort_keys=True, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
