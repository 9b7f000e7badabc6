"""Money and decisions over HTTP: exact, by day and market, and honest about what is not known."""

import time
from datetime import UTC, datetime
from pathlib import Path

from starlette.testclient import TestClient

from bot.core.events import FillsReported
from tests.unit.backend.fakes import World
from tests.unit.core.play import START_MS
from tests.unit.observers.test_feed import fill
from tests.unit.observers.test_records import a_run


def recorded(tmp_path: Path) -> World:
    """A world whose records have read a journal."""
    a_run(tmp_path / "home" / "journal" / "paper")
    a_run(tmp_path / "home" / "journal" / "paper", epoch_ms=START_MS + 86_400_000)
    return World(tmp_path / "home")


def wait_for_records(client: TestClient, world: World) -> None:
    """Wait until both runs were read."""
    deadline = time.monotonic() + 30
    while [day["volume"] for day in client.get("/api/pnl").json()["days"]] != ["1722.24"]:
        assert time.monotonic() < deadline, world.service.records.problem
        time.sleep(0.02)


def test_days_fills_decisions_and_equity_are_read_from_the_records(tmp_path: Path) -> None:
    world = recorded(tmp_path)
    with world.client() as client:
        wait_for_records(client, world)
        pnl = client.get("/api/pnl").json()
        fills = client.get("/api/fills").json()["fills"]
        decisions = client.get("/api/decisions?market=BTC-PERP").json()["decisions"]
        equity = client.get("/api/equity").json()["equity"]
        nothing = client.get(f"/api/fills?since={2**52}").json()["fills"]

    date = datetime.fromtimestamp(START_MS / 1000, UTC).date().isoformat()
    assert [(day["date"], day["volume"]) for day in pnl["days"]] == [(date, "1722.24")]
    assert pnl["days"][0]["funding"] == "-0.01119456"
    assert pnl["days"][0]["total"] == "-0.01119456"
    assert [(each["price"], each["fee"]) for each in fills] == [("86112", "0")]
    assert {each["event"] for each in decisions} >= {"quotes_updated"}
    assert equity[0]["equity"] == "10000.01"
    assert nothing == []


def test_orders_that_ended_funding_and_alerts_are_read_from_the_records(tmp_path: Path) -> None:
    world = recorded(tmp_path)
    with world.client() as client:
        wait_for_records(client, world)
        orders = client.get("/api/orders/history").json()["orders"]
        funding = client.get("/api/funding?market=BTC-PERP").json()["funding"]
        elsewhere = client.get("/api/funding?market=ETH-USD").json()["funding"]
        alerts = client.get("/api/alerts?limit=1").json()["alerts"]

    assert {order["owner"] for order in orders} == {"bot"}
    assert {"FILLED"} <= {order["status"] for order in orders}
    assert [payment["amount"] for payment in funding] == ["-0.01119456"]
    assert elsewhere == []
    assert [(alert["level"], alert["text"]) for alert in alerts] == [("warning", "<b>x</b>")]


def test_before_anything_was_recorded_the_answers_are_empty_and_say_so(client: TestClient) -> None:
    names = {
        path: path.removeprefix("/api/")
        for path in ("/api/fills", "/api/decisions", "/api/equity", "/api/funding", "/api/alerts")
    }
    for path, name in {**names, "/api/orders/history": "orders"}.items():
        answer = client.get(path).json()
        assert answer == {name: [], "records": "not read yet"}
    assert client.get("/api/pnl").json()["days"] == []


def test_the_parts_of_this_runs_money_add_up_exactly(world: World, client: TestClient) -> None:
    from decimal import Decimal

    world.bot.play.ready()
    world.bot.happens(FillsReported(fills=(fill(1, fee=Decimal("0.1")),), source="stream", received_ms=START_MS))

    run = client.get("/api/pnl").json()["run"]

    parts = {name: Decimal(run[name]) for name in ("realised_pnl", "unrealised_pnl", "fees", "funding", "total_pnl")}
    assert parts["total_pnl"] == parts["realised_pnl"] + parts["unrealised_pnl"] - parts["fees"] + parts["funding"]
    assert run["unrealised_pnl"] == "0.8685"
    assert run["markets"]["BTC-USD"]["total_pnl"] == "0.7685"


def test_limits_out_of_range_are_refused(client: TestClient) -> None:
    for path in ("/api/fills?limit=0", "/api/fills?limit=501", "/api/pnl?days=0", "/api/decisions?since=-1"):
        assert client.get(path).status_code == 422


def test_the_risk_answer_names_limits_room_and_what_holds_quotes_back(world: World, client: TestClient) -> None:
    world.bot.play.ready()

    risk = client.get("/api/risk").json()

    market = risk["markets"]["BTC-USD"]
    assert (risk["state"], risk["blocked"], risk["exposure"]) == ("RUNNING", None, "0")
    assert (market["max_position"], market["room"]) == ("0.05", {"BUY": "0.05", "SELL": "0.05"})
    assert risk["limits"]["requests_per_minute"] == 1_000
    assert risk["switch"]["left_ms"] == 30_000


def test_the_schema_of_the_settings_tells_ranges_defaults_and_what_changes_at_once(client: TestClient) -> None:
    schema = client.get("/api/config/schema").json()

    assert schema["properties"]["spread_percentage"]["maximum"] == 0.05
    assert schema["defaults"]["market"] == "BTC-USD"
    assert "max_position" in schema["hot"]
    assert "order_size" not in schema["hot"]
