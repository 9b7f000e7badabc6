"""The checklist's points on what comes in: strict shapes, bounded sizes, safe parsers, no paths, no code."""

import re
from pathlib import Path

import pytest

from bot.config import load_config
from bot.core.errors import ConfigurationError
from tests.security.raw import ask, request, service

CODE = re.compile(r"\b(?:eval|exec|compile|__import__)\(|\bpickle\b|\bmarshal\b|\bshelve\b|yaml\.load\(|shell=True|os\.system\(")
ALLOWED = {"re.compile("}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/bot/config", b'{"spread_percentage": 0.001, "unknown": 1}'),
        ("/api/bot/config", b'{"spread_percentage": 1e309}'),
        ("/api/bot/config", b'{"spread_percentage": NaN}'),
        ("/api/bot/config", b'{"order_size": "-1"}'),
        ("/api/bot/config", b'{"order_size": "1e999999"}'),
        ("/api/bot/config", b'{"refresh_interval": 99999999999999999999}'),
        (
            "/api/orders/create",
            b'{"market": "<script>alert(1)</script>", "side": "BUY", "price": "1", "size": "1", "timeInForce": "IOC"}',
        ),
        ("/api/orders/create", b'{"market": "BTC-USD", "side": "BUY", "price": "0x1", "size": "1", "timeInForce": "IOC"}'),
        ("/api/orders/create", b'{"market": "BTC-USD", "side": "BUY", "price": "1", "size": "1", "timeInForce": "IOC", "x": 1}'),
        ("/api/orders/create", b"[" * 20_000 + b"]" * 20_000),
        ("/api/orders/create", b'{"a":' * 5_000 + b"1" + b"}" * 5_000),
        ("/api/orders/create", b"\xff\xfe"),
        ("/api/bot/flatten", b'{"market": "../../etc/passwd"}'),
        ("/api/bot/flatten", b'{"market": "BTC-USD", "cap": "1"}'),
    ],
)
async def test_checklist_18_what_has_not_the_right_shape_is_refused_and_nothing_is_done(
    tmp_path: Path, path: str, body: bytes
) -> None:
    async with service(tmp_path / "home") as (world, port):
        answer = await ask(port, request(port, "POST", path, body=body, Content_Type="application/json"))
        alive = await ask(port, request(port, path="/healthz"))

        assert answer.status in (400, 422)
        assert alive.status == 200
        assert not [verb for verb, _ in world.bot.calls if verb in ("configure", "create_order", "flatten")]
        assert "<script>" not in world.written.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system ['touch {marker}']", "order_size: !!python/name:os.system", "market: !ENV ${{HOME}}",
        "a: &a [*a]", "order_size: !!binary aGk=", "- 1\n- 2", "<<: {{x: 1}}", "enabled: !!js/function 'x'", "\x00",
        "a: &x ['lol','lol']\nb: &y [*x,*x,*x,*x]\nc: [*y,*y,*y,*y]",
    ],
)  # fmt: skip
def test_checklist_19_a_configuration_is_data_only_f179(tmp_path: Path, text: str) -> None:
    marker = tmp_path / "ran"
    file = tmp_path / "c.yaml"
    file.write_text(text.format(marker=marker))

    with pytest.raises(ConfigurationError):
        load_config(file)

    assert not marker.exists()


def test_checklist_19_no_code_is_made_from_text_and_nothing_is_unpickled(repository: Path) -> None:
    found = [
        f"{path.relative_to(repository)}:{number}: {line.strip()}"
        for folder in ("bot", "backend")
        for path in (repository / folder).rglob("*.py")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if CODE.search(line.replace("re.compile(", "")) and not line.lstrip().startswith(("#", '"'))
    ]

    assert [place for place in found if "pickled" not in place] == []


