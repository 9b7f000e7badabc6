"""Single settings from environment and command line, and where a start takes its configuration from."""

from pathlib import Path

import pytest

from bot.config import BotConfig, ConfigErrors
from bot.config_history import ConfigHistory
from bot.config_schema import changes_between, needs_stop, settings
from bot.core.errors import ConfigurationError, InvalidInput
from bot.core.quoting.parameters import QuotingSettings
from bot.environment import Environment, EnvironmentName
from bot.overrides import assigned, from_variables, starting_config
from bot.state_folder import StateFolder


def environment(home: Path) -> Environment:
    return Environment(name=EnvironmentName.PAPER, home=home)


def kept(home: Path, config: BotConfig) -> ConfigHistory:
    history = ConfigHistory(StateFolder(home), EnvironmentName.PAPER)
    history.add(config, at_ms=1, who="local", verb="change")
    return history


def test_every_setting_of_the_models_is_in_the_schema() -> None:
    rows = {row.path for row in settings()}

    assert {f"quoting.{name}" for name in QuotingSettings.__struct_fields__ if name != "strategy"} <= rows


def test_values_are_typed_as_the_schema_says() -> None:
    given = [
        "spread_percentage=0.002", "refresh_interval=7", "enabled=on", "order_size=0.02", "max_position=none", "strategy=grid",
        "quoting.levels=2", "quoting.fair_price=mid:0.5,mark:0.5", "quoting.model_spread=off",
        'more_markets=[{"market": "ETH-USD"}]',
    ]  # fmt: skip

    assert assigned(BotConfig(quoting={"rho": 0.5}), given) == {
        "spread_percentage": 0.002, "refresh_interval": 7, "enabled": True, "order_size": "0.02", "max_position": None,
        "strategy": "grid", "quoting": {"rho": 0.5, "levels": 2, "fair_price": {"mid": 0.5, "mark": 0.5}, "model_spread": False},
        "more_markets": [{"market": "ETH-USD"}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("sprad_percentage=0.1", "spread_percentage is meant"),
        ("quoting.rh=1", "quoting.rho is meant"),
        ("rho", "NAME=VALUE"),
        ("refresh_interval=soon", "whole"),
        ("enabled=perhaps", "on or off"),
        ("quoting.fair_price=mid", "weights"),
    ],
)
def test_what_is_no_setting_or_no_value_is_refused_with_a_remedy(given: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        assigned(BotConfig(), [given])


def test_the_environment_names_settings_in_capitals() -> None:
    variables = {"MMBOT_SET_QUOTING__RHO": "0.5", "MMBOT_SET_ORDER_SIZE": "0.02", "MMBOT_ENV": "paper", "MMBOT_SET_X": " "}

    assert from_variables(variables) == ["order_size=0.02", "quoting.rho=0.5"]


def test_the_more_particular_wins(tmp_path: Path) -> None:
    file = tmp_path / "mmbot.yaml"
    file.write_text('order_size: "0.03"\nrefresh_interval: 9\nspread_percentage: 0.004\n', encoding="utf-8")
    variables = {"MMBOT_CONFIG": str(file), "MMBOT_SET_REFRESH_INTERVAL": "8", "MMBOT_SET_SPREAD_PERCENTAGE": "0.003"}

    config = starting_config(environment(tmp_path / "home"), None, variables, ["spread_percentage=0.002"])

    assert (config.order_size, config.refresh_interval, config.spread_percentage) == ("0.03", 8, 0.002)


def test_a_start_without_a_file_continues_what_was_in_force_but_does_not_quote_by_itself(tmp_path: Path) -> None:
    kept(tmp_path, BotConfig(spread_percentage=0.002, enabled=True))

    config = starting_config(environment(tmp_path), None, {})

    assert (config.spread_percentage, config.enabled) == (0.002, False)


def test_a_kept_configuration_that_is_refused_now_stops_the_start_with_a_remedy(tmp_path: Path) -> None:
    kept(tmp_path, BotConfig())
    file = next((tmp_path / "config/paper").glob("*.json"))
    file.write_text(file.read_text().replace('"config": {}', '"config": {"old_setting": 1}'), encoding="utf-8")

    with pytest.raises(ConfigurationError, match=r"configuration 1 .*old_setting.*--config FILE"):
        starting_config(environment(tmp_path), None, {})


def test_values_from_outside_are_checked_as_a_whole(tmp_path: Path) -> None:
    with pytest.raises(ConfigErrors) as caught:
        starting_config(environment(tmp_path), None, {"MMBOT_SET_SPREAD_PERCENTAGE": "0.5"}, ["refresh_interval=0"])

    assert {each["field"] for each in caught.value.problems} == {"spread_percentage", "refresh_interval"}


def test_versions_are_kept_in_order_and_a_damaged_one_is_passed_over(tmp_path: Path) -> None:
    history = kept(tmp_path, BotConfig())
    history.add(BotConfig(order_size="0.02"), at_ms=2, who="owner", verb="change", comment="more")
    (tmp_path / "config/paper/00000003.json").write_text("{", encoding="utf-8")

    assert [each.version for each in history.newest_first(10)] == [2, 1]
    assert [change.path for change in history.changes_of(history.get(2))] == ["order_size"]
    assert history.add(BotConfig(), at_ms=3, who="local", verb="rollback").version == 4
    with pytest.raises(InvalidInput, match="1 to 4"):
        history.get(9)


def test_settings_of_an_estimator_wait_for_a_stop_and_the_others_of_the_models_do_not() -> None:
    before = BotConfig(strategy="composite")
    after = before.model_copy(update={"quoting": {"rho": 0.5, "fast_half_life_s": 20.0, "levels": 3}})

    changes = changes_between(before, after)

    assert [change.path for change in changes] == ["quoting.fast_half_life_s", "quoting.rho"]  # three levels are the default
    assert needs_stop(changes) == ["quoting.fast_half_life_s"]


def test_a_further_market_is_compared_by_its_name() -> None:
    before = BotConfig.model_validate({"more_markets": [{"market": "ETH-USD"}]})
    after = BotConfig.model_validate({"more_markets": [{"market": "ETH-USD", "max_position": "9"}, {"market": "SOL-USD"}]})

    changes = {change.path: change for change in changes_between(before, after)}

    assert (changes["more_markets.ETH-USD.max_position"].before, changes["more_markets.ETH-USD.max_position"].after) == (
        None,
        "9",
    )
    assert changes["more_markets.ETH-USD.max_position"].raises_limits
    assert changes["more_markets.SOL-USD.market"].before is None
    assert needs_stop(tuple(changes.values())) == []
