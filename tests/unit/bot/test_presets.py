"""A preset is safe as it is delivered, on every market the exchange lists."""

from decimal import Decimal

import pytest

from bot.config import BotConfig, changed_config
from bot.core.quoting.parameters import QuotingSettings
from bot.core.quoting.setting_table import SETTINGS
from bot.presets import ORDERS_HELD, PRESETS, Preset
from proofs.stage.lean_world import bot_rules
from simulator.markets import LISTED, MarketSpec

USUAL_EQUITY = Decimal(10_000)


@pytest.mark.parametrize("spec", [each for each in LISTED.values() if not each.is_rfq], ids=lambda spec: spec.name)
@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_a_preset_is_accepted_without_a_warning_and_holds_no_more_than_the_account_has(preset: Preset, spec: MarketSpec) -> None:
    rules = bot_rules(spec)

    config = changed_config(BotConfig(), {"market": spec.name, **preset.changes(rules, spec.start_price)})

    assert config.warnings() == []
    size = Decimal(config.order_size)
    assert size >= rules.min_size
    assert size % rules.lot_size == 0
    assert config.position_limit == ORDERS_HELD * size
    smallest = size == rules.min_size
    assert smallest or config.position_limit * spec.start_price <= USUAL_EQUITY


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
def test_its_models_differ_from_the_defaults_only_inside_their_ranges(preset: Preset) -> None:
    models = changed_config(BotConfig(), {"strategy": preset.strategy, "quoting": dict(preset.quoting)}).models()

    assert models.max_half_spread_bps >= preset.half_spread * 1e4
    for name in preset.quoting:
        if name in SETTINGS:
            assert SETTINGS[name].low <= getattr(models, name) <= SETTINGS[name].high
    assert models.markout_cap == QuotingSettings().markout_cap
    assert models.cover_costs
