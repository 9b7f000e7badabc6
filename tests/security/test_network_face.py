"""The network's side of the checklist: where it listens, who may come from where, what a page of another site can do."""

import ast
import asyncio
import contextlib
import re
from pathlib import Path

import pytest

from backend.auth import CONTENT_POLICY, SECURITY_HEADERS
from backend.bound_address import listening
from backend.main import create_app
from backend.patient_http import PatientHttp
from bot.environment import EnvironmentName
from tests.security.raw import ask, request, service, upgrade

HOSTS = [
    "attacker.example", "attacker.example:{port}", "localhost.:{port}", "LOCALHOST.", "127.0.0.1:1", "[::1]:1", "127.1:{port}",
    "0.0.0.0:{port}", "2130706433:{port}", "localhost:{port}@attacker.example", "localhost:{port}\r\nHost: localhost:{port}", "",
]  # fmt: skip
ORIGINS = ["https://attacker.example", "null", "http://localhost:1", "file://", "http://127.0.0.1.attacker.example", "*"]


async def test_checklist_01_it_listens_on_loopback_only_unless_told_otherwise(tmp_path: Path, repository: Path) -> None:
    source = (repository / "bot" / "cli.py").read_text()
    assert source.count('HostOption = "127.0.0.1"') == 2

    before = listening()
    async with service(tmp_path / "home"):
        assert {address for address, _ in listening() - before} == {"127.0.0.1"}


@pytest.mark.parametrize("host", HOSTS)
async def test_checklist_02_any_other_host_is_refused_for_requests_and_upgrades_f171(tmp_path: Path, host: str) -> None:
    async with service(tmp_path / "home") as (world, port):
        shown = host.format(port=port) or " "
        plain = await ask(port, request(port, host=shown))
        pressed = await ask(port, request(port, "POST", "/api/bot/start", host=shown))
        opened = await ask(port, upgrade(port).replace(f"Host: 127.0.0.1:{port}".encode(), f"Host: {shown}".encode()))

        assert {plain.status, pressed.status} <= {421, 400}
        assert opened.status in (421, 403, 400)
        assert ("start", None) not in world.bot.calls


@pytest.mark.parametrize("origin", ORIGINS)
async def test_checklist_03_pages_of_other_origins_are_refused_f172(tmp_path: Path, origin: str) -> None:
    async with service(tmp_path / "home") as (world, port):
        pressed = await ask(port, request(port, "POST", "/api/bot/start", Origin=origin))
        opened = await ask(port, upgrade(port, Origin=origin))
        ours = await ask(port, request(port, "POST", "/api/bot/pause", Origin=f"http://127.0.0.1:{port}"))

        assert (pressed.status, opened.status, ours.status) == (403, 403, 200)
        assert "access-control-allow-origin" not in pressed.headers
        assert ("start", None) not in world.bot.calls


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec_Fetch_Site": "cross-site"}, 403), ({"Sec_Fetch_Site": "same-site"}, 403), ({"Sec_Fetch_Site": "same-origin"}, 200),
        ({"Sec_Fetch_Site": "none"}, 200), ({"Referer": "https://attacker.example/x"}, 403), ({"Sec_Fetch_Site": "odd"}, 403),
    ],
)  # fmt: skip
async def test_checklist_04_what_a_browser_says_about_the_site_decides(
    tmp_path: Path, headers: dict[str, str], status: int
) -> None:
    async with service(tmp_path / "home") as (_, port):
        assert (await ask(port, request(port, "POST", "/api/bot/pause", **headers))).status == status


async def test_checklist_05_nobody_is_told_that_other_origins_may_ask(tmp_path: Path) -> None:
    listed = "https://screen.example.com"
    async with service(tmp_path / "home", origins=(listed,)) as (_, port):
        stranger = await ask(port, request(port, "OPTIONS", "/api/bot/start", Origin="https://a.example"))
        screen = await ask(port, request(port, Origin=listed))

        assert "access-control-allow-origin" not in stranger.headers
        assert screen.headers["access-control-allow-origin"] == listed
        assert "access-control-allow-credentials" not in screen.headers


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
async def test_checklist_07_a_form_or_plain_text_changes_nothing_and_neither_does_a_get_f170(tmp_path: Path, kind: str) -> None:
    async with service(tmp_path / "home") as (world, port):
        before = list(world.bot.calls)
        formed = await ask(port, request(port, "POST", "/api/bot/config", body=b'{"order_size": "1"}', Content_Type=kind))
        for path in ("/api/bot/start", "/api/bot/stop", "/api/bot/pause", "/api/orders/create", "/api/markets/BTC-USD/stop"):
            got = await ask(port, request(port, "GET", path))
            headed = await ask(port, request(port, "GET", f"{path}?method=POST&_method=POST", X_HTTP_Method_Override="POST"))
            assert {got.status, headed.status} <= {404, 405}

        assert formed.status == 415
        assert world.bot.calls == before


