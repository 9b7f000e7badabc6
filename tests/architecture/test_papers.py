"""The papers agree with each other and with the tree."""

import re
from pathlib import Path

import pytest

from scripts import dev
from tests.architecture.tree import ROOT, files, text

PAPERS = [path for path in files() if path.suffix == ".md"]
DECISIONS = [path for path in PAPERS if re.match(r"docs/decisions/\d{4}-", path.as_posix())]


def code_blocks(paper: str) -> list[str]:
    return re.findall(r"```\w*\n(.*?)```", text(Path(paper)), flags=re.DOTALL)


@pytest.mark.parametrize("paper", PAPERS, ids=str)
def test_every_link_to_a_file_leads_somewhere(paper: Path) -> None:
    links = re.findall(r"\]\((?!\w+:)([^)#\s]+)", text(paper))

    assert [link for link in links if not (ROOT / paper.parent / link).exists()] == []


@pytest.mark.parametrize("page", DECISIONS, ids=str)
def test_every_decision_has_context_decision_and_consequences(page: Path) -> None:
    parts = re.findall(r"^\*\*(\w+)\.\*\*", text(page), flags=re.MULTILINE)

    assert parts == ["Context", "Decision", "Consequences"]
    assert text(page).startswith(f"# {int(page.name[:4])}. ")


def test_the_index_of_decisions_is_complete() -> None:
    index = text(Path("docs/decisions/README.md"))

    assert set(re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", index)) == {page.name for page in DECISIONS}


def test_both_readmes_show_the_same_commands() -> None:
    def commands(paper: str) -> list[list[str]]:
        return [[line.partition("#")[0].strip() for line in block.splitlines()] for block in code_blocks(paper)]

    assert commands("README.md") == commands("README.pl.md")


def test_the_papers_name_only_make_targets_that_exist() -> None:
    named = {
        verb
        for paper in PAPERS
        for verb in re.findall(r"(?:`|^|[\s(])make ([a-z]+)\b(?=`|\s+ARGS|\s+PYTHON|\s+#|$)", text(paper), re.MULTILINE)
    }

    assert {"demo", "test", "check"} <= named
    assert named <= set(dev.VERBS) | {"help"}


def test_no_word_stands_twice_in_the_glossary() -> None:
    words = re.findall(r"^\| ([^|`]+?) \|", text(Path("docs/glossary.md")), flags=re.MULTILINE)
    words = [word for word in words if word not in {"word", "---"}]

    assert len(words) > 50
    assert len(words) == len(set(words))
