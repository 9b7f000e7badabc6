"""The built screen, the plain page, and what is never a page."""

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from backend.screen import IMMUTABLE, PLAIN, Screen
from tests.unit.backend.fakes import World


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "ui"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>the screen</title>")
    (folder / "assets" / "index-abc123.js").write_text("1")
    (folder / "favicon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("not for you")
    return folder


def serve(world: World, folder: Path) -> None:
    world.app.router.default = Screen(built=folder)


@pytest.mark.parametrize("path", ["/", "/bot", "/markets/BTC-USD", "/apiary", "/wsx"])
def test_every_page_path_is_the_screen_and_is_never_cached(world: World, built: Path, path: str) -> None:
    serve(world, built)
    with world.client() as client:
        answer = client.get(path)

    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")
    assert "the screen" in answer.text


def test_hashed_files_are_kept_for_good_and_others_are_asked_for_again(world: World, built: Path) -> None:
    serve(world, built)
    with world.client() as client:
        asset, icon = client.get("/assets/index-abc123.js"), client.get("/favicon.svg")

    assert asset.headers["Cache-Control"] == IMMUTABLE
    assert asset.headers["Content-Type"].startswith("text/javascript")
    assert icon.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", ["/assets/missing.js", "/missing.png", "/assets", "/assets/", "/index.html.bak"])
def test_a_file_that_is_not_there_is_a_404_and_not_the_screen(world: World, built: Path, path: str) -> None:
    serve(world, built)
    with world.client() as client:
        answer = client.get(path)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert "immutable" not in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    "path",
    ["/../secret.txt", "/..%2fsecret.txt", "/assets/..%2f..%2fsecret.txt", "/%2e%2e/secret.txt", "/plain/..%2f..%2fmain.py"],
)
def test_no_path_leads_out_of_the_folder(world: World, built: Path, path: str) -> None:
    serve(world, built)
    with world.client() as client:
        answer = client.get(path)

    assert "not for you" not in answer.text
    assert "create_app" not in answer.text
    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/api/x.js", "/ws/x", "/metrics/x", "/API/bot", "/Metrics/x"])
def test_the_api_is_never_a_page(world: World, built: Path, path: str) -> None:
    serve(world, built)
    with world.client() as client:
        assert client.get(path).status_code == 404


def test_heads_are_answered_like_gets(world: World, built: Path) -> None:
    serve(world, built)
    with world.client() as client:
        assert client.head("/").status_code == 200


def test_a_page_that_did_not_change_is_not_sent_again(world: World, built: Path) -> None:
    serve(world, built)
    with world.client() as client:
        tag = client.get("/").headers["ETag"]

        assert client.get("/", headers={"If-None-Match": tag}).status_code == 304


def test_without_a_built_screen_the_plain_page_stands_in_and_the_built_one_takes_over(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "later"
    serve(world, folder)
    with world.client() as client:
        before = client.get("/").text
        folder.mkdir()
        (folder / "index.html").write_text("built meanwhile")
        after = client.get("/").text

    assert "/plain/page.js" in before
    assert after == "built meanwhile"


def test_the_plain_page_is_always_there(world: World, built: Path) -> None:
    serve(world, built)
    with world.client() as client:
        for path, kind in [("/plain", "text/html"), ("/plain/page.js", "text/javascript"), ("/plain/page.css", "text/css")]:
            assert client.get(path).headers["Content-Type"].startswith(kind)


def test_the_plain_page_has_price_quotes_position_fills_log_and_two_buttons_and_no_inline_script() -> None:
    page = (PLAIN / "index.html").read_text()

    assert {"mark", "bid", "ask", "position", "fills", "log"} <= set(re.findall(r'id="([\w-]+)"', page))
    assert page.count("<button") == 2
    assert not re.findall(r"<script(?![^>]*\bsrc=)", page)
    assert not re.findall(r"\son\w+=|style=", page)
    assert "innerHTML" not in (PLAIN / "page.js").read_text()


def test_every_part_the_plain_page_draws_is_in_its_html() -> None:
    page, script = (PLAIN / "index.html").read_text(), (PLAIN / "page.js").read_text()

    drawn = set(re.findall(r'(?:at|say)\("([\w-]+)"', script))

    assert drawn <= set(re.findall(r'id="([\w-]+)"', page))


def test_pages_are_not_written_to(client: TestClient) -> None:
    answer = client.post("/")

    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")
