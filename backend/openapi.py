"""Prints the contract with the screen: `python -m backend.openapi > frontend/openapi.json`. Needs no server and no settings."""

import json
import sys
from typing import Any

from backend.main import create_app


def schema() -> dict[str, Any]:
    """Return the OpenAPI description of every route."""
    return create_app().openapi()


def main() -> None:
    """Write the description to standard output, keys sorted, so that two runs give the same text."""
    json.dump(schema(), sys.stdout, indent=2, sort_keys=True, ensure_ascii=False)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
