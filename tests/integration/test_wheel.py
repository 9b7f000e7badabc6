"""The wheel carries the screen and runs where neither Node nor the repository is."""

import re
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest

from tests.support.server import free_port, plain_environment, running


@pytest.fixture(scope="module")
def wheel(repository: Path, built_screen: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert built_screen.is_dir()
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], cwd=repository, check=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_program_and_the_built_screen_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    version = wheel.name.split("-")[1]
    metadata = f"extended_mm_bot-{version}.dist-info"

    assert {name.split("/")[0] for name in names} == {"bot", "backend", "simulator", metadata}
    assert {"backend/ui_dist/index.html", f"{metadata}/licenses/LICENSE"} <= set(names)
    assert "mmbot = bot.cli:main" in zipfile.ZipFile(wheel).read(f"{metadata}/entry_points.txt").decode()


def test_the_installed_wheel_serves_the_screen_without_node(wheel: Path, tmp_path: Path) -> None:
    installed, elsewhere, port = tmp_path / "installed", tmp_path / "elsewhere", free_port()
    elsewhere.mkdir()
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-qq", "--no-deps", "--no-index", "--target", installed, wheel],
        check=True,
    )
    environment = plain_environment(tmp_path / "home", port, PATH="", PYTHONPATH=str(installed))
    command = [sys.executable, "-m", "uvicorn", "backend.main:app", "--port", str(port)]
    base = f"http://127.0.0.1:{port}"

    with running(command, environment, where=elsewhere, ready=f"{base}/readyz", log=tmp_path / "server.log"):
        page = urllib.request.urlopen(f"{base}/", timeout=5).read().decode()
        asset = re.search(r'(?:src|href)="(/assets/[^"]+)"', page)
        assert asset is not None, page
        with urllib.request.urlopen(f"{base}{asset[1]}", timeout=5) as response:
            assert "immutable" in response.headers["Cache-Control"]