@pytest.mark.parametrize("path", ["/", "/api/bot/status", "/healthz", "/metrics", "/api/unknown", "/plain/page.js", "/x/y"])
async def test_checklist_08_every_answer_carries_the_security_headers(tmp_path: Path, path: str) -> None:
    async with service(tmp_path / "home") as (_, port):
        answer = await ask(port, request(port, path=path))

        assert {name.lower(): value for name, value in SECURITY_HEADERS.items()}.items() <= answer.headers.items()
        assert "'unsafe-inline'" not in re.search(r"script-src[^;]*", CONTENT_POLICY)[0]  # type: ignore[index]  # it is there
        assert "frame-ancestors 'none'" in CONTENT_POLICY
        assert answer.headers["cache-control"] in ("no-store", "no-cache")


@pytest.mark.parametrize("name", list(EnvironmentName))
@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/docs/oauth2-redirect"])
def test_checklist_09_no_page_describes_the_api(name: EnvironmentName, path: str) -> None:
    application = create_app()
    del name  # the same in every environment: there is no such route at all
    paths = {getattr(route, "path", None) for route in application.state.routes}

    assert path not in paths
    assert (application.docs_url, application.redoc_url, application.openapi_url) == (None, None, None)


def test_checklist_06_nothing_relies_on_the_browser_to_protect_loopback(repository: Path) -> None:
    """The rules of 02 to 04 hold on loopback in paper, too: the tests above run there."""
    rules = ast.parse((repository / "backend" / "access.py").read_text())
    refuse = next(node for node in ast.walk(rules) if isinstance(node, ast.FunctionDef) and node.name == "refuse")

    assert not [node for node in ast.walk(refuse) if isinstance(node, ast.Attribute) and node.attr == "is_paper"]


async def test_f178_a_head_that_comes_too_slowly_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PatientHttp, "head_timeout_s", 0.2)
    async with service(tmp_path / "home") as (_, port):
        silent_reader, silent = await asyncio.open_connection("127.0.0.1", port)
        slow_reader, slow = await asyncio.open_connection("127.0.0.1", port)
        slow.write(b"GET / HTTP/1.1\r\nHost: 127")
        async with asyncio.timeout(10):
            for reader in (silent_reader, slow_reader):
                with contextlib.suppress(ConnectionError):
                    assert await reader.read() == b""
        served = await ask(port, request(port, path="/healthz"))
        for writer in (silent, slow):
            writer.close()

    assert served.status == 200
    assert not PatientHttp.from_address


async def test_f178_one_address_cannot_take_every_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PatientHttp, "most_from_one_address", 5)
    async with service(tmp_path / "home") as (_, port):
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
        await asyncio.sleep(0.05)
        refused = await ask(port, request(port, path="/healthz"))
        for _, writer in held:
            writer.close()
        async with asyncio.timeout(10):
            while PatientHttp.from_address["127.0.0.1"] > 1:  # noqa: ASYNC110 - nobody rings
                await asyncio.sleep(0.01)
        served = await ask(port, request(port, path="/healthz"))

    assert (refused.status, served.status) == (0, 200)


async def test_f178_a_head_without_end_is_cut_off(tmp_path: Path) -> None:
    async with service(tmp_path / "home") as (_, port):
        answer = await ask(port, request(port, path="/healthz", X_Long="a" * 60_000))
        long_path = await ask(port, request(port, path="/" + "a" * 60_000))

    assert (answer.status, long_path.status) == (0, 0)


def test_the_program_listens_on_one_port_only(repository: Path) -> None:
    """What the program opens is in one place; a second listener would have a face of its own."""
    sources = [path for folder in ("bot", "backend") for path in (repository / folder).rglob("*.py")]
    listeners = {path.name for path in sources if re.search(r"\.bind\(|start_server\(|create_server\(", path.read_text())}

    assert listeners == {"serve.py"}
