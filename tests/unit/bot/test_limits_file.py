"""`limits.toml`: strict, exact, and for its owner only."""

from decimal import Decimal
from pathlib import Path

import pytest

from bot.core.errors import ConfigurationError
from bot.core.risk.caps import AccountCaps, HardCaps, MarketCaps
from bot.limits_file import example_limits, load_limits, missing_for_live, parse_limits


def test_numbers_are_read_exactly() -> None:
    caps = parse_limits('[account]\nmax_leverage = 0.1\nmax_daily_loss = "250.50"\n[markets."BTC-USD"]\nmax_position = 1\n')

    assert caps == HardCaps(
        account=AccountCaps(max_leverage=Decimal("0.1"), max_daily_loss=Decimal("250.50")),
        markets={"BTC-USD": MarketCaps(max_position=Decimal(1))},
    )


def test_an_empty_file_caps_nothing() -> None:
    assert parse_limits("") == HardCaps()


def test_a_market_may_be_named_by_its_alias() -> None:
    assert parse_limits('[markets."BTC-PERP"]\nmax_position = 1\n').of("BTC-USD").max_position == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[account]\nmax_levrage = 2\n", r"\[account\] max_levrage is not a cap; did you mean max_leverage\?"),
        ("[acount]\n", r"acount is not a cap; did you mean account\?"),
        ('[markets."BTC-USD"]\nmax_leverage = 2\n', r'\[markets."BTC-USD"\] max_leverage is not a cap; did you mean'),
        ("account = 5\n", r"account is 5; expected a table"),
        ("[markets]\nBTC = 1\n", r'markets\."BTC" is 1; expected a table'),
        ("[account]\nmax_leverage = 0\n", r"account\.max_leverage is 0; expected a number above zero"),
        ("[account]\nmax_leverage = -2\n", r"is -2; expected"),
        ("[account]\nmax_leverage = nan\n", r"is NaN; expected"),
        ("[account]\nmax_leverage = inf\n", r"is Infinity; expected"),
        ("[account]\nmax_leverage = true\n", r"is True; expected"),
        ('[account]\nmax_leverage = "much"\n', r"is much; expected a number"),
        ("[account]\nmax_leverage = 1e40\n", r"is 1E\+40; expected"),
        ("[account]\nmax_open_orders = 2.5\n", r"is 2\.5; expected a whole number"),
        ("[account]\ndaily_loss_fraction = 2\n", r"is 2; expected a fraction above zero and at most 1, such as 0\.02 for 2 %"),
        ('[markets."BTC-USD"]\nmax_position = 1\n[markets."BTC-PERP"]\nmax_position = 2\n', r"given twice"),
        ("[account\n", r"not readable TOML"),
    ],
)
def test_what_is_no_cap_is_refused_by_name(text: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        parse_limits(text)


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    file = folder / "limits.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return folder


def test_a_folder_without_the_file_has_no_caps(tmp_path: Path) -> None:
    assert load_limits(tmp_path) is None


def test_a_file_is_read_and_its_errors_name_it(tmp_path: Path) -> None:
    assert load_limits(written(tmp_path, "[account]\nmax_leverage = 2\n")) == HardCaps(
        account=AccountCaps(max_leverage=Decimal(2))
    )
    with pytest.raises(ConfigurationError, match=r"limits\.toml: \[account\] leverage is not a cap"):
        load_limits(written(tmp_path, "[account]\nleverage = 2\n"))


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_could_write_is_refused(tmp_path: Path, mode: int) -> None:
    with pytest.raises(ConfigurationError, match="chmod 600"):
        load_limits(written(tmp_path, "", mode))


def test_a_file_that_is_no_text_or_too_large_is_refused(tmp_path: Path) -> None:
    (tmp_path / "limits.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="not a text file"):
        load_limits(tmp_path)
    with pytest.raises(ConfigurationError, match="larger than"):
        load_limits(written(tmp_path, "#" * 70_000))


def test_the_example_is_a_file_that_can_be_used() -> None:
    caps = parse_limits(example_limits())

    assert missing_for_live(caps, "BTC-USD") == ()
    assert caps.account.max_leverage == 2


def test_the_example_names_every_cap() -> None:
    text = example_limits()

    assert all(name in text for name in (*AccountCaps.__struct_fields__, *MarketCaps.__struct_fields__))


def test_live_needs_a_loss_an_exposure_a_position_and_an_order_cap() -> None:
    assert missing_for_live(None, "BTC-USD") == ("limits.toml",)
    assert len(missing_for_live(HardCaps(), "BTC-USD")) == 4
    assert missing_for_live(parse_limits('[markets."ETH-USD"]\nmax_position = 1\n'), "BTC-USD")[2].endswith('"BTC-USD"]') is False
