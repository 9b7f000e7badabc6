"""The container and the Render blueprint say what the code says; no engine is needed to find out."""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ruamel.yaml import YAML

SECRETS = ("KEY", "PRIVATE", "TOKEN")


class Instruction(NamedTuple):
    """One instruction of the Dockerfile, with the stage it stands in."""

    stage: int
    verb: str
    argument: str


@pytest.fixture(scope="module")
def dockerfile(repository: Path) -> list[Instruction]:
    text = re.sub(r"^\s*#.*\n", "", (repository / "Dockerfile").read_text(), flags=re.MULTILINE)
    instructions, stage = [], -1
    for line in text.replace("\\\n", " ").splitlines():
        verb, _, argument = line.strip().partition(" ")
        if verb:
            stage += verb == "FROM"
            instructions.append(Instruction(stage, verb, " ".join(argument.split())))
    return instructions


@pytest.fixture(scope="module")
def last_stage(dockerfile: list[Instruction]) -> dict[str, str]:
    stage = dockerfile[-1].stage
    return {each.verb: each.argument for each in dockerfile if each.stage == stage}


@pytest.fixture(scope="module")
def container_environment(last_stage: dict[str, str]) -> dict[str, str]:
    return dict(re.findall(r"(\w+)=(\S+)", last_stage["ENV"]))


@pytest.fixture(scope="module")
def service(repository: Path) -> dict[str, Any]:
    blueprint = YAML(typ="safe").load(repository / "render.yaml")
    (only,) = blueprint["services"]
    return dict(only)


@pytest.fixture(scope="module")
def variables(service: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["key"]: each for each in service["envVars"]}


def described_variables(repository: Path) -> set[str]:
    lines = (repository / ".env.example").read_text()
    return set(re.findall(r"^#? ?([A-Za-z][A-Za-z0-9_]*)=", lines, flags=re.MULTILINE))


# ── the container ──────────────────────────────────────────────────────────────────────────────────


def test_everything_the_container_copies_is_in_the_repository(dockerfile: list[Instruction], repository: Path) -> None:
    copies = [each.argument.split() for each in dockerfile if each.verb == "COPY"]
    sources = [word for words in copies if not words[0].startswith("--from") for word in words[:-1]]

    assert sources
    assert [source for source in sources if not (repository / source).exists()] == []


def test_every_stage_that_is_copied_from_is_defined(dockerfile: list[Instruction]) -> None:
    defined = set(re.findall(r" AS (\w+)", " ".join(each.argument for each in dockerfile if each.verb == "FROM")))
    used = set(re.findall(r"--from=(\w+)", " ".join(each.argument for each in dockerfile)))

    assert used == defined


def test_every_package_in_the_container_is_installed_with_its_hash_or_is_ours(
    dockerfile: list[Instruction],
) -> None:
    installs = [each.argument for each in dockerfile if "pip install" in each.argument]

    assert installs
    assert all("--require-hashes" in each or "--no-deps /wheels/*.whl" in each for each in installs)


def test_the_container_is_not_root_and_starts_in_paper(last_stage: dict[str, str], container_environment: dict[str, str]) -> None:
    assert last_stage["USER"] == "mmbot"
    assert container_environment["MMBOT_ENV"] == "paper"
    assert last_stage["STOPSIGNAL"] == "SIGTERM"


def test_the_container_listens_where_it_says(last_stage: dict[str, str], container_environment: dict[str, str]) -> None:
    shell, flag, command = json.loads(last_stage["CMD"])

    assert (shell, flag) == ("sh", "-c")
    assert command == "exec uvicorn backend.main:app --host 0.0.0.0 --port ${PORT} --workers 1"
    assert last_stage["EXPOSE"] == container_environment["PORT"] == "8000"


# ── Render ─────────────────────────────────────────────────────────────────────────────────────────


def test_render_runs_one_instance_that_never_sleeps(service: dict[str, Any]) -> None:
    assert service["numInstances"] == 1
    assert service["plan"] != "free"
    assert service["runtime"] == "docker"


def test_render_builds_the_dockerfile_of_the_repository(service: dict[str, Any], repository: Path) -> None:
    assert (repository / service["dockerContext"] / service["dockerfilePath"]).is_file()


def test_render_keeps_the_state_folder_on_its_disk(
    service: dict[str, Any], variables: dict[str, dict[str, Any]], container_environment: dict[str, str]
) -> None:
    home = variables["MMBOT_HOME"]["value"]

    assert home == service["disk"]["mountPath"] == container_environment["MMBOT_HOME"]


def test_render_asks_a_path_that_the_backend_answers(service: dict[str, Any], last_stage: dict[str, str]) -> None:
    from backend.main import app

    paths = set(app.openapi()["paths"]) | {getattr(route, "path", None) for route in app.routes}

    assert service["healthCheckPath"] in paths
    assert f"+ '{service['healthCheckPath']}'" in last_stage["HEALTHCHECK"]


def test_render_starts_in_paper_although_it_names_the_real_exchange(
    variables: dict[str, dict[str, Any]],
) -> None:
    assert variables["MMBOT_ENV"]["value"] == "paper"
    assert variables["EXTENDED_API_BASE_URL"]["value"] == "https://api.starknet.extended.exchange/api/v1"


def test_no_secret_stands_in_the_blueprint(variables: dict[str, dict[str, Any]]) -> None:
    secrets = {key: each for key, each in variables.items() if any(word in key.upper() for word in SECRETS)}

    assert len(secrets) == 2
    assert all(each["sync"] is False and "value" not in each for each in secrets.values())


def test_the_blueprint_has_the_documents_variables(variables: dict[str, dict[str, Any]]) -> None:
    account = "Extended_2_D61658C"
    documents = {"EXTENDED_API_KEY", "EXTENDED_API_BASE_URL", f"{account}_CLIENT_ID"}
    documents |= {f"{account}_STARKNET_PUBLIC", f"{account}_STARKNET_PRIVATE", f"{account}_VAULT_NUMBER"}

    assert documents <= set(variables)


# ── environment variables ──────────────────────────────────────────────────────────────────────────


def test_every_variable_of_the_blueprint_is_described(variables: dict[str, dict[str, Any]], repository: Path) -> None:
    assert set(variables) - described_variables(repository) == set()


def test_every_variable_the_program_names_is_described(repository: Path) -> None:
    sources = [path for folder in ("bot", "backend") for path in (repository / folder).rglob("*.py")]
    named = {
        name for path in sources for name in re.findall(r'"((?:MMBOT|EXTENDED)_[A-Z_]*[A-Z])"', path.read_text(encoding="utf-8"))
    }

    assert named - described_variables(repository) == set()


def test_the_example_holds_no_secret(repository: Path) -> None:
    lines = (repository / ".env.example").read_text().splitlines()
    values = dict(line.lstrip("# ").split("=", 1) for line in lines if re.match(r"#? ?[A-Za-z]\w*=", line))

    filled = {name for name, value in values.items() if value and any(word in name for word in SECRETS)}

    assert filled == set()
