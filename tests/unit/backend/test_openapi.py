"""The contract with the screen."""

import io
import json
import re
import sys
from typing import Any

import pytest
from jsonschema_rs import validator_for
from starlette.testclient import TestClient

from backend import openapi

VERBS = {"get", "post", "delete", "put", "patch"}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return openapi.schema()


def operations(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
    every = [(f"{verb} {path}", operation) for path, verbs in schema["paths"].items() for verb, operation in verbs.items()]
    return {name: operation for name, operation in every if name.partition(" ")[0] in VERBS}


def test_every_promised_route_is_described(schema: dict[str, Any]) -> None:
    assert set(operations(schema)) == {
        "post /api/bot/start", "post /api/bot/stop", "get /api/bot/status", "post /api/bot/config", "get /api/bot/logs",
        "post /api/bot/pause", "post /api/bot/flatten", "post /api/bot/kill",
        "post /api/orders/create", "get /api/orders", "get /api/orders/check",
        "get /api/markets/{market}/series", "delete /api/orders/{order_id}", "get /api/cached-account",
        "get /api/broadcaster/stats", "get /api/markets", "post /api/markets/{market}/start", "post /api/markets/{market}/stop",
        "post /api/bot/config/preview", "post /api/bot/config/rollback", "get /api/config", "get /api/config/history",
        "get /api/config/history/{number}", "post /api/config/read", "get /api/config/diff", "get /api/config/presets",
        "get /api/bot/flatten", "get /api/config/schema", "get /api/pnl", "get /api/fills", "get /api/decisions",
        "get /api/equity", "get /api/funding", "get /api/orders/history", "get /api/alerts", "get /api/risk",
        "get /api/jobs", "get /api/jobs/{job_id}", "get /api/access",
        "get /healthz", "get /readyz", "get /metrics",
    }  # fmt: skip


def test_every_reference_points_to_something(schema: dict[str, Any]) -> None:
    def references(part: Any) -> list[str]:
        if isinstance(part, list):
            return [name for each in part for name in references(each)]
        if not isinstance(part, dict):
            return []
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [name for each in part.values() for name in references(each)]

    known = {f"#/components/schemas/{name}" for name in schema["components"]["schemas"]}
    assert set(references(schema)) <= known


def test_every_operation_has_a_name_of_its_own(schema: dict[str, Any]) -> None:
    names = [operation["operationId"] for operation in operations(schema).values()]

    assert len(names) == len(set(names))
    assert all(name.isidentifier() and "_" not in name for name in names)


def test_every_error_has_the_one_shape(schema: dict[str, Any]) -> None:
    for name, operation in operations(schema).items():
        for status, answer in operation["responses"].items():
            if status >= "400" and not name.endswith("z"):
                assert answer["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorBody"), (name, status)

    assert set(schema["components"]["schemas"]["ErrorBody"]["required"]) == {"code", "message", "field", "hint"}
    assert "HTTPValidationError" not in schema["components"]["schemas"]


def named(schema: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    """Return the schema that a JSON body refers to, or the one that stands there itself."""
    stated: dict[str, Any] = content["application/json"]["schema"]
    stated = next((each for each in stated.get("anyOf", []) if "$ref" in each), stated)
    reference = stated.get("$ref")
    return schema["components"]["schemas"][reference.rpartition("/")[2]] if reference else stated


def test_every_body_that_is_sent_or_answered_has_an_example(schema: dict[str, Any]) -> None:
    without = [
        f"{name} {what}"
        for name, operation in operations(schema).items()
        for what, described in {**operation["responses"], "body": operation.get("requestBody", {})}.items()
        if "application/json" in described.get("content", {}) and not named(schema, described["content"]).get("examples")
    ]

    assert without == []


def test_every_example_is_what_its_schema_says(schema: dict[str, Any]) -> None:
    wrong = [
        f"{name}: {error.message[:200]}"
        for name, described in schema["components"]["schemas"].items()
        for example in described.get("examples", [])
        for error in validator_for({**described, "components": schema["components"]}).iter_errors(example)
    ]

    assert wrong == []
    assert sum("examples" in each for each in schema["components"]["schemas"].values()) > 30


def test_choices_are_enumerations_of_text(schema: dict[str, Any]) -> None:
    schemas = schema["components"]["schemas"]

    assert schemas["TimeInForceName"]["enum"] == ["POST_ONLY", "GTC", "GTT", "IOC", "FOK"]
    assert schemas["SideName"]["enum"] == ["BUY", "SELL"]


def test_orders_and_settings_take_no_unknown_field(schema: dict[str, Any]) -> None:
    settings = schema["paths"]["/api/bot/config"]["post"]["requestBody"]["content"]["application/json"]["schema"]

    assert schema["components"]["schemas"]["NewOrder"]["additionalProperties"] is False
    assert settings["additionalProperties"] is False
    assert settings["minProperties"] == 1
    assert settings["properties"]["spread_percentage"]["maximum"] == 0.05


def test_the_printed_description_is_the_same_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = []
    for _ in range(2):
        written = io.StringIO()
        monkeypatch.setattr(sys, "stdout", written)
        openapi.main()
        texts.append(written.getvalue())

    assert texts[0] == texts[1]
    assert list(json.loads(texts[0])) == sorted(json.loads(texts[0]))


def test_a_wrong_method_is_answered_with_every_right_one(client: TestClient) -> None:
    refused = client.put("/api/bot/flatten")

    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, POST")


def test_every_reference_points_to_a_part_that_exists(schema: dict[str, Any]) -> None:
    text = json.dumps(schema)

    named = set(re.findall(r'"\$ref": "([^"]+)"', text))

    assert named
    assert named <= {f"#/components/schemas/{name}" for name in schema["components"]["schemas"]}
    assert "$defs" not in text
