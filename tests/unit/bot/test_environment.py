"""The process environment: what is required, what is refused, and that secrets never print."""

from pathlib import Path

import pytest

from bot.core.errors import ConfigurationError
from bot.environment import EnvironmentName, load_environment

COMPLETE = {
    "EXTENDED_API_KEY": "key-1234567890",
    "Extended_2_D61658C_STARKNET_PUBLIC": "0xabc",
    "Extended_2_D61658C_STARKNET_PRIVATE": "0xdef",
    "Extended_2_D61658C_VAULT_NUMBER": "1",
    "Extended_2_D61658C_CLIENT_ID": "7",
}


def test_the_documents_variables_are_read_under_any_prefix() -> None:
    environment = load_environment(COMPLETE, name="testnet")

    assert environment.credentials is not None
    assert (environment.credentials.name, environment.credentials.vault) == ("Extended_2_D61658C", 1)
    assert environment.credentials.client_id == "7"


def test_paper_is_the_default() -> None:
    assert load_environment({}).name is EnvironmentName.PAPER


def test_secrets_do_not_print() -> None:
    text = repr(load_environment(COMPLETE)) + str(load_environment(COMPLETE))

    assert "key-1234567890" not in text
    assert "0xdef" not in text


def test_a_half_set_names_the_missing_variable() -> None:
    half = {name: value for name, value in COMPLETE.items() if not name.endswith("VAULT_NUMBER")}

    with pytest.raises(ConfigurationError, match="Extended_2_D61658C_VAULT_NUMBER"):
        load_environment(half, name="testnet")


def test_several_complete_sets_are_listed_and_one_can_be_chosen() -> None:
    other = {name.replace("Extended_2_D61658C", "OTHER"): value for name, value in COMPLETE.items()}

    with pytest.raises(ConfigurationError, match="Extended_2_D61658C, OTHER"):
        load_environment(COMPLETE | other, name="testnet")
    chosen = load_environment(COMPLETE | other | {"EXTENDED_ACCOUNT": "OTHER"}, name="testnet").credentials
    assert chosen is not None
    assert chosen.name == "OTHER"


def test_a_secret_file_replaces_the_variable(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("from-a-file-1\n", encoding="utf-8")
    variables = {name: value for name, value in COMPLETE.items() if name != "EXTENDED_API_KEY"}

    key = load_environment(variables | {"EXTENDED_API_KEY_FILE": str(file)}).api_key
    assert key is not None
    assert key.reveal() == "from-a-file-1"


def test_a_secret_given_twice_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="both EXTENDED_API_KEY and EXTENDED_API_KEY_FILE"):
        load_environment(COMPLETE | {"EXTENDED_API_KEY_FILE": "x"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MMBOT_ENV", "real"),
        ("PORT", "http"),
        ("PORT", "70000"),
        ("MMBOT_LOG_LEVEL", "LOUD"),
        ("Extended_2_D61658C_VAULT_NUMBER", "4294967296"),
        ("Extended_2_D61658C_STARKNET_PRIVATE", "secret-not-hex"),
    ],
)
def test_a_wrong_variable_is_named_and_a_wrong_secret_is_not_shown(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=name) as caught:
        load_environment(COMPLETE | {name: value})

    if "PRIVATE" in name:
        assert value not in str(caught.value)
