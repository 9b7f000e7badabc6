"""Hard caps hold above the configuration, and say so."""

from decimal import Decimal

from bot.core.risk.caps import AccountCaps, HardCaps, MarketCaps, capped_account, capped_market, exceeded
from bot.core.risk.settings import AccountLimits, MarketLimits

CAPS = HardCaps(
    account=AccountCaps(max_leverage=Decimal("1.5"), max_daily_loss=Decimal(100), margin_red=Decimal("0.4")),
    markets={
        "default": MarketCaps(max_position=Decimal(1), max_open_orders=10),
        "BTC-USD": MarketCaps(max_position=Decimal("0.2"), stop_loss=Decimal(50)),
    },
)


def test_the_smaller_of_setting_and_cap_holds() -> None:
    limits = MarketLimits(max_long=Decimal("0.5"), max_short=Decimal("0.1"), max_open_orders=4)

    capped = capped_market(limits, CAPS.of("BTC-USD"))

    assert (capped.max_long, capped.max_short, capped.max_open_orders, capped.stop_loss) == (
        Decimal("0.2"),
        Decimal("0.1"),
        4,
        Decimal(50),
    )


def test_the_caps_of_every_market_hold_for_one_without_its_own() -> None:
    capped = capped_market(MarketLimits(), CAPS.of("ETH-USD"))

    assert (capped.max_long, capped.max_short, capped.max_open_orders) == (1, 1, 10)


def test_a_market_may_only_be_tighter_than_every_market() -> None:
    loose = HardCaps(markets={"default": MarketCaps(max_position=Decimal(1)), "BTC-USD": MarketCaps(max_position=Decimal(9))})

    assert loose.of("BTC-USD").max_position == 1


def test_a_limit_that_is_not_set_gets_its_cap() -> None:
    capped = capped_account(AccountLimits(max_leverage=None), CAPS.account)

    assert (capped.max_leverage, capped.max_daily_loss) == (Decimal("1.5"), 100)


def test_the_margin_steps_stay_in_order_below_a_capped_red() -> None:
    capped = capped_account(AccountLimits(), CAPS.account)

    assert capped.margin_yellow <= capped.margin_orange <= capped.margin_red == Decimal("0.4")


def test_what_asks_for_more_is_named_with_both_numbers() -> None:
    found = exceeded(MarketLimits(max_long=Decimal("0.5"), max_short=Decimal("0.1")), CAPS.of("BTC-USD"))

    assert found == ("max_long is 0.5, and limits.toml allows at most 0.2",)


def test_what_is_not_set_asks_for_nothing() -> None:
    assert exceeded(MarketLimits(), CAPS.of("BTC-USD")) == ()
