"""What a person may set, and what they are told when they may not."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.config import BotConfig, ConfigErrors, changed_config, example_config, load_config, parsed_config
from bot.core.errors import ConfigurationError


def test_the_defaults_are_the_documents() -> None:
    config = BotConfig()

    assert (config.market, config.spread_percentage, config.order_size) == ("BTC-USD", 0.001, "0.01")
    assert (config.refresh_interval, config.price_move_threshold, config.enabled) == (5, 0.002, False)
    assert config.position_limit == Decimal("0.05")


def test_a_perp_name_is_an_alias_of_the_exchanges_own() -> None:
    assert BotConfig(market="BTC-PERP").market == "BTC-USD"


def test_fractions_reach_the_core_as_the_decimals_that_were_written() -> None:
    assert BotConfig(spread_percentage=0.1 + 0.2 - 0.299).settings().spread == Decimal(repr(0.1 + 0.2 - 0.299))
    assert BotConfig(spread_percentage=0.001).settings().spread == Decimal("0.001")


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("spread_percentage", 0.1, "0.1 would mean 10 %"),
        ("spread_percentage", 0, "above 0"),
        ("spread_percentage", float("nan"), "above 0"),
        ("order_size", "0", "above zero"),
        ("order_size", "-1", "above zero"),
        ("order_size", "1e-3", "plain decimal"),
        ("order_size", "NaN", "plain decimal"),
        ("order_size", "9" * 60, "plain decimal"),
        ("refresh_interval", 0, "at least 1"),
        ("refresh_interval", 5.5, "at least 1"),
        ("price_move_threshold", -0.1, "at least 0"),
        ("market", "btc", "matching"),
    ],
)
def test_a_value_out_of_range_is_refused_with_field_value_and_range(field: str, value: object, told: str) -> None:
    with pytest.raises(ConfigErrors) as caught:
        changed_config(BotConfig(), {field: value})

    (problem,) = caught.value.problems
    assert problem["field"] == field
    assert told in problem["message"] + problem["hint"]


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(ConfigErrors) as caught:
        changed_config(BotConfig(), {"spread_percentage": 1, "refresh_interval": 0, "sprad": 1})

    assert {problem["field"] for problem in caught.value.problems} == {"spread_percentage", "refresh_interval", "sprad"}


def test_a_threshold_above_the_spread_is_allowed_and_warned_about() -> None:
    assert BotConfig().warnings()
    assert not BotConfig(price_move_threshold=0.0005).warnings()


def test_the_example_file_is_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "mmbot.yaml"
    file.write_text(example_config(), encoding="utf-8")

    assert load_config(file) == BotConfig()


@pytest.mark.parametrize("text", ["- 1", "!!python/object/apply:os.system [ls]", "a: [", "\xff\xfe"])
def test_a_file_that_is_not_plain_settings_is_refused_by_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "mmbot.yaml"
    file.write_text(text, encoding="latin-1")

    with pytest.raises(ConfigurationError, match=r"mmbot\.yaml|not a setting"):
        load_config(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_config(tmp_path / "absent.yaml")


def test_models_are_chosen_by_name_and_their_settings_by_theirs() -> None:
    models = BotConfig(strategy="composite", quoting={"levels": 5, "rho": 0.5}).models()

    assert (models.strategy, models.levels, models.rho) == ("composite", 5, 0.5)
    assert BotConfig().models().strategy == "simple"


@pytest.mark.parametrize(
    ("quoting", "told"),
    [
        ({"level": 3}, "perhaps levels"),
        ({"rho": 9}, "0 to 1.5"),
        ({"rho": "much"}, "right kind"),
        ({"strategy": "x"}, "a setting"),
    ],
)
def test_a_models_setting_that_cannot_be_used_is_named(quoting: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigErrors, match=told):
        changed_config(BotConfig(), {"quoting": quoting})


@pytest.mark.parametrize(
    ("changes", "field", "meant"),
    [
        ({"spred_percentage": 0.001}, "spred_percentage", "spread_percentage"),
        ({"limits": {"max_ordr_notional": "5"}}, "limits.max_ordr_notional", "max_order_notional"),
        ({"limits": {"breakers": {"cooldown_ms": 5}}}, "limits.breakers.cooldown_ms", "cool_down_ms"),
        ({"account_limits": {"max_dialy_loss": "1"}}, "account_limits.max_dialy_loss", "max_daily_loss"),
    ],
)
def test_an_unknown_setting_is_refused_with_the_nearest_name_of_its_own_part(
    changes: dict[str, object], field: str, meant: str
) -> None:
    with pytest.raises(ConfigErrors) as refused:
        changed_config(BotConfig(), changes)

    (problem,) = refused.value.problems
    assert problem["field"] == field
    assert f"perhaps {meant} is meant" in problem["message"]
    assert meant in problem["hint"]


def test_an_unknown_limit_of_a_further_market_names_the_limits_and_not_the_whole() -> None:
    with pytest.raises(ConfigErrors, match="perhaps stop_loss is meant"):
        changed_config(BotConfig(), {"more_markets": [{"market": "ETH-USD", "order_size": "0.1", "limits": {"stop_los": "5"}}]})


def test_of_a_thousand_wrong_fields_the_first_are_told_and_the_rest_counted() -> None:
    with pytest.raises(ConfigErrors) as refused:
        changed_config(BotConfig(), {f"wrong_{number}": number for number in range(1_000)})

    told = refused.value.problems
    assert [each["field"] for each in told[:2]] == ["wrong_0", "wrong_1"]
    assert len(told) == 21
    assert told[-1]["message"] == "980 more fields are wrong"


def test_wrong_fields_do_not_make_the_schema_anew_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes tens of milliseconds, on the loop that quotes."""
    made: list[type] = []
    build = BotConfig.model_json_schema

    def counted(*given: Any, **named: Any) -> dict[str, Any]:
        made.append(BotConfig)
        return build(*given, **named)

    monkeypatch.setattr(BotConfig, "model_json_schema", counted)
    wrong = dict.fromkeys(BotConfig.model_fields)

    for _ in range(3):
        with pytest.raises(ConfigErrors):
            changed_config(BotConfig(), wrong)

    assert len(made) <= 1


def laughing(levels: int) -> str:
    """Return a few lines that unfold to ten to the power of `levels` words."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (laughing(30), "line 2: write the settings out; *a0 is not taken"),
        ("a: &a [*a]", "line 1: write the settings out; *a is not taken"),
        ("quoting: " + "[" * 5_000 + "]" * 5_000, "line 1: nested deeper than 12 levels"),
        ('{"limits":' * 5_000 + "1" + "}" * 5_000, "line 1: nested deeper than 12 levels"),
        ("order_size: " + "9" * 5_000, "digits"),
        ("market: 2001-99-99", "month must be in 1..12"),
        ("market: A-USD\nmarket: B-USD", 'line 2: found duplicate key "market"'),
        ("market: !!python/object/apply:os.system [x]", "could not determine a constructor"),
        ("market: A-USD\n---\nmarket: B-USD", "but found another document"),
        ("market: [", "line 1"),
        ("\xff", "codec"),
    ],
)
def test_a_file_made_to_harm_is_refused_with_its_line(text: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        parsed_config(text.encode("latin-1"), "the file")

    assert str(refused.value).startswith("the file is not readable YAML: ")
    assert told in str(refused.value)
    assert len(str(refused.value)) < 300