async def test_checklist_20_bodies_heads_and_rates_are_capped_f178(tmp_path: Path) -> None:
    async with service(tmp_path / "home") as (world, port):
        announced = request(port, "POST", "/api/orders/create", Content_Type="application/json", Content_Length=str(10 * 2**20))
        large = await ask(port, announced)
        pressed = [(await ask(port, request(port, "POST", "/api/bot/pause"))).status for _ in range(70)]
        health = await ask(port, request(port, path="/healthz"))

        assert large.status == 413
        assert pressed[:59] == [200] * 59, "sixty at once, and the large one was the first"
        assert set(pressed[59:]) == {429}
        assert health.status == 200
        assert world.service.door.rates.refused == 11


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd", "/..%2f..%2fetc%2fpasswd", "/assets/../../../etc/passwd", "/plain/../main.py", "/plain/..%2fmain.py",
        "/%2e%2e/%2e%2e/etc/passwd", "/plain/%2e%2e/main.py", "/assets//etc/passwd", "/plain/....//main.py", "/plain/%00",
        "/api/jobs/..%2f..%2fetc%2fpasswd", "/api/bot/logs/../../token", "/token", "/.mmbot/token", "/records.sqlite",
    ],
)  # fmt: skip
async def test_checklist_21_no_path_leads_out_of_what_is_served_f177(tmp_path: Path, path: str) -> None:
    async with service(tmp_path / "home") as (world, port):
        answer = await ask(port, request(port, path=path))

        assert "root:" not in answer.body
        assert "import " not in answer.body.split("<script")[0][:200]
        assert world.token not in answer.body
        assert answer.status in (200, 400, 404)
        if answer.status == 200:
            assert "<!doctype html" in answer.body.lower(), "a page of the screen, which draws an unknown path itself"


@pytest.mark.parametrize(
    "hostile", ["<img src=x onerror=alert(1)>", "</script><script>alert(1)</script>", "\u202eevil", "{{7*7}}"]
)
async def test_checklist_22_hostile_text_travels_as_json_text_and_never_as_a_page_f176(tmp_path: Path, hostile: str) -> None:
    async with service(tmp_path / "home") as (world, port):
        world.logger.log("WARNING", "order_rejected", "BTC-USD", order="x", side="BUY", reason=hostile)
        logs = await ask(port, request(port, path="/api/bot/logs"))
        refused = await ask(port, request(port, path="/api/orders?market=%3Cimg%20src%3Dx%3E"))

        for answer in (logs, refused):
            assert answer.headers["content-type"].startswith("application/json")
            assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "hostile", ["a\n[BOT ERROR] forged", "a\r[BOT ERROR] forged", "\x1b[2J\x1b]0;x\x07", "\u2028a\u202eb", "\x85a"]
)
async def test_checklist_22_no_text_of_others_begins_a_line_of_the_log_or_steers_the_terminal_f176(
    tmp_path: Path, hostile: str
) -> None:
    async with service(tmp_path / "home") as (world, _):
        before = world.written.getvalue()
        world.logger.log("WARNING", "order_rejected", "BTC-USD", order="x", side="BUY", reason=hostile)
        told = world.written.getvalue()[len(before) :]

    assert told.endswith("\n")
    assert len(told.splitlines()) == 1
    assert told.rstrip("\n").isprintable()


def test_checklist_22_the_screen_sets_no_raw_html(repository: Path) -> None:
    sources = [path for kind in ("*.ts", "*.tsx") for path in (repository / "frontend" / "src").rglob(kind)]
    sources += list((repository / "backend" / "plain_page").glob("*"))
    words = re.compile(r"dangerouslySetInnerHTML|innerHTML|outerHTML|insertAdjacentHTML|document\.write|new Function\(|eval\(")

    assert sources
    assert [str(path) for path in sources if path.is_file() and words.search(path.read_text(errors="ignore"))] == []


def test_checklist_23_the_api_writes_no_file_with_hard_limits(repository: Path) -> None:
    sources = {path: path.read_text() for path in (repository / "backend").rglob("*.py")}

    assert [str(path) for path, text in sources.items() if "limits.toml" in text and "write" in text] == []
