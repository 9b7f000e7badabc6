"""What must survive the process."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from bot.core.errors import ConfigurationError
from bot.core.orders import Owner
from bot.state_folder import ID_BLOCK, StateFolder
from tests.unit.core.play import Play


def test_a_block_of_ids_is_never_given_twice(tmp_path: Path) -> None:
    blocks = [StateFolder(tmp_path).reserve_ids() for _ in range(5)]

    assert blocks == [(1 + ID_BLOCK * n, 1 + ID_BLOCK * (n + 1)) for n in range(5)]


def test_a_damaged_id_file_is_refused_and_not_started_anew(tmp_path: Path) -> None:
    (tmp_path / "id_blocks").write_text("12x", encoding="utf-8")

    with pytest.raises(ConfigurationError, match="damaged"):
        StateFolder(tmp_path).reserve_ids()


def test_the_token_is_random_kept_and_private(tmp_path: Path) -> None:
    home = StateFolder(tmp_path)

    assert home.token() == StateFolder(tmp_path).token()
    assert len(home.token()) >= 43
    assert (tmp_path / "token").stat().st_mode & 0o077 == 0
    assert home.rotate_token() != home.rotate_token()


def test_a_weak_token_is_refused(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("admin", encoding="utf-8")

    with pytest.raises(ConfigurationError, match="too weak"):
        StateFolder(tmp_path).token()


def test_a_second_process_with_the_same_folder_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom pathlib import Path\nfrom bot.state_folder import StateFolder\n"
        "with StateFolder(Path(sys.argv[1])).lock():\n    pass\n"
    )
    with StateFolder(tmp_path).lock():
        second = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, timeout=30, check=False
        )

    assert second.returncode != 0
    assert f"process {os.getpid()}" in second.stderr
    with StateFolder(tmp_path).lock():
        pass


def test_a_dead_bot_is_not_announced(tmp_path: Path) -> None:
    home = StateFolder(tmp_path)
    home.announce("http://127.0.0.1:8000")
    assert home.running() == "http://127.0.0.1:8000"
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(30)
    (tmp_path / "run.json").write_text(f'{{"address": "x", "process": {ended.pid}}}', encoding="utf-8")

    assert home.running() is None


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere, so nothing is read-only for it")
def test_a_read_only_folder_is_one_sentence_with_the_remedy(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(ConfigurationError, match="MMBOT_HOME"):
        StateFolder(tmp_path / "home")


def test_a_path_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("", encoding="utf-8")

    with pytest.raises(ConfigurationError, match="MMBOT_HOME"):
        StateFolder(tmp_path / "home")


def test_the_marker_of_a_kill_can_be_taken_away_and_a_persons_cannot(tmp_path: Path) -> None:
    home = StateFolder(tmp_path)
    home.note_kill()
    assert (home.is_halted, home.is_killed) == (True, True)
    home.forgive_kill()
    assert (home.is_halted, home.is_killed) == (False, False)

    home.halt()
    home.note_kill()
    home.forgive_kill()
    assert (home.is_halted, home.is_killed) == (True, False)


def test_a_cancel_all_after_a_kill_makes_the_marker_a_persons(tmp_path: Path) -> None:
    home = StateFolder(tmp_path)
    home.note_kill()
    home.halt()

    assert (home.is_halted, home.is_killed) == (True, False)


@pytest.mark.parametrize(
    ("owner", "reduces", "forbidden"), [(Owner.HAND, True, False), (Owner.HAND, False, True), (Owner.BOT, True, True)]
)
def test_after_a_kill_only_a_person_may_reduce_and_after_a_cancel_all_nobody(
    tmp_path: Path, owner: Owner, reduces: bool, forbidden: bool
) -> None:
    home = StateFolder(tmp_path)
    order = msgspec.structs.replace(Play().ready().placed()[0], owner=owner, reduce_only=reduces)
    assert not home.forbids(order)

    home.note_kill()
    assert home.forbids(order) is forbidden
    home.halt()
    assert home.forbids(order)
