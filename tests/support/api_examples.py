"""Records what the API really answers, as the examples of its description.

    python -m tests.support.api_examples

starts the simulated exchange and a bot, asks every route, shortens long lists and writes `backend/openapi_examples.json`, by the
names of the description's schemas. A test holds every example against its schema.
"""

import contextlib
import json
import re
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from backend.openapi import EXAMPLES, schema
from proofs.stage.programs import Bot, SimulatedExchange

MARKET: Final = "BTC-USD"
MOST_ROWS: Final = 2
MOST_KEYS: Final = 12
"""Of objects whose keys are ids or settings; what a schema names is always kept."""
TRADES_S: Final = 45.0
ORDER: Final = {"market": MARKET, "side": "BUY", "price": "60000", "size": "0.001", "timeInForce": "POST_ONLY"}
FIRST: Final[list[tuple[str, object]]] = [
    ("post /api/bot/config", {"spread_percentage": 9}),
    ("post /api/bot/config/preview", {"spread_percentage": 0.002}),
    ("post /api/bot/config", {"min_refresh_ms": 100}),
    ("post /api/bot/config", {"min_refresh_ms": 200}),
    ("post /api/bot/config/rollback", {"version": 1}),
    ("post /api/orders/create", ORDER),
]
ASKED_FOR: Final = {
    "/api/config/diff": "?from=1&to=2",
    "/api/orders/check": f"?market={MARKET}&side=BUY&price=60000&size=0.001&timeInForce=POST_ONLY",
}
LAST: Final[list[tuple[str, object]]] = [
    ("post /api/markets/{market}/stop", None),
    ("post /api/markets/{market}/start", None),
    ("post /api/bot/flatten", {"market": MARKET}),
    ("post /api/bot/flatten?wait=false", {"market": MARKET}),
    ("post /api/bot/stop", None),
    ("post /api/bot/start", None),
    ("post /api/bot/pause", None),
    ("post /api/bot/kill", {"confirm": "kill"}),
]
"""In this order: what comes later would spoil what comes before."""


class Recorder:
    """Asks, and keeps the first answer for each schema."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._schema = schema()
        self.examples: dict[str, Any] = {}
        self.missing: list[str] = []

    def ask(self, operation: str, body: object = None, **values: object) -> Any:
        """Send one request; `operation` is a verb and a path of the description."""
        verb, _, path = operation.partition(" ")
        described = self._schema["paths"][path.partition("?")[0]][verb]
        filled = re.sub(r"\{(\w+)\}", lambda found: str(values.get(found[1], MARKET)), path)
        answer = self._bot.ask(verb.upper(), filled, body)
        content = described["responses"].get(str(answer.status), {}).get("content", {}).get("application/json", {})
        name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
        if not name:
            self.missing.append(f"{operation} answered {answer.status}: {str(answer.body)[:200]}")
        else:
            self.examples.setdefault(name, shortened(answer.body))
        return answer.body


def shortened(value: Any, *, inside: str = "") -> Any:
    """Return the value with two rows of every list and some keys of every large object."""
    if isinstance(value, list):
        return [shortened(each) for each in value[:MOST_ROWS]]
    if isinstance(value, dict):
        kept = list(value.items())
        if inside in {"properties", "defaults", "metrics", "config", "markets", "steps"}:
            kept = kept[: MOST_ROWS if inside in {"properties", "markets"} else MOST_KEYS]
        return {key: shortened(each, inside=key) for key, each in kept if key != "$defs"}
    return value


def record() -> dict[str, Any]:
    """Return an example for every schema that some answer has."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        exchange = stack.enter_context(SimulatedExchange(folder, seed=3))
        with Bot(folder, "demo", variables=exchange.variables()) as bot:
            bot.wait_for_quotes()
            time.sleep(TRADES_S)
            recorder = Recorder(bot)
            for operation, body in FIRST:
                placed = recorder.ask(operation, body)
            for path in [path for path, verbs in schema()["paths"].items() if "get" in verbs and path != "/metrics"]:
                newest = bot.get("/api/jobs")["jobs"][0]["id"]
                recorder.ask(f"get {path}{ASKED_FOR.get(path, '')}", job_id=newest, number=1)
            recorder.ask("delete /api/orders/{order_id}", order_id=placed["externalId"])
            for operation, body in LAST:
                recorder.ask(operation, body)
    assert not recorder.missing, "\n".join(recorder.missing)
    return recorder.examples


if __name__ == "__main__":
    EXAMPLES.write_text(json.dumps(record(), indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
