"""Three roles: look, control, and what can cost money at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from backend.access import Role, TokenGate
from bot.environment import EnvironmentName
from bot.state_folder import StateFolder
from tests.unit.backend.fakes import World

PHRASE = {"confirm": "flatten BTC-USD"}


@pytest.fixture
def testnet(tmp_path: Path) -> World:
    home = StateFolder(tmp_path / "home")
    for role in ("read", "control"):
        home.rotate_token(role)
    return World(tmp_path / "home", name=EnvironmentName.TESTNET)


@pytest.fixture
def client(testnet: World) -> Iterator[TestClient]:
    with testnet.client() as client:
        yield client


def bearer(world: World, role: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {(world.home / (f'token-{role}' if role else 'token')).read_text()}"}


@pytest.mark.parametrize(("role", "expected"), [("read", [200, 403, 403]), ("control", [200, 200, 403]), ("", [200, 200, 200])])
def test_each_role_does_what_it_may_and_no_more(testnet: World, client: TestClient, role: str, expected: list[int]) -> None:
    headers = bearer(testnet, role)

    read = client.get("/api/bot/status", headers=headers)
    controlled = client.post("/api/bot/pause", headers=headers)
    flattened = client.post("/api/bot/flatten", headers=headers, json=PHRASE)
    disguised = client.post("/api/bot/flatten/", headers=headers, json=PHRASE)

    assert [answer.status_code for answer in (read, controlled, flattened)] == expected
    assert disguised.status_code in (403, 404)


@pytest.mark.parametrize(
    ("role", "who", "may"),
    [("read", "read", ["read"]), ("control", "control", ["read", "control"]), ("", "danger", ["read", "control", "danger"])],
)
def test_a_bearer_is_told_what_the_token_may_do(testnet: World, client: TestClient, role: str, who: str, may: list[str]) -> None:
    assert client.get("/api/access", headers=bearer(testnet, role)).json() == {"who": who, "may": may}
    assert client.get("/api/access").status_code == 401


def test_on_loopback_in_paper_everybody_may_do_everything(tmp_path: Path) -> None:
    with World(tmp_path / "home").client() as client:
        assert client.get("/api/access").json() == {"who": "local", "may": ["read", "control", "danger"]}


def test_a_refusal_for_a_small_role_says_which_is_needed(testnet: World, client: TestClient) -> None:
    refused = client.post("/api/bot/start", headers=bearer(testnet, "read")).json()

    assert refused["code"] == "role_too_small"
    assert "read" in refused["message"]
    assert "control" in refused["message"]
    assert "start" not in [verb for verb, _ in testnet.bot.calls]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"max_position": "0.5"}, 403),
        ({"order_size": "0.02"}, 403),
        ({"more_markets": [{"market": "ETH-USD"}]}, 403),
        ({"max_position": "0.02"}, 200),
        ({"order_size": "0.005"}, 200),
        ({"spread_percentage": 0.002}, 200),
    ],
)
def test_only_the_owner_raises_a_limit(testnet: World, client: TestClient, change: dict[str, object], status: int) -> None:
    controller = client.post("/api/bot/config", headers=bearer(testnet, "control"), json=change)
    owner = client.post("/api/bot/config", headers=bearer(testnet, ""), json=change)

    assert controller.status_code == status
    assert owner.status_code == 200


def test_commands_carry_the_role_that_gave_them(testnet: World, client: TestClient) -> None:
    client.post("/api/bot/pause", headers=bearer(testnet, "control"))

    assert {note.fields["who"] for note in testnet.bot.told} == {"control"}


def test_the_gate_finds_each_role_by_its_token() -> None:
    gate = TokenGate("o" * 43, {Role.READ: "r" * 43})

    assert [gate.role_of(token) for token in ("o" * 43, "r" * 43, "x" * 43, "", None)] == [
        Role.DANGER, Role.READ, None, None, None,
    ]  # fmt: skip
    assert gate.replace("o" * 43, {Role.READ: "n" * 43})
    assert not gate.replace("o" * 43, {Role.READ: "n" * 43})
